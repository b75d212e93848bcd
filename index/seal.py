"""Digests of an index's files: written when it is published, compared before a file is relied on."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path

_CHROMA_DATABASE = "chroma.sqlite3"
_CHROMA_SCRATCH = ("acquire_write",)
"""Chroma 1.5 adds a row here whenever the store is opened, even to read; nothing reads it back."""
SETTLED = 3_000_000_000
"""Nanoseconds after a change from which on another has another time, whatever the file system rounds to."""


def seal(folder: Path) -> dict[str, str]:
    """The digest of every file below `folder`, by relative path."""
    return {path.relative_to(folder).as_posix(): digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}


def broken(
    folder: Path, seals: Mapping[str, str], under: str = "", digest_of: Callable[[Path], str] | None = None
) -> tuple[str, ...]:
    """The sealed files whose name starts with `under` that are missing or no longer have their digest.

    `digest_of` gives that of a file; `digest` where it is None.
    """
    read = digest_of or digest
    return tuple(
        name for name, sealed in seals.items() if name.startswith(under) and _read(folder / name, read) != sealed
    )


def digest_once(path: Path) -> str:
    """As `digest`, but a file that nothing was done to since this process last read it is not read again: one run
    after another over a large index would do little else. Raises: as `digest`.
    """
    status = path.stat()
    is_settled = status.st_ctime_ns < time.time_ns() - SETTLED
    return _remembered(path, (status.st_ino, status.st_size, status.st_ctime_ns)) if is_settled else digest(path)


@lru_cache(maxsize=1024)
def _remembered(path: Path, version: tuple[int, int, int]) -> str:
    """The digest of a file in one version, which is only told apart by it."""
    return digest(path)


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes; for Chroma's database, of its rows, since opening it changes its bytes.

    Raises: OSError; sqlite3.DatabaseError, when Chroma's database does not read.
    """
    if path.name == _CHROMA_DATABASE:
        return _rows(path)
    return sha256(path)


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises: OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_private(folder: Path) -> None:
    """Make `folder`, and what is missing above it, for its owner alone. Raises: OSError."""
    for missing in reversed([place for place in (folder, *folder.parents) if not place.exists()]):
        missing.mkdir(mode=0o700, exist_ok=True)


def restrict(folder: Path) -> None:
    """Make everything at and below `folder` readable by its owner only."""
    folder.chmod(0o700)
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)


def flush(folder: Path) -> None:
    """Wait until everything at and below `folder` is on the disk."""
    for path in (*folder.rglob("*"), folder):
        flush_one(path)


def flush_one(path: Path) -> None:
    """Wait until one file, or the names in one folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path, digest_of: Callable[[Path], str]) -> str | None:
    try:
        return digest_of(path)
    except (OSError, sqlite3.DatabaseError):
        return None


def _rows(path: Path) -> str:
    total = hashlib.sha256()
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        database.text_factory = bytes
        master = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name"
        for name, sql in database.execute(master).fetchall():
            table = name.decode()
            if table in _CHROMA_SCRATCH:
                continue
            total.update(repr((name, sql)).encode())
            for row in database.execute(f'SELECT * FROM "{table}"'):
                total.update(repr(row).encode())
    return total.hexdigest()
