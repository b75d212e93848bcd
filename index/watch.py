"""Notice what changes under the folders of an index, and bring the index in step once it is quiet again."""

from __future__ import annotations

import math
import os
import re
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import watchfiles

from index.errors import RagError, UnreadableFile
from index.files import absolute, discover, outside, shown
from index.patterns import Patterns
from index.settings import IndexSettings

Changed = AbstractSet[Path]
"""The paths at or below which something changed; most often none."""
Tell = Callable[[str], None]

QUIET = 1.0
"""Seconds without a change after which a sync begins."""
LONGEST = 15.0
"""Seconds after the first change that a sync waits at most, however many follow."""
FIRST_PAUSE, LAST_PAUSE = 5.0, 300.0
"""Seconds until a sync that failed is tried again, doubled from the first to the last."""
_TICK = 0.5
_POLL = 2.0
_RESTS = 10
"""A look over all files is followed by a rest of at least so many times as long."""

_REMOTE = frozenset(
    "9p afs beegfs ceph cifs davfs drvfs glusterfs gpfs lustre ncpfs nfs nfs4 prl_fs smb3 smbfs vboxsf virtiofs".split()
)
"""File systems that others write to as well, of which the system's file watching does not tell."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The files that an index is made of: those below `roots` that `patterns` want, but for the indexes' own."""

    roots: tuple[Path, ...]
    patterns: Patterns
    indexes: Path

    @classmethod
    def of(cls, settings: IndexSettings, paths: Sequence[Path], patterns: Patterns) -> Scope:
        """The scope of `build_index` with the same arguments."""
        return cls(absolute(paths), patterns, Path(os.path.abspath(settings.root.parent)))

    def holds(self, path: Path) -> bool:
        """Whether a change of `path` may change the index; it may be gone, and have been a file or a folder."""
        if _real(path).is_relative_to(_real(self.indexes)):
            return False
        places = [place for root in self.roots for place in {root, _real(root)}]  # a Mac tells of resolved paths
        return any(self._wants(place, path) for place in places if path.is_relative_to(place))

    def look(self) -> dict[Path, tuple[int, ...]]:
        """Every file, with what changes when it is written to or replaced; nothing where a root is not there."""
        try:
            found = outside(self.indexes, discover(self.roots, self.patterns))
        except (UnreadableFile, OSError):
            return {}
        return {file.path: _stamp(file.path) for file in found.files}

    def _wants(self, root: Path, path: Path) -> bool:
        names = path.relative_to(root).parts
        if any(name.startswith(".") for name in names):
            return False
        if any(root.joinpath(*names[:depth]).is_symlink() for depth in range(1, len(names))):
            return False  # such a folder is not entered
        relative = shown("/".join(names))
        if not names or self.patterns.want(relative):
            return True
        return not path.is_file() and not self.patterns.prune(relative)


def watch(
    changes: Iterable[Changed], sync: Callable[[], None], tell: Tell, now: Callable[[], float] = time.monotonic
) -> None:
    """Run `sync` whenever `changes` have been quiet for a while, or have not been for too long, until they end.

    `changes` gives something several times a minute at least, whether or not anything changed. The sentence of a
    `sync` that raises RagError is told, though not twice running, and `sync` is run again with the next change, or
    after a pause. `now` is a clock in seconds.
    """
    due, last = _Due(), ""
    for changed in changes:
        if changed:
            due.changed(now())
        if now() < due.at:
            continue
        try:
            sync()
        except RagError as error:
            due.failed(now())
            if str(error) != last:
                last = str(error)
                tell(last)
        else:
            due, last = _Due(), ""


def changes_of(scope: Scope, ended: threading.Event, tell: Tell) -> Iterator[Changed]:
    """What changes in `scope`, told several times a minute until `ended`; the first time, all of it.

    From the first time on no change is missed. Where the system's file watching is not to be had, that is told, and
    the files are looked over every few seconds instead.
    """
    try:
        _require_local(scope.roots)
        yield from notified(scope, ended)
        return
    except (OSError, RuntimeError) as error:  # no more inotify watches, or a name that the library cannot decode
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    tell(f"The system cannot watch these files ({reason}), so they are looked over every few seconds.")
    yield from polled(scope, ended)


