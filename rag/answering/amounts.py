"""Whether a sentence gives the number, the length, the share or the time that a question asks for.

Each check returns None where it finds no fault, else what is lacking.
"""

from __future__ import annotations

import re

import numpy as np

from index.dates import find_dates
from index.tokens import stem, words
from index.types import Encoded
from rag.asking.question import name_phrases, shown
from rag.language.names import is_capital
from rag.language.quantities import Quantity, find_quantities
from rag.retrieval.align import coverage
from rag.retrieval.reading import SAID, Candidate, Reading
from rag.retrieval.tables import answers

_COUNTED = 0.35
"""The words beside a number say what is counted when they cover it this well."""
_RELATIVE_DATE = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|earlier (?:this|today)|(?:last|this|next|previous|past) (?:few |\w+ )?(?:week|month|year|night|day|spring|summer|"
    r"autumn|fall|winter|decade)s?|(?:last |on |early |late )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:(?:in|since|by|early|"
    r"late|mid|from|until|of|last|before|after|during|early in)[ -](?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december|spring|summer|autumn|winter))|(?:hours|days|weeks|months|years) (?:ago|later|earlier|after|before)|when |"
    r"as soon as|during the|at the (?:beginning|start|end|height|turn|outbreak) of|(?:each|every) (?:day|week|month|year|\w+day)\b|"
    r"(?:at )?(?:noon|midnight|dawn|dusk|sunrise|sunset|nightfall))",
    re.I,
)
_EARLY_DATE = re.compile(
    r"\b(?:1[0-4]\d0s|(?:in|by|since|until|from|around|circa|c\.|to|and|of|year) (?:the )?(?:1[0-4]\d\d|[1-9]\d\d)(?!,?\d)(?!\s+[a-z-]{3,}s\b)|"
    r"(?!21st|twenty-first)(?:\d{1,2}(?:st|nd|rd|th)|\w+(?:first|second|third|th)|first|second|third)[ -]century|"
    r"(?:\d{1,2}(?:st|nd|rd|th)|\w+th) and (?:\d{1,2}(?:st|nd|rd|th)|\w+th) centuries|\d{1,2}(?:[:.]\d\d)?\s?[ap]\.?m\b)",
    re.I,
)
"""A year before 1500, a century, or a time of day; `find_dates` knows none of these."""
_SINCE = re.compile(r"\b(?:since|until|till|beginning|starting|ending)\b[^.;,]{0,24}$", re.I)
_PORTION = re.compile(
    r"\b(?:an?|one|two|three|four)[ -](?:third|quarter|fifth|sixth|eighth|tenth)s?\b|\bone in \w+", re.I
)
_TIMES = re.compile(r"\b(?:once|twice|thrice)\b", re.I)
_NONE = re.compile(r"\bnone of\b", re.I)
_VAGUE_MEASURE = re.compile(
    r"\b(?:several|a few|some|many|a couple of|in|within)\s+(?P<unit>kilomet|miles|met(?:er|re)s|seconds|minutes|hours|days|weeks|months|years|decades)",
    re.I,
)
_BETWEEN = re.compile(r"\b(?:how far|distance)\b.*\b(?:from|between|to)\b", re.I)
_ANY_THING = frozenset(
    stem(w)
    for w in [
        "people",
        "persons",
        "men",
        "women",
        "places",
        "things",
        "items",
        "times",
        "cases",
        "ones",
        "pieces",
        "parts",
    ]
)


def in_column(reading: Reading, candidate: Candidate) -> bool:
    """Whether the sentence is a row of a table that gives what is asked under a head of its own."""
    question = reading.question
    return answers(question.text[question.asked_from :], question.terms, candidate.cells)


def years(reading: Reading, candidate: Candidate) -> str | None:
    """A year that the question gives must be the sentence's, its neighbours' or the article's."""
    asked = reading.question.years
    if not asked or reading.question.kind == "date":
        return None
    read = candidate.read
    told = {d.year for d in find_dates(read.passage.text) if d.year} | {
        int(read.source.date[:4]) if read.source.date else 0
    }
    missing = sorted(year for year in asked - told if not _in_century(year, read.passage.text))
    return f"the passages say nothing of {missing[0]} about this" if missing else None


def _in_century(year: int, text: str) -> bool:
    """Whether `text` speaks of the century that a round year begins: "the 18th" for "the 1700s"."""
    return year % 100 == 0 and bool(re.search(rf"\b{year // 100 + 1}th\b.{{0,12}}\bcentur", text))


