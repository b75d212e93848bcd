"""The corpus: documents, articles, passages, offsets and embeddings in one SQLite file. All else is made from it.

A corpus is written once, by `index.store.writer`, and from then on only read. A passage is kept as offsets; its text is
always cut from its document's, so the two cannot differ.

One may be laid over another: it has all paths, the documents that the other lacks, and the names of those of the other
that are gone. Both are then read as one, in which what lies below comes first.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np

from index.cut.searchable import embedding_text, headings_above
from index.document import layout
from index.document.blocks import Blocks
from index.document.structure import Structure, breaks
from index.errors import IndexDamaged
from index.folder.roots import Place, Root, from_line, places_from_line
from index.store.queries import Row, embedded, rows_in
from index.store.schema import GONE, LAID_OVER, READ_AT, SCHEMA
from index.store.within import Placed
from index.types import Article, Document, Passage, Remark, Span, Vectors
from index.vectors.lines import TextVectors

FILE = "corpus.sqlite"
_PASSAGE = "SELECT id, document, article, start, stop, page FROM passages"
_ARTICLE = """SELECT document, ordinal, start, stop, title, outlet, author, date,
    headline_start, headline_stop, byline_start, byline_stop, columns FROM articles"""
_PATH = "SELECT path, location, document, size, mtime_ns FROM paths"
_IDENTIFIED = "SELECT path, location, document, size, mtime_ns, identity FROM paths JOIN identities USING (path)"
_TEXTS_KEPT = 64
_STRUCTURES_KEPT = 32


@dataclass(frozen=True, slots=True)
class StoredPath:
    """A path under which a document was found. `location` is absolute; `path` is the name shown."""

    path: str
    location: Path
    document_id: str
    size: int
    mtime_ns: int
    identity: str = ""
    """Which file of which disk it is, as the system numbers them; empty where that was not kept."""


@dataclass(frozen=True, slots=True)
class Held:
    """A document as it is held: its text, its articles in order, and the files it was read from, sorted by path."""

    document: Document
    articles: tuple[Article, ...]
    files: tuple[StoredPath, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a corpus holds."""

    documents: int
    articles: int
    passages: int


