"""How likely a sentence answers, and more likely than others, how likely the next one adds an answer, and the quoted
words hold one: logistic regressions over named features.

Their weights and the thresholds lie in `decision.json` beside the model, written by `python -m evals.train fit`, which
fits them on documents that no figure is reported on; `python -m evals.train quotes` fits anew which sentences are
quoted, and how near a passage must be, and nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from index.errors import RagError
from rag.answering.reading import FEATURES, Candidate, Reading
from rag.reader.onnx_model import INSTALLED
from rag.retrieval.fuse import interleave
from rag.types import Status

DECISION = INSTALLED / "decision.json"
_OF_BEST = ("margin", "share", "elsewhere", "likeness", "missing_marks")
OF_QUESTION = (*_OF_BEST, "judged", "best", "second")
"""What the decision about a question knows: some features of its best candidate, what the judge thinks of its words,
and the scores of the best two.

How much of the question's words is covered is not among them: near misses of one kind of document share more words than
what is answered, those of another fewer, so that weights fitted on the one mislead on the other.
"""
OF_BESIDE = ("behind", "best", "before", "share", "share_of_best", "new", "again")
"""What is known of a sentence beside likelier ones: its log-odds behind the best's, the best's, how many are before it,
the reader's share of both, the share of the question's words that it is the first to hold, and the share of its own
that were read before.
"""
_WORST = -12.0
_MISSING = FEATURES.index("missing")
MOST_MISSING = 0.5
"""Share of a question's words, by their weight, that is most of them."""
_ABOUT_A_QUOTE = 10
"""Words that are read with a quote: whose they are, of when, under which heading."""


Ranked = Sequence[tuple[float, Candidate]]
"""Candidates with their log-odds, best first."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression: its weights in the order of the features that it was fitted on."""

    bias: float
    weights: tuple[float, ...]

    def score(self, features: Sequence[float]) -> float:
        """The log-odds."""
        return self.bias + sum(weight * value for weight, value in zip(self.weights, features, strict=True))

    def probability(self, features: Sequence[float]) -> float:
        """How likely it is, 0 to 1."""
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, self.score(features)))))


@dataclass(frozen=True, slots=True)
class Decision:
    """The fitted decision. Below `refused` a question has no answer; from `answered` on it has one.

    `order` tells which of a question's sentences answers, where one does, as `unit` tells whether one does. `worth` is
    the least chance to add an answer, a word, for which a sentence is quoted beside the likeliest. Passages less alike
    to a question than `near`, and without most of its words, are about something else.
    """

    unit: Logistic
    question: Logistic
    order: Logistic
    beside: Logistic
    refused: float
    answered: float
    worth: float
    near: float

    def ranked(self, candidates: Sequence[Candidate]) -> list[tuple[float, Candidate]]:
        """Candidates with their log-odds, best first, ties by place."""
        return _ranked(self.unit, candidates)

    def ordered(self, candidates: Sequence[Candidate]) -> list[tuple[float, Candidate]]:
        """Candidates with their log-odds against one another, in the order in which they are quoted."""
        return _ranked(self.order, candidates)

    def is_about_it(self, reading: Reading) -> bool:
        """Whether what was read is about what is asked, by its likeness or by its words."""
        return reading.nearest >= self.near or missing_share(reading) < MOST_MISSING

    def is_worth_quoting(self, features: Sequence[float], length: int) -> bool:
        """Whether a sentence of so many words, with these features `OF_BESIDE` others, is worth reading with them."""
        return self.beside.probability(features) >= self.worth * (length + _ABOUT_A_QUOTE)

    def probability(self, ranked: Ranked) -> float:
        """How likely the best candidates answer the question; 0 where there are none."""
        return self.question.probability(of_question(ranked)) if ranked else 0.0

    def status(self, probability: float) -> Status:
        """What a probability comes to."""
        if probability < self.refused:
            return "refused"
        return "answered" if probability >= self.answered else "may_answer"


def _ranked(logistic: Logistic, candidates: Sequence[Candidate]) -> list[tuple[float, Candidate]]:
    scored = [(logistic.score(candidate.features), candidate) for candidate in candidates]
    return sorted(scored, key=lambda item: (-item[0], item[1].passage.label, item[1].at))


def missing_share(reading: Reading) -> float:
    """The share of the question's words, by their weight, that stand in no passage; 0 where nothing was read."""
    return reading.candidates[0].features[_MISSING] if reading.candidates else 0.0


def in_order(rankings: Sequence[Ranked], labels: Sequence[int]) -> list[int]:
    """Labels of passages by their best candidate, those of several rankings in turn, the unread last, each once."""
    lists = [list(dict.fromkeys(candidate.passage.label for _, candidate in ranked)) for ranked in rankings]
    return list(dict.fromkeys([*interleave(*lists), *labels]))


def of_question(ranked: Ranked) -> tuple[float, ...]:
    """The features of a question whose candidates are ranked, at least one."""
    known = dict(zip(FEATURES, ranked[0][1].features, strict=True))
    best = [max(_WORST, score) for score, _ in ranked[:2]]
    return (*(known[name] for name in _OF_BEST), ranked[0][1].judged, *best, *[_WORST] * (2 - len(best)))


@lru_cache(maxsize=4)
def load_decision(path: Path = DECISION) -> Decision:
    """The decision in a file. Raises: RagError, when it is not there or was fitted on other features."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Decision(
            _logistic(content["unit"], FEATURES), _logistic(content["question"], OF_QUESTION),
            _logistic(content["order"], FEATURES), _logistic(content["beside"], OF_BESIDE),
            float(content["refused"]), float(content["answered"]), float(content["worth"]), float(content["near"]),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RagError(f"The fitted decision {str(path)!r} cannot be read ({error}); reinstall the package.") from error


def _logistic(content: Mapping[str, float], names: Sequence[str]) -> Logistic:
    return Logistic(float(content["bias"]), tuple(float(content[name]) for name in names))
