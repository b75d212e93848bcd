"""A sentence cut into the parts that a check compares: numbers with units, dates, names, negations, hedges, words.

Pure. Two texts are set side by side by `set_beside`, so that a check sees not only that a part of a statement is not
in the source, but what stands in its place there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from index.dates import MONTHS, find_dates
from index.sentences import sentences
from index.tokens import words
from index.types import Span, Word
from rag.language.names import group
from rag.language.quantities import find_quantities

Kind = Literal["number", "date", "name", "negation", "hedge", "word", "stop"]

NEGATIONS = frozenset("not no never without none nobody nothing neither nor cannot hardly".split())
HEDGES = frozenset(
    (
        "may might could possibly possible perhaps maybe probably probable likely unlikely apparently apparent allegedly "
        "alleged reportedly purportedly purported supposedly suspected potential potentially believed thought expected "
        "planned plans appears appear appeared seems seem seemed claimed claims rumored rumoured presumably should"
    ).split()
)
_INTENT = re.compile(
    r"hop(?:e[sd]?|ing)|want(?:s|ed|ing)?|try|trie[sd]|trying|attempt(?:s|ed|ing)?|plan(?:s|ned|ning)?|aim(?:s|ed|ing)?|"
    r"intend(?:s|ed|ing)?|seeks?|seeking|sought|vow(?:s|ed|ing)?|promis(?:e[sd]?|ing)|threaten(?:s|ed|ing)?"
)
"""Before "to": what is only meant, as in "hoped to return"."""
INTENT = "intent"
"""The key of such a hedge."""
CONDITION = "condition"
"""The key of an "if": what follows it is not so, only supposed."""
_DAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
_METRES = {"mile": 1609.34, "kilomet": 1000.0, "km": 1000.0, "met": 1.0, "feet": 0.3048, "foot": 0.3048, "yard": 0.9144,
           "inch": 0.0254, "cm": 0.01, "mm": 0.001}  # fmt: skip
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 604800.0, "month": 2629800.0,
            "year": 31557600.0, "decade": 315576000.0, "centur": 3155760000.0}  # fmt: skip
_ACRONYM = re.compile(r"[A-Z]{2,6}")
_OPENING = "“‘\"'«([-–—•*#>| "
_ANNOUNCED = re.compile(r"(?::\s*[“\"]?|“|(?:^|[\s(])\")$")
_TITLES = frozenset("mr mrs ms dr sir lord lady".split())


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a sentence. Parts with equal keys say the same; `unit` and `base` are a number's."""

    kind: Kind
    key: Hashable
    text: str
    span: Span
    value: float = 0.0
    unit: str = ""
    base: float | None = None
    """The value in metres or seconds, where the unit tells."""
    date: tuple[int | None, int | None, int | None] = (None, None, None)


@dataclass(frozen=True, slots=True)
class Change:
    """Where a statement departs from its source: `said` stands there instead of `source`; either may be empty."""

    said: tuple[Part, ...]
    source: tuple[Part, ...]
    after: Part | None
    """The next part that both say."""


def cut(text: str, names: frozenset[str] = frozenset()) -> list[Part]:
    """The parts of `text` in order. A first word counts as a name when its stem is in `names`, or it is a country's."""
    return list(_cut(text, names))


@lru_cache(maxsize=2048)  # a passage's sentences are held against every clause of an answer
def _cut(text: str, names: frozenset[str]) -> tuple[Part, ...]:
    whole = [*_dates(text), *_numbers(text)]
    found = words(text)
    starts = _starts(text, found)
    single = [
        _part(word, at, found, text, names, starts)
        for at, word in enumerate(found)
        if not any(part.span.overlap(word.span) for part in whole)
    ]
    return tuple(sorted([*whole, *single], key=lambda part: part.span.start))


