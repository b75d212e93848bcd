from __future__ import annotations

import logging
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.ranking import ranking_scores, shown_scores


def test_shown_scores_by_hand() -> None:
    found = shown_scores([False, True, False], 1, ["R@5", "nDCG@5", "RR"])
    # 1 of 2 relevant; gain 1/log2(3) of an ideal 1/log2(2) + 1/log2(3); first hit at rank 2.
    assert found["R@5"] == 0.5
    assert found["nDCG@5"] == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))
    assert found["RR"] == 0.5


def test_nothing_shown_scores_zero() -> None:
    assert shown_scores([], 2, ["R@5", "nDCG@5", "RR"]) == {"R@5": 0.0, "nDCG@5": 0.0, "RR": 0.0}


def test_queries_are_scored_apart_and_one_without_a_ranking_is_zero() -> None:
    found = ranking_scores({"a": ["x", "y"]}, {"a": {"y"}, "b": {"y"}}, ["Success@1", "Success@5", "nDCG@10"])
    assert found["a"] == {"Success@1": 0.0, "Success@5": 1.0, "nDCG@10": pytest.approx(1 / log2(3))}
    assert found["b"] == {"Success@1": 0.0, "Success@5": 0.0, "nDCG@10": 0.0}


def test_the_order_given_holds_whatever_the_ids() -> None:
    ids = [f"d{n}" for n in range(12)]
    for order in (ids, ids[::-1]):
        assert ranking_scores({"q": order}, {"q": {order[0]}}, ["RR"])["q"]["RR"] == 1.0


def test_the_library_leaves_no_handler_behind() -> None:
    shown_scores([True], 0, ["RR"])
    assert logging.getLogger("ir_measures").handlers == []


@given(st.lists(st.booleans(), max_size=5), st.integers(0, 3))
def test_scores_are_shares_and_recall_counts_hits(hits: list[bool], missed: int) -> None:
    if not any(hits) and not missed:
        return
    found = shown_scores(hits, missed, ["R@5", "nDCG@5", "RR"])
    assert all(0 <= value <= 1 + 1e-9 for value in found.values())
    assert found["R@5"] == pytest.approx(sum(hits) / (sum(hits) + missed))
    assert found["RR"] == pytest.approx(1 / (hits.index(True) + 1) if any(hits) else 0.0)
