"""Which passages bear on a question: two searches, fused by rank, then ordered by reading their sentences."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from index.open import Index
from index.types import Hit, Passage, Source
from index.within import Within
from rag.asking.question import split_parts
from rag.retrieval.fuse import fuse, interleave
from rag.retrieval.reading import Reader, Reading
from rag.settings import Retrieval
from rag.types import Ranks, RetrievedPassage

_READ = 20
"""Passages of the fused ranking whose sentences are read."""
_PER_ARTICLE = 2
"""At most this many of one article where the question asks how accounts differ."""


@dataclass(frozen=True, slots=True)
class _Ranked:
    id: str
    score: float
    ranks: Ranks


class Retriever:
    """Finds passages in an index. Both searches' ranks are kept on every passage."""

    def __init__(self, index: Index, reader: Reader, settings: Retrieval) -> None:
        """A retriever over `index`, which must have been built with the embedder of `reader`."""
        self._index = index
        self._reader = reader
        self._settings = settings

    def retrieve(
        self, question: str, k: int | None = None, within: Within | None = None
    ) -> tuple[RetrievedPassage, ...]:
        """The `k` best passages (the setting's number if None), of `within` if given, best first, labelled from 1.

        A question of several parts has each part searched, and the rankings taken in turn.
        """
        wanted = k or self._settings.top_k
        rankings = [self._rank(part, wanted, within) for part in split_parts(question)]
        by_id = {ranked.id: ranked for ranking in reversed(rankings) for ranked in ranking}
        order = interleave(*([ranked.id for ranked in ranking] for ranking in rankings))[:wanted]
        passages = self._index.passages(order)
        return tuple(
            RetrievedPassage(n, passages[i], self._index.source(passages[i]), by_id[i].score, by_id[i].ranks)
            for n, i in enumerate(order, start=1)
        )

    def legs(self, question: str, within: Within | None = None) -> tuple[list[Hit], list[Hit]]:
        """What the dense and the lexical search return for `question`, each best first."""
        many = max(self._settings.candidates, _READ)
        vector = self._reader.encode([question])[question].vector  # kept by the reader, which reads it too
        return self._index.dense(vector, many, within), self._index.lexical(question, many, within)

    def _rank(self, question: str, wanted: int, within: Within | None) -> list[_Ranked]:
        dense, lexical = self.legs(question, within)
        fused = list(fuse(dense, lexical))[: max(_READ, wanted)]
        found = self._index.passages(fused)
        sourced = [(found[i], self._index.source(found[i])) for i in fused]
        reading = self._reader.read(question, sourced)
        likeness = {hit.passage_id: hit.score for hit in dense}
        score = {r.passage.id: reading.score(r) + likeness.get(r.passage.id, 0.0) for r in reading.reads}
        order = sorted(score, key=lambda i: (-score[i], i))
        places = {i: n for n, i in enumerate(order, start=1)}
        chosen = self._fitted(reading, order, found, wanted)
        by_dense = {hit.passage_id: hit.rank for hit in dense}
        by_words = {hit.passage_id: hit.rank for hit in lexical}
        return [
            _Ranked(i, round(score.get(i, 0.0), 6), Ranks(by_dense.get(i), by_words.get(i), places.get(i)))
            for i in chosen
        ]

    def _fitted(self, reading: Reading, order: list[str], found: dict[str, Passage], wanted: int) -> list[str]:
        """The ranking fitted to the question: spread over articles, or led by the opening of an article asked about."""
        question = reading.question
        if question.both_sides:
            order = _spread([found[i] for i in order])
        if question.field in ("author", "date"):
            openings = [self._opening(found[i]).id for i in order[:3]]
            order = list(dict.fromkeys([*order[: max(1, wanted - 2)], *openings, *order]))
            head = interleave(openings, order[:wanted])
            order = list(dict.fromkeys([*head, *order]))
        return order

    def _opening(self, passage: Passage) -> Passage:
        """The passage that holds the headline and byline of an article."""
        earlier = self._index.neighbours(passage, before=sys.maxsize, after=0)
        return earlier[0] if earlier else passage


def _spread(passages: Sequence[Passage]) -> list[str]:
    """Ids in order, those past the first few of an article put last."""
    seen: dict[tuple[str, int], int] = {}
    first: list[str] = []
    rest: list[str] = []
    for passage in passages:
        key = (passage.document_id, passage.article)
        seen[key] = seen.get(key, 0) + 1
        (first if seen[key] <= _PER_ARTICLE else rest).append(passage.id)
    return first + rest


def as_pairs(passages: Sequence[RetrievedPassage]) -> list[tuple[Passage, Source]]:
    """Passages with their sources, as a `Reader` takes them."""
    return [(item.passage, item.source) for item in passages]
