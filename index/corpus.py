"""The corpus: documents, articles, passages, offsets and embeddings in one SQLite file. All else is made from it.

A corpus is written once, by `CorpusWriter`, and from then on only read. A passage is kept as offsets; its text is
always cut from its document's, so the two cannot differ.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, TypeVar

import numpy as np

from index import layout
from index.errors import IndexDamaged
from index.types import Article, Document, Passage, Remark, Span, Vectors

FILE = "corpus.sqlite"
SCHEMA = "2"
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE documents (id TEXT PRIMARY KEY, sha256 TEXT NOT NULL, text TEXT NOT NULL, encoding TEXT NOT NULL,
    replaced INTEGER NOT NULL, hidden INTEGER NOT NULL, notes TEXT NOT NULL, layout TEXT NOT NULL) STRICT;
CREATE TABLE paths (path TEXT PRIMARY KEY, location BLOB NOT NULL, document TEXT NOT NULL REFERENCES documents,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL) STRICT;
CREATE TABLE articles (document TEXT NOT NULL REFERENCES documents, ordinal INTEGER NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, title TEXT, outlet TEXT, author TEXT, date TEXT,
    headline_start INTEGER, headline_stop INTEGER, byline_start INTEGER, byline_stop INTEGER, columns TEXT,
    PRIMARY KEY (document, ordinal)) STRICT;
CREATE TABLE passages (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL,
    article INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, page INTEGER, embedded TEXT NOT NULL,
    FOREIGN KEY (document, article) REFERENCES articles) STRICT;
CREATE INDEX passages_by_article ON passages (document, article, start);
CREATE INDEX paths_by_document ON paths (document, path);
CREATE TABLE embeddings (fingerprint TEXT NOT NULL, text_sha256 TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (fingerprint, text_sha256)) STRICT;
"""
_PASSAGE = "SELECT id, document, article, start, stop, page FROM passages"
_ARTICLE = """SELECT document, ordinal, start, stop, title, outlet, author, date,
    headline_start, headline_stop, byline_start, byline_stop, columns FROM articles"""
_TEXTS_KEPT = 64
_VALUES_A_QUERY = 500
_Key = TypeVar("_Key")
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class StoredPath:
    """A path under which a document was found. `location` is absolute; `path` is the name shown."""

    path: str
    location: Path
    document_id: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a corpus holds."""

    documents: int
    articles: int
    passages: int


class CorpusWriter:
    """Writes a new corpus. A context manager: what was added is there when the block ends without an error."""

    def __init__(self, file: Path) -> None:
        """Begin a corpus in `file`, which must not exist."""
        self._database = _new(file)
        self._database.executescript(_TABLES)
        self._database.execute("BEGIN")
        self.set_meta("schema", SCHEMA)

    def __enter__(self) -> CorpusWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.execute("COMMIT")
        finally:
            self._database.close()

    def set_meta(self, key: str, value: str) -> None:
        """Keep `value` under `key`."""
        self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def add_document(
        self, document: Document, articles: Sequence[Article], passages: Sequence[Passage], embedded: Sequence[str]
    ) -> None:
        """Add a document that is not there yet; `embedded` is the digest of each passage's embedding text."""
        write = self._database.executemany
        write(f"INSERT INTO documents VALUES ({', '.join('?' * 8)})", [_document_row(document)])
        write(f"INSERT INTO articles VALUES ({', '.join('?' * 13)})", map(_article_row, articles))
        write(
            "INSERT INTO passages (id, document, article, start, stop, page, embedded) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (p.id, p.document_id, p.article, p.start, p.end, p.page, key)
                for p, key in zip(passages, embedded, strict=True)
            ),
        )

    def add_path(self, stored: StoredPath) -> None:
        """Record where a document was found."""
        row = (stored.path, os.fsencode(stored.location), stored.document_id, stored.size, stored.mtime_ns)
        self._database.execute("INSERT INTO paths VALUES (?, ?, ?, ?, ?)", row)


class EmbeddingWriter:
    """Adds the embeddings of one model to a corpus whose passages are there. A context manager."""

    def __init__(self, file: Path, fingerprint: str) -> None:
        """Open `file` to add vectors of `fingerprint`."""
        self._database = _new(file)
        self._fingerprint = fingerprint

    def __enter__(self) -> EmbeddingWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def copy_from(self, base: Path) -> None:
        """Take what the passages need and the corpus in `base` has."""
        self._database.execute("ATTACH ? AS base", (str(base),))
        self._database.execute(
            "INSERT OR IGNORE INTO main.embeddings SELECT * FROM base.embeddings "
            "WHERE fingerprint = ? AND text_sha256 IN (SELECT embedded FROM main.passages)",
            (self._fingerprint,),
        )
        self._database.execute("DETACH base")

    def missing(self) -> dict[str, str]:
        """The digests of embedding texts that have no vector yet, each with the id of a passage that has that text."""
        rows = self._database.execute(
            "SELECT embedded, min(id) FROM passages WHERE embedded NOT IN "
            "(SELECT text_sha256 FROM embeddings WHERE fingerprint = ?) GROUP BY embedded ORDER BY min(position)",
            (self._fingerprint,),
        )
        return dict(rows.fetchall())

    def add(self, digests: Sequence[str], vectors: Vectors) -> None:
        """Keep one vector for each digest, on the disk when this returns."""
        rows = zip(digests, vectors, strict=True)
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT INTO embeddings VALUES (?, ?, ?)",
            ((self._fingerprint, digest, vector.astype("<f4").tobytes()) for digest, vector in rows),
        )
        self._database.execute("COMMIT")


