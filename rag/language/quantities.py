"""Numbers in English text, with what they count: "83 people", "nearly half", "some 80", "$4 million", "18 miles".

Pure. Used to find answers to "how many" and to check that a statement's numbers are those of its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from index.dates import find_dates
from index.types import Span

Unit = Literal["length", "time", "money", "percent", "age", "ordinal", "count"]

_ONES = (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen"
    ).split()  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "dozen": 12.0}
_FRACTIONS = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "two-thirds": 2 / 3, "three-quarters": 0.75}
_ORDINALS = {
    word: float(n)
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        start=1,
    )
}
_VALUES = {word: float(n) for n, word in enumerate(_ONES)} | {w: 10.0 * n for n, w in enumerate(_TENS, start=2)}
_VAGUE = {"dozens": 24.0, "scores": 40.0, "hundreds": 200.0, "thousands": 2000.0, "millions": 2e6, "billions": 2e9}
_UNITS: dict[str, Unit] = {
    **dict.fromkeys((
        "mile miles kilometer kilometers kilometre kilometres km meter meters metre metres feet foot yard "
        "yards inch inches cm mm"
    ).split(), "length"),
    **dict.fromkeys((
        "second seconds minute minutes hour hours day days week weeks month months year years decade decades "
        "century centuries"
    ).split(), "time"),
    **dict.fromkeys("dollar dollars euro euros pound pounds rubles roubles usd eur cents cent".split(), "money"),
    **dict.fromkeys(("percent", "per cent", "%", "percentage"), "percent"),
}  # fmt: skip
_WORDS = "|".join(sorted([*_VALUES, *_SCALES, *_VAGUE, *_FRACTIONS, *_ORDINALS], key=len, reverse=True))
_AND = rf"(?:{'|'.join(f'(?<={scale})' for scale in _SCALES)})\s+and\s+"
"""It joins "two hundred and five"; "two and three" are two numbers."""
_NUMBER = re.compile(
    rf"""(?P<money>[$€£])?\s?
    (?:(?<![\w.])(?<![A-Za-z]-)(?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<suffix>st|nd|rd|th|%|k|m|bn)?(?![\w])
      | (?<![\w-])(?P<words>(?:{_WORDS})(?:(?:[\s-]+|{_AND})(?:{_WORDS}))*)(?![\w]))
    (?P<scale>\s+(?:an?\s+)?(?:hundred|thousand|million|billion|trillion|dozen)\b)?
    (?P<unit>[\s-]*(?:{"|".join(sorted(_UNITS, key=len, reverse=True))})(?![\w]))?
    (?P<old>[\s-]old\b)?""",
    re.VERBOSE | re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"\[\d{1,3}\]")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, where it stands, and its unit. `value` of "18 miles" is 18, of "nearly half" 0.5."""

    span: Span
    value: float
    unit: Unit


def find_quantities(text: str) -> list[Quantity]:
    """Every number in `text` that is not part of a date or a footnote mark, in order."""
    taken = [date.span for date in find_dates(text)]
    taken += [Span(m.start(), m.end()) for m in _FOOTNOTE.finditer(text)]
    found = (_read(match) for match in _NUMBER.finditer(text))
    return [quantity for quantity in found if quantity and not any(quantity.span.overlap(span) for span in taken)]


def values(quantities: Iterable[Quantity]) -> set[float]:
    """The distinct values, rounded so that equal numbers compare equal."""
    return {round(quantity.value, 6) for quantity in quantities}


def _read(match: re.Match[str]) -> Quantity | None:
    value = _digits(match) if match["digits"] else _words(match["words"])
    if value is None:
        return None
    if match["scale"]:
        value *= _SCALES[match["scale"].split()[-1].lower()]
    start = match.start("money") if match["money"] else match.start("digits" if match["digits"] else "words")
    return Quantity(Span(start, match.end()), value, _unit(match))


def _unit(match: re.Match[str]) -> Unit:
    if match["money"]:
        return "money"
    suffix = (match["suffix"] or "").lower()
    if suffix == "%":
        return "percent"
    if suffix in ("st", "nd", "rd", "th") or (match["words"] or "").lower() in _ORDINALS:
        return "ordinal"
    if match["old"]:
        return "age"
    unit = re.sub(r"^[\s-]+", "", match["unit"] or "").lower()  # the space may be one that does not break
    if unit:
        return _UNITS[unit]
    return "percent" if (match["words"] or "").lower() in _FRACTIONS and not match["scale"] else "count"


def _digits(match: re.Match[str]) -> float:
    value = float(match["digits"].replace(",", ""))
    return value * {"k": 1e3, "m": 1e6, "bn": 1e9}.get((match["suffix"] or "").lower(), 1.0)


def _words(text: str) -> float | None:
    """The value of number words by the usual reading: "three hundred and five" is 305."""
    lower = text.lower()
    if lower in _FRACTIONS:
        return _FRACTIONS[lower]
    total, current, seen = 0.0, 0.0, False
    for word in re.findall(r"[a-z]+", lower):
        if word in _VALUES:
            current, seen = current + _VALUES[word], True
        elif word in _SCALES:
            current, seen = (current or 1.0) * _SCALES[word], True
            if _SCALES[word] >= 1e3:
                total, current = total + current, 0.0
        elif word in _ORDINALS or word in _VAGUE or word in _FRACTIONS:
            current, seen = current + (_ORDINALS.get(word) or _VAGUE.get(word) or _FRACTIONS[word]), True
    return total + current if seen else None
