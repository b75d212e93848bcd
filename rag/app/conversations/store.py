"""Conversations that are kept: one SQLite file in the home, read and written by any number of threads and processes.

Every call opens the file anew, so nothing is shared but the file itself, which SQLite locks. Its journal is SQLite's
plain rollback journal: turns come seconds apart, so a write-ahead log would gain nothing, and it would be a second
file in which deleted words live on. A search reads every turn rather than an FTS5 table: it finds any part of a word
in any script, a person's turns are read in milliseconds, and before SQLite 3.42 FTS5 keeps the words of deleted rows.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.contract import Json, as_json
from rag.errors import ConversationsUnusable, NoConversation
from rag.types import Answer, Turn

SCHEMA = 1
_TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE conversations (id TEXT PRIMARY KEY, title TEXT NOT NULL, collection TEXT NOT NULL,
        created TEXT NOT NULL, updated TEXT NOT NULL) STRICT""",
    """CREATE TABLE turns (conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
        number INTEGER NOT NULL, asked TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL,
        words TEXT NOT NULL, PRIMARY KEY (conversation, number)) STRICT""",
    f"INSERT INTO meta VALUES ('schema', '{SCHEMA}')",
)
_SUMMARY = """SELECT id, title, collection, created, updated,
    (SELECT count(*) FROM turns WHERE conversation = id) FROM conversations"""
_HOLDS = "(instr(folded(title), ?) OR EXISTS (SELECT 1 FROM turns WHERE conversation = id AND instr(words, ?)))"
_ID = re.compile(r"[0-9a-f]{8}")
_LONGEST_TITLE = 120
_MOST_WORDS = 32
_PATIENCE = 10.0
"""Seconds to wait for another writer."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation as it is listed. `created` and `updated` are UTC, in ISO form."""

    id: str
    title: str
    collection: str
    created: str
    updated: str
    turns: int


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """One exchange: the question as typed, and the answer as the contract's object. `number` counts from 1."""

    number: int
    asked: str
    question: str
    answer: Json


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A whole conversation, its turns oldest first."""

    summary: Summary
    turns: tuple[StoredTurn, ...]


def _utc() -> datetime:
    return datetime.now(UTC)


class ConversationStore:
    """The kept conversations of a home. Nothing is written before the first is created.

    Every method raises ConversationsUnusable when the file cannot be read or written, is damaged, or was written by
    a newer version; those that take an id raise NoConversation when no conversation has it.
    """

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = _utc) -> None:
        """The conversations kept in `home`."""
        self._file = home / "conversations" / "conversations.sqlite"
        self._clock = clock

    @property
    def file(self) -> Path:
        """Where they are kept; mode 0600, in a folder of mode 0700."""
        return self._file

    def create(self, title: str, collection: str) -> str:
        """The id of a new conversation without turns."""
        with self._writing() as database:
            return self._create(database, title, collection)

    def append(self, conversation_id: str, question: str, answer: Answer) -> int:
        """The number of the turn now kept: `question` as it was typed, and its answer."""
        with self._writing() as database:
            return self._append(database, conversation_id, question, answer)

    def begin(self, question: str, collection: str, answer: Answer) -> str:
        """The id of a new conversation that the question names, with its first turn: both are kept, or neither."""
        with self._writing() as database:
            key = self._create(database, question, collection)
            self._append(database, key, question, answer)
        return key

    def summaries(self, search: str = "") -> tuple[Summary, ...]:
        """All conversations, or those that hold every word of `search`, the last one used first.

        A word may stand in the title, in a question or in an answer, be part of a longer one, and be written in
        capitals or not. Words after the 32nd are not looked for.
        """
        words = _folded(search).split()[:_MOST_WORDS]
        where = " AND ".join([_HOLDS] * len(words)) or "1"
        values = [word for word in words for _ in range(2)]
        with self._reading() as database:
            rows = database.execute(f"{_SUMMARY} WHERE {where} ORDER BY updated DESC, rowid DESC", values).fetchall()
        return tuple(Summary(*row) for row in rows)

    def get(self, conversation_id: str) -> StoredConversation:
        """The whole of one conversation."""
        with self._reading() as database:
            summary = _require(database, conversation_id)
            select = "SELECT number, asked, question, answer FROM turns WHERE conversation = ? ORDER BY number"
            rows = database.execute(select, (conversation_id,)).fetchall()
            turns = tuple(StoredTurn(row[0], row[1], _text(row[2]), _object(row[3])) for row in rows)
        return StoredConversation(summary, turns)

    def history(self, conversation_id: str, limit: int) -> tuple[Turn, ...]:
        """The last `limit` turns, oldest first, as a pipeline takes them."""
        with self._reading() as database:
            _require(database, conversation_id)
            select = "SELECT answer FROM turns WHERE conversation = ? ORDER BY number DESC LIMIT ?"
            rows = database.execute(select, (conversation_id, max(0, limit))).fetchall()
            answers = [_object(row[0]) for row in reversed(rows)]
            return tuple(Turn(_said(answer, "question"), _said(answer, "text")) for answer in answers)

    def rename(self, conversation_id: str, title: str) -> Summary:
        """The conversation under its new title, which is kept as one line of at most 120 characters."""
        with self._writing() as database:
            _require(database, conversation_id)
            values = (_title(title), conversation_id)
            database.execute("UPDATE conversations SET title = ? WHERE id = ?", values)
            return _require(database, conversation_id)

    def delete(self, conversation_id: str) -> None:
        """Remove one conversation. Its words are then nowhere in the file."""
        with self._writing() as database:
            _require(database, conversation_id)
            database.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
        self._compact()

    def delete_all(self) -> int:
        """Remove every conversation; how many there were. Their words are then nowhere in the file."""
        if not self._file.exists():
            return 0
        with self._writing() as database:
            count = database.execute("DELETE FROM conversations").rowcount
        self._compact()
        return count

    def _create(self, database: sqlite3.Connection, title: str, collection: str) -> str:
        now = self._now()
        key = secrets.token_hex(4)
        while database.execute("SELECT 1 FROM conversations WHERE id = ?", (key,)).fetchone():
            key = secrets.token_hex(4)
        row = (key, _title(title), collection, now, now)
        database.execute("INSERT INTO conversations VALUES (?, ?, ?, ?, ?)", row)
        return key

    def _append(self, database: sqlite3.Connection, conversation_id: str, question: str, answer: Answer) -> int:
        now, told = self._now(), as_json(answer)
        words = _folded(f"{question}\n{answer.standalone_question}\n{answer.text}")
        _require(database, conversation_id)
        count = "SELECT coalesce(max(number), 0) + 1 FROM turns WHERE conversation = ?"
        number = int(database.execute(count, (conversation_id,)).fetchone()[0])
        row = (conversation_id, number, now, json.dumps(question), json.dumps(told), words)
        database.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)", row)
        database.execute("UPDATE conversations SET updated = ? WHERE id = ?", (now, conversation_id))
        return number

    def _compact(self) -> None:
        """Write the file anew from what is kept: overwriting rows can leave traces where pages were rearranged."""
        with self._in_words("What was deleted may have left traces in"), closing(self._open()) as database:
            database.execute("VACUUM")

    def _now(self) -> str:
        return self._clock().isoformat(timespec="microseconds")

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which is kept whole when the block ends without an error, and not at all otherwise."""
        with self._in_words():
            self._make_file()
            with closing(self._open()) as database:
                database.execute("BEGIN IMMEDIATE")
                if _is_new(database):
                    for statement in _TABLES:
                        database.execute(statement)
                self._require_schema(database)
                yield database
                database.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One state of the file throughout the block; an empty one where nothing was kept yet."""
        with self._in_words(), closing(self._open() if self._file.exists() else _empty()) as database:
            database.execute("BEGIN")
            if not _is_new(database):
                self._require_schema(database)
                yield database
                return
        with closing(_empty()) as database:
            yield database

    def _make_file(self) -> None:
        """Make the file, for its owner alone from the first moment; SQLite gives its journal the same mode."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))

    def _open(self) -> sqlite3.Connection:
        """Open for writing even to read, since what a killed writer left must be rolled back first."""
        uri = f"{self._file.absolute().as_uri()}?mode=rw"
        return _set_up(sqlite3.connect(uri, uri=True, timeout=_PATIENCE, isolation_level=None))

    def _require_schema(self, database: sqlite3.Connection) -> None:
        row = database.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
        told = row[0] if row else None
        if told != str(SCHEMA):
            raise ConversationsUnusable(
                f"The kept conversations in {str(self._file)!r} have the form {told!r}, and this version reads "
                f"{SCHEMA}; update it, or move the file away to start anew."
            )

    @contextmanager
    def _in_words(self, what: str = "The kept conversations cannot be read or written in") -> Iterator[None]:
        """Turn a file that is damaged, locked, full or forbidden into one sentence."""
        try:
            yield
        except (sqlite3.Error, OSError, _Unreadable) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            remedy = "mend the folder's rights, free some space, or try again"
            if not isinstance(error, (sqlite3.OperationalError, OSError)):
                remedy = "it is damaged: move it away to start anew"
            raise ConversationsUnusable(f"{what} {str(self._file)!r} ({reason}); {remedy}.") from error


