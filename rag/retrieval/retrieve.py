"""Which passages bear on a question: two searches, weighed together; the reader then puts the best of them in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from index.store.open import Index
from index.store.within import Within
from index.types import Embedder, Hit, Passage, Vectors
from rag.reader.units import ReadUnit, heading_path, passage_units
from rag.retrieval.fuse import Fusion, Signals, interleave, load_fusion
from rag.settings import Retrieval
from rag.types import Ranks, RetrievedPassage

_FUSED = 24
"""Passages of one ranking that may be shown."""


class Retriever:
    """Finds passages in an index. The ranks of both searches are kept on every passage."""

    def __init__(self, index: Index, embedder: Embedder, settings: Retrieval, fusion: Fusion | None = None) -> None:
        """A retriever over `index`, which must have been built with `embedder`; the installed weights if none given."""
        self._index = index
        self._embedder = embedder
        self._settings = settings
        self._fusion = fusion or load_fusion()
        self._ranking = lru_cache(maxsize=8)(self._ranked)
        """A question may be asked for again at once, with more of its passages wanted."""

    def retrieve(self, questions: Sequence[str], k: int, within: Within | None = None) -> tuple[RetrievedPassage, ...]:
        """The `k` best passages of `within` if given, labelled from 1. The score is the cosine.

        `questions` are a question and its parts; their rankings are taken in turn. Passages with the same words take
        one place; the others' paths stand on the first.
        """
        rankings = [self._ranking(question, within) for question in questions]
        order = interleave(*([item.passage.id for item in ranking[: 2 * k]] for ranking in rankings))
        by_id = {item.passage.id: item for ranking in reversed(rankings) for item in ranking}
        chosen = _distinct([by_id[i] for i in order])[:k]
        return tuple(replace(item, label=n) for n, item in enumerate(chosen, start=1))

    def _ranked(self, question: str, within: Within | None) -> tuple[RetrievedPassage, ...]:
        vector = self._embedder.embed([question])[0]
        dense, lexical = self._legs(question, vector, within)
        signals = self._signals(vector, dense, lexical)
        order = sorted(signals, key=lambda key: (-self._fusion.score(signals[key]), key))[:_FUSED]
        passages = self._index.passages(order)
        by_dense = {hit.passage_id: hit.rank for hit in dense}
        by_words = {hit.passage_id: hit.rank for hit in lexical}
        ranks = {i: Ranks(by_dense.get(i), by_words.get(i)) for i in order}
        return tuple(self.item(passages[i], signals[i].whole, ranks[i]) for i in order)

    def signals(self, question: str, within: Within | None = None) -> dict[str, Signals]:
        """What is known of each passage that either search finds, by its id."""
        vector = self._embedder.embed([question])[0]
        return self._signals(vector, *self._legs(question, vector, within))

    def _signals(self, vector: Vectors, dense: Sequence[Hit], lexical: Sequence[Hit]) -> dict[str, Signals]:
        words = {hit.passage_id: hit.score for hit in lexical}
        ids = list(dict.fromkeys(hit.passage_id for hit in (*dense, *lexical) if hit.score > 0))
        near = self._index.nearness(vector, ids)
        return {key: Signals(near[key].whole, near[key].line, words.get(key, 0.0)) for key in ids}

    def _legs(self, question: str, vector: Vectors, within: Within | None) -> tuple[list[Hit], list[Hit]]:
        """What the dense and the lexical search return for `question`, each best first."""
        many = self._settings.candidates
        return self._index.dense(vector, many, within), self._index.lexical(question, many, within)

    def units(self, item: RetrievedPassage) -> tuple[ReadUnit, ...]:
        """The passage as the reader reads it."""
        document = item.passage.document_id
        return passage_units(item.passage, item.source, self._index.text(document), self._index.structure(document))

    def item(self, passage: Passage, score: float = 0.0, ranks: Ranks | None = None) -> RetrievedPassage:
        """A passage with where it is from and what stands above it, not labelled yet."""
        structure, text = self._index.structure(passage.document_id), self._index.text(passage.document_id)
        first = structure.block(passage.start)
        heads = " | ".join(cell.head for cell in first.cells) if first else ""
        path = heading_path(structure, text, passage.start)
        columns = heads if heads.strip(" |") else self._index.article(passage).columns
        scanned = structure.scanned_in(passage.span)
        speakers = tuple((block.span, block.author) for block in structure.within(passage.span) if block.author)
        return RetrievedPassage(
            label=0,
            passage=passage,
            source=self._index.source(passage),
            score=round(score, 6),
            ranks=ranks or Ranks(),
            headings=path,
            columns=columns or None,
            scanned=scanned,
            speakers=speakers,
        )


def _distinct(items: Sequence[RetrievedPassage]) -> list[RetrievedPassage]:
    """One passage of those with the same words, with the paths of the others."""
    first: dict[str, RetrievedPassage] = {}
    for item in items:
        key = " ".join(item.passage.text.split()).casefold()
        if key not in first:
            first[key] = item
        elif item.source.path != first[key].source.path:
            also = dict.fromkeys((*first[key].also_in, item.source.path))
            first[key] = replace(first[key], also_in=tuple(also))
    return list(first.values())
