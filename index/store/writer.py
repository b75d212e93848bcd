"""Writes a corpus: documents, articles and passages as they are read, and vectors as they are made."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from index.cut.searchable import digest_of
from index.document import layout
from index.document.structure import packed
from index.store.corpus import StoredPath
from index.store.queries import embedded
from index.store.schema import PURGE, SCHEMA, TABLES
from index.types import Article, Document, Passage
from index.vectors.lines import TextVectors


class CorpusWriter:
    """Writes a new corpus. A context manager: what was added is there when the block ends without an error.

    What was added up to the last `save` or `add_vectors` is on the disk even if the process is killed.
    """

    def __init__(self, file: Path, fingerprint: str) -> None:
        """Begin a corpus in `file`, which must not exist, with vectors of the model of this fingerprint."""
        self._fingerprint = fingerprint
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.executescript(
            "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
            "PRAGMA secure_delete = ON;" + TABLES
        )
        self._database.execute("BEGIN")
        self.set_meta({"schema": SCHEMA})

    def __enter__(self) -> CorpusWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._database.execute("COMMIT")
        finally:
            self._database.close()

    def save(self) -> None:
        """Return when all that was added is on the disk."""
        self._database.execute("COMMIT")
        self._database.execute("BEGIN")

    def set_meta(self, values: Mapping[str, str]) -> None:
        """Keep each value under its key."""
        self._database.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    def add_document(
        self, document: Document, articles: Sequence[Article], passages: Sequence[Passage], texts: Sequence[str]
    ) -> None:
        """Add a document that is not there yet; `texts` are what is embedded of each passage."""
        write = self._database.executemany
        write(f"INSERT INTO documents VALUES ({', '.join('?' * 9)})", [_document_row(document)])
        write(f"INSERT INTO articles VALUES ({', '.join('?' * 13)})", map(_article_row, articles))
        write(
            "INSERT INTO passages (id, document, article, start, stop, page, embedded) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (p.id, p.document_id, p.article, p.start, p.end, p.page, digest_of(text))
                for p, text in zip(passages, texts, strict=True)
            ),
        )

    def take_meta(self, other: Path) -> None:
        """Take what the corpus in `other` says of itself, and not of the one it is laid over.

        Raises: sqlite3.DatabaseError, when it does not read.
        """
        with self._attached(other):
            self._database.execute("INSERT OR REPLACE INTO main.meta SELECT * FROM other.meta WHERE key != ?", (PURGE,))

    def take_documents(self, other: Path, ids: Iterable[str]) -> None:
        """Take these documents from the corpus in `other`, as far as it has them and they are not here.

        Raises: sqlite3.DatabaseError, when `other` does not read.
        """
        with self._attached(other):
            run = self._database.execute
            run("CREATE TEMP TABLE taken (id TEXT PRIMARY KEY)")
            self._database.executemany("INSERT OR IGNORE INTO taken VALUES (?)", ((key,) for key in ids))
            run("DELETE FROM taken WHERE id IN (SELECT id FROM main.documents)")
            run("INSERT INTO main.documents SELECT * FROM other.documents WHERE id IN taken ORDER BY rowid")
            run("INSERT INTO main.articles SELECT * FROM other.articles WHERE document IN taken")
            run(
                "INSERT INTO main.passages SELECT NULL, id, document, article, start, stop, page, embedded "
                "FROM other.passages WHERE document IN taken ORDER BY position"
            )
            run("DROP TABLE taken")

    def lay_over(self, below: Path) -> int:
        """Note which documents of the corpus `below` are gone, having no path here, and drop what it has of those here.

        How many passages that makes, those that are gone and those that are here.

        Raises: sqlite3.DatabaseError, when `below` does not read.
        """
        with self._attached(below, "below"):
            for table, key in (("passages", "document"), ("articles", "document"), ("documents", "id")):
                self._database.execute(f"DELETE FROM main.{table} WHERE {key} IN (SELECT id FROM below.documents)")
            self._database.execute(
                "INSERT INTO main.gone SELECT id FROM below.documents WHERE id NOT IN (SELECT document FROM main.paths)"
            )
            count = (
                "SELECT (SELECT count(*) FROM below.passages WHERE document IN (SELECT id FROM main.gone)) "
                "+ (SELECT count(*) FROM main.passages)"
            )
            return int(self._database.execute(count).fetchone()[0])

    def stand_alone(self) -> None:
        """Forget what `lay_over` noted."""
        self._database.execute("DELETE FROM gone")

    def add_paths(self, paths: Sequence[StoredPath]) -> None:
        """Record where documents were found."""
        write = self._database.executemany
        rows = ((p.path, os.fsencode(p.location), p.document_id, p.size, p.mtime_ns) for p in paths)
        write("INSERT INTO paths VALUES (?, ?, ?, ?, ?)", rows)
        write("INSERT INTO identities VALUES (?, ?)", ((p.path, p.identity) for p in paths))

    def add_vectors(self, digests: Sequence[str], vectors: Sequence[TextVectors]) -> None:
        """Keep the vectors of each digest, with all that was added before on the disk when this returns."""
        rows = zip(digests, vectors, strict=True)
        self._database.executemany(
            "INSERT OR IGNORE INTO embeddings VALUES (?, ?, ?, ?)",
            ((self._fingerprint, digest, one.whole.astype("<f4").tobytes(), one.lines) for digest, one in rows),
        )
        self.save()

    def take_vectors(self, other: Path, *, needed: bool) -> None:
        """Take the vectors of the corpus in `other`, with `needed` only those of passages that are here.

        Raises: sqlite3.DatabaseError, when `other` does not read; what is here stays as it was.
        """
        where = "AND text_sha256 IN (SELECT embedded FROM main.passages)" if needed else ""
        with self._attached(other):
            self._database.execute(
                f"INSERT OR IGNORE INTO main.embeddings SELECT * FROM other.embeddings WHERE fingerprint = ? {where}",
                (self._fingerprint,),
            )

    def drop_unused(self) -> None:
        """Remove vectors that no passage has."""
        self._database.execute("DELETE FROM embeddings WHERE text_sha256 NOT IN (SELECT embedded FROM passages)")

    def embedded(self, digests: Sequence[str]) -> set[str]:
        """Those of `digests` that have a vector."""
        return embedded(lambda *statement: self._database.execute(*statement).fetchall(), self._fingerprint, digests)

    def missing(self) -> dict[str, str]:
        """The digests of embedding texts that have no vector yet, each with the id of a passage that has that text."""
        rows = self._database.execute(
            "SELECT embedded, min(id) FROM passages WHERE embedded NOT IN "
            "(SELECT text_sha256 FROM embeddings WHERE fingerprint = ?) GROUP BY embedded ORDER BY min(position)",
            (self._fingerprint,),
        )
        return dict(rows.fetchall())

    @contextmanager
    def _attached(self, other: Path, name: str = "other") -> Iterator[None]:
        self._database.execute("COMMIT")  # a database is attached between transactions only
        try:
            self._database.execute(f"ATTACH ? AS {name}", (str(other),))
            try:
                yield
            finally:
                self._database.execute(f"DETACH {name}")
        finally:
            self._database.execute("BEGIN")


def holds_vectors(file: Path) -> bool:
    """Whether a corpus that was perhaps never finished has vectors that the next run can take."""
    with suppress(sqlite3.DatabaseError):
        if file.is_file():
            with closing(sqlite3.connect(file)) as database:
                return database.execute("SELECT 1 FROM embeddings LIMIT 1").fetchone() is not None
    return False


def _document_row(document: Document) -> tuple[str | int | bytes, ...]:
    return (
        *(document.id, document.sha256, document.text, document.encoding, document.replaced, document.hidden),
        *(json.dumps(document.notes), layout.to_json(document.pages, document.sections, document.scanned)),
        packed(document.blocks).pack(),
    )


def _article_row(article: Article) -> tuple[str | int | None, ...]:
    head, by = article.headline, article.byline
    return (
        *(article.document_id, article.ordinal, article.span.start, article.span.end),
        *(article.title, article.outlet, article.author, article.date),
        *((head.start, head.end) if head else (None, None)),
        *((by.start, by.end) if by else (None, None)),
        article.columns,
    )
