"""A question read against passages: every sentence and row with what the reader and the words say of it.

Made once a question. What follows, the ranking, the choice of quotes and the decision, is pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import filterfalse

from index.document.dates import find_dates
from index.types import Span, Word
from index.words.tokens import content_words, stem, tokenize, word_stems, words
from rag.lexicon import MONTHS
from rag.reader.layout import Unit
from rag.reader.reader import PassageReading, Reader
from rag.reader.units import ReadUnit, claim_of, whole_words
from rag.types import RetrievedPassage

Claim = tuple[str, tuple[Unit, ...]]
"""A statement, and the units that it is held against."""
_JUDGED = 2
"""Candidates whose words are judged: those that the reader holds likeliest."""
_FURTHEST = 15.0
"""Logits are cut here: beyond it they tell no more."""

FEATURES = (
    "margin", "share", "lead", "elsewhere", "covered", "covered_in_context", "missing", "missing_marks",
    "missing_marks_anywhere", "likeness", "rank",
)  # fmt: skip
"""What is known of a candidate, in the order of the fitted weights."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A sentence or row that might answer; `features` are named by `FEATURES`, `answer` are the words that do.

    `words` are the characters of the unit's text that `answer` was read in; `judged` the log-odds, by the judge, that
    they answer, 0 where it was not asked.
    """

    passage: RetrievedPassage
    at: int
    unit: ReadUnit
    span: Span
    answer: Span | None
    features: tuple[float, ...]
    words: tuple[int, int] | None = None
    judged: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A question's candidates in the order of their passages, and the marks of the question that stand in none."""

    question: str
    passages: tuple[RetrievedPassage, ...]
    candidates: tuple[Candidate, ...]
    units: Mapping[int, tuple[ReadUnit, ...]]
    """Of each passage, by its label."""
    absent: tuple[str, ...] = ()
    is_unheard_of: bool = False
    """Whether one of these stands in no passage of the index at all."""
    nearest: float = 1.0
    """How alike the question and the passage are that is most alike, of all that were read."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """The words of a question that mean something, their weights, and its marks: names, numbers and identifiers."""

    stems: tuple[str, ...]
    weights: tuple[float, ...]
    marks: tuple[Word, ...]

    def covered(self, present: frozenset[str]) -> float:
        """The share of the weight whose stems are present, 0 to 1; 1 for a question without any."""
        total = sum(self.weights)
        inside = sum(weight for one, weight in zip(self.stems, self.weights, strict=True) if one in present)
        return inside / total if total else 1.0

    def marks_missing(self, present: frozenset[str]) -> float:
        """The share of the marks that are not present, 0 where there are none."""
        absent = sum(mark_key(mark.text) not in present for mark in self.marks)
        return absent / len(self.marks) if self.marks else 0.0


def read(
    question: str,
    passages: Sequence[RetrievedPassage],
    units: Sequence[tuple[ReadUnit, ...]],
    reader: Reader,
    idf: Callable[[str], float],
    *,
    first: int | None = None,
    is_enough: Callable[[Reading], bool] = lambda reading: False,
) -> Reading:
    """`question` read against `passages`, whose units are given in the same order.

    Where the `first` of them are enough, the others are not read. Raises: ModelUnavailable.
    """
    end = min(first or len(passages), len(passages))
    readings = _read(question, units[:end], reader)
    known: dict[Claim, float] = {}
    reading = _judged(_weighed(question, passages[:end], units[:end], readings, idf), reader, known)
    if end == len(passages) or is_enough(reading):
        return reading
    readings += _read(question, units[end:], reader)
    return _judged(_weighed(question, passages, units, readings, idf), reader, known)


def _judged(reading: Reading, reader: Reader, known: dict[Claim, float]) -> Reading:
    """The reading with the likeliest candidates judged: whether what was read in them answers, by another model.

    What is `known` is not judged again, and what is judged is known.
    """
    likeliest = sorted(reading.candidates, key=lambda candidate: -candidate.features[0])[:_JUDGED]
    claims = {candidate: _claim(reading, candidate) for candidate in likeliest}
    fresh = list(filterfalse(known.__contains__, claims.values()))
    for claim, judgement in zip(fresh, reader.judge(fresh), strict=True):
        known[claim] = judgement.logits()[0]
    judged = {candidate: replace(candidate, judged=known[claim]) for candidate, claim in claims.items()}
    return replace(reading, candidates=tuple(judged.get(candidate, candidate) for candidate in reading.candidates))


def _claim(reading: Reading, candidate: Candidate) -> Claim:
    """What is claimed by a candidate, and the passage that it is claimed over."""
    units = reading.units[candidate.passage.label]
    text = candidate.unit.unit.text
    return claim_of(reading.question, text, candidate.words), tuple(item.unit for item in units)


def _read(question: str, units: Sequence[tuple[ReadUnit, ...]], reader: Reader) -> list[PassageReading]:
    """What the reader makes of each passage's units."""
    return reader.read(question, [[item.unit for item in of_one] for of_one in units]) if units else []


