"""Notebooks: quotes and answers that a person has pinned, in an order of their own, with notes.

Each collection of a home has one. A pin holds the whole answer as the contract has it, so that it is read, exported
and checked against the index as an answer of a kept conversation is, whatever becomes of the documents.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from index.types import Span
from rag import wording
from rag.app.conversations.database import PrivateDatabase, Unreadable
from rag.contract import Json, as_json
from rag.errors import NoPin
from rag.types import Answer, Citation
from rag.verification.reopen import answer_of

Kind = Literal["quote", "answer"]
SCHEMA = 1
LONGEST_NOTE = 4000
MOST = 1000
"""Pins of one notebook."""
_TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    """CREATE TABLE pins (id TEXT PRIMARY KEY, collection TEXT NOT NULL, place INTEGER NOT NULL, pinned TEXT NOT NULL,
        content TEXT NOT NULL, note TEXT NOT NULL) STRICT""",
    f"INSERT INTO meta VALUES ('schema', '{SCHEMA}')",
)
_OF = "SELECT id, collection, pinned, content, note FROM pins WHERE collection = ? ORDER BY place, rowid"


@dataclass(frozen=True, slots=True)
class Pin:
    """What is pinned; `answer` holds the one quote alone where a quote is. `pinned` is UTC, in ISO form."""

    id: str
    collection: str
    pinned: str
    kind: Kind
    answer: Answer
    note: str = ""

    @property
    def quotes(self) -> tuple[Citation, ...]:
        """The words that it rests on, each once."""
        first: dict[tuple[str, Span], Citation] = {}
        for quote in (*wording.quotes_of(self.answer), *self.answer.citations):
            first.setdefault((quote.source.sha256, quote.span), quote)
        return tuple(first.values())


class _Content(BaseModel):
    """What a row holds, as it is read back."""

    model_config = ConfigDict(extra="forbid", strict=True)
    kind: Kind
    answer: Json


def quote_alone(answer: Answer, quote: Citation) -> Answer:
    """The answer reduced to one of its quotes."""
    passages = tuple(item for item in answer.passages if item.label == quote.label)
    bare = replace(answer, statements=(), citations=(quote,), quotes=(), conflicts=(), computed=None, notice=None)
    return replace(bare, passages=passages, text=quote.quote, unknown_labels=(), unsent=(), missing=None)


class Notebooks:
    """The notebooks of a home. Nothing is written before the first pin.

    Every method raises ConversationsUnusable when the file cannot be read or written, is damaged, or was written by
    a newer version; those that take an id raise NoPin when no pin has it.
    """

    def __init__(self, home: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """The notebooks kept in `home`."""
        self._database = PrivateDatabase(home / "notebooks" / "notebooks.sqlite", "notebooks", SCHEMA, _TABLES)
        self._clock = clock

    @property
    def file(self) -> Path:
        """Where they are kept; mode 0600, in a folder of mode 0700."""
        return self._database.file

    def pin(self, collection: str, kind: Kind, answer: Answer) -> bool:
        """Whether it is pinned now, at the end; not where the same is there already, or the notebook is full."""
        pinned = self._clock().isoformat(timespec="microseconds")
        new = Pin(secrets.token_hex(8), collection, pinned, kind, answer)
        with self._database.writing() as database:
            there = _pins(database, collection)
            if len(there) >= MOST or any(_same(new, other) for other in there):
                return False
            _insert(database, new, _last(database, collection) + 1)
        return True

    def pins(self, collection: str) -> tuple[Pin, ...]:
        """The pins of a collection's notebook, in their order."""
        with self._database.reading() as database:
            return _pins(database, collection)

    def annotate(self, pin_id: str, note: str) -> None:
        """Put a note beside a pin in place of the one there; an empty one takes it away."""
        clean = note.encode("utf-8", "replace").decode().replace("\x00", " ").strip()[:LONGEST_NOTE]
        with self._database.writing() as database:
            _require(database, pin_id)
            database.execute("UPDATE pins SET note = ? WHERE id = ?", (clean, pin_id))

    def move(self, pin_id: str, to: int) -> None:
        """Put a pin before (-1) or after (1) the one beside it; at an end it stays."""
        with self._database.writing() as database:
            keys = [pin.id for pin in _pins(database, _require(database, pin_id))]
            at = keys.index(pin_id)
            keys.insert(max(0, at + to), keys.pop(at))
            database.executemany("UPDATE pins SET place = ? WHERE id = ?", enumerate(keys))

    def remove(self, pin_id: str) -> tuple[Pin, int]:
        """Take a pin out; what it was and its place, as `restore` takes them. Its words are then not in the file."""
        with self._database.writing() as database:
            pins = _pins(database, _require(database, pin_id))
            place = [pin.id for pin in pins].index(pin_id)
            database.execute("DELETE FROM pins WHERE id = ?", (pin_id,))
        self._database.compact()
        return pins[place], place

    def restore(self, pin: Pin, place: int) -> None:
        """Put back what was taken out, where it was; one that is there stays as it is."""
        with self._database.writing() as database:
            keys = [other.id for other in _pins(database, pin.collection)]
            if pin.id in keys:
                return
            _insert(database, pin, 0)
            keys.insert(place, pin.id)
            database.executemany("UPDATE pins SET place = ? WHERE id = ?", enumerate(keys))


def _pins(database: sqlite3.Connection, collection: str) -> tuple[Pin, ...]:
    return tuple(_read(*row) for row in database.execute(_OF, (collection,)).fetchall())


def _read(key: str, collection: str, pinned: str, content: str, note: str) -> Pin:
    try:
        row = _Content.model_validate_json(content)
    except ValidationError as error:
        raise Unreadable(f"a pin does not read: {error.error_count()} parts are wrong") from error
    return Pin(key, collection, pinned, row.kind, answer_of(row.answer), note)


def _insert(database: sqlite3.Connection, pin: Pin, place: int) -> None:
    assert pin.kind in get_args(Kind)
    content = json.dumps({"kind": pin.kind, "answer": as_json(pin.answer)})
    row = (pin.id, pin.collection, place, pin.pinned, content, pin.note)
    database.execute("INSERT INTO pins VALUES (?, ?, ?, ?, ?, ?)", row)


def _last(database: sqlite3.Connection, collection: str) -> int:
    select = "SELECT coalesce(max(place), -1) FROM pins WHERE collection = ?"
    return int(database.execute(select, (collection,)).fetchone()[0])


def _same(pin: Pin, other: Pin) -> bool:
    """Whether both are of the same words at the same places, and answers of the same question."""
    return (pin.kind, _words_of(pin)) == (other.kind, _words_of(other))


def _words_of(pin: Pin) -> tuple[object, ...]:
    """What a pin is known by: where its quotes stand, and of an answer what was asked and answered."""
    places = tuple((quote.source.sha256, quote.span, quote.quote) for quote in pin.quotes)
    return places if pin.kind == "quote" else (*places, pin.answer.question, pin.answer.text)


def _require(database: sqlite3.Connection, pin_id: str) -> str:
    """The collection of a pin."""
    row = database.execute("SELECT collection FROM pins WHERE id = ?", (pin_id,)).fetchone()
    if row is None:
        raise NoPin("This pin is not there any more; it was taken out elsewhere.")
    return str(row[0])
