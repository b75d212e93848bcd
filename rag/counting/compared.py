"""The amounts and dates that a question compares with: "over £500", "at least 20 km", "before 1 July". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from rag.asking.phrases import Token
from rag.counting.amounts import YEAR, Mask, day_number, month_of, unit_of
from rag.counting.asks import measure_of
from rag.counting.table import Column
from rag.lexicon import MEASURES, MONTHS, SCALES
from rag.verification.values import Value, values

_SIGNS = {"more": ">", "less": "<", "least": "≥", "most": "≤"}
_WHEN = {
    "before": "<",
    "after": ">",
    "since": "≥",
    "from": "≥",
    "until": "≤",
    "till": "≤",
    "by": "≤",
    "in": "=",
    "during": "=",
}
_RANGES = frozenset((("between", "and"), ("from", "to"), ("from", "until"), ("from", "till")))
"""What stands before two amounts, and between them, where all between them is meant."""
_UNIT_ALONE = re.compile(rf"[\d.,\s-]+|(?<![^\W\d_])(?:{'|'.join(sorted(SCALES))})(?![^\W\d_])")
"""What of an amount is not its unit: the figures, and "million"."""
_WITHIN = ("=", "between", "from")
"""Signs of which both ends count."""
_DIGITS = 9
"""Digits after the point of an amount in another unit: what floats add beyond them is of nobody's making."""
BOUNDS = frozenset(
    "more less fewer than over above under below at least most up to no not later longer within minimum maximum min "
    "max or of".split()
)
"""Words that stand beside an amount as its bound."""


@dataclass(frozen=True, slots=True)
class Compared:
    """An amount and how cells are to stand to it: "<", ">", "≤", "≥" or "="; a date from `low` to `high`. Of two
    amounts "between" or "from": both ends count.

    `places` are those of its words in the question, `kind` that of its unit, "date", "month" or empty; `measure` is
    what a comparative asks after, as in "cheaper than £5".
    """

    places: tuple[int, ...]
    sign: str
    words: str
    kind: str
    low: float
    high: float
    factor: float = 1.0
    measure: tuple[str, str] | None = None

    def fits(self, column: Column) -> bool:
        """Whether the cells of a column can be compared with it."""
        amounts = column.amounts
        if amounts is None:
            return False
        if self.kind == "date":
            return amounts.have_years if self.high >= YEAR else amounts.kind == "date"
        if self.kind == "month":  # "since November", of which year?
            return amounts.kind == "date" and self.sign in _WITHIN
        return amounts.kind != "date" and self.kind in ("", amounts.kind)

    def rows(self, column: Column) -> Mask:
        """The rows that stand so to it."""
        amounts = column.amounts
        assert amounts is not None  # `fits` was asked before
        numbers, low, high = amounts.numbers, self.low, self.high
        if self.kind == "month":
            numbers = month_of(numbers)
        elif self.kind == "date" and self.high < YEAR:
            numbers = numbers % YEAR
        elif self.kind == "date" and amounts.kind != "date":
            low, high = low // YEAR, high // YEAR
        elif self.kind:
            low, high = (round(edge * (self.factor / amounts.factor), _DIGITS) for edge in (low, high))
        with np.errstate(invalid="ignore"):
            return _compare(numbers, self.sign, low, high)

    @property
    def is_year(self) -> bool:
        """Whether it is all of one year."""
        return self.kind == "date" and self.sign == "=" and self.words.isdigit()

    @property
    def is_plain_range(self) -> bool:
        """Whether it is all between two numbers of which no unit says what they measure."""
        return self.sign in _WITHIN[1:] and not self.kind

    def is_edged(self, column: Column) -> bool:
        """Whether rows lie on an end of "between", which may be meant or not."""
        inside = replace(self, sign="inside").rows(column)
        return self.sign == "between" and self.kind != "month" and bool(np.any(self.rows(column) & ~inside))


def compared(question: str, line: Sequence[Token]) -> list[Compared]:
    """What a question compares with, in order."""
    amounts = values(question)
    ranges = [one for pair in pairwise(amounts) if (one := _range(question, line, *pair))]
    taken = {place for one in ranges for place in one.places}
    alone = [value for value in amounts if not taken.intersection(_inside(line, value))]
    comparisons = [*ranges, *(one for value in alone if (one := _of_value(line, value)))]
    return [*comparisons, *_months(line, {place for one in comparisons for place in one.places})]


def _inside(line: Sequence[Token], value: Value) -> list[int]:
    return [at for at, token in enumerate(line) if value.span.overlap(token.span)]