def set_beside(said: Sequence[Part], source: Sequence[Part]) -> list[Change]:
    """Where `said` departs from `source`, in order (Ratcliff and Obershelp's alignment, by keys)."""
    matcher = SequenceMatcher(None, [p.key for p in source], [p.key for p in said], autojunk=False)
    return [
        Change(tuple(said[c:d]), tuple(source[a:b]), source[b] if b < len(source) else None)
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def unmatched(parts: Sequence[Part], others: Sequence[Part]) -> list[Part]:
    """Those of `parts` whose keys `others` say less often, the last ones first to be left over."""
    room = Counter(part.key for part in others)
    left = []
    for part in parts:
        if room[part.key]:
            room[part.key] -= 1
        else:
            left.append(part)
    return left


def agrees(said: Part, source: Part) -> bool:
    """Whether two numbers or two dates are the same: 18 miles are 29 kilometres, 1984 is part of 3 May 1984."""
    if said.kind == "date" and source.kind == "date":
        given = [(a, b) for a, b in zip(said.date, source.date, strict=True) if a is not None]
        return said.key == source.key or (bool(given) and all(a == b for a, b in given))
    if said.kind != "number" or source.kind != "number":
        return False
    if said.base is not None and source.base is not None and said.unit != source.unit:
        return abs(said.base - source.base) <= 0.02 * abs(source.base)
    if said.unit and source.unit and said.unit != source.unit:
        return False
    return abs(said.value - source.value) < 1e-6


def _dates(text: str) -> list[Part]:
    return [
        Part("date", ("date", d.year, d.month, d.day), d.span.of(text), d.span, date=(d.year, d.month, d.day))
        for d in find_dates(text)
    ]


def _numbers(text: str) -> list[Part]:
    found = []
    for quantity in find_quantities(text):
        shown = quantity.span.of(text)
        if quantity.value == 1 and not shown[0].isdigit():
            continue  # "one of them"
        unit, base = _unit(shown, quantity.unit, quantity.value)
        value = round(quantity.value, 6)
        found.append(Part("number", ("number", value, unit), shown, quantity.span, value, unit, base))
    return found


def _unit(shown: str, kind: str, value: float) -> tuple[str, float | None]:
    """The unit's own name, and the value in metres or seconds where it is a length or a time."""
    lower = shown.lower().removesuffix("old").rstrip(" -")
    if kind == "age":
        return next((name for name in _SECONDS if re.search(rf"(?:\d|\b){name}\w*$", lower)), ""), None
    if kind in ("length", "time"):
        table = _METRES if kind == "length" else _SECONDS
        name = next((n for n in table if re.search(rf"(?:\d|\b){n}\w*$", lower)), "")
        return name, value * table[name] if name else None
    if kind == "money":
        return next(
            (sign for sign in ("$", "€", "£", "euro", "pound", "cent", "rouble", "ruble") if sign in lower), "$"
        ), None
    return {"percent": "%", "ordinal": "ordinal"}.get(kind, ""), None


def _part(
    word: Word, at: int, found: Sequence[Word], text: str, names: Collection[str], starts: Collection[int]
) -> Part:
    lower = word.text.lower().replace("’", "'")
    if lower.removesuffix("'s") in _DAYS or (lower in MONTHS and word.text[:1].isupper() and at and len(lower) > 3):
        return Part(
            "date", ("day", lower.removesuffix("'s")), word.text, word.span, date=(None, MONTHS.get(lower), None)
        )
    if lower in NEGATIONS or lower.endswith("n't"):
        return Part("negation", "not", word.text, word.span)
    if lower in ("if", "unless") and at + 1 < len(found) and found[at + 1].text.lower() not in ("not", "so", "any"):
        return Part("hedge", CONDITION, word.text, word.span)
    if lower in HEDGES and not (lower == "may" and word.text[0] == "M" and at):
        return Part("hedge", "hedge", word.text, word.span)
    if _INTENT.fullmatch(lower) and at + 1 < len(found) and found[at + 1].text.lower() == "to":
        return Part("hedge", INTENT, word.text, word.span)
    if _is_name(word, at, found, text, names, starts):
        place = group(word.text)
        return Part("name", ("place", place) if place is not None else word.stem, word.text, word.span)
    return Part("stop" if word.is_stop else "word", word.stem, word.text, word.span)


def _is_name(
    word: Word, at: int, found: Sequence[Word], text: str, names: Collection[str], starts: Collection[int]
) -> bool:
    if not word.text[:1].isupper() or word.is_stop or word.text.lower() in _TITLES:
        return False
    begins = word.span.start in starts and not _ACRONYM.fullmatch(word.text)
    follows = at + 1 < len(found) and found[at + 1].text[:1].isupper() and not found[at + 1].is_stop
    side_by_side = follows and text[word.span.end : found[at + 1].span.start] == " "
    return not begins or side_by_side or word.stem in names or group(word.text) is not None


def _starts(text: str, found: Sequence[Word]) -> frozenset[int]:
    """Where words stand that have a capital for beginning a sentence, a quotation, or what a colon announces."""
    opened = {span.end - len(span.of(text).lstrip(_OPENING)) for span in sentences(text)}
    at = (word.span.start for word in found)
    return frozenset(opened | {start for start in at if _ANNOUNCED.search(text[max(0, start - 4) : start])})