class Corpus:
    """Reads a corpus. Safe to use from several threads.

    Every method raises IndexDamaged when the file does not read.
    """

    def __init__(self, file: Path, below: Path | None = None) -> None:
        """Open `file` for reading only; with `below`, that of the corpus over which it was laid, both as one.

        Raises: IndexDamaged, when one is missing, is no corpus, or has another schema.
        """
        self._file = file
        self._lock = RLock()
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._structure = lru_cache(_STRUCTURES_KEPT)(self._read_structure)
        self._paths: tuple[StoredPath, ...] | None = None
        with self._reading():
            self._database = sqlite3.connect(_read_only(file), uri=True, check_same_thread=False)
            self._database.execute("PRAGMA temp_store = MEMORY")  # reading needs no disk, which may be full
        try:
            schema = self.meta("schema")
            if below is not None:
                self._lay_over(below)
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

    def read_at(self) -> int:
        """When the run began that read the files, in nanoseconds since the epoch; 0 where that was not kept."""
        return int(self.meta(READ_AT) or 0)

    def roots(self) -> tuple[Root, ...]:
        """The folders and files that it was made from."""
        return from_line(self.meta("roots"), self.meta("patterns"))

    def places(self) -> tuple[Place, ...]:
        """Which folders those were, and what was mounted below them; none, where that was not kept yet."""
        return places_from_line(self.meta("places"))

    def counts(self) -> Counts:
        """How many documents, articles and passages there are."""
        tables = ("documents", "articles", "passages")
        return Counts(*(int(self._rows(f"SELECT count(*) FROM {table}")[0][0]) for table in tables))

    def document_ids(self) -> tuple[str, ...]:
        """Every document, in the order of their first paths' storing."""
        return self._column("SELECT id FROM documents ORDER BY rowid")

    def document(self, document_id: str) -> Document:
        """One document with its text."""
        columns = "id, sha256, text, encoding, replaced, hidden, notes, layout, blocks"
        row = self._one(f"SELECT {columns} FROM documents WHERE id = ?", document_id)
        key, sha256, text, encoding, replaced, hidden, notes, places, blocks = row
        pages, sections, scanned = layout.from_json(places)
        return Document(
            *(key, sha256, text, encoding, replaced, hidden, pages, sections),
            notes=tuple(json.loads(notes)),
            scanned=scanned,
            blocks=Blocks.unpack(blocks),
        )

    def structure(self, document_id: str) -> Structure:
        """What a document is made of; those used last are kept in memory."""
        return self._structure(document_id)

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

    def held(self, document_id: str) -> Held | None:
        """All that is held of one document; None where no document has this id."""
        rows = self._rows(f"{_PATH} WHERE document = ? ORDER BY path", (document_id,))
        if not rows:
            return None
        return Held(self.document(document_id), self.articles(document_id), tuple(map(_stored, rows)))

    def paths(self) -> tuple[StoredPath, ...]:
        """Every path, sorted."""
        if self._paths is None:
            is_kept = self._rows("SELECT 1 FROM main.sqlite_master WHERE name = 'identities'")
            self._paths = tuple(map(_stored, self._rows(f"{_IDENTIFIED if is_kept else _PATH} ORDER BY path")))
        return self._paths

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

    def paths_of(self, document_id: str) -> tuple[str, ...]:
        """The paths under which a document was found, sorted; never none."""
        rows = self._some("SELECT path FROM paths WHERE document = ? ORDER BY path", document_id)
        return tuple(row[0] for row in rows)

    def documents_of(self, sha256: str) -> tuple[str, ...]:
        """The documents read from files whose bytes have this digest; more than one where readers changed."""
        return tuple(row[0] for row in self._rows("SELECT id FROM documents WHERE sha256 = ? ORDER BY id", (sha256,)))

    def document_at(self, path: str) -> str | None:
        """The document found under `path`; None where no file there is indexed."""
        rows = self._rows("SELECT document FROM paths WHERE path = ?", (path,))
        return str(rows[0][0]) if rows else None

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

    def passage_at(self, document_id: str, at: int) -> Passage | None:
        """The last passage that begins at or before a character of a document; None where none does."""
        order = "AND start <= ? ORDER BY start DESC LIMIT 1"
        rows = self._rows(f"{_PASSAGE} WHERE document = ? {order}", (document_id, at))
        return self._passage(rows[0]) if rows else None

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """The passages that have these ids, in the order given; ids that name none are left out."""
        wanted = list(dict.fromkeys(ids))
        rows = rows_in(self._rows, f"{_PASSAGE} WHERE id IN", (), wanted)
        by_id = {row[0]: self._passage(row) for row in rows}
        return {key: by_id[key] for key in wanted if key in by_id}

    def headings(self, passage: Passage, article: Article) -> str:
        """The headings that hold where a passage of an article begins."""
        document = passage.document_id
        return headings_above(passage, article, self.text(document), self.structure(document))

    def embedding_texts(self, ids: Sequence[str]) -> list[str]:
        """What is embedded of each of these passages, in order."""
        return [self._embedding_text(passage) for passage in self.passages(ids).values()]

    def _embedding_text(self, passage: Passage) -> str:
        document = passage.document_id
        article = self.article(document, passage.article)
        return embedding_text(passage, article, self.text(document), self.structure(document))

    def passage_counts(self) -> dict[tuple[str, int], int]:
        """How many passages each article has that has any, by document and ordinal."""
        rows = self._rows("SELECT document, article, count(*) FROM passages GROUP BY document, article")
        return {(document, ordinal): count for document, ordinal, count in rows}

    def passage_ids(self) -> tuple[str, ...]:
        """The id of every passage, in the order of storing."""
        return self._column("SELECT id FROM passages ORDER BY position")

    def distinct_ids(self) -> tuple[str, ...]:
        """The first id of the passages that share an embedding, in the order of storing.

        A graph of neighbours is cut off by thousands of equal vectors, so the store holds each once.
        """
        select = "SELECT id, MIN(position) AS first FROM passages GROUP BY embedded ORDER BY first"
        return self._column(select)

    def placed(self) -> tuple[Placed, ...]:
        """Every passage with its article and the digest of what was embedded of it, in the order of storing."""
        rows = self._rows("SELECT id, document, article, embedded FROM passages ORDER BY position")
        return tuple(Placed(*row) for row in rows)

    def vectors(self, fingerprint: str, ids: Sequence[str] | None = None) -> Vectors:
        """The vectors of the passages `ids`, or of all in the order of `passage_ids`, shape (n, dimension).

        Raises: IndexDamaged, when a passage has no vector of this fingerprint.
        """
        wanted = self.passage_ids() if ids is None else ids
        rows = [np.frombuffer(vector, dtype="<f4") for (vector,) in self._embedded("vector", fingerprint, wanted)]
        return np.asarray(np.stack(rows) if rows else np.zeros((0, 0)), dtype=np.float32)

    def text_vectors(self, fingerprint: str, ids: Sequence[str]) -> list[TextVectors]:
        """All vectors of each of the passages `ids`. Raises: IndexDamaged, when one has none of this fingerprint."""
        rows = self._embedded("vector, lines", fingerprint, ids)
        return [TextVectors(np.frombuffer(vector, dtype="<f4"), lines) for vector, lines in rows]

    def _embedded(self, columns: str, fingerprint: str, ids: Sequence[str]) -> list[Row]:
        digests = self._values("SELECT id, embedded FROM passages WHERE id IN", (), ids)
        select = f"SELECT text_sha256, {columns} FROM embeddings WHERE fingerprint = ? AND text_sha256 IN"
        rows = rows_in(self._rows, select, (fingerprint,), list(dict.fromkeys(digests.values())))
        by_digest = {row[0]: row[1:] for row in rows}
        absent = next((key for key in ids if digests.get(key) not in by_digest), None)
        if absent is not None:
            raise IndexDamaged(f"{str(self._file)!r} has no vector for {absent!r}; run `rag index --rebuild PATH`.")
        return [by_digest[digests[key]] for key in ids]

    def embedded(self, fingerprint: str, digests: Sequence[str]) -> set[str]:
        """Those of the embedding texts with these digests that have a vector of this fingerprint."""
        return embedded(self._rows, fingerprint, digests)

    def integrity(self) -> str:
        """`ok`, or what SQLite's own check of the whole file says is wrong."""
        try:
            return str(self._rows("PRAGMA integrity_check")[0][0])
        except IndexDamaged as error:
            return str(error.__cause__)

    def ids_gone(self) -> frozenset[str]:
        """The passages of the corpus below that are gone."""
        return frozenset(row[0] for row in self._rows(f"SELECT id FROM below.passages WHERE {GONE}"))

    def ids_added(self) -> tuple[str, ...]:
        """Those of `distinct_ids` that are not among the distinct ids of the corpus below, in the order of storing."""
        changed = f"SELECT embedded FROM main.passages UNION SELECT embedded FROM below.passages WHERE {GONE}"
        first = f"SELECT embedded, id, MIN(position) AS first FROM {{}} WHERE embedded IN ({changed}) GROUP BY embedded"
        stored = {row[:2] for row in self._rows(first.format("below.passages"))}
        rows = self._rows(f"{first.format('passages')} ORDER BY first")
        return tuple(key for digest, key, _ in rows if (digest, key) not in stored)

    def _lay_over(self, below: Path) -> None:
        with self._reading():
            self._database.execute("ATTACH ? AS below", (_read_only(below),))
            self._database.executescript(LAID_OVER)

    def _read_structure(self, document_id: str) -> Structure:
        packed, places = self._one("SELECT blocks, layout FROM documents WHERE id = ?", document_id)
        _, _, scanned = layout.from_json(places)
        return Structure(Blocks.unpack(packed), breaks(self.articles(document_id)), scanned)

    def _passage(self, row: Row) -> Passage:
        key, document, article, start, stop, page = row
        return Passage(key, document, article, start, stop, self.text(document)[start:stop], page)

    def _one(self, select: str, *values: str | int) -> Row:
        return self._some(select, *values)[0]

    def _some(self, select: str, *values: str | int) -> list[Row]:
        rows = self._rows(select, values)
        if not rows:
            raise IndexDamaged(f"{str(self._file)!r} does not hold {values!r}; run `rag doctor`.")
        return rows

    def _values(self, select: str, values: Sequence[str], keys: Sequence[str]) -> dict[str, Any]:
        """The second column by the first, of a `select` that ends in `IN`, for all of `keys`."""
        return {row[0]: row[1] for row in rows_in(self._rows, select, values, keys)}

    def _rows(self, select: str, values: Sequence[str | int] = ()) -> list[Row]:
        with self._lock, self._reading():
            return self._database.execute(select, tuple(values)).fetchall()

    def _column(self, select: str) -> tuple[str, ...]:
        """The first value of each row, of which memory holds no other."""
        with self._lock, self._reading():
            return tuple(row[0] for row in self._database.execute(select))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise IndexDamaged(
                f"{str(self._file)!r} does not read ({error}); run `rag index --rebuild PATH`."
            ) from error


def _read_only(file: Path) -> str:
    return f"{file.absolute().as_uri()}?mode=ro"


def _in_words(encoding: str, replaced: int, hidden: int, notes: str) -> str:
    remarks: list[str] = json.loads(notes)
    if hidden:
        remarks.append(f"{hidden:,} hidden character{'s' if hidden > 1 else ''} left out")
    if replaced:
        remarks.append(f"{replaced:,} character{'s' if replaced > 1 else ''} could not be decoded, read as {encoding}")
    return "; ".join(remarks)


def _stored(row: Row) -> StoredPath:
    return StoredPath(row[0], Path(os.fsdecode(row[1])), *row[2:])


def _article(row: Row) -> Article:
    document, ordinal, start, stop, title, outlet, author, date, *spans, columns = row
    headline, byline = (None if a is None else Span(a, b) for a, b in (spans[:2], spans[2:]))
    return Article(document, ordinal, Span(start, stop), title, outlet, author, date, headline, byline, columns)
