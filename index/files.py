"""Which files lie under the folders given, and which are passed over and why."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from index.errors import UnreadableFile
from index.patterns import EVERYTHING, Patterns
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

    `hidden` counts dot files and dot folders, `excluded` the files and folders that the patterns leave out.
    """

    files: tuple[File, ...]
    unlisted: tuple[Unlisted, ...] = ()
    hidden: int = 0
    excluded: int = 0

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """What was passed over, with reasons."""
        return tuple(item.skipped for item in self.unlisted)


@dataclass(slots=True)
class _Walk:
    root: Path
    patterns: Patterns
    files: list[File] = field(default_factory=list)
    unlisted: list[Unlisted] = field(default_factory=list)
    hidden: int = 0
    excluded: int = 0

    def skip(self, path: Path, relative: str, reason: str) -> None:
        self.unlisted.append(Unlisted(path, Skipped(relative, reason)))


def discover(roots: Sequence[Path], patterns: Patterns = EVERYTHING) -> Found:
    """Every regular file at or below `roots` that `patterns` want, each once; a relative path names one file.

    Links are followed to files inside their root only. Should two roots hold the same relative path, all paths
    are prefixed with the name of their root.

    Raises: UnreadableFile, when a root does not exist.
    """
    walks = [_walk(root, patterns) for root in absolute(roots)]
    names = _labels([walk.root for walk in walks]) if _clash(walks) else [""] * len(walks)
    files: dict[Path, File] = {}
    unlisted: dict[Path, Unlisted] = {}
    for walk, name in zip(walks, names, strict=True):
        for file in walk.files:
            files.setdefault(file.path, File(file.path, name + file.relative))
        for item in walk.unlisted:
            unlisted.setdefault(item.path, Unlisted(item.path, Skipped(name + item.skipped.path, item.skipped.reason)))
    once = {file.relative: file for file in reversed(files.values())}
    return Found(
        tuple(sorted(once.values(), key=lambda file: file.relative)),
        tuple(sorted(unlisted.values(), key=lambda item: item.skipped.path)),
        sum(walk.hidden for walk in walks),
        sum(walk.excluded for walk in walks),
    )


def absolute(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The paths made absolute, links left as they are, each once."""
    return tuple(dict.fromkeys(Path(os.path.abspath(path)) for path in paths))


def outside(indexes: Path, found: Found) -> Found:
    """The files found, but for those of the indexes themselves, should they lie below a folder given."""
    real = cache(os.path.realpath)  # a folder given may be a link
    ours = Path(real(indexes))
    kept = tuple(file for file in found.files if not Path(real(file.path.parent), file.path.name).is_relative_to(ours))
    return replace(found, files=kept)


def shown(name: str) -> str:
    """`name` with bytes that are not UTF-8 written as `\\xff`, so that it can be stored and printed."""
    return os.fsencode(name).decode("utf-8", errors="backslashreplace")


def _walk(root: Path, patterns: Patterns) -> _Walk:
    walk = _Walk(root, patterns)
    try:
        mode = root.stat().st_mode
    except OSError as error:
        raise UnreadableFile(
            f"{shown(str(root))!r} cannot be indexed: {error.strerror}; give a folder or a file."
        ) from error
    if stat.S_ISDIR(mode):
        _enter(walk, root, "")
    elif not patterns.want(shown(root.name)):
        walk.excluded += 1
    elif stat.S_ISREG(mode):
        walk.files.append(File(root, shown(root.name)))
    else:
        walk.skip(root, shown(root.name), "not a regular file")
    return walk


def _enter(walk: _Walk, folder: Path, prefix: str) -> None:
    pending = [(folder, prefix)]  # a list, not recursion: folders may nest deeper than Python's stack
    while pending:
        folder, prefix = pending.pop()
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
                else:
                    pending.append((folder / entry.name, relative + "/"))
            elif not walk.patterns.want(relative):
                walk.excluded += 1
            else:
                _file(walk, entry, folder / entry.name, relative)


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
