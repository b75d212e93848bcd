"""How an index changes: whole generations, one writer at a time, one name replaced.

    LOCK              held by the writer; says who it is
    CURRENT           one line of JSON: the manifest of the generation in use
    REMOTE            the collections on servers that are ours, where there are any
    report.json       what the last run did, for a person to look at
    gen-<id>/         a published generation, never written again; whole, or laid over a whole one
    staging-<id>/     one being built, or what is left of one, whose vectors the next run takes over

Chroma is not safe against a killed writer, a full disk or a second writer, so nothing live is ever written: a
generation is built apart, checked, flushed, and put in use by replacing CURRENT. Whatever CURRENT does not name is
removed by the writer or its last reader, but for the one it is laid over, and the one before it, which can mend a
damaged one, and is named too unless it holds a document that has been taken out.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import IndexBusy, IndexDamaged
from index.seal import flush, flush_one, make_private, restrict
from index.settings import EMBEDDED, StoreSettings
from index.store.manifest import Manifest, parse
from index.vectors import ledger

MANIFEST = "MANIFEST"
_READERS = "READERS"
_ATTEMPTS = 5


def folder_of(root: Path, generation: str) -> Path:
    """Where a published generation lies."""
    return root / f"gen-{generation}"


def read_current(root: Path) -> Manifest | None:
    """The manifest in use, or None where nothing was published yet.

    Raises: IndexDamaged, when CURRENT does not read or is of another schema.
    """
    return parse(root / "CURRENT", current_line(root))


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest that a generation keeps of itself, or None where it has none.

    Raises: IndexDamaged, when it does not read or is of another schema.
    """
    return parse(folder / MANIFEST, _line(folder / MANIFEST))


def newest_first(root: Path) -> list[Path]:
    """The folders of all published generations, the one published last first, whether or not it is in use."""
    return sorted(generations(root), key=_number, reverse=True)


def newest(root: Path) -> Path | None:
    """The generation published last, whether or not it is in use."""
    return next(iter(newest_first(root)), None)


def current_line(root: Path) -> str | None:
    """CURRENT as it stands, to see whether it has changed; None where there is none."""
    return _line(root / "CURRENT")


