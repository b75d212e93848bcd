"""Fits which sentences are quoted: their order, the chance of one to add an answer, and from which chance a word on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evals.train.logistic import balanced, fitted, fitted_within
from evals.train.reads import Read
from rag.answering.beside import chosen, distinct, of_beside
from rag.answering.decide import OF_BESIDE, OF_QUESTION, Decision, Logistic, Ranked
from rag.answering.lookup import named_first
from rag.answering.reading import Candidate
from rag.asking.question import asked_by_themselves
from rag.settings import Answering

WORDS = Answering().max_words
LOST_SHARE = 0.01
"""At most this share of what the sentences looked at answer may be left unquoted, all domains counting alike."""
_TRIED = np.geomspace(1e-4, 1e-1, 61)
"""Chances a word that are tried."""


@dataclass(frozen=True)
class _Ranked:
    """An answerable question with its candidates in order."""

    item: Read
    pairs: Ranked

    def parts(self, candidates: Iterable[Candidate]) -> frozenset[int]:
        """The parts of the answer that some of the candidates give."""
        places = {(candidate.passage.label, candidate.at) for candidate in candidates}
        every = zip(self.item.reading.candidates, self.item.gold, strict=True)
        return frozenset[int]().union(*(gold for one, gold in every if (one.passage.label, one.at) in places))

    def examples(self) -> Iterator[tuple[tuple[float, ...], bool]]:
        """The features of every sentence that is looked at beside the best, and whether it adds to those before it."""
        pairs = distinct(self.pairs)
        candidates = [candidate for _, candidate in pairs]
        for place, features in enumerate(of_beside(pairs, self.item.question.text), start=1):
            yield features, bool(self.parts([candidates[place]]) - self.parts(candidates[:place]))

    def held(self, decision: Decision) -> float:
        """The share of the answer's parts that is quoted."""
        wanted = {part for _, _, part in self.item.question.evidence}
        return len(self.parts(chosen(self.pairs, self.item.question.text, decision, WORDS))) / len(wanted)


def fitted_quoting(reads: Sequence[Read], unit: Logistic) -> Decision:
    """A decision that quotes: in what order, what adds an answer to what is before it, and what chance is asked for a
    word. It does not decide on the question yet.

    Questions of several parts are left out of the last two: for each part the likeliest sentence is quoted.
    """
    flat, level = Logistic(0.0, (0.0,) * len(OF_QUESTION)), Logistic(0.0, (0.0,) * len(OF_BESIDE))
    everything = Decision(unit, flat, _order(reads), level, refused=0.0, answered=0.0, worth=0.0, near=-1.0)
    ranked = [
        _Ranked(item, named_first(everything.ordered(item.reading.candidates), item.question.text))
        for item in reads
        if _is_one_question(item)
    ]
    examples = [(one.item.question.domain, *example) for one in ranked for example in one.examples()]
    domains, rows, labels = zip(*examples, strict=True)
    bias, weights = fitted(np.array(rows), np.array(labels, dtype=np.float64), balanced(domains), ridge=3.0)
    decision = replace(everything, beside=Logistic(bias, tuple(map(float, weights))))
    least = _held(ranked, decision) - LOST_SHARE
    worth = max(worth for worth in (0.0, *_TRIED) if _held(ranked, replace(decision, worth=worth)) >= least)
    return replace(decision, worth=round(float(worth), 6))


def _order(reads: Sequence[Read]) -> Logistic:
    """Which of the sentences of a question that the reader holds likeliest answers."""
    groups, domains = [], []
    for item in reads:
        rows, labels = item.likeliest()
        if any(labels):
            groups.append((np.array(rows), np.array(labels, dtype=np.float64)))
            domains.append(item.question.domain)
    return Logistic(0.0, tuple(map(float, fitted_within(groups, balanced(domains), ridge=3.0))))


def _is_one_question(item: Read) -> bool:
    text = item.question.text
    return bool(item.question.evidence and item.reading.candidates) and not asked_by_themselves(text)


def _held(ranked: Sequence[_Ranked], decision: Decision) -> float:
    counts = balanced([one.item.question.domain for one in ranked])
    return float(np.average([one.held(decision) for one in ranked], weights=counts))
