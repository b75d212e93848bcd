"""The files that were given to the page: one folder a collection, in the home, apart from the index made of them.

    uploads/NAME/                the files that were added to the collection NAME
    uploads/NAME/.coming-<id>    one that is on its way there from another disk
    uploads/.incoming/<id>/      what a page was sent and nobody has added yet; locked by its process

What a process that was killed left is removed by the next that starts, or given back where a file was being removed.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from index.errors import IndexFault
from index.seal import make_private, sha256

_LONGEST_NAME, _LONGEST_SUFFIX = 180, 20
"""Bytes of UTF-8; what a file system takes is 255, and a number may follow."""
_UNSAFE = re.compile(r'[<>:"|?*\\/`$&;]')
_COMING, _INCOMING = ".coming-", ".incoming"
"""Names that indexing passes over, and that no collection has."""
_ASIDE = ".removed-"
"""An earlier version named a file so while it was being removed."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of files that were given: where the new ones are now, and a sentence for each that was not taken."""

    added: tuple[Path, ...]
    notes: tuple[str, ...]


def folder_of(home: Path, collection: str) -> Path:
    """Where the files given for a collection are kept."""
    return home / "uploads" / collection


def held(folder: Path) -> tuple[Path, ...]:
    """The files kept in `folder`, by name; none where it is not there."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return tuple(sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")))
    return ()


def safe_name(name: str) -> str:
    """A name of one file, at most 200 bytes of UTF-8, that hides nothing, leads nowhere else and has no markup."""
    last = re.split(r"[/\\]", name)[-1]
    readable = "".join(map(_readable, unicodedata.normalize("NFC", last)))
    plain = re.sub(r"\s+", " ", _UNSAFE.sub("_", readable)).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    if not stem or len(suffix.encode()) > _LONGEST_SUFFIX:
        stem, dot, suffix = plain, "", ""
    return (_cut(stem, _LONGEST_NAME).rstrip(" .") or "unnamed") + dot + suffix


def receive(folder: Path, files: Sequence[Path]) -> Received:
    """Move `files` into `folder` under safe names; one whose bytes are there already is not taken twice.

    Raises: IndexFault, when the disk does not take one; then none was taken.
    """
    added: list[Path] = []
    notes: list[str] = []
    try:
        make_private(folder)
        folder.parent.chmod(0o700)
        for file in files:
            name, twin = safe_name(file.name), _twin(folder, file)
            if twin is not None:
                also = "" if twin.name == name else f" as {twin.name!r}"
                notes.append(f"{name!r} is already there{also}.")
                file.unlink()
                continue
            added.append(_place(folder, file, name))
            if not added[-1].stat().st_size:
                notes.append(f"{name!r} is empty.")
    except OSError as error:
        withdraw(folder, added)
        raise IndexFault(
            f"The files could not be put into {str(folder)!r} ({error.strerror}); free some space or mend its rights."
        ) from error
    return Received(tuple(added), tuple(notes))


def withdraw(folder: Path, files: Sequence[Path]) -> None:
    """Delete `files`, which are in `folder`, and the folder with them when it holds nothing else."""
    for file in files:
        file.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def incoming(home: Path) -> Iterator[Path]:
    """A new folder in which what a page is sent waits until it is added; gone at the end, with all in it.

    It is in the home, or where nothing can be written there, in the system's temporary folder. What processes that are
    no more left in the home is swept up first.
    """
    with ExitStack() as stack:
        try:
            sweep(home)
            folder = home / "uploads" / _INCOMING / secrets.token_hex(4)
            make_private(folder)
            stack.enter_context(_locked(folder))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        except OSError:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rag-page-")))
        yield folder


def sweep(home: Path) -> None:
    """Remove what was sent and never added, and give back what was being removed, when no process is at it any more.

    What an earlier version left open to other users of the machine is closed to them. Raises: OSError.
    """
    for name in ("collections", "uploads", "evals"):
        with suppress(FileNotFoundError):
            (home / name).chmod(0o700)
    for folder in (home / "uploads").glob(f"{_INCOMING}/*"):
        with suppress(BlockingIOError), _locked(folder):
            shutil.rmtree(folder, ignore_errors=True)
    for folder in (home / "uploads").glob("[!.]*"):
        with suppress(BlockingIOError, NotADirectoryError), _locked(folder):
            for leftover in folder.glob(f"{_COMING}*"):
                leftover.unlink(missing_ok=True)
            for aside in folder.glob(f"{_ASIDE}*"):
                aside.rename(folder / aside.name.lstrip("."))


@contextmanager
def _locked(folder: Path, how: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> Iterator[None]:
    """Hold a folder, so that none takes it for left behind. Raises: OSError; BlockingIOError, when another holds it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _readable(char: str) -> str:
    kind = unicodedata.category(char)
    return "_" if kind.startswith("C") else " " if kind.startswith("Z") else char


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def _twin(folder: Path, file: Path) -> Path | None:
    """The file in `folder` that has the same bytes."""
    size = file.stat().st_size
    alike = [path for path in held(folder) if path.stat().st_size == size]
    digest = sha256(file) if alike else ""
    return next((path for path in alike if sha256(path) == digest), None)


def _place(folder: Path, file: Path, name: str) -> Path:
    """Move a file into `folder` under the first free name like `name`; it is there whole, or not at all."""
    coming = folder / f"{_COMING}{secrets.token_hex(4)}"
    with _locked(folder, fcntl.LOCK_SH):  # so that it is not swept up; others may come at the same time
        shutil.move(file, coming)
        coming.chmod(0o600)
        for target in _names(folder, name):
            try:
                _claim(coming, target)
            except FileExistsError:
                continue
            return target
    raise AssertionError("names never end")


def _claim(coming: Path, target: Path) -> None:
    """Give a file the name `target`. Raises: FileExistsError, when that is taken."""
    try:
        os.link(coming, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without links, where the name is taken first
        target.touch(exist_ok=False)
        coming.replace(target)
        return
    coming.unlink()


def _names(folder: Path, name: str) -> Iterator[Path]:
    yield folder / name
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 2
    while True:
        yield folder / f"{stem} ({number}){suffix}"
        number += 1
