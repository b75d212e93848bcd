"""The retrieval path over fakes: which hits take part, which ranks are kept, how many passages come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import pytest

from index.open import Index
from index.types import Hit, Passage, Source, Span, Vectors, passage_id
from index.within import Within
from rag.retrieval.reading import Reader
from rag.retrieval.retrieve import Retriever, as_pairs
from rag.settings import Retrieval
from tests.fakes import HashingEmbedder

TEXTS = {
    "ferry": "The ferry of Eastwick leaves at noon. It carries forty people.",
    "bakery": "The bakery of Harlow burned down. Its oven had been left on.",
    "mill": "A mill stands beside the river. Nobody has used it for years.",
    "school": "The school of Harlow has a new roof. It was paid for by the town.",
}
QUESTION = "When does the ferry of Eastwick leave?"


def passage(name: str) -> Passage:
    text = TEXTS[name]
    return Passage(passage_id(name, Span(0, len(text))), name, 0, 0, len(text), text)


def hits(**scores: float) -> list[Hit]:
    return [Hit(passage(name).id, score, rank) for rank, (name, score) in enumerate(scores.items(), start=1)]


class FakeIndex:
    """Returns the hits it was made with, and keeps what was asked of each leg."""

    def __init__(self, dense: list[Hit], lexical: list[Hit]) -> None:
        self._dense, self._lexical = dense, lexical
        self.passages_by_id = {passage(name).id: passage(name) for name in TEXTS}
        self.queries: list[str] = []

    def dense(self, vector: Vectors, k: int, within: Within | None = None) -> list[Hit]:
        assert vector.shape == (64,)
        return self._dense[:k]

    def lexical(self, text: str, k: int, within: Within | None = None) -> list[Hit]:
        self.queries.append(text)
        return self._lexical[:k]

    def idf(self, term: str) -> float:
        return 1.0

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        return {key: self.passages_by_id[key] for key in ids if key in self.passages_by_id}

    def source(self, found: Passage) -> Source:
        return Source(found.document_id, f"{found.document_id}.txt", "0" * 64, None, None, None, None)

    def neighbours(self, found: Passage, before: int, after: int) -> tuple[Passage, ...]:
        return ()


def retriever(dense: list[Hit], lexical: list[Hit], settings: Retrieval | None = None) -> Retriever:
    index, embedder = FakeIndex(dense, lexical), HashingEmbedder()
    reader = Reader(embedder, index.idf, lambda found: found.text)
    return Retriever(cast("Index", index), reader, settings or Retrieval())


def test_a_hit_without_a_score_is_never_fused() -> None:
    found = retriever(hits(ferry=0.8, mill=0.0, school=-0.2), hits(bakery=0.0)).retrieve(QUESTION)
    assert [item.passage.document_id for item in found] == ["ferry"]
    assert found[0].ranks.lexical is None


def test_where_no_leg_finds_anything_there_are_no_passages() -> None:
    assert retriever([], []).retrieve(QUESTION) == ()
    assert retriever(hits(mill=0.0), hits(bakery=0.0)).retrieve(QUESTION) == ()


def test_both_ranks_are_kept() -> None:
    found = retriever(hits(bakery=0.9, ferry=0.8, mill=0.1), hits(ferry=7.0, school=2.0)).retrieve(QUESTION)
    ranks = {item.passage.document_id: (item.ranks.dense, item.ranks.lexical) for item in found}
    assert ranks == {"bakery": (1, None), "ferry": (2, 1), "mill": (3, None), "school": (None, 2)}
    assert sorted(item.ranks.rerank or 0 for item in found) == [1, 2, 3, 4]


def test_labels_count_from_one_in_the_order_given() -> None:
    found = retriever(hits(bakery=0.9, ferry=0.8, mill=0.1), hits(ferry=7.0)).retrieve(QUESTION)
    assert [item.label for item in found] == [1, 2, 3]
    assert found[0].passage.document_id == "ferry"
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)
    assert as_pairs(found)[0] == (found[0].passage, found[0].source)


@pytest.mark.parametrize(("k", "many"), [(None, 2), (1, 1), (3, 3), (50, 4)])
def test_no_more_come_back_than_are_asked_for(k: int | None, many: int) -> None:
    every = hits(ferry=0.9, bakery=0.8, mill=0.7, school=0.6)
    found = retriever(every, [], Retrieval(top_k=2)).retrieve(QUESTION, k)
    assert len(found) == many
    assert len({item.passage.id for item in found}) == many


def test_a_leg_is_asked_for_the_candidates_set_and_for_all_that_are_read() -> None:
    many = [Hit(f"d:{n}-{n + 1}", 1 / n, n) for n in range(1, 101)]
    dense, lexical = retriever(many, many, Retrieval(candidates=60)).legs(QUESTION)
    assert (len(dense), len(lexical)) == (60, 60)
    dense, _ = retriever(many, [], Retrieval(candidates=1)).legs(QUESTION)
    assert len(dense) == 20


def test_each_part_of_a_question_is_searched_and_gets_a_turn() -> None:
    index, embedder = FakeIndex(hits(ferry=0.9, bakery=0.8, mill=0.7), hits(ferry=3.0, bakery=2.0)), HashingEmbedder()
    reader = Reader(embedder, index.idf, lambda found: found.text)
    two = "When does the ferry of Eastwick leave, and why did the bakery of Harlow burn down?"
    found = Retriever(cast("Index", index), reader, Retrieval(top_k=2)).retrieve(two)
    assert len(index.queries) == 2
    assert {item.passage.document_id for item in found} == {"ferry", "bakery"}