def _weighed(
    question: str,
    passages: Sequence[RetrievedPassage],
    units: Sequence[tuple[ReadUnit, ...]],
    readings: Sequence[PassageReading],
    idf: Callable[[str], float],
) -> Reading:
    """What was read of each passage, with what the words say of it."""
    terms = _terms(question, idf)
    everywhere = frozenset().union(*(_present(item.unit.text for item in of_one) for of_one in units))
    best = [max(reading.units, default=-math.inf) - reading.nothing for reading in readings]
    candidates = [
        candidate
        for number, (passage, of_one, reading) in enumerate(zip(passages, units, readings, strict=True))
        for candidate in _of_passage(passage, of_one, reading, terms, everywhere, best, number)
    ]
    absent = tuple(mark.text for mark in terms.marks if mark_key(mark.text) not in everywhere)
    by_label = {item.label: of_one for item, of_one in zip(passages, units, strict=True)}
    nearest = max((passage.score for passage in passages), default=0.0)
    is_unheard_of = any(_stands_nowhere(mark, idf) for mark in absent)
    return Reading(question, tuple(passages), tuple(candidates), by_label, absent, is_unheard_of, nearest)


def _stands_nowhere(mark: str, idf: Callable[[str], float]) -> bool:
    """Whether no passage has a mark: a part of it is as rare as what is no word; of the date of a month or day, which
    can be written in other ways, each part.
    """
    is_unknown = [idf(token) >= idf("") for token in tokenize(mark)]
    is_date = any(date.month for date in find_dates(mark))
    return all(is_unknown) if is_date else any(is_unknown)


def _of_passage(
    passage: RetrievedPassage,
    units: Sequence[ReadUnit],
    reading: PassageReading,
    terms: _Terms,
    everywhere: frozenset[str],
    best: Sequence[float],
    number: int,
) -> list[Candidate]:
    logits = [*reading.units, reading.nothing]
    total = _log_sum(logits)
    others = max([margin for place, margin in enumerate(best) if place != number], default=-_FURTHEST)
    context = _context(units)
    candidates = []
    for at, (unit, logit, words_of) in enumerate(zip(units, reading.units, reading.answers, strict=True)):
        if unit.span is None or not math.isfinite(logit):
            continue
        alone = _present([unit.unit.text])
        around = alone | context[at]
        features = (
            _cut(logit - reading.nothing),
            math.exp(logit - total),
            _cut(logit - max([value for place, value in enumerate(reading.units) if place != at], default=-_FURTHEST)),
            _cut(others),
            terms.covered(alone),
            terms.covered(around),
            1 - terms.covered(everywhere),
            terms.marks_missing(around),
            terms.marks_missing(everywhere),
            max(-1.0, min(1.0, passage.score)),
            1 / passage.label,
        )
        answer = unit.place(*whole_words(unit.unit.text, *words_of)) if words_of else None
        candidates.append(Candidate(passage, at, unit, unit.span, answer, features, words_of))
    return candidates