class _Unreadable(ValueError):
    """A row that does not hold what was written."""


def _set_up(database: sqlite3.Connection) -> sqlite3.Connection:
    for pragma in ("secure_delete = ON", "foreign_keys = ON", "synchronous = FULL", "temp_store = MEMORY"):
        database.execute(f"PRAGMA {pragma}")  # nothing temporary leaves the folder, VACUUM's copy included
    database.create_function("folded", 1, _folded, deterministic=True)
    return database


def _empty() -> sqlite3.Connection:
    database = _set_up(sqlite3.connect(":memory:", isolation_level=None))
    for statement in _TABLES:
        database.execute(statement)
    return database


def _is_new(database: sqlite3.Connection) -> bool:
    return not database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()


def _require(database: sqlite3.Connection, conversation_id: str) -> Summary:
    found = _ID.fullmatch(conversation_id)
    row = database.execute(f"{_SUMMARY} WHERE id = ?", (conversation_id,)).fetchone() if found else None
    if row is None:
        raise NoConversation(
            f"There is no conversation {conversation_id[:40]!r}; `rag conversations` lists those there are."
        )
    return Summary(*row)


def _title(text: str) -> str:
    """One line of text that any file can hold."""
    line = " ".join(_encodable(text).split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 2] + " …"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", _encodable(text)).casefold()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", " ")


def _text(told: str) -> str:
    value = _value(told)
    if not isinstance(value, str):
        raise _Unreadable("a question is no text")
    return value


def _object(told: str) -> Json:
    value = _value(told)
    if not isinstance(value, dict):
        raise _Unreadable("an answer is no object")
    return value


def _value(told: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return json.loads(told)
    except (ValueError, RecursionError) as error:
        raise _Unreadable(f"a turn does not read: {error}") from error


def _said(answer: Json, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        raise _Unreadable(f"an answer has no {key!r}")
    return value
