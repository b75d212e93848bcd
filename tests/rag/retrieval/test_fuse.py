"""Reciprocal rank fusion."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from index.types import Hit
from rag.retrieval.fuse import fuse, interleave


def hits(*ids: str) -> list[Hit]:
    return [Hit(i, 1.0 / rank, rank) for rank, i in enumerate(ids, start=1)]


def test_the_sum_of_reciprocal_ranks() -> None:
    fused = fuse(hits("a", "b"), hits("b"), k=60)
    assert fused == {"b": 1 / 62 + 1 / 61, "a": 1 / 61}
    assert list(fused) == ["b", "a"]


def test_a_hit_without_a_score_has_no_vote() -> None:
    assert fuse([Hit("a", 0.0, 1), Hit("b", -0.1, 2)], hits("c")) == fuse(hits("c"))


def test_ties_go_by_id() -> None:
    assert list(fuse(hits("b"), hits("a"))) == ["a", "b"]


IDS = st.lists(st.sampled_from("abcdef"), unique=True)


@given(IDS, IDS)
def test_order_of_legs_does_not_matter_and_nothing_is_lost(one: list[str], two: list[str]) -> None:
    assert fuse(hits(*one), hits(*two)) == fuse(hits(*two), hits(*one))
    assert set(fuse(hits(*one), hits(*two))) == set(one) | set(two)


@given(IDS, IDS)
def test_what_leads_in_both_legs_leads(one: list[str], two: list[str]) -> None:
    assert next(iter(fuse(hits("x", *one), hits("x", *two)))) == "x"


def test_interleave_takes_turns() -> None:
    assert interleave(["a", "b", "c"], ["b", "d"]) == ["a", "b", "d", "c"]
    assert interleave() == []
