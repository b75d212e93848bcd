"""What text is held against: the documents of an index, or files read for it alone. Both are searched by words."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.cut.searchable import headings_above, lexical_text
from index.document.structure import Structure, structure_of
from index.errors import UnreadableFile
from index.folder.files import File, discover
from index.readers import Worker, fetch, parse
from index.settings import IndexSettings
from index.store.open import Index
from index.types import Article, Document, Passage, Skipped, Source
from rag.errors import NoDocument

if TYPE_CHECKING:
    from index.words.lexical import LexicalIndex


class Sources(Protocol):
    """Documents that can be looked up and searched. `documents` are sorted by path, and numbered so from 1."""

    @property
    def documents(self) -> tuple[Source, ...]:
        """Every document, as its first article tells it."""
        ...

    def text(self, document_id: str) -> str:
        """A document's decoded text."""
        ...

    def structure(self, document_id: str) -> Structure:
        """What a document is made of."""
        ...

    def source(self, passage: Passage) -> Source:
        """Where a passage comes from."""
        ...

    def nearest(self, text: str, k: int, document_id: str | None = None) -> tuple[Passage, ...]:
        """Up to `k` passages, of one document if given, that share words with `text`; best first."""
        ...


def find_document(sources: Sources, name: str) -> Source:
    """The document that has `name` as its id or as one of its paths.

    Raises: NoDocument. A name is compared and never opened, so it leads nowhere else.
    """
    for source in sources.documents:
        if name in (source.document_id, source.path, *source.also):
            return source
    raise NoDocument(f"There is no document {name[:200]!r}; name one by its id or path, as the list of documents does.")


class IndexSources:
    """The documents of an index that is open."""

    def __init__(self, index: Index) -> None:
        """Sources as `index` holds them."""
        self._index = index

    @cached_property
    def documents(self) -> tuple[Source, ...]:
        """As `Sources` says."""
        firsts = [article for article in self._index.articles() if article.ordinal == 0]
        return tuple(sorted(map(self._index.source_of, firsts), key=lambda source: source.path))

    def text(self, document_id: str) -> str:
        """As `Sources` says."""
        return self._index.text(document_id)

    def structure(self, document_id: str) -> Structure:
        """As `Sources` says."""
        return self._index.structure(document_id)

    def source(self, passage: Passage) -> Source:
        """As `Sources` says."""
        return self._index.source(passage)

    def nearest(self, text: str, k: int, document_id: str | None = None) -> tuple[Passage, ...]:
        """As `Sources` says."""
        within = None
        if document_id is not None:
            held = self._index.held(document_id)
            articles = held.articles if held else ()
            within = self._index.within({(document_id, article.ordinal) for article in articles})
        hits = self._index.lexical(text, k, within)
        return tuple(self._index.passages(hit.passage_id for hit in hits).values())


@dataclass(frozen=True)
class _Read:
    """A document that was read, with all that is made of it."""

    document: Document
    articles: tuple[Article, ...]
    passages: tuple[Passage, ...]
    paths: list[str] = field(default_factory=list)

    @cached_property
    def structure(self) -> Structure:
        return structure_of(self.document, self.articles)

    def source(self, article: Article) -> Source:
        path, *also = sorted(self.paths)
        return Source(
            document_id=self.document.id,
            path=path,
            sha256=self.document.sha256,
            title=article.title,
            outlet=article.outlet,
            author=article.author,
            date=article.date,
            also=tuple(also),
        )


class FileSources:
    """Files as they were when they were read; what becomes of them later changes nothing. `skipped` were not read."""

    def __init__(self, documents: Sequence[_Read], skipped: Sequence[Skipped]) -> None:
        """Sources of `documents`."""
        self.skipped = tuple(skipped)
        self._by_id = {item.document.id: item for item in documents}
        self._passages = {passage.id: passage for item in documents for passage in item.passages}

    @cached_property
    def documents(self) -> tuple[Source, ...]:
        """As `Sources` says."""
        sources = (item.source(item.articles[0]) for item in self._by_id.values())
        return tuple(sorted(sources, key=lambda source: source.path))

    def text(self, document_id: str) -> str:
        """As `Sources` says."""
        return self._by_id[document_id].document.text

    def structure(self, document_id: str) -> Structure:
        """As `Sources` says."""
        return self._by_id[document_id].structure

    def source(self, passage: Passage) -> Source:
        """As `Sources` says."""
        item = self._by_id[passage.document_id]
        return item.source(item.articles[passage.article])

    def nearest(self, text: str, k: int, document_id: str | None = None) -> tuple[Passage, ...]:
        """As `Sources` says."""
        within = None
        if document_id is not None:
            within = {passage.id for passage in self._by_id[document_id].passages}
        return tuple(self._passages[hit.passage_id] for hit in self._words.query(text, k, within))

    @cached_property
    def _words(self) -> LexicalIndex:
        from index.words.lexical import LexicalIndex

        with tempfile.TemporaryDirectory() as folder:
            return LexicalIndex.build(Path(folder), tuple(self._passages), map(self._searched, self._passages.values()))

    def _searched(self, passage: Passage) -> str:
        item = self._by_id[passage.document_id]
        article = item.articles[passage.article]
        return lexical_text(passage, article, headings_above(passage, article, item.document.text, item.structure))


def read_files(paths: Sequence[Path], settings: IndexSettings) -> FileSources:
    """Every file at or below `paths` that can be read, as indexing would read it.

    Raises: UnreadableFile, when one of the paths is not there.
    """
    listing = discover(paths)
    documents: dict[str, _Read] = {}
    skipped = list(listing.skipped)
    with Worker() as worker:
        for file in listing.files:
            try:
                _add(documents, file, settings, worker)
            except UnreadableFile as error:
                skipped.append(Skipped(file.relative, str(error)))
    return FileSources(tuple(documents.values()), skipped)


def _add(documents: dict[str, _Read], file: File, settings: IndexSettings, worker: Worker) -> None:
    """Read one file, or add its path to the document that has the same bytes. Raises: UnreadableFile."""
    raw = fetch(file.path, settings.max_file_bytes)
    if raw.id not in documents:
        document = parse(raw, worker)
        articles = split_articles(document)
        if not articles:
            raise UnreadableFile("holds no text")
        documents[raw.id] = _Read(document, articles, chunk(document, articles, settings.passage_words))
    documents[raw.id].paths.append(file.relative)
