"""Conversations that are kept: one SQLite file in the home, read and written by any number of threads and processes.

A search reads every turn rather than an FTS5 table: it finds any part of a word
in any script, a person's turns are read in milliseconds, and before SQLite 3.42 FTS5 keeps the words of deleted rows.
"""

from __future__ import annotations

import itertools
import json
import re
import secrets
import sqlite3
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.app.conversations.database import PrivateDatabase, Unreadable
from rag.contract import Json, as_json
from rag.errors import NoConversation
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
_LONGEST_ABOUT = 60
_MOST_WORDS = 32


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
        file = home / "conversations" / "conversations.sqlite"
        self._database = PrivateDatabase(file, "kept conversations", SCHEMA, _TABLES, {"folded": _folded})
        self._clock = clock

    @property
    def file(self) -> Path:
        """Where they are kept; mode 0600, in a folder of mode 0700."""
        return self._database.file

    def create(self, title: str, collection: str) -> str:
        """The id of a new conversation without turns."""
        with self._database.writing() as database:
            return self._create(database, title, collection)

    def append(self, conversation_id: str, question: str, answer: Answer) -> int:
        """The number of the turn now kept: `question` as it was typed, and its answer."""
        with self._database.writing() as database:
            return self._append(database, conversation_id, question, answer)

    def begin(self, question: str, collection: str, answer: Answer) -> str:
        """The id of a new conversation that the question names, with its first turn: both are kept, or neither.

        Where another has that name, the first document that is cited is named too, and a number after that.
        """
        with self._database.writing() as database:
            key = self._create(database, _own_title(database, question, answer), collection)
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
        with self._database.reading() as database:
            rows = database.execute(f"{_SUMMARY} WHERE {where} ORDER BY updated DESC, rowid DESC", values).fetchall()
        return tuple(Summary(*row) for row in rows)

    def get(self, conversation_id: str) -> StoredConversation:
        """The whole of one conversation."""
        with self._database.reading() as database:
            summary = _require(database, conversation_id)
            select = "SELECT number, asked, question, answer FROM turns WHERE conversation = ? ORDER BY number"
            rows = database.execute(select, (conversation_id,)).fetchall()
            turns = tuple(StoredTurn(row[0], row[1], _text(row[2]), _object(row[3])) for row in rows)
        return StoredConversation(summary, turns)

    def history(self, conversation_id: str, limit: int) -> tuple[Turn, ...]:
        """The last `limit` turns, oldest first, as a pipeline takes them."""
        with self._database.reading() as database:
            _require(database, conversation_id)
            select = "SELECT answer FROM turns WHERE conversation = ? ORDER BY number DESC LIMIT ?"
            rows = database.execute(select, (conversation_id, max(0, limit))).fetchall()
            answers = [_object(row[0]) for row in reversed(rows)]
            return tuple(Turn(_string(answer, "question"), _string(answer, "text")) for answer in answers)

    def rename(self, conversation_id: str, title: str) -> Summary:
        """The conversation under its new title, which is kept as one line of at most 120 characters."""
        with self._database.writing() as database:
            _require(database, conversation_id)
            values = (_title(title), conversation_id)
            database.execute("UPDATE conversations SET title = ? WHERE id = ?", values)
            return _require(database, conversation_id)

    def delete(self, conversation_id: str) -> None:
        """Remove one conversation. Its words are then nowhere in the file."""
        with self._database.writing() as database:
            _require(database, conversation_id)
            database.execute("DELETE FROM conversations WHERE id = ?", (conversation_id,))
        self._database.compact()

    def restore(self, conversation: StoredConversation) -> None:
        """Put back what `delete` took away, as `get` had it; one that is there stays as it is."""
        summary = conversation.summary
        row = (summary.id, summary.title, summary.collection, summary.created, summary.updated)
        with self._database.writing() as database:
            if database.execute("INSERT OR IGNORE INTO conversations VALUES (?, ?, ?, ?, ?)", row).rowcount:
                database.executemany("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)", _rows(conversation))

    def delete_all(self) -> int:
        """Remove every conversation; how many there were. Their words are then nowhere in the file."""
        if not self._database.file.exists():
            return 0
        with self._database.writing() as database:
            count = database.execute("DELETE FROM conversations").rowcount
        self._database.compact()
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
        now, payload = self._now(), as_json(answer)
        words = _folded(f"{question}\n{answer.standalone_question}\n{answer.text}")
        _require(database, conversation_id)
        count = "SELECT coalesce(max(number), 0) + 1 FROM turns WHERE conversation = ?"
        number = int(database.execute(count, (conversation_id,)).fetchone()[0])
        row = (conversation_id, number, now, json.dumps(question), json.dumps(payload), words)
        database.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)", row)
        database.execute("UPDATE conversations SET updated = ? WHERE id = ?", (now, conversation_id))
        return number

    def _now(self) -> str:
        return self._clock().isoformat(timespec="microseconds")


def _require(database: sqlite3.Connection, conversation_id: str) -> Summary:
    match = _ID.fullmatch(conversation_id)
    row = database.execute(f"{_SUMMARY} WHERE id = ?", (conversation_id,)).fetchone() if match else None
    if row is None:
        raise NoConversation(
            f"There is no conversation {conversation_id[:40]!r}; `rag conversations` lists those there are."
        )
    return Summary(*row)


def _title(text: str) -> str:
    """One line of text that any file can hold."""
    line = " ".join(_encodable(text).split())
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 2] + " …"


def _own_title(database: sqlite3.Connection, question: str, answer: Answer) -> str:
    """The question where no conversation is named so; else with the document that is cited first, or a number."""
    source = next((citation.source for citation in (*answer.citations, *answer.quotes)), None)
    about = f" – {(source.title or source.path)[:_LONGEST_ABOUT]}" if source else ""
    numbered = (_ending(question, f"{about} ({number})") for number in itertools.count(2))
    titles = itertools.chain((_title(question), _ending(question, about)), numbered)
    known = {title for (title,) in database.execute("SELECT title FROM conversations")}
    return next(title for title in titles if title not in known)


def _ending(question: str, ending: str) -> str:
    """The question with this ending, cut to what there is room for."""
    line, room = " ".join(question.split()), _LONGEST_TITLE - len(ending) - 2
    return _title((line if len(line) <= room else f"{line[:room]} …") + ending)


def _rows(conversation: StoredConversation) -> Iterator[tuple[str, int, str, str, str, str]]:
    for turn in conversation.turns:
        answer = turn.answer
        words = _folded(f"{turn.question}\n{answer.get('standalone_question')}\n{answer.get('text')}")
        stored = json.dumps(turn.question), json.dumps(answer)
        yield conversation.summary.id, turn.number, turn.asked, *stored, words


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", _encodable(text)).casefold()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", " ")


def _text(column: str) -> str:
    value = _value(column)
    if not isinstance(value, str):
        raise Unreadable("a question is no text")
    return value


def _object(column: str) -> Json:
    value = _value(column)
    if not isinstance(value, dict):
        raise Unreadable("an answer is no object")
    return value


def _value(column: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return json.loads(column)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"a turn does not read: {error}") from error


def _string(answer: Json, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        raise Unreadable(f"an answer has no {key!r}")
    return value
