"""A published index, opened to search and to read. Nothing is loaded before it is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from functools import lru_cache
from threading import RLock
from typing import TYPE_CHECKING, ClassVar

from index.document.structure import Structure
from index.errors import IndexDamaged, NoIndex, WrongModel
from index.folder.roots import Root
from index.settings import IndexSettings, StoreSettings
from index.store import generation
from index.store.corpus import FILE, Corpus, Held, StoredPath
from index.store.probe import LEXICAL
from index.store.published import Published, published, salvage
from index.store.searches import Above, Searches, merged, require_unbroken
from index.store.within import Exact, Within, allowed_hits, nearest, within
from index.types import Article, Hit, IndexState, Passage, Remark, Source, Vectors
from index.vectors.lines import Nearness, nearness

if TYPE_CHECKING:
    from index.vectors.types import VectorStore
    from index.words.lexical import LexicalIndex


def open_index(settings: IndexSettings, fingerprint: str | None = None, before: Index | None = None) -> Index:
    """The index in use. With `fingerprint`, the index must have been built with that embedding model.

    What it has in common with the one that was opened `before`, and is still open, is not opened again.

    Raises: NoIndex, when nothing was indexed yet; WrongModel; IndexDamaged, when a file of it is missing or it was
    written by another version of Chroma.
    """
    return Index(settings, fingerprint, before)


def known_roots(settings: IndexSettings, *, rebuild: bool = False) -> tuple[Root, ...]:
    """The folders and files that the index in use is made of; none where nothing is indexed.

    Where none is in use, or with `rebuild` where it does not read, it is the index that building would go on from.

    Raises: IndexDamaged.
    """
    root = settings.root
    try:
        with generation.reading(root) as held:
            if held is not None:
                with published(root, held[0]).corpus() as corpus:
                    return corpus.roots()
    except IndexDamaged:
        if not rebuild:
            raise
    older = salvage(root)
    if older is None:
        return ()
    with older.corpus() as corpus:
        return corpus.roots()


class Index:
    """One generation of an index, kept from removal until it is closed. Safe to use from several threads.

    Each part (corpus, vectors, words) is compared with its digests when it is first used, so every method may
    raise IndexDamaged; it then names the file and what mends it.
    """

    compared_one_by_one: ClassVar[int] = 2000
    """Of a search kept to no more passages than these, the vectors are read and compared each; of 20,000 passages that
    takes as long as asking the store for a thousand."""

    def __init__(self, settings: IndexSettings, fingerprint: str | None = None, before: Index | None = None) -> None:
        """See `open_index`."""
        self._root = settings.root
        self._lock = RLock()
        self._corpus: Corpus | None = None
        self._words: LexicalIndex | None = None
        self._above: Above | None = None
        self._is_closed = False
        self._source = lru_cache(maxsize=4096)(self._read_source)
        self._within = lru_cache(maxsize=2)(self._read_within)
        with ExitStack() as stack:
            held = stack.enter_context(generation.reading(self._root))
            if held is None:
                raise NoIndex(f"Nothing is indexed in {str(self._root)!r} yet; run `rag index PATH`.")
            self._manifest, self._line = held
            self._published = published(self._root, self._manifest)
            _require(self._published, fingerprint, settings.store)
            self._searches = _shared(before, self._published.whole) or Searches(self._published.whole, settings.store)
            self._searches.share()
            self._held = stack.pop_all()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every file. Closing twice does no harm."""
        with self._lock:
            if self._corpus is not None:
                self._corpus.close()
            if not self._is_closed:
                self._searches.leave()
            self._corpus = self._words = self._above = None
            self._is_closed = True
            self._held.close()

    @property
    def state(self) -> IndexState:
        """Which generation this is, and how much it holds."""
        return IndexState(self._manifest.generation, self._manifest.documents, self._manifest.passages)

    @property
    def fingerprint(self) -> str:
        """The embedding model that the vectors are of."""
        return self._manifest.fingerprint

    @property
    def roots(self) -> tuple[Root, ...]:
        """The folders and files that the index is made of."""
        return self._texts().roots()

    def stale(self) -> bool:
        """Whether another generation is in use by now, so that this one should be closed and the index opened again."""
        return generation.current_line(self._root) != self._line

    def dense(self, vector: Vectors, k: int, within: Within | None = None) -> list[Hit]:
        """The `k` passages nearest to `vector`, shape (d,) or (1, d), by cosine similarity; best first.

        With `within` only its passages are ranked: by exact search where they are few, else by asking the store for
        so many more that enough of them are in it, and by exact search again where that falls short.

        Raises: WrongModel, when `vector` has another width than the index's.
        """
        if vector.shape[-1] != self._manifest.dimension:
            raise WrongModel(
                f"The question's vector has {vector.shape[-1]} numbers, those of the index {self._manifest.dimension}; "
                "run `rag index PATH` with the model now set."
            )
        return self._stored(vector, k) if within is None else self._dense_within(vector, k, within)

    def lexical(self, text: str, k: int, within: Within | None = None) -> list[Hit]:
        """Up to `k` passages, of `within` if given, that share a word with `text`, by BM25; best first."""
        return self._word_index().query(text, k, None if within is None else within.ids)

    def nearness(self, vector: Vectors, ids: Sequence[str]) -> dict[str, Nearness]:
        """How alike each of the passages `ids` is to `vector`, a unit row: as a whole, and its likest line."""
        return dict(zip(ids, nearness(vector, self._texts().text_vectors(self.fingerprint, ids)), strict=True))

    def within(self, articles: Collection[tuple[str, int]]) -> Within:
        """The passages of these articles, given as documents and ordinals, to keep a search to."""
        return self._within(frozenset(articles))

    def idf(self, term: str) -> float:
        """How rare a token of `tokens.tokenize` is among the passages; the maximum for one that none has."""
        return self._word_index().idf(term)

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        """The passages that have these ids, in the order given; ids that name none are left out."""
        return self._texts().passages(ids)

    def passage_at(self, document_id: str, at: int) -> Passage | None:
        """The last passage that begins at or before a character of a document; None where none does."""
        return self._texts().passage_at(document_id, at)

    def article(self, passage: Passage) -> Article:
        """The article that a passage is of."""
        return self._texts().article(passage.document_id, passage.article)

    def articles(self) -> tuple[Article, ...]:
        """Every article of every document."""
        corpus = self._texts()
        return tuple(article for document in corpus.document_ids() for article in corpus.articles(document))

    def files(self) -> tuple[StoredPath, ...]:
        """Every file that is indexed, by path."""
        return self._texts().paths()

    def passage_counts(self) -> dict[tuple[str, int], int]:
        """How many passages each article has that has any, by document and ordinal."""
        return self._texts().passage_counts()

    def remarks(self) -> tuple[Remark, ...]:
        """What was left out of each file, by path, where something was."""
        return self._texts().remarks()

    def hidden(self) -> int:
        """How many hidden characters were left out, in all documents together."""
        return self._texts().hidden()

    def source(self, passage: Passage) -> Source:
        """Where a passage comes from: the first path, by sort order, and the others that its document has."""
        return self._source(passage.document_id, passage.article)

    def source_of(self, article: Article) -> Source:
        """Where an article comes from, as `source` tells it for its passages."""
        return self._source(article.document_id, article.ordinal)

    def text(self, document_id: str) -> str:
        """A document's decoded text, which the offsets of articles and passages count in."""
        return self._texts().text(document_id)

    def structure(self, document_id: str) -> Structure:
        """The headings, blocks and tables of a document, by offsets in its text."""
        return self._texts().structure(document_id)

    def held(self, document_id: str) -> Held | None:
        """A document with its articles and files; None where no document has this id."""
        return self._texts().held(document_id)

    def document_ids(self) -> tuple[str, ...]:
        """Every document."""
        return self._texts().document_ids()

    def paths_of(self, document_id: str) -> tuple[str, ...]:
        """The paths under which a document was found, sorted; never none."""
        return self._texts().paths_of(document_id)

    def documents_of(self, sha256: str) -> tuple[str, ...]:
        """The documents read from files whose bytes have this digest."""
        return self._texts().documents_of(sha256)

    def document_at(self, path: str) -> str | None:
        """The document found under `path`; None where no file there is indexed."""
        return self._texts().document_at(path)

    def neighbours(self, passage: Passage, before: int, after: int) -> tuple[Passage, ...]:
        """Up to `before` passages before it and `after` after it in its article, in order, itself left out."""
        all_of_it = self._texts().passages_of(passage.document_id, passage.article)
        earlier = [other for other in all_of_it if other.start < passage.start]
        later = [other for other in all_of_it if other.start > passage.start]
        return (*earlier[max(0, len(earlier) - before) :], *later[:after])

    def _stored(self, vector: Vectors, k: int) -> list[Hit]:
        """What the store finds, and what lies above it, or an exact search where the store cannot be opened.

        Chroma writes whenever it opens a store.
        """
        try:
            return self._nearest(self._searches.store(), vector, k)
        except OSError:
            return self._nearest(self._searches.compare_each(self._compared), vector, k)

    def _nearest(self, store: VectorStore, vector: Vectors, k: int) -> list[Hit]:
        if self._published.base is None:
            return store.query(vector, k)
        return merged(store, self._laid_over(), vector, k)

    def _compared(self) -> Exact:
        """Every vector of the store, to compare each."""
        with self._published.whole.corpus() as corpus:
            ids = corpus.distinct_ids()
            return Exact(ids, corpus.vectors(self.fingerprint, ids))

    def _laid_over(self) -> Above:
        with self._lock:
            if self._above is None:
                corpus = self._texts()
                ids = corpus.ids_added()
                self._above = Above(corpus.ids_gone(), Exact(ids, corpus.vectors(self.fingerprint, ids)))
            return self._above

    def _dense_within(self, vector: Vectors, k: int, allowed: Within) -> list[Hit]:
        ids = tuple(allowed.distinct.values())
        if len(ids) > self.compared_one_by_one:
            hits = allowed_hits(self._stored(vector, 2 * k * self._manifest.passages // len(ids)), allowed, k)
            if len(hits) == k:
                return hits
        return nearest(vector, ids, self._texts().vectors(self.fingerprint, ids), k)

    def _read_within(self, articles: frozenset[tuple[str, int]]) -> Within:
        return within(self._texts().placed(), articles)

    def _texts(self) -> Corpus:
        with self._lock:
            if self._corpus is None:
                self._searches.require(FILE)
                if self._published.base is not None:
                    require_unbroken(self._published, FILE)
                self._corpus = self._published.corpus()
            return self._corpus

    def _word_index(self) -> LexicalIndex:
        with self._lock:
            if self._words is None:
                from index.words.lexical import LexicalIndex

                below = self._searches.postings()
                if self._published.base is None:
                    self._words = LexicalIndex(below)
                else:
                    from index.words.postings import open_postings

                    require_unbroken(self._published, LEXICAL)
                    gone = self._laid_over().gone
                    self._words = LexicalIndex(below, open_postings(self._published.folder / LEXICAL), gone)
            return self._words

    def _read_source(self, document_id: str, ordinal: int) -> Source:
        corpus = self._texts()
        article = corpus.article(document_id, ordinal)
        path, *also = corpus.paths_of(document_id)
        return Source(
            document_id=document_id,
            path=path,
            sha256=corpus.sha256(document_id),
            title=article.title,
            outlet=article.outlet,
            author=article.author,
            date=article.date,
            also=tuple(also),
        )


def _shared(before: Index | None, whole: Published) -> Searches | None:
    """What searches the whole generation, where the index opened `before` has it."""
    return before._searches if before is not None and before._searches.published == whole else None


def _require(used: Published, fingerprint: str | None, store: StoreSettings) -> None:
    used.require_files()
    if fingerprint is not None and fingerprint != used.manifest.fingerprint:
        raise WrongModel(
            f"The index was built with the embedding model {used.manifest.fingerprint!r}, and {fingerprint!r} is set; "
            "run `rag index PATH` to build it with that, or set index.model back."
        )
    if problem := used.misfit(store):
        raise IndexDamaged(f"The index {problem}; run `rag index PATH`, which embeds nothing anew.")