def _range(question: str, line: Sequence[Token], first: Value, second: Value) -> Compared | None:
    """ "Between 3 and 5 km", "from March to May": everything from the one to the other."""
    low, high = _inside(line, first), _inside(line, second)
    if not (low and high and low[0]):
        return None
    opening = line[low[0] - 1].form
    joint = [token.form for token in line[low[-1] + 1 : high[0]]]
    if (opening, *joint) not in _RANGES:
        return None
    start, end = _end(first, second), _end(second, first)
    if start is None or end is None or start.kind != end.kind or start.low > end.high:
        return None
    places = tuple(range(low[0] - 1, high[-1] + 1))
    words = question[first.span.start : second.span.end]
    return replace(end, places=places, sign=opening, words=words, low=start.low)


def _end(value: Value, other: Value) -> Compared | None:
    """One end of a range, with the year or the unit of the other end where it has none itself."""
    reading, of_other = value.readings[0][1], other.readings[0][1]
    if isinstance(reading, tuple) and isinstance(of_other, tuple):
        return _of_date((reading[0] or of_other[0], *reading[1:]), "from", (), value.text)
    unit = _unit(other if value.kind == "number" else value)
    if unit is None or value.face is None or isinstance(of_other, tuple):
        return None
    return Compared((), "", value.text, unit[0], value.face * unit[1], value.face * unit[1])


def _unit(value: Value) -> tuple[str, float] | None:
    """The kind of an amount's unit and its factor, empty for a plain number; None where it is not known."""
    if value.kind == "number":
        return "", 1.0
    return unit_of(_UNIT_ALONE.sub("", value.text.casefold()))


def _of_value(line: Sequence[Token], value: Value) -> Compared | None:
    inside = _inside(line, value)
    if not inside:
        return None
    places = [*_bounds(line, inside[0], -1), *inside, *_bounds(line, inside[-1], 1)]
    before = line[inside[0] - 1].form if inside[0] else ""
    _, reading = value.readings[0]
    if isinstance(reading, tuple):
        return _of_date(reading, before, (inside[0] - 1, *inside), value.text)
    measure, sign = _comparative(line, inside[0])
    if measure:
        more = next(at for at in range(inside[0] - 1, -1, -1) if line[at].form == "than")
        places += list(range(more - 1, inside[0]))
    elif value.bound:
        sign = _SIGNS[value.bound]
    elif adjective := next((token for token in line[inside[-1] + 1 : inside[-1] + 2] if token.form in MEASURES), None):
        measure, sign = MEASURES[adjective.form][:2], "="
        places.append(inside[-1] + 1)
    if not sign or value.face is None:
        return None
    unit = _unit(value)
    if unit is None:  # how much one of it is, is not known
        return None
    plain, factor = unit
    return Compared(tuple(places), sign, value.text, plain, value.face, value.face, factor, measure)


def _bounds(line: Sequence[Token], at: int, step: int) -> Iterator[int]:
    """Words for a bound that stand beside a place."""
    place = at + step
    while 0 <= place < len(line) and line[place].form in BOUNDS:
        yield place
        place += step


def _comparative(line: Sequence[Token], at: int) -> tuple[tuple[str, str] | None, str]:
    """What "cheaper than" and "more expensive than" ask after, and their sign; before the word at a place."""
    if at < 2 or line[at - 1].form != "than":
        return None, ""
    form, more = line[at - 2].form, line[at - 3].form if at > 2 else ""
    measure = MEASURES.get(form) if more in ("more", "less") else measure_of(form, ("er",))
    if measure is None:
        return None, ""
    noun, kind, direction = measure
    return (noun, kind), ">" if direction * (-1 if more == "less" else 1) > 0 else "<"


def _of_date(date: tuple[int | None, ...], before: str, places: tuple[int, ...], text: str) -> Compared | None:
    if len(date) != 3 or before not in _WHEN:
        return None
    year, month, day = date
    if month and not (year or day):
        return Compared(places, _WHEN[before], text, "month", month, month)
    low, high = day_number(year, month or 1, day or 1), day_number(year, month or 12, day or 31)
    return Compared(places, _WHEN[before], text, "date", low, high)


def _months(line: Sequence[Token], taken: set[int]) -> Iterator[Compared]:
    """ "In June", without a day or a year: of any year."""
    for at, token in enumerate(line):
        month = MONTHS.get(token.form) if at and token.is_named and at not in taken else None
        if month and line[at - 1].form in _WHEN:
            yield Compared((at - 1, at), _WHEN[line[at - 1].form], token.text, "month", month, month)


def _compare(numbers: object, sign: str, low: float, high: float) -> Mask:
    cells = np.asarray(numbers, dtype=float)
    comparisons: dict[str, Mask] = {
        "<": cells < low,
        ">": cells > high,
        "≤": cells <= high,
        "≥": cells >= low,
        "inside": (cells > low) & (cells < high),
        **dict.fromkeys(_WITHIN, (cells >= low) & (cells <= high)),
    }
    return comparisons[sign]
