"""The folders and files that an index is made of, and the places they were on when it was made."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.folder.patterns import EVERYTHING, Patterns


@dataclass(frozen=True, slots=True)
class Root:
    """A folder or file that was named, its path absolute with links left as they are, and what is wanted below it."""

    path: Path
    patterns: Patterns = EVERYTHING


@dataclass(frozen=True, slots=True)
class Place:
    """A root, or a file system mounted below one, and which folder it was: device and inode, 0 where not known."""

    path: Path
    device: int = 0
    inode: int = 0

    def is_replaced(self) -> bool:
        """Whether another folder is there now, as when a drive was taken off; not where none is there."""
        now = identity(self.path)
        return bool(now and self.inode) and now != (self.device, self.inode)


def rooted(roots: Sequence[Path | Root], patterns: Patterns = EVERYTHING) -> tuple[Root, ...]:
    """The roots with absolute paths, each path once; `patterns` hold for those that are given as paths."""
    named = (root if isinstance(root, Root) else Root(root, patterns) for root in roots)
    by_path = {Path(os.path.abspath(root.path)): root.patterns for root in named}
    return tuple(Root(path, wanted) for path, wanted in by_path.items())


def added(known: Sequence[Root], new: Iterable[Root]) -> tuple[Root, ...]:
    """`known` and `new`; one that is known already, by whatever name, keeps its name and gets the new patterns."""
    roots = list(known)
    for root in new:
        at = find(roots, root.path)
        if at is None:
            roots.append(root)
        else:
            roots[at] = Root(roots[at].path, root.patterns)
    return tuple(roots)


def find(roots: Sequence[Root], path: Path) -> int | None:
    """Which of `roots` the path names, be it through a link or another mount; None where none is it."""
    place = Path(os.path.abspath(path))
    names = [root.path for root in roots]
    if place in names:
        return names.index(place)
    return next((at for at, name in enumerate(names) if _is_same(name, place)), None)


def to_line(roots: Sequence[Root]) -> str:
    """The roots as they are kept with the index."""
    return json.dumps([[str(root.path), root.patterns.include, root.patterns.exclude] for root in roots])


def from_line(line: str | None, patterns: str | None = None) -> tuple[Root, ...]:
    """The roots that `line` was made of. `patterns` are those of a line from before each root had its own."""
    wanted = Patterns.from_line(patterns)
    return tuple(
        Root(Path(told), wanted) if isinstance(told, str) else Root(Path(told[0]), Patterns(*map(tuple, told[1:])))
        for told in json.loads(line or "[]")
    )


def places_to_line(places: Sequence[Place]) -> str:
    """The places as they are kept with the index."""
    return json.dumps([[str(place.path), place.device, place.inode] for place in places])


def places_from_line(line: str | None) -> tuple[Place, ...]:
    """The places that `line` was made of; none, where there is none."""
    return tuple(Place(Path(path), device, inode) for path, device, inode in json.loads(line or "[]"))


def place_of(path: Path) -> Place:
    """The folder or file that is at `path` now."""
    return Place(path, *identity(path))


def identity(path: Path) -> tuple[int, ...]:
    """Device and inode of a file or folder; nothing if it is not there."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ()
    return status.st_dev, status.st_ino


def mounted(table: str | None = None) -> dict[Path, str]:
    """The type of the file system at each place where one is mounted; none where the system does not tell.

    `table` has the form of /proc/mounts, and is that of this system where it is None.
    """
    if table is None:
        try:
            table = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return {}
    rows = (line.split(" ") for line in table.splitlines())
    return {Path(_plain(row[1])): row[2] for row in rows if len(row) > 2 and row[1]}


def _plain(told: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), told)


def _is_same(one: Path, other: Path) -> bool:
    """Whether both are one folder or file. Two names of one file on the disk are two files."""
    try:
        return os.path.realpath(one) == os.path.realpath(other) or (one.is_dir() and os.path.samefile(one, other))
    except (OSError, ValueError):  # one is not there, or its name is none
        return False
