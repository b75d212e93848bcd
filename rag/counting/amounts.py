"""The one amount or date that a cell holds, and what a question compares it with. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from index.document.dates import find_dates
from rag.lexicon import CURRENCIES, UNITS

Mask = npt.NDArray[np.bool_]
_NUMBER = r"[-−]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\d+,\d{1,2})"
_AMOUNT = re.compile(rf"(?P<sign>[-−]?)(?P<before>[^\d\s.,-]{{0,3}})\s?(?P<number>{_NUMBER})\s?(?P<after>[^\d]*)")
_MONTH, YEAR = 32, 416.0
_YEARS, _WITH_YEAR = (1000, 2200), (YEAR, np.inf)
"""What numbers are between that are taken for years, and dates that have one."""
_TRIED = 100
"""Values of a column that are looked at first: where none is an amount or a date, the column is taken for words."""
_MOSTLY = 0.5
"""Of the cells with a value, the share that must be amounts of one kind."""


@dataclass(frozen=True)
class Amounts:
    """The cells of a column as numbers of one kind, NaN where there is none; days of the year or since 1 for dates.

    `unit` is as printed, empty where none is; `factor` what one of it is in the base of its kind.
    """

    kind: str
    unit: str
    factor: float
    numbers: npt.NDArray[np.float64]

    @property
    def has_one(self) -> Mask:
        """The rows that have a number."""
        return ~np.isnan(self.numbers)

    @property
    def have_years(self) -> bool:
        """Whether they are dates with a year, or years."""
        low, high = _WITH_YEAR if self.kind == "date" else _YEARS
        numbers = self.numbers[self.has_one]
        are_within = (numbers >= low) & (numbers < high)
        return len(numbers) > 0 and not self.unit and bool(np.all(are_within))

    @cached_property
    def decimals(self) -> int:
        """How many digits stand after the point, at most."""
        written = (f"{number:.4f}".rstrip("0") for number in self.numbers[self.has_one])
        return max((len(text.partition(".")[2]) for text in written), default=0)


def unit_of(name: str) -> tuple[str, float] | None:
    """The kind of a unit or a currency, as `length` or `money:£`, and its factor; None where it is none."""
    plain = "".join(name.casefold().split()).strip("().")  # "per cent" is written as one word too
    unit = CURRENCIES.get(plain) or UNITS.get(plain)
    if unit is None:
        return None
    kind, factor = unit
    return kind if kind.startswith("money") else kind.partition(":")[0], factor


def amounts_of(values: Sequence[str], head_unit: str) -> Amounts | None:
    """The numbers or dates of a column; None where most cells are neither, or they are of several kinds."""
    first = list(dict.fromkeys(filter(None, values)))[:_TRIED]
    if not any(_amount(value) or date_number(value) is not None for value in first):
        return None
    return _dates(values) or _numbers(values, head_unit)


def _numbers(values: Sequence[str], head_unit: str) -> Amounts | None:
    read = [_amount(value) for value in values]
    units = {unit for _, unit in filter(None, read)}
    kinds = {unit_of(unit) or (unit.casefold(), 1.0) for unit in units}
    if len(kinds) != 1 or not _are_most(read, values):
        return None
    numbers = np.array([item[0] if item else np.nan for item in read])
    plain = Amounts("", "", 1.0, numbers)
    if units == {""} and plain.have_years and unit_of(head_unit) == unit_of("year"):  # 1785 is a year, not that many
        return plain
    unit = next(iter(units)) or head_unit
    kind, factor = unit_of(unit) or (unit.casefold(), 1.0)
    return Amounts(kind, unit, factor, numbers)


def _dates(values: Sequence[str]) -> Amounts | None:
    read = [date_number(value) for value in values]
    dated = {number >= YEAR for number in read if number is not None}
    if len(dated) != 1 or not _are_most(read, values):
        return None
    return Amounts("date", "", 1.0, np.array([np.nan if number is None else number for number in read]))


def _are_most(read: Sequence[object], values: Sequence[str]) -> bool:
    filled = sum(1 for value in values if value)
    return filled > 0 and sum(item is not None for item in read) > _MOSTLY * filled


@lru_cache(maxsize=65536)
def _amount(value: str) -> tuple[float, str] | None:
    """The number in a cell and its unit as printed; None where it holds more than one amount."""
    match = _AMOUNT.fullmatch(value)
    if match is None:
        return None
    before, after = match["before"].strip(), match["after"].strip()
    known = unit_of(before or after)
    is_currency = known is not None and known[0].startswith("money")
    if (before and after) or (before and not is_currency) or len(after.split()) > 1:
        return None
    number = number_of(match["number"])
    return -number if match["sign"] else number, before or after


def number_of(text: str) -> float:
    """A number as written in figures."""
    plain = text.replace("−", "-")
    grouped = re.fullmatch(r"-?\d+,\d{1,2}", plain) is None
    return float(plain.replace(",", "" if grouped else "."))


@lru_cache(maxsize=65536)
def date_number(text: str) -> float | None:
    """The one date that a text is, as a number that grows with it; None where it is none or has no day and month."""
    dates = find_dates(text)
    if len(dates) != 1 or dates[0].span.of(text) != text.strip():
        return None
    date = dates[0]
    return None if date.month is None or date.day is None else day_number(date.year, date.month, date.day)


def day_number(year: int | None, month: int, day: int) -> float:
    """A date as a number that grows with it; without a year, of the year 0."""
    return (year or 0) * YEAR + month * _MONTH + day


def month_of(number: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The month of dates given as `day_number`."""
    months: npt.NDArray[np.float64] = number % YEAR // _MONTH
    return months
