"""A search kept to some articles gives the whole ranking with the others left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store.open import Index, open_index
from index.store.within import Placed, Within, allowed_hits, nearest, within
from index.types import Hit
from tests.fakes import HashingEmbedder

WORDS = ("ferry", "harbour", "bakery", "oven", "mill", "river", "roof", "school", "storm", "bridge", "market", "tower")
EVERYTHING = 10_000


def story(number: int) -> str:
    """A text of three words of its own choice, each in a sentence."""
    return " ".join(f"The {WORDS[(number * step + step) % len(WORDS)]} stood {number} days." for step in (1, 5, 7))


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> IndexSettings:
    """Settings of a home in which two dozen stories are indexed."""
    folder = tmp_path_factory.mktemp("documents")
    for number in range(24):
        (folder / f"{number}.txt").write_text(story(number))
    (folder / "a-copy.txt").write_text(story(3) + "\n")  # another document, the same passage, one vector for both
    settings = IndexSettings(home=tmp_path_factory.mktemp("home"))
    build_index(settings, [folder], HashingEmbedder(256), trial=lambda _: None)
    return settings


@pytest.fixture(scope="module")
def index(chosen: IndexSettings) -> Iterator[Index]:
    with open_index(chosen) as opened:
        yield opened


def keys(index: Index) -> list[tuple[str, int]]:
    return [(article.document_id, article.ordinal) for article in index.articles()]


def ranking(hits: list[Hit]) -> list[tuple[str, int]]:
    return [(hit.passage_id, hit.rank) for hit in hits]


@given(chosen=st.sets(st.integers(0, 24)), asked=st.sets(st.sampled_from(WORDS), min_size=1), k=st.integers(0, 30))
@settings(max_examples=80)
def test_it_is_the_whole_ranking_without_the_others(index: Index, chosen: set[int], asked: set[str], k: int) -> None:
    everywhere = keys(index)
    allowed = index.within({everywhere[number] for number in chosen})
    question = " ".join(sorted(asked))
    vector = HashingEmbedder(256).embed([question])
    assert len(allowed.ids) == len(chosen)
    words = [hit for hit in index.lexical(question, EVERYTHING) if hit.passage_id in allowed.ids]
    assert [h.passage_id for h in index.lexical(question, k, allowed)] == [h.passage_id for h in words[:k]]
    near = [hit for hit in index.dense(vector, EVERYTHING) if hit.passage_id in allowed.distinct]
    found = index.dense(vector, k, allowed)
    assert [round(hit.score, 5) for hit in found] == [round(hit.score, 5) for hit in near[:k]]
    assert {hit.passage_id for hit in found} <= allowed.ids
    assert [hit.rank for hit in found] == list(range(1, len(found) + 1))


def test_a_passage_is_found_where_the_store_holds_its_vector_under_another(index: Index) -> None:
    twins = [article for article in index.articles() if story(3) in index.text(article.document_id)]
    vector = HashingEmbedder(256).embed([story(3)])
    assert len(twins) == 2
    for twin in twins:
        (hit,) = index.dense(vector, 5, index.within({(twin.document_id, twin.ordinal)}))
        assert hit.passage_id.startswith(twin.document_id)
        assert hit.score == pytest.approx(1.0, abs=1e-5)


def test_within_nothing_there_is_nothing(index: Index) -> None:
    nothing = index.within(())
    assert index.lexical("ferry", 5, nothing) == []
    assert index.dense(HashingEmbedder(256).embed(["ferry"]), 5, nothing) == []


def test_the_stores_hits_are_taken_for_those_that_share_their_vectors() -> None:
    placed = [Placed("a:0-1", "a", 0, "x"), Placed("b:0-1", "b", 0, "x"), Placed("b:1-2", "b", 0, "y")]
    allowed = within(placed, {("b", 0)})
    assert allowed == Within(frozenset({"b:0-1", "b:1-2"}), {"a:0-1": "b:0-1", "b:1-2": "b:1-2"})
    hits = [Hit("a:0-1", 0.9, 1), Hit("c:0-1", 0.8, 2), Hit("b:1-2", 0.7, 3)]
    assert allowed_hits(hits, allowed, 5) == [Hit("b:0-1", 0.9, 1), Hit("b:1-2", 0.7, 2)]
    assert allowed_hits(hits, allowed, 1) == [Hit("b:0-1", 0.9, 1)]


def test_ties_stand_in_the_order_of_ids() -> None:
    rows = np.tile(np.eye(1, 4, dtype=np.float32), (5, 1))
    assert ranking(nearest(rows[0], list("ebdac"), rows, 3)) == [("a", 1), ("b", 2), ("c", 3)]


class Store(Index):
    """An index that compares no more than three vectors one by one."""

    compared_one_by_one = 3


def test_many_passages_are_searched_in_the_store_and_come_out_the_same(index: Index, chosen: IndexSettings) -> None:
    allowed = index.within(keys(index)[4:20])
    vector = HashingEmbedder(256).embed(["The storm at the harbour"])
    with Store(chosen) as store:
        for k in (1, 6, 16, 50):
            assert ranking(store.dense(vector, k, allowed)) == ranking(index.dense(vector, k, allowed))
