from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.refusal import Flag, flags, refusal_measures
from evals.run import Row
from evals.stats import wilson

FLAGS = st.lists(st.builds(Flag, st.booleans(), st.booleans()), max_size=20)


def row(kind: str, *, answerable: bool, refused: bool) -> Row:
    return Row("x", kind, answerable, None, {"refused": float(refused)})


def test_precision_recall_f1_and_over_refusal_by_hand() -> None:
    # 3 unanswerable, 2 of them refused; 4 answerable, 1 of them refused.
    cases = [Flag(True, True)] * 2 + [Flag(True, False)] + [Flag(False, True)] + [Flag(False, False)] * 3
    found = refusal_measures(cases)
    assert found["precision"].value == pytest.approx(2 / 3)
    assert found["recall"].value == pytest.approx(2 / 3)
    assert found["f1"].value == pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert found["over_refusal"].value == 1 / 4
    assert (found["precision"].n, found["recall"].n, found["over_refusal"].n, found["f1"].n) == (3, 3, 4, 7)
    assert found["recall"].interval == wilson(2, 3)


def test_what_has_no_denominator_does_not_apply() -> None:
    found = refusal_measures([Flag(False, False)])
    assert {name: m.value for name, m in found.items()} == {
        "precision": None,
        "recall": None,
        "f1": None,
        "over_refusal": 0.0,
    }


def test_near_misses_are_set_against_every_answerable_case() -> None:
    rows = [
        row("near_miss", answerable=False, refused=True),
        row("off_topic", answerable=False, refused=True),
        row("fact", answerable=True, refused=True),
        Row("y", "near_miss", False, error="ValueError: x"),
    ]
    assert len(flags(rows)) == 3
    assert flags(rows, near_misses_only=True) == (Flag(True, True), Flag(False, True))


@given(FLAGS)
def test_measures_are_shares_and_f1_is_the_harmonic_mean(cases: list[Flag]) -> None:
    found = refusal_measures(cases)
    for measure in found.values():
        assert measure.value is None or 0 <= measure.value <= 1
    precision, recall, f1 = (found[name].value for name in ("precision", "recall", "f1"))
    if precision and recall:
        assert f1 == pytest.approx(2 * precision * recall / (precision + recall))
