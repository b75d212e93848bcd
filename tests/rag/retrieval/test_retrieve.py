"""The retrieval path over fakes: which hits take part, which ranks are kept, how many passages come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from index.document.structure import Structure, packed
from index.store.open import Index
from index.store.within import Within
from index.types import Article, Hit, Passage, Source, Span, Vectors, passage_id
from index.vectors.lines import Nearness
from rag.retrieval.retrieve import Retriever
from rag.settings import Retrieval
from tests.fakes import HashingEmbedder

TEXTS = {
    "ferry": "The ferry of Eastwick leaves at noon. It carries forty people.",
    "bakery": "The bakery of Harlow burned down. Its oven had been left on.",
    "mill": "A mill stands beside the river. Nobody has used it for years.",
    "copy": "A mill stands  beside the river.\nNobody has used it for years.",
}
QUESTION = "When does the ferry of Eastwick leave?"


def passage(name: str) -> Passage:
    text = TEXTS[name]
    return Passage(passage_id(name, Span(0, len(text))), name, 0, 0, len(text), text)


def hits(**scores: float) -> list[Hit]:
    return [Hit(passage(name).id, score, rank) for rank, (name, score) in enumerate(scores.items(), start=1)]


class FakeIndex:
    """Returns the hits it was made with, and keeps what was asked of each leg."""

    def __init__(self, dense: list[Hit], lexical: list[Hit], lines: Mapping[str, float]) -> None:
        self._dense, self._lexical, self._lines = dense, lexical, lines
        self.passages_by_id = {passage(name).id: passage(name) for name in TEXTS}
        self.queries: list[str] = []

    def dense(self, vector: Vectors, k: int, within: Within | None = None) -> list[Hit]:
        assert vector.shape == (64,)
        return self._dense[:k]

    def lexical(self, text: str, k: int, within: Within | None = None) -> list[Hit]:
        self.queries.append(text)
        return self._lexical[:k]

    def nearness(self, vector: Vectors, ids: Sequence[str]) -> dict[str, Nearness]:
        whole = {hit.passage_id: hit.score for hit in self._dense}
        return {key: Nearness(whole.get(key, 0.0), self._lines.get(key.split(":")[0], 0.0)) for key in ids}

    def passages(self, ids: Iterable[str]) -> dict[str, Passage]:
        return {key: self.passages_by_id[key] for key in ids}

    def source(self, found: Passage) -> Source:
        return Source(found.document_id, f"{found.document_id}.txt", "0" * 64, None, None, None, None)

    def article(self, found: Passage) -> Article:
        return Article(found.document_id, 0, found.span)

    def structure(self, document_id: str) -> Structure:
        return Structure(packed(()))

    def text(self, document_id: str) -> str:
        return TEXTS[document_id]


def retriever(dense: list[Hit], lexical: list[Hit], **lines: float) -> tuple[Retriever, FakeIndex]:
    index = FakeIndex(dense, lexical, lines)
    return Retriever(cast("Index", index), HashingEmbedder(), Retrieval()), index


def paths(dense: list[Hit], lexical: list[Hit], k: int = 5, **lines: float) -> list[str]:
    return [item.source.path for item in retriever(dense, lexical, **lines)[0].retrieve([QUESTION], k)]


def test_passages_of_both_searches_come_back_weighed_together() -> None:
    assert paths(hits(mill=0.9, ferry=0.8), hits(ferry=4.0, bakery=2.0)) == ["ferry.txt", "mill.txt", "bakery.txt"]


def test_a_passage_with_one_line_near_the_question_comes_before_one_that_is_nearer_as_a_whole() -> None:
    assert paths(hits(mill=0.5, ferry=0.4), [], ferry=0.8, mill=0.5) == ["ferry.txt", "mill.txt"]


def test_a_line_near_the_question_comes_before_shared_words() -> None:
    assert paths(hits(ferry=0.4), hits(bakery=1.0), ferry=0.7, bakery=0.2) == ["ferry.txt", "bakery.txt"]


def test_a_hit_without_a_score_has_no_vote() -> None:
    assert paths(hits(ferry=0.5), hits(mill=0.0)) == ["ferry.txt"]


def test_both_ranks_and_the_cosine_stand_on_each_passage_and_labels_count_from_one() -> None:
    found, _ = retriever(hits(mill=0.9, ferry=0.8), hits(ferry=4.0))
    first, second = found.retrieve([QUESTION], 5)
    assert (first.label, first.ranks.dense, first.ranks.lexical, first.score) == (1, 2, 1, 0.8)
    assert (second.label, second.ranks.dense, second.ranks.lexical) == (2, 1, None)


def test_no_more_come_back_than_are_wanted() -> None:
    assert paths(hits(mill=0.9, ferry=0.8, bakery=0.1), [], k=2) == ["mill.txt", "ferry.txt"]


def test_the_same_words_take_one_place_and_name_the_other_path() -> None:
    found, _ = retriever(hits(mill=0.9, copy=0.89, ferry=0.1), [])
    first, second = found.retrieve([QUESTION], 2)
    assert (first.source.path, first.also_in) == ("mill.txt", ("copy.txt",))
    assert second.source.path == "ferry.txt"


def test_each_part_of_a_question_is_searched() -> None:
    found, index = retriever(hits(ferry=0.9), hits(mill=3.0))
    found.retrieve(["When does the ferry leave, and who owns the mill?", "When does the ferry leave?"], 5)
    assert len(index.queries) == 2


def test_a_passage_is_read_by_its_sentences() -> None:
    found, _ = retriever(hits(ferry=0.9), [])
    (item,) = found.retrieve([QUESTION], 1)
    assert [unit.unit.text for unit in found.units(item)] == [
        "The ferry of Eastwick leaves at noon.", "It carries forty people.",
    ]  # fmt: skip
