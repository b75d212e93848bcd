"""The files that were given to the page: one folder a collection, in the home, apart from the index made of them."""

from __future__ import annotations

import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from index.errors import IndexFault
from index.seal import sha256

_LONGEST_NAME, _LONGEST_SUFFIX = 180, 20
"""Bytes of UTF-8; what a file system takes is 255, and a number may follow."""
_UNSAFE = re.compile(r'[<>:"|?*\\/`$&;]')
_ASIDE, _COMING = ".removed-", ".coming-"
"""Names that indexing passes over."""


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
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for leftover in folder.glob(f"{_COMING}*"):
            leftover.unlink()
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
def without(folder: Path, files: Sequence[Path]) -> Iterator[None]:
    """Run the block as if `files` were deleted from `folder`; they are deleted at its end, or kept when it fails."""
    aside = {file: folder / f"{_ASIDE}{secrets.token_hex(4)}" for file in files}
    moved: list[Path] = []
    try:
        for file, place in aside.items():
            file.rename(place)
            moved.append(file)
        yield
    except BaseException:
        for file in moved:
            aside[file].rename(file)
        raise
    withdraw(folder, list(aside.values()))


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
    coming = folder / f"{_COMING}{secrets.token_hex(4)}"
    shutil.move(file, coming)
    coming.chmod(0o600)
    for target in _names(folder, name):
        try:
            target.touch(exist_ok=False)  # so that two that come at once do not take the same name
        except FileExistsError:
            continue
        return coming.replace(target)
    raise AssertionError("names never end")


def _names(folder: Path, name: str) -> Iterator[Path]:
    yield folder / name
    stem, suffix = Path(name).stem, Path(name).suffix
    number = 2
    while True:
        yield folder / f"{stem} ({number}){suffix}"
        number += 1