@contextmanager
def writing(root: Path, store: StoreSettings = EMBEDDED) -> Iterator[None]:
    """Hold the writer's lock; before and after, remove what no generation in use needs, on the server of `store` too.

    Where nothing was published into a folder that was not there before, it is gone again at the end.

    Raises: IndexBusy, when another process or thread holds the lock.
    """
    made = [folder for folder in (root, *root.parents) if not folder.exists()]
    make_private(root)
    for folder in (root, root.parent):  # which an earlier version may have made
        folder.chmod(0o700)
    path = root / "LOCK"
    lock = FileLock(path, timeout=0, mode=0o600, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise IndexBusy(
            f"The index in {str(root)!r} is being written{_holder(path)}; wait until that is done."
        ) from None
    try:
        path.write_text(f"{os.getpid()} {socket.gethostname()} {time.strftime('%Y-%m-%d %H:%M:%S')}\n")
        _collect(root, store)
        yield
        _collect(root, store)
    finally:
        with suppress(OSError):
            path.write_text("")
            _unmake(made, path)
        lock.release()


@contextmanager
def staging(root: Path, keep: Callable[[Path], bool] | None = None) -> Iterator[Path]:
    """A new folder to build in, gone at the end unless it was published. The writer's lock must be held.

    When the block fails and `keep` says of the folder that it is worth it, it stays, as one of the `leftovers`.
    """
    folder = root / f"staging-{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        yield folder
    except BaseException:
        if keep is None or not keep(folder):
            discard(folder)
        raise
    discard(folder)


def leftovers(root: Path) -> tuple[Path, ...]:
    """The folders of generations that were never finished. The writer's lock must be held."""
    return tuple(sorted(root.glob("staging-*")))


def discard(folder: Path) -> None:
    """Remove a folder, as far as that can be done."""
    shutil.rmtree(folder, ignore_errors=True)


def new_id(root: Path) -> str:
    """The next generation's name: a running number, and a few digits that tell it from one in a deleted index."""
    return f"{max((_number(path) for path in generations(root)), default=0) + 1:06d}-{secrets.token_hex(2)}"


def publish(root: Path, built: Path, manifest: Manifest) -> None:
    """Put the generation in `built` in use: afterwards CURRENT names it, whole and on the disk, or nothing changed."""
    (built / _READERS).touch()
    (built / MANIFEST).write_text(manifest.line(), encoding="utf-8")
    restrict(built)
    flush(built)
    built.rename(folder_of(root, manifest.generation))
    fresh = root / "CURRENT.new"
    fresh.write_text(manifest.line(), encoding="utf-8")
    fresh.chmod(0o600)
    flush_one(fresh)
    flush_one(root)
    fresh.replace(root / "CURRENT")
    flush_one(root)


@contextmanager
def reading(root: Path) -> Iterator[tuple[Manifest, str] | None]:
    """The manifest in use and its line, with its folder kept from removal; None where nothing was published.

    Raises: IndexDamaged, when CURRENT does not read or names a folder that is not there.
    """
    for _ in range(_ATTEMPTS):
        line = current_line(root)
        manifest = parse(root / "CURRENT", line)
        if manifest is None or line is None:
            yield None
            return
        names = [manifest.generation, *filter(None, (manifest.base,))]
        descriptors = [_share(folder_of(root, name) / _READERS) for name in names]
        try:
            if None not in descriptors:
                yield manifest, line
                return
        finally:
            for descriptor in descriptors:
                if descriptor is not None:
                    os.close(descriptor)
            for name in names:
                _leave(root, name)
        if current_line(root) == line:
            break  # else a writer published, and removed these, between the two steps
    raise IndexDamaged(
        f"{str(root / 'CURRENT')!r} names a generation that is not there; run `rag index --rebuild PATH`."
    )


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Keep the generation in `folder` from removal; whether it is still there."""
    descriptor = _share(folder / _READERS)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _leave(root: Path, name: str) -> None:
    """Remove a generation that was read and is not needed any more; one that others still read is left to them."""
    with suppress(IndexDamaged):
        current = read_current(root)
        if current is not None and folder_of(root, name) not in _protected(root, current):
            _remove(root, folder_of(root, name))


@contextmanager
def unread(root: Path) -> Iterator[None]:
    """Keep everybody from reading any generation. The writer's lock must be held.

    Raises: IndexBusy, when one is being read.
    """
    with ExitStack() as stack:
        for path in generations(root):
            descriptor = os.open(path / _READERS, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            stack.callback(os.close, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise IndexBusy(f"The index in {str(root)!r} is open in another program; close that first.") from None
        yield


def require_published(root: Path, manifest: Manifest) -> None:
    """Return if every file of a generation is there, and of the one it is laid over. Raises: IndexDamaged."""
    require_files(folder_of(root, manifest.generation), manifest)
    if manifest.base is not None:
        require_files(folder_of(root, manifest.base), require_base(root, manifest.base))


def require_base(root: Path, name: str) -> Manifest:
    """The manifest of the whole generation `name`, over which another is laid. Raises: IndexDamaged."""
    folder = folder_of(root, name)
    base = read_manifest(folder)
    if base is None or base.base is not None:
        raise IndexDamaged(
            f"{str(folder)!r}, over which the index in use was laid, is missing; run `rag index --rebuild PATH`."
        )
    return base


def require_files(folder: Path, manifest: Manifest) -> None:
    """Return if every file of the generation in `folder` is there, whatever it holds. Raises: IndexDamaged."""
    for name in manifest.files:
        if not (folder / name).is_file():
            raise IndexDamaged(f"{str(folder / name)!r} is missing; {remedy(name)}.")


def remedy(name: str) -> str:
    """What mends the damaged file `name` of a generation: all but the corpus can be made from the corpus."""
    from index.store.corpus import FILE  # which brings numpy, that `rag status` can do without

    rebuild = "run `rag index --rebuild PATH`"
    return rebuild if name == FILE else f"run `rag doctor --repair`, or {rebuild}"


def _line(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IndexDamaged(f"{str(path)!r} does not read ({error.strerror}); run `rag doctor`.") from error


def _unmake(made: Sequence[Path], lock: Path) -> None:
    """Remove folders just made, innermost first, if they hold nothing but the lock."""
    if made and list(lock.parent.iterdir()) == [lock]:
        lock.unlink()
        for folder in made:
            folder.rmdir()


def _collect(root: Path, store: StoreSettings) -> None:
    """Remove generations that nobody needs, and what was on servers for those that are gone."""
    _collect_folders(root)
    ledger.sweep(root, store, lambda generation: folder_of(root, generation).exists())


def _collect_folders(root: Path) -> None:
    for leftover in root.glob("trash-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        current = read_current(root)
    except IndexDamaged:
        return  # until it is mended, any generation may be the one to mend it from
    if current is not None:
        _demote(root, folder_of(root, current.generation))
    last = current or _last(root)
    if last is None:
        return  # nothing is published, or what is does not say over what it was laid
    keep = _protected(root, last)
    for path in generations(root):
        if path not in keep:
            _remove(root, path)


def _last(root: Path) -> Manifest | None:
    """The manifest of the generation published last, where none is in use."""
    folder = newest(root)
    with suppress(IndexDamaged):
        return read_manifest(folder) if folder else None
    return None


def _protected(root: Path, current: Manifest) -> set[Path]:
    """The folders of the generation in use, of the one it is laid over, and of the one kept beside it."""
    names = filter(None, (current.generation, current.base, current.before))
    return {folder_of(root, name) for name in names}


def _demote(root: Path, in_use: Path) -> None:
    """A generation that was named, but never put in use, is one of the `leftovers`: its vectors are worth keeping."""
    for path in generations(root):
        if _number(path) > _number(in_use):
            path.rename(root / f"staging-{secrets.token_hex(4)}")


def _remove(root: Path, generation: Path) -> None:
    with suppress(OSError):
        descriptor = os.open(generation / _READERS, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            trash = root / f"trash-{secrets.token_hex(4)}"
            generation.rename(trash)  # at once, so that no reader meets half a generation
            shutil.rmtree(trash, ignore_errors=True)
        finally:
            os.close(descriptor)


def _share(path: Path) -> int | None:
    """A shared lock on a generation's READERS file, or None when the generation is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        if path.exists():
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None


def generations(root: Path) -> list[Path]:
    """The folders of all published generations."""
    return [path for path in root.glob("gen-*") if _number(path) >= 0]


def _number(generation: Path) -> int:
    match = re.fullmatch(r"gen-(\d+)-[0-9a-f]+", generation.name)
    return int(match.group(1)) if match else -1


def _holder(path: Path) -> str:
    with suppress(OSError, ValueError):
        pid, host, since = path.read_text(encoding="utf-8").strip().split(" ", 2)
        return f" by process {pid} on {host} since {since}"
    return ""
