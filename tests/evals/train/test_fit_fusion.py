"""How passages are weighed: words as much as finds no less."""

from __future__ import annotations

import numpy as np
import pytest

from evals.train.fit_fusion import Group, fitted_weights
from evals.train.logistic import Floats, fitted_within
from rag.searching import READ


def question(answer: tuple[float, float, float], others: int, other: tuple[float, float, float]) -> Group:
    """The signals of a passage that answers, and of others."""
    return np.array([answer, *[other] * others]), np.array([1.0, *[0.0] * others])


WORDED_ALIKE = question((0.5, 0.6, 6.0), 3, (0.5, 0.75, 1.0))
REWORDED = question((0.5, 0.8, 0.0), 2 * READ, (0.5, 0.5, 3.0))


def fitted(*groups: Group) -> tuple[Floats, Floats]:
    """The weights, and those that make passages that answer likeliest to come first."""
    counts = np.ones(len(groups))
    return fitted_weights(groups, counts), fitted_within(groups, counts, ridge=3.0)


def test_words_keep_their_weight_where_less_would_find_no_more() -> None:
    weights, first = fitted(*[WORDED_ALIKE] * 20)
    assert first[2] > 0
    assert weights == pytest.approx(first)


def test_words_weigh_less_where_they_hide_what_is_said_in_others() -> None:
    weights, first = fitted(*[WORDED_ALIKE] * 20, *[REWORDED] * 2)
    assert 0 < weights[2] < first[2]
    assert weights[:2] == pytest.approx(first[:2])
    rows, _ = REWORDED
    assert ((rows @ first) > (rows @ first)[0]).sum() >= READ > ((rows @ weights) > (rows @ weights)[0]).sum()
