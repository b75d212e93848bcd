"""Refusing as a classification: the positive class is "the documents do not hold the answer"."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evals.cases import NEAR_MISS
from evals.run import Row
from evals.stats import Interval, bootstrap_ratio, wilson


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate over `n` scored cases (the cases of a proportion's denominator); None where there are none."""

    value: float | None
    n: int
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class Flag:
    """One case: what was right, and what was done."""

    unanswerable: bool
    refused: bool


def flags(rows: Iterable[Row], *, near_misses_only: bool = False) -> tuple[Flag, ...]:
    """The flags of the rows that did not fail; with `near_misses_only`, of near misses and answerable cases."""
    return tuple(
        Flag(unanswerable=not row.answerable, refused=bool(row.scores["refused"]))
        for row in rows
        if row.error is None and (row.answerable or not near_misses_only or row.kind == NEAR_MISS)
    )


def refusal_measures(cases: Sequence[Flag]) -> Mapping[str, Measure]:
    """`precision`, `recall`, `f1` of refusing, and `over_refusal`: the share of answerable cases refused.

    Intervals are Wilson's for the proportions and the bootstrap over cases for F1.
    """
    hits = sum(c.unanswerable and c.refused for c in cases)
    wrong = sum(not c.unanswerable and c.refused for c in cases)
    missed = sum(c.unanswerable and not c.refused for c in cases)
    return {
        "precision": _proportion(hits, hits + wrong),
        "recall": _proportion(hits, hits + missed),
        "f1": _f1(cases, hits, wrong + missed),
        "over_refusal": _proportion(wrong, sum(not c.unanswerable for c in cases)),
    }


def _proportion(successes: int, n: int) -> Measure:
    return Measure(successes / n, n, wilson(successes, n)) if n else Measure(None, 0, None)


def _f1(cases: Sequence[Flag], hits: int, errors: int) -> Measure:
    if not hits + errors:
        return Measure(None, len(cases), None)
    tops = [2.0 * (c.unanswerable and c.refused) for c in cases]
    bottoms = [top + (c.unanswerable != c.refused) for top, c in zip(tops, cases, strict=True)]
    return Measure(2 * hits / (2 * hits + errors), len(cases), bootstrap_ratio(tops, bottoms))
