"""One SQLite file of the home, for its owner alone, read and written by any number of threads and processes.

Every call opens the file anew, so nothing is shared but the file itself, which SQLite locks. Its journal is SQLite's
plain rollback journal: what is kept comes seconds apart, so a write-ahead log would gain nothing, and it would be a
second file in which deleted words live on.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from rag.errors import ConversationsUnusable

_PATIENCE = 10.0
"""Seconds to wait for another writer."""


class Unreadable(ValueError):
    """A row that does not hold what was written."""


class PrivateDatabase:
    """A file that is made with `tables` when something is first written; `what` it holds is named in its errors.

    Every method raises ConversationsUnusable when the file cannot be read or written, is damaged, or was written by a
    newer version.
    """

    def __init__(
        self,
        file: Path,
        what: str,
        schema: int,
        tables: Sequence[str],
        functions: Mapping[str, Callable[[str], str]] | None = None,
    ) -> None:
        """Over `file`, whose statements may call `functions`."""
        self._file = file
        self._what = what
        self._schema = schema
        self._tables = tables
        self._functions = functions or {}

    @property
    def file(self) -> Path:
        """Where it lies; mode 0600, in a folder of mode 0700."""
        return self._file

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which is kept whole when the block ends without an error, and not at all otherwise."""
        with self._in_words():
            self._make_file()
            with closing(self._open()) as database:
                database.execute("BEGIN IMMEDIATE")
                if _is_new(database):
                    for statement in self._tables:
                        database.execute(statement)
                self._require_schema(database)
                yield database
                database.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file throughout the block; an empty one where nothing was kept yet."""
        with self._in_words(), closing(self._open() if self._file.exists() else self._empty()) as database:
            database.execute("BEGIN")
            if not _is_new(database):
                self._require_schema(database)
                yield database
                return
        with closing(self._empty()) as database:
            yield database

    def compact(self) -> None:
        """Write the file anew from what is kept: overwriting rows can leave traces where pages were rearranged."""
        with self._in_words("What was deleted may have left traces in"), closing(self._open()) as database:
            database.execute("VACUUM")

    def _make_file(self) -> None:
        """Make the file, for its owner alone from the first moment; SQLite gives its journal the same mode."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))

    def _open(self) -> sqlite3.Connection:
        """Open for writing even to read, since what a killed writer left must be rolled back first."""
        uri = f"{self._file.absolute().as_uri()}?mode=rw"
        return self._set_up(sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None))

    def _empty(self) -> sqlite3.Connection:
        database = self._set_up(sqlite3.connect(":memory:", isolation_level=None))
        for statement in self._tables:
            database.execute(statement)
        return database

    def _set_up(self, database: sqlite3.Connection) -> sqlite3.Connection:
        for pragma in ("secure_delete = ON", "foreign_keys = ON", "synchronous = FULL", "temp_store = MEMORY"):
            database.execute(f"PRAGMA {pragma}")  # nothing temporary leaves the folder, VACUUM's copy included
        for name, function in self._functions.items():
            database.create_function(name, 1, function, deterministic=True)
        return database

    def _require_schema(self, database: sqlite3.Connection) -> None:
        row = database.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        schema = row[0] if row else None
        if schema != str(self._schema):
            raise ConversationsUnusable(
                f"The {self._what} in {str(self._file)!r} have the form {schema!r}, and this version reads "
                f"{self._schema}; update it, or move the file away to start anew."
            )

    @contextmanager
    def _in_words(self, problem: str = "") -> Iterator[None]:
        """Turn a file that is damaged, locked, full or forbidden into one sentence."""
        try:
            yield
        except (sqlite3.Error, OSError, Unreadable) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            remedy = "mend the folder's rights, free some space, or try again"
            if not isinstance(error, (sqlite3.OperationalError, OSError)):
                remedy = "it is damaged: move it away to start anew"
            begins = problem or f"The {self._what} cannot be read or written in"
            raise ConversationsUnusable(f"{begins} {str(self._file)!r} ({reason}); {remedy}.") from error


def _is_new(database: sqlite3.Connection) -> bool:
    return not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
