"""Fits the decision: how likely a sentence answers, how likely the quotes do, and where to answer and to refuse."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from evals.train.fit_quoting import WORDS, fitted_quoting
from evals.train.logistic import balanced, fitted, quantile
from evals.train.measure import auroc
from evals.train.reads import Read
from rag.answering.decide import (
    MOST_MISSING,
    OF_BESIDE,
    OF_QUESTION,
    Decision,
    Logistic,
    missing_share,
    of_question,
)
from rag.answering.quotes import evidence_of
from rag.answering.reading import FEATURES

REFUSED_SHARE = 0.04
"""At most this share of the questions that have an answer may be refused, over all domains."""
NEAR_MISS_SHARE = 0.2
"""At most this share of the questions without an answer may be told plainly, over people's own papers."""
FAR_SHARE = 0.002
"""At most this share of the questions that have an answer may be held to be about something else, over all domains."""
OWN_PAPERS = ("authored", "everyday", "asked", "reworded")


def fit(reads: Sequence[Read]) -> dict[str, object]:
    """The fitted decision, as its file holds it."""
    unit = _fit_units(reads)
    undecided = fitted_quoting(reads, unit)
    rows, labels, groups = [], [], []
    for item in reads:
        ranked = undecided.ranked(item.reading.candidates)
        if not ranked:
            continue
        rows.append(of_question(ranked))
        labels.append(_is_right(item, undecided))
        groups.append(item.question.domain)
    matrix, marks = np.array(rows), np.array(labels, dtype=np.float64)
    bias, weights = fitted(matrix, marks, balanced(groups), ridge=3.0)
    chances = 1 / (1 + np.exp(-(bias + matrix @ weights)))
    answerable = np.array([bool(item.question.evidence) for item in reads if item.reading.candidates])
    own = np.isin(groups, OWN_PAPERS)
    counts = balanced(groups)
    refused = quantile(chances[answerable], counts[answerable], REFUSED_SHARE)
    answered = quantile(chances[~answerable & own], counts[~answerable & own], 1 - NEAR_MISS_SHARE)
    return {
        "command": "python -m evals.train fit DATA",
        "unit": _named(unit, FEATURES),
        "question": _named(Logistic(bias, tuple(map(float, weights))), OF_QUESTION),
        "refused": _at_most(refused),
        "answered": _more_than(max(refused, answered)),
        **_of_quoting(undecided),
        "near": _near(reads),
    }


def with_quotes(path: Path, reads: Sequence[Read]) -> dict[str, object]:
    """The decision in a file, with which sentences are quoted, and how near a passage must be, fitted anew."""
    content = json.loads(path.read_text(encoding="utf-8"))
    unit = Logistic(content["unit"]["bias"], tuple(content["unit"][name] for name in FEATURES))
    return {**content, **_of_quoting(fitted_quoting(reads, unit)), "near": _near(reads)}


def _of_quoting(decision: Decision) -> dict[str, object]:
    return {
        "order": _named(decision.order, FEATURES),
        "beside": _named(decision.beside, OF_BESIDE),
        "worth": decision.worth,
    }


def _near(reads: Sequence[Read]) -> float:
    """The likeness below which few questions that have an answer are, of those whose words are mostly missing."""
    answerable = [item for item in reads if item.question.evidence]
    counts = balanced([item.question.domain for item in answerable])
    is_worded_so = [missing_share(item.reading) < MOST_MISSING for item in answerable]
    nearest = np.where(is_worded_so, np.inf, [item.reading.nearest for item in answerable])
    return _at_most(quantile(nearest, counts, FAR_SHARE))


def _at_most(value: float) -> float:
    """The value cut to four digits: what is exactly there does not fall below a threshold because it was rounded."""
    return math.floor(value * 1e4) / 1e4


def _more_than(value: float) -> float:
    """The next value of four digits, which what is exactly there does not reach."""
    return (math.floor(value * 1e4) + 1) / 1e4


def _named(logistic: Logistic, names: Sequence[str]) -> dict[str, float]:
    return {"bias": logistic.bias, **dict(zip(names, logistic.weights, strict=True))}


def _fit_units(reads: Sequence[Read]) -> Logistic:
    rows, labels, groups = [], [], []
    for item in reads:
        first, gold = item.likeliest()
        rows += first
        labels += gold
        groups += [item.question.domain] * len(first)
    bias, weights = fitted(np.array(rows), np.array(labels, dtype=np.float64), balanced(groups), ridge=3.0)
    return Logistic(bias, tuple(map(float, weights)))


def _is_right(item: Read, decision: Decision) -> bool:
    """Whether the words that would be quoted hold any of the evidence."""
    quotes = evidence_of(item.reading, decision, WORDS).quotes
    gold = [candidate for candidate, right in zip(item.reading.candidates, item.gold, strict=True) if right]
    return any(q.label == c.passage.label and q.span.overlap(c.span) for q in quotes for c in gold)


def report(reads: Sequence[Read], decision: Decision) -> dict[str, dict[str, float]]:
    """By domain: how often the quotes are right where an answer is there, their words, and the three outcomes."""
    figures: dict[str, dict[str, float]] = {}
    for domain in dict.fromkeys(item.question.domain for item in reads):
        mine = [item for item in reads if item.question.domain == domain]
        weighed = [(item, evidence_of(item.reading, decision, WORDS)) for item in mine]
        there = [(item, evidence) for item, evidence in weighed if item.question.evidence]
        absent = [evidence for item, evidence in weighed if not item.question.evidence]
        scores = [evidence.probability for _, evidence in weighed]
        figures[domain] = {
            "in passages": _mean([any(item.gold) for item, _ in there]),
            "right": _mean([_is_right(item, decision) for item, _ in there]),
            "words": _mean([sum(len(q.text.split()) for q in evidence.quotes) for _, evidence in there]),
            "answerable refused": _mean([evidence.probability < decision.refused for _, evidence in there]),
            "answerable answered": _mean([evidence.probability >= decision.answered for _, evidence in there]),
            "absent answered": _mean([evidence.probability >= decision.answered for evidence in absent]),
            "absent refused": _mean([evidence.probability < decision.refused for evidence in absent]),
            "auroc": round(auroc(scores, [bool(item.question.evidence) for item, _ in weighed]), 3),
            "n": float(len(mine)),
        }
    return figures


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 3) if values else float("nan")


def save(content: dict[str, object], path: Path) -> None:
    """Write a fitted decision where `rag.answering.decide` reads it."""
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