def measure(reading: Reading, candidate: Candidate) -> str | None:
    """A length, a duration, an age, a price or a share must be given, with its unit."""
    question, text = reading.question, candidate.text
    kind = question.kind
    wanted = {
        "length": "a distance",
        "time": "a length of time",
        "age": "an age",
        "money": "a sum of money",
        "percent": "a share",
    }
    if kind not in wanted:
        return None
    units = {"length", "age", "money", "percent", "time"} & {kind}
    tabled = in_column(reading, candidate)
    given = [q for q in find_quantities(text) if q.unit in units or tabled]
    if kind == "time" and not given and _lasts(text):
        return None
    if kind in ("length", "time") and not given and _VAGUE_MEASURE.search(text):
        return None
    if kind == "percent" and not given and _PORTION.search(text):
        return None
    if kind == "age" and not given and not re.search(r",\s\d{1,3},(?!\d)", text):
        return "the passages give no age"
    if not given and kind != "age":
        return f"the passages give no {wanted[kind].split(' ', 1)[1]} for this"
    if (kind == "age" or _BETWEEN.search(question.text)) and (apart := _unsaid_names(reading, candidate)):
        return f"the passages give {wanted[kind]}, but not for “{apart}”"
    return None


def _lasts(text: str) -> bool:
    """Whether a span of time is given by its beginning, its end or both."""
    told = find_dates(text)
    return len(told) > 1 or any(_SINCE.search(text[: date.span.start]) for date in told)


def _unsaid_names(reading: Reading, candidate: Candidate) -> str | None:
    """A name of the question that the sentence itself does not say; a capital city means only itself here."""
    question = reading.question
    stems = {word.stem for word in candidate.encoded.words}
    for phrase in name_phrases(question.text, question.terms, question.names):
        for word in phrase:
            strict = is_capital(word.text)
            at = question.terms.index(word)
            if (strict and word.stem not in stems) or (
                not strict and float(candidate.said[at]) < 0.3 and len(phrase) == 1
            ):
                return word.text
    return None


def count(reading: Reading, candidate: Candidate) -> str | None:
    """A number must be given that the question does not give itself, and it must count what is asked."""
    question = reading.question
    if question.kind != "number":
        return None
    asked = question.text[question.asked_from :].lower()
    if _NONE.search(candidate.text) or (("times" in asked or "often" in asked) and _TIMES.search(candidate.text)):
        return None
    given = [q for q in find_quantities(candidate.text) if _counts(reading, candidate, q, asked)]
    if not given:
        return "the passages give no number for this"
    if not question.focus or in_column(reading, candidate):
        return None
    best = max(_beside(reading, candidate, quantity) for quantity in given)
    if best < _COUNTED and not all(term.stem in _ANY_THING for term in question.focus):
        return f"the passages give a number, but not of {shown(question.text, question.focus)}"
    capital = next((t.text for t in question.terms if is_capital(t.text) and t.stem in question.names), None)
    if capital and not _near_by(candidate, capital):
        return f"the passages give a number, but not for “{capital}”"
    return None


def _counts(reading: Reading, candidate: Candidate, quantity: Quantity, asked: str) -> bool:
    """Whether a number is one of its own: none that the question gives, no "one" that stands for something, and where
    things are counted no length or time.
    """
    if quantity.unit == "ordinal" or round(quantity.value, 6) in reading.question.numbers:
        return False
    if quantity.unit == "money":
        return "much" in asked
    told = quantity.span.of(candidate.text).lower()
    if told == "one":
        after = next((w for w in candidate.encoded.words if w.span.start > quantity.span.start), None)
        return after is not None and any(after.stem == term.stem for term in reading.question.focus)
    measured = quantity.unit in ("length", "time") and "how many" not in asked
    return (measured or quantity.unit in ("count", "percent")) and told != "second"


def _beside(reading: Reading, candidate: Candidate, quantity: Quantity) -> float:
    """How well the words beside a number say what is counted."""
    said = candidate.encoded
    near = [
        i
        for i, word in enumerate(said.words)
        if 0 <= word.span.start - quantity.span.end <= 45 or 0 <= quantity.span.start - word.span.end <= 25
    ]
    if not near:
        return 0.0
    part = Encoded(said.vector, tuple(said.words[i] for i in near), said.word_vectors[near])
    return float(np.max(coverage(reading.question.focus, reading.encoded, part, reading.short_forms)))


def _near_by(candidate: Candidate, word: str) -> bool:
    """Whether the sentence or the two before it say `word` itself."""
    texts = [candidate.read.text(i) for i in range(max(0, candidate.at - 2), candidate.at + 1)]
    return any(word.lower() == found.text.lower() for text in texts for found in words(text))


def share(reading: Reading, candidate: Candidate) -> str | None:
    """A share is of those asked about only when the sentence or the one before names them."""
    question = reading.question
    if question.kind != "percent":
        return None
    told = np.maximum.reduce(reading.with_before(candidate))
    for phrase in name_phrases(question.text, question.terms, question.names):
        if max(float(told[i]) for i, term in enumerate(question.terms) if term in phrase) < SAID:
            return f"the passages give a share, but not for “{shown(question.text, phrase)}”"
    return None


def date(reading: Reading, candidate: Candidate) -> str | None:
    """A time must be given."""
    if reading.question.kind != "date":
        return None
    text = candidate.text
    given = [d for d in find_dates(text) if not (d.year in reading.question.years and d.month is None)]
    if in_column(reading, candidate):
        return None
    return (
        None
        if given or _RELATIVE_DATE.search(text) or _EARLY_DATE.search(text)
        else "the passages give no date for this"
    )
