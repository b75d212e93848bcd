"""Which files lie under the folders given, and which are passed over and why."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from index.errors import UnreadableFile
from index.folder.patterns import EVERYTHING, Patterns
from index.folder.roots import Place, Root, identity, mounted, place_of, rooted
from index.types import Skipped


@dataclass(frozen=True, slots=True)
class File:
    """A regular file: where it is, and its name relative to the folder given, as shown and stored."""

    path: Path
    relative: str


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A file or folder that cannot be had now. What was indexed at or below `path` may still be there."""

    path: Path
    skipped: Skipped


@dataclass(frozen=True, slots=True)
class Found:
    """What lies under the folders given, sorted by relative path.

    `hidden` counts dot files and dot folders, `excluded` the files and folders that the patterns leave out. `absent`
    are folders given that are not there. `places` are those that are, and what is mounted below them; `roots` are all.
    """

    files: tuple[File, ...]
    unlisted: tuple[Unlisted, ...] = ()
    hidden: int = 0
    excluded: int = 0
    absent: tuple[Unlisted, ...] = ()
    places: tuple[Place, ...] = ()
    roots: tuple[Path, ...] = ()

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was passed over, with reasons."""
        return tuple(item.skipped for item in (*self.absent, *self.unlisted))


@dataclass(slots=True)
class _Walk:
    root: Path
    patterns: Patterns
    surroundings: _Surroundings
    files: list[File] = field(default_factory=list)
    unlisted: list[Unlisted] = field(default_factory=list)
    absent: list[Unlisted] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    hidden: int = 0
    excluded: int = 0

    def skip(self, path: Path, relative: str, reason: str) -> None:
        self.unlisted.append(Unlisted(path, Skipped(relative, reason)))


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """What a walk has to know of the machine: which folder is our own, and where file systems are mounted."""

    home: tuple[int, ...]
    mounts: Mapping[Path, str]


def discover(
    roots: Sequence[Path | Root],
    patterns: Patterns = EVERYTHING,
    *,
    home: Path | None = None,
    known: Collection[Path] = (),
) -> Found:
    """Every regular file at or below `roots` that is wanted, each once; a relative path names one file.

    `patterns` are those of roots given as paths. The folder `home`, our own, is not entered from outside. Links are
    followed to files inside their root only. Should two roots hold the same relative path, all paths are prefixed with
    the name of their root.

    Raises: UnreadableFile, when a root does not exist that is not `known`.
    """
    around = _Surroundings(identity(home) if home else (), mounted())
    walks = [_walk(root, around, frozenset(known)) for root in rooted(roots, patterns)]
    names = _labels([walk.root for walk in walks]) if _clash(walks) else [""] * len(walks)
    files: dict[str, File] = {}
    unlisted: dict[Path, Unlisted] = {}
    for walk, name in zip(walks, names, strict=True):
        given, real = str(walk.root), os.path.realpath(walk.root)
        for file in walk.files:
            files.setdefault(real + str(file.path)[len(given) :], File(file.path, name + file.relative))
        for item in walk.unlisted:
            unlisted.setdefault(item.path, Unlisted(item.path, Skipped(name + item.skipped.path, item.skipped.reason)))
    once = {file.relative: file for file in reversed(files.values())}
    return Found(
        files=tuple(sorted(once.values(), key=lambda file: file.relative)),
        unlisted=tuple(sorted(unlisted.values(), key=lambda item: item.skipped.path)),
        hidden=sum(walk.hidden for walk in walks),
        excluded=sum(walk.excluded for walk in walks),
        absent=tuple(item for walk in walks for item in walk.absent),
        places=tuple(place for walk in walks for place in walk.places),
        roots=tuple(walk.root for walk in walks),
    )


def absolute(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths made absolute, links left as they are, each once."""
    return tuple(dict.fromkeys(Path(os.path.abspath(path)) for path in paths))


def shown(name: str) -> str:
    """`name` with bytes that are not UTF-8 written as `\\xff`, so that it can be stored and printed."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def _walk(root: Root, around: _Surroundings, known: Collection[Path]) -> _Walk:
    walk = _Walk(root.path, root.patterns, around)
    name = shown(root.path.name)
    try:
        status = root.path.stat()
    except OSError as error:
        if root.path not in known:
            raise UnreadableFile(
                f"{shown(str(root.path))!r} cannot be indexed: {error.strerror}; give a folder or a file."
            ) from error
        _pass_over(walk, error)
        return walk
    walk.places.append(place_of(root.path))
    if stat.S_ISDIR(status.st_mode):
        _enter(walk, root.path, status.st_dev)
    elif not walk.patterns.want(name):
        walk.excluded += 1
    elif stat.S_ISREG(status.st_mode):
        walk.files.append(File(root.path, name))
    else:
        walk.skip(root.path, name, "not a regular file")
    return walk


def _pass_over(walk: _Walk, error: OSError) -> None:
    """Note a root that cannot be had now; what is not there is another thing than what does not answer."""
    item = Unlisted(walk.root, Skipped(shown(str(walk.root)), f"cannot be had now: {error.strerror}"))
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        walk.absent.append(item)
    else:
        walk.unlisted.append(item)


def _enter(walk: _Walk, root: Path, device: int) -> None:
    pending = [(root, "", device)]  # a list, not recursion: folders may nest deeper than Python's stack
    while pending:
        folder, prefix, device = pending.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            walk.skip(folder, prefix.rstrip("/") or shown(folder.name), f"cannot be listed: {error.strerror}")
            continue
        for entry in entries:
            relative = prefix + shown(entry.name)
            if entry.name.startswith("."):
                walk.hidden += 1
            elif entry.is_dir(follow_symlinks=False):
                if walk.patterns.prune(relative):
                    walk.excluded += 1
                elif (below := _below(walk, folder / entry.name, device)) is not None:
                    pending.append((folder / entry.name, relative + "/", below))
            elif not walk.patterns.want(relative):
                walk.excluded += 1
            else:
                _file(walk, entry, folder / entry.name, relative)


def _below(walk: _Walk, folder: Path, device: int) -> int | None:
    """The device of a folder, which is noted where it is a file system of its own; None for our own folder."""
    place = place_of(folder)
    if place.inode and (place.device, place.inode) == walk.surroundings.home:
        return None
    if place.inode and (place.device != device or folder in walk.surroundings.mounts):
        walk.places.append(place)
    return place.device


def _file(walk: _Walk, entry: os.DirEntry[str], path: Path, relative: str) -> None:
    reason = _refusal(walk.root, path) if entry.is_symlink() else None
    if reason is None and not entry.is_file():
        reason = "not a regular file"
    if reason is None:
        walk.files.append(File(path, relative))
    else:
        walk.skip(path, relative, reason)


def _refusal(root: Path, link: Path) -> str | None:
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link that leads nowhere, or to itself"
    if not target.is_relative_to(root.resolve()):
        return "a link that leads out of the folder"
    if target.is_dir():
        return "a link to a folder that is read at its own place"
    return None


def _clash(walks: Sequence[_Walk]) -> bool:
    owner: dict[str, Path] = {}
    return any(owner.setdefault(file.relative, file.path) != file.path for walk in walks for file in walk.files)


def _labels(roots: Sequence[Path]) -> Iterator[str]:
    """A prefix for each root: its name, or its whole path where two roots have the same name."""
    count = Counter(root.name for root in roots)
    for root in roots:
        yield shown(root.name if count[root.name] == 1 else str(root).lstrip("/")) + "/"