class Corpus:
    """Reads a corpus. Safe to use from several threads.

    Every method raises IndexDamaged when the file does not read.
    """

    def __init__(self, file: Path) -> None:
        """Open `file` for reading only.

        Raises: IndexDamaged, when it is missing, is no corpus, or has another schema.
        """
        self._file = file
        self._lock = RLock()
        self._texts: OrderedDict[str, str] = OrderedDict()
        with self._reading():
            uri = f"{file.absolute().as_uri()}?mode=ro"
            self._database = sqlite3.connect(uri, uri=True, check_same_thread=False)
        try:
            schema = self.meta("schema")
        except IndexDamaged:
            self.close()
            raise
        if schema != SCHEMA:
            self.close()
            raise IndexDamaged(f"{str(file)!r} has schema {schema!r}, not {SCHEMA!r}; run `rag index --rebuild PATH`.")

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Closing twice does no harm."""
        self._database.close()

    def meta(self, key: str) -> str | None:
        """The value kept under `key`."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def counts(self) -> Counts:
        """How many documents, articles and passages there are."""
        tables = ("documents", "articles", "passages")
        return Counts(*(int(self._rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables))

    def document_ids(self) -> tuple[str, ...]:
        """Every document, in the order of their first paths' storing."""
        return tuple(row[0] for row in self._rows("SELECT id FROM documents ORDER BY rowid"))

    def document(self, document_id: str) -> Document:
        """One document with its text."""
        columns = "id, sha256, text, encoding, replaced, hidden, notes, layout"
        row = self._one(f"SELECT {columns} FROM documents WHERE id = ?", document_id)
        key, sha256, text, encoding, replaced, hidden, notes, places = row
        pages, sections = layout.from_json(places)
        return Document(key, sha256, text, encoding, replaced, hidden, pages, sections, tuple(json.loads(notes)))

    def sha256(self, document_id: str) -> str:
        """The digest of a document's bytes."""
        return str(self._one("SELECT sha256 FROM documents WHERE id = ?", document_id)[0])

    def text(self, document_id: str) -> str:
        """A document's decoded text; those used last are kept in memory."""
        with self._lock:
            text = self._texts.pop(document_id, None)
            if text is None:
                text = str(self._one("SELECT text FROM documents WHERE id = ?", document_id)[0])
            self._texts[document_id] = text
            while len(self._texts) > _TEXTS_KEPT:
                self._texts.popitem(last=False)
            return text

    def paths(self) -> tuple[StoredPath, ...]:
        """Every path, sorted."""
        rows = self._rows("SELECT path, location, document, size, mtime_ns FROM paths ORDER BY path")
        return tuple(StoredPath(row[0], Path(os.fsdecode(row[1])), *row[2:]) for row in rows)

    def remarks(self) -> tuple[Remark, ...]:
        """What was left out of each file, by path, where something was."""
        rows = self._rows(
            "SELECT path, encoding, replaced, hidden, notes FROM paths JOIN documents ON documents.id = document "
            "WHERE replaced > 0 OR hidden > 0 OR notes != '[]' ORDER BY path"
        )
        return tuple(Remark(row[0], _in_words(*row[1:])) for row in rows)

    def hidden(self) -> int:
        """How many hidden characters were left out, in all documents together."""
        return int(self._rows("SELECT coalesce(sum(hidden), 0) FROM documents")[0][0])

    def first_path(self, document_id: str) -> str:
        """The first, by sort order, of the paths under which a document was found."""
        return str(self._one("SELECT path FROM paths WHERE document = ? ORDER BY path LIMIT 1", document_id)[0])

    def articles(self, document_id: str) -> tuple[Article, ...]:
        """The articles of one document, in order."""
        rows = self._rows(f"{_ARTICLE} WHERE document = ? ORDER BY ordinal", (document_id,))
        return tuple(map(_article, rows))

    def article(self, document_id: str, ordinal: int) -> Article:
        """One article."""
        return _article(self._one(f"{_ARTICLE} WHERE document = ? AND ordinal = ?", document_id, ordinal))

    def passages_of(self, document_id: str, article: int | None = None) -> tuple[Passage, ...]:
        """The passages of one document, or of one of its articles, in order."""
        where, values = ("", ()) if article is None else (" AND article = ?", (article,))
        rows = self._rows(f"{_PASSAGE} WHERE document = ?{where} ORDER BY start", (document_id, *values))
        return tuple(map(self._passage, rows))

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """The passages that have these ids, in the order given; ids that name none are left out."""
        wanted = list(dict.fromkeys(ids))
        rows = [row for part in _parts(wanted) for row in self._rows(f"{_PASSAGE} WHERE id IN ({_marks(part)})", part)]
        found = {row[0]: self._passage(row) for row in rows}
        return {key: found[key] for key in wanted if key in found}

    def passage_ids(self) -> tuple[str, ...]:
        """The id of every passage, in the order of storing."""
        return tuple(row[0] for row in self._rows("SELECT id FROM passages ORDER BY position"))

    def distinct_ids(self) -> tuple[str, ...]:
        """The first id of the passages that share an embedding, in the order of storing.

        A graph of neighbours is cut off by thousands of equal vectors, so the store holds each once.
        """
        told = "SELECT id, MIN(position) AS first FROM passages GROUP BY embedded ORDER BY first"
        return tuple(row[0] for row in self._rows(told))

    def vectors(self, fingerprint: str, ids: Sequence[str] | None = None) -> Vectors:
        """The vectors of the passages `ids`, or of all in the order of `passage_ids`, shape (n, dimension).

        Raises: IndexDamaged, when a passage has no vector of this fingerprint.
        """
        wanted = self.passage_ids() if ids is None else ids
        select = (
            "SELECT passages.id, vector FROM passages JOIN embeddings "
            "ON embeddings.text_sha256 = passages.embedded AND embeddings.fingerprint = ?"
        )
        if ids is None:
            found = dict(self._rows(select, (fingerprint,)))
        else:
            parts = (self._rows(f"{select} WHERE id IN ({_marks(part)})", (fingerprint, *part)) for part in _parts(ids))
            found = {key: vector for rows in parts for key, vector in rows}
        absent = next((key for key in wanted if key not in found), None)
        if absent is not None:
            raise IndexDamaged(f"{str(self._file)!r} has no vector for {absent!r}; run `rag index --rebuild PATH`.")
        rows = [np.frombuffer(found[key], dtype="<f4") for key in wanted]
        return np.asarray(np.stack(rows) if rows else np.zeros((0, 0)), dtype=np.float32)

    def integrity(self) -> str:
        """`ok`, or what SQLite's own check of the whole file says is wrong."""
        try:
            return str(self._rows("PRAGMA integrity_check")[0][0])
        except IndexDamaged as error:
            return str(error.__cause__)

    def _passage(self, row: _Row) -> Passage:
        key, document, article, start, stop, page = row
        return Passage(key, document, article, start, stop, self.text(document)[start:stop], page)

    def _one(self, select: str, *values: str | int) -> _Row:
        rows = self._rows(select, values)
        if not rows:
            raise IndexDamaged(f"{str(self._file)!r} does not hold {values!r}; run `rag doctor`.")
        return rows[0]

    def _rows(self, select: str, values: Sequence[str | int] = ()) -> list[_Row]:
        with self._lock, self._reading():
            return self._database.execute(select, tuple(values)).fetchall()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise IndexDamaged(
                f"{str(self._file)!r} does not read ({error}); run `rag index --rebuild PATH`."
            ) from error


def _new(file: Path) -> sqlite3.Connection:
    database = sqlite3.connect(file, isolation_level=None)
    database.executescript("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
    return database


def _document_row(document: Document) -> tuple[str | int, ...]:
    return (
        *(document.id, document.sha256, document.text, document.encoding, document.replaced, document.hidden),
        *(json.dumps(document.notes), layout.to_json(document.pages, document.sections)),
    )


def _in_words(encoding: str, replaced: int, hidden: int, notes: str) -> str:
    told: list[str] = json.loads(notes)
    if hidden:
        told.append(f"{hidden:,} hidden character{'s' if hidden > 1 else ''} left out")
    if replaced:
        told.append(f"{replaced:,} character{'s' if replaced > 1 else ''} could not be decoded, read as {encoding}")
    return "; ".join(told)


def _article_row(article: Article) -> tuple[str | int | None, ...]:
    head, by = article.headline, article.byline
    return (
        *(article.document_id, article.ordinal, article.span.start, article.span.end),
        *(article.title, article.outlet, article.author, article.date),
        *((head.start, head.end) if head else (None, None)),
        *((by.start, by.end) if by else (None, None)),
        article.columns,
    )


def _article(row: _Row) -> Article:
    document, ordinal, start, stop, title, outlet, author, date, *spans, columns = row
    headline, byline = (None if a is None else Span(a, b) for a, b in (spans[:2], spans[2:]))
    return Article(document, ordinal, Span(start, stop), title, outlet, author, date, headline, byline, columns)


def _parts(values: Sequence[_Key]) -> Iterator[Sequence[_Key]]:
    return (values[at : at + _VALUES_A_QUERY] for at in range(0, len(values), _VALUES_A_QUERY))


def _marks(values: Sequence[str]) -> str:
    return ", ".join("?" * len(values))
