"""What is made from the corpus of a generation: Chroma's files, BM25's and the manifest. Nothing here is embedded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from index import generation, probe
from index.corpus import FILE, Corpus
from index.errors import IndexDamaged, IndexFault
from index.generation import Manifest
from index.seal import seal
from index.searchable import lexical_text


class Progress(Protocol):
    """Told how far a run is. Stages come in order: read, embed, store, publish."""

    def start(self, stage: str, total: int) -> None:
        """A stage of `total` steps begins; the one before it is over."""
        ...

    def advance(self, n: int) -> None:
        """`n` more steps of the stage are done."""
        ...


class Silent:
    """Tells nobody."""

    def start(self, stage: str, total: int) -> None:
        """Nothing is shown."""

    def advance(self, n: int) -> None:
        """Nothing is shown."""


def build_caches(folder: Path, root: Path, fingerprint: str, dimension: int, progress: Progress) -> Manifest:
    """Build Chroma's and BM25's files from the corpus in `folder`; the manifest of it all, named as the next in `root`.

    Raises: IndexDamaged, when the corpus does not read or lacks a vector of this fingerprint.
    """
    from index.lexical import LexicalIndex
    from index.store import build_store

    with Corpus(folder / FILE) as corpus:
        count, ids = corpus.counts(), corpus.passage_ids()
        progress.start("store", len(ids))
        distinct = corpus.distinct_ids()
        build_store(folder / probe.CHROMA, distinct, corpus.vectors(fingerprint, distinct))
        texts = dict(_lexical_texts(corpus))
        LexicalIndex.build(folder / probe.LEXICAL, ids, [texts[key] for key in ids])
        progress.advance(len(ids))
    return Manifest(
        generation=generation.new_id(root),
        schema=generation.SCHEMA,
        fingerprint=fingerprint,
        dimension=dimension,
        chroma=generation.chroma_version(),
        documents=count.documents,
        passages=count.passages,
        files=seal(folder),
    )


def require_sound(problem: str | None) -> None:
    """Return if a trial found nothing. Raises: IndexDamaged."""
    if problem:
        raise IndexDamaged(
            f"The index just built failed its trial and was not put in use: {problem}; run `rag doctor`."
        )


@contextmanager
def in_one_sentence(root: Path) -> Iterator[None]:
    """Turn a disk that is full, read-only or broken into one sentence; files of the user's never come here."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise IndexFault(
            f"The index in {str(root)!r} could not be written ({reason}); the last one stays in use. "
            "Free some space or mend the folder's rights, and run it again."
        ) from error


def _lexical_texts(corpus: Corpus) -> Iterator[tuple[str, str]]:
    for document in corpus.document_ids():
        articles = {article.ordinal: article for article in corpus.articles(document)}
        for passage in corpus.passages_of(document):
            yield passage.id, lexical_text(passage, articles[passage.article])