def _context(units: Sequence[ReadUnit]) -> list[frozenset[str]]:
    """For each unit the words that hold for it: title and headings above it, and the unit before."""
    above: frozenset[str] = frozenset()
    contexts = []
    for at, unit in enumerate(units):
        if unit.kind == "context":
            above = _present([unit.unit.text])
        elif unit.kind == "heading":
            above = above | _present([unit.unit.text])
        before = units[at - 1] if at else None
        beside = _present([before.unit.text]) if before is not None and before.kind != "row" else frozenset()
        contexts.append(above | beside)
    return contexts


def _terms(question: str, idf: Callable[[str], float]) -> _Terms:
    stems = tuple(dict.fromkeys(word.stem for word in content_words(question)))
    return _Terms(stems, tuple(max(0.0, idf(one)) for one in stems), tuple(marks(question)))


def marks(text: str) -> list[Word]:
    """The words of a text that only stand for one thing: with a digit, or with a capital past the first word.

    What hangs together by hyphens, dots or slashes around a digit is one: `T-4499`, `AX-4471-B`.
    """
    runs: list[Word] = []
    for word in words(text):
        joined = runs and _hangs_together(text, runs[-1], word)
        if joined:
            span = Span(runs[-1].span.start, word.span.end)
            runs[-1] = Word(span.of(text), span, stem(span.of(text)), is_stop=False)
        else:
            runs.append(word)
    first = runs[0].span.start if runs else 0
    return [word for word in runs if _is_mark(word, first)]


def _hangs_together(text: str, before: Word, word: Word) -> bool:
    between = text[before.span.end : word.span.start]
    joined = before.text + word.text
    return between in ("-", "/", ".", "_") and any(character.isdigit() for character in joined)


def _is_mark(word: Word, first: int) -> bool:
    if any(character.isdigit() for character in word.text):
        return True
    return word.span.start != first and word.text[:1].isupper() and word.text not in ("I", "I'm", "I’m", "I've", "I'd")


def mark_key(text: str) -> str:
    """The form under which marks are compared: stemmed, but what has a digit or is one letter is kept whole, a plural
    such as `5s` as the number.
    """
    if len(text) > 1 and not any(character.isdigit() for character in text):
        return stem(text)
    whole = text.casefold()
    return whole[:-1] if whole.endswith("s") and whole[:-1].isdigit() else whole


def _present(texts: Iterable[str]) -> frozenset[str]:
    """Stems of all the words of `texts`, and the keys of their marks."""
    present: set[str] = set()
    for text in texts:
        present.update(_stems(text))
    return frozenset(present)


@lru_cache(maxsize=16_384)
def _stems(text: str) -> frozenset[str]:
    keys = {mark_key(mark.text) for mark in marks(text)} | _months(text)
    single = {word.text.casefold() for word in words(text) if len(word.text) == 1 and word.text.isupper()}
    return word_stems(text) | keys | single


def _months(text: str) -> frozenset[str]:
    """Stems of the names of the months of the dates in `text`, however these are written: 2024-03-27 is of March."""
    numbers = {date.month for date in find_dates(text)}
    return frozenset().union(*map(_stems_of_month, numbers))


@cache
def _stems_of_month(month: int | None) -> frozenset[str]:
    return frozenset(stem(name) for name, number in MONTHS.items() if number == month)


def _cut(value: float) -> float:
    return max(-_FURTHEST, min(_FURTHEST, value))


def _log_sum(logits: Sequence[float]) -> float:
    top = max(logits)
    return top + math.log(sum(math.exp(value - top) for value in logits))


def reordered(reading: Reading, order: Sequence[int]) -> Reading:
    """The reading with only the passages labelled in `order`, in that order, labelled anew from 1."""
    by_label = {item.label: item for item in reading.passages}
    renewed = {
        old: replace(by_label[old], label=new, ranks=replace(by_label[old].ranks, reader=new))
        for new, old in enumerate(order, start=1)
    }
    candidates = [
        replace(candidate, passage=renewed[candidate.passage.label])
        for candidate in reading.candidates
        if candidate.passage.label in renewed
    ]
    units = {renewed[old].label: reading.units[old] for old in order}
    return replace(reading, passages=tuple(renewed.values()), candidates=tuple(candidates), units=units)
