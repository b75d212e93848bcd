"""Notice what changes under the folders of an index, and bring the index in step once it is quiet again."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import watchfiles

from index.errors import RagError
from index.folder.files import discover, shown
from index.folder.patterns import Patterns
from index.folder.roots import Root, identity, mounted

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
    """The files that an index is made of: those below `roots` that are wanted, but for those of our own `home`."""

    roots: tuple[Root, ...]
    home: Path

    @property
    def paths(self) -> tuple[Path, ...]:
        """Where the roots are."""
        return tuple(root.path for root in self.roots)

    def holds(self, path: Path) -> bool:
        """Whether a change of `path` may change the index; it may be gone, and have been a file or a folder."""
        return any(self._holds(root, path) for root in self.roots)

    def look(self) -> dict[Path, tuple[int, ...]]:
        """Every file, with what changes when it is written to or replaced; nothing of a root that is not there."""
        try:
            found = discover(self.roots, home=self.home, known=self.paths)
        except OSError:
            return {}
        return {file.path: _stamp(file.path) for file in found.files}

    def _holds(self, root: Root, path: Path) -> bool:
        home = _real(self.home)
        if _real(path).is_relative_to(home) and not _real(root.path).is_relative_to(home):
            return False
        places = {root.path, _real(root.path)}  # a Mac tells of resolved paths
        return any(_wants(place, path, root.patterns) for place in places if path.is_relative_to(place))


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
        _require_local(scope.paths)
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
            yield frozenset(scope.paths)
            ended.wait(_TICK)


def polled(scope: Scope, ended: threading.Event, pause: float = _POLL) -> Iterator[Changed]:
    """As `changes_of`, by comparing what lies there now with what lay there `pause` seconds ago or more."""
    before, cost = scope.look(), 0.0
    yield frozenset(scope.paths)
    while not ended.wait(max(pause, _RESTS * cost)):
        begun = time.perf_counter()
        present = scope.look()
        cost = time.perf_counter() - begun
        yield {path for path, _ in before.items() ^ present.items()}
        before = present


def file_system(path: Path, mounts: Mapping[Path, str]) -> str:
    """The type of the file system that `path` is on, of those mounted; empty if it is not told."""
    places = [place for place in mounts if path.is_relative_to(place)]
    return mounts[max(places, key=lambda place: len(place.parts))] if places else ""


def _wants(root: Path, path: Path, patterns: Patterns) -> bool:
    names = path.relative_to(root).parts
    if any(name.startswith(".") for name in names):
        return False
    if any(root.joinpath(*names[:depth]).is_symlink() for depth in range(1, len(names))):
        return False  # such a folder is not entered
    relative = shown("/".join(names))
    if not names or patterns.want(relative):
        return True
    return not path.is_file() and not patterns.prune(relative)


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
    identities = [identity(root) for root in scope.paths]
    present = [root for root, number in zip(scope.paths, identities, strict=True) if number]
    news: Changed = frozenset(scope.paths)
    with closing(_raw(present, ended)) as told:
        for raw in told:
            yield news | {path for _, name in raw if scope.holds(path := Path(name))}
            news = frozenset()
            gone = {Path(name) for change, name in raw if change == watchfiles.Change.deleted}
            if any(root in gone or _real(root) in gone for root in present):
                return  # though another may be there by now, even under the same number
            if identities != [identity(root) for root in scope.paths]:
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
    mounts = mounted()
    for root in roots:
        kind = file_system(_real(root), mounts)
        if kind in _REMOTE or kind.startswith("fuse."):
            raise OSError(0, f"{shown(str(root))!r} is on a file system of the type {kind}")


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