def notified(scope: Scope, ended: threading.Event) -> Iterator[Changed]:
    """As `changes_of`, from the system's file watching. A root that was replaced is watched anew.

    Raises: OSError, RuntimeError, when there is none.
    """
    while not ended.is_set():
        try:
            yield from _until_replaced(scope, ended)
        except FileNotFoundError:  # gone between two steps
            yield frozenset(scope.roots)
            ended.wait(_TICK)


def polled(scope: Scope, ended: threading.Event, pause: float = _POLL) -> Iterator[Changed]:
    """As `changes_of`, by comparing what lies there now with what lay there `pause` seconds ago or more."""
    before, cost = scope.look(), 0.0
    yield frozenset(scope.roots)
    while not ended.wait(max(pause, _RESTS * cost)):
        begun = time.perf_counter()
        present = scope.look()
        cost = time.perf_counter() - begun
        yield {path for path, _ in before.items() ^ present.items()}
        before = present


class Mounts:
    """The devices that some folders are on. One whose file system is gone is an empty folder, and not a deletion."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._devices = {root: _identity(root)[:1] for root in roots}

    def require(self) -> None:
        """Return if no folder is empty and on another device than it was.

        Raises: UnreadableFile.
        """
        for root, before in self._devices.items():
            device = _identity(root)[:1]
            if before and device and device != before and _is_empty(root):
                raise UnreadableFile(
                    f"{shown(str(root))!r} is empty and on another device than before, so what was indexed is kept; "
                    "mount it again, or index without it."
                )
            self._devices[root] = device or before


def file_system(path: Path, mounts: str) -> str:
    """The type of the file system that `path` is on by a table in the form of /proc/mounts; empty if it is not told."""
    found = ""
    longest = 0
    for line in mounts.splitlines():
        _, place, kind, *_ = [*line.split(" "), "", "", ""]
        folder = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), place))
        if place and path.is_relative_to(folder) and len(folder.parts) >= longest:
            found, longest = kind, len(folder.parts)
    return found


@dataclass(slots=True)
class _Due:
    """When the next sync is to begin, in seconds of the caller's clock."""

    at: float = math.inf
    latest: float = math.inf
    pause: float = FIRST_PAUSE

    def changed(self, now: float) -> None:
        self.latest = min(self.latest, now + LONGEST)
        self.at = min(now + QUIET, self.latest)

    def failed(self, now: float) -> None:
        self.at, self.latest = now + self.pause, math.inf
        self.pause = min(2 * self.pause, LAST_PAUSE)


def _until_replaced(scope: Scope, ended: threading.Event) -> Iterator[Changed]:
    """What the system tells, until a root is another folder or file than the one that is watched."""
    identities = [_identity(root) for root in scope.roots]
    present = [root for root, identity in zip(scope.roots, identities, strict=True) if identity]
    news: Changed = frozenset(scope.roots)
    with closing(_raw(present, ended)) as told:
        for raw in told:
            yield news | {path for _, name in raw if scope.holds(path := Path(name))}
            news = frozenset()
            gone = {Path(name) for change, name in raw if change == watchfiles.Change.deleted}
            if any(root in gone or _real(root) in gone for root in present):
                return  # though another may be there by now, even under the same number
            if identities != [_identity(root) for root in scope.roots]:
                return


def _raw(paths: Sequence[Path], ended: threading.Event) -> Generator[set[tuple[watchfiles.Change, str]], None, None]:
    tick = int(1000 * _TICK)
    return watchfiles.watch(
        *paths,
        watch_filter=None,
        debounce=tick,
        step=100,
        stop_event=ended,
        rust_timeout=tick,
        yield_on_timeout=True,
        force_polling=False,
        ignore_permission_denied=True,
    )


def _require_local(roots: Sequence[Path]) -> None:
    """Return if every root is on a disk of this machine, as far as is known. Raises: OSError."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    for root in roots:
        kind = file_system(_real(root), mounts)
        if kind in _REMOTE or kind.startswith("fuse."):
            raise OSError(0, f"{shown(str(root))!r} is on a file system of the type {kind}")


def _identity(path: Path) -> tuple[int, ...]:
    """Device and number of a file or folder; nothing if it is not there."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_dev, status.st_ino


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _is_empty(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError:
        return False


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
