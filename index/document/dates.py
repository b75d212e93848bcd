"""Dates as printed in English text, read into ISO form as exactly as they are given."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from index.types import Span

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
AFTER_A_DAY = "Januar Jänner Februar März April Mai Juni Juli August September Oktober November Dezember".split()
"""The months of German, which sets a full stop after the day: 12. Mai."""
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR = r"(?:1[5-9]|20)\d\d"
_DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
DATE = re.compile(
    rf"""\b(?:
        (?P<iso>{_YEAR}-[01]\d-[0-3]\d)
      | (?P<m1>{_MONTH})\.?\s+(?P<d1>{_DAY})(?:,?\s+(?P<y1>{_YEAR}))?(?!\d)
      | (?P<d2>{_DAY})\s+(?:of\s+)?(?P<m2>{_MONTH})\b\.?(?:,?\s+(?P<y2>{_YEAR}))?
      | (?P<m3>{_MONTH})\.?,?\s+(?:of\s+)?(?P<y3>{_YEAR})
      | (?<!\b0\.)(?P<y4>{_YEAR})(?![\d,]*\d)
    )""",
    re.VERBOSE | re.IGNORECASE,
)


_ABROAD = MONTHS | {
    name: number
    for number, names in enumerate(
        (
            "januar janner jan janvier janv enero ene",
            "februar feb fevrier fevr fev febrero",
            "marz maerz mrz mar mars marzo",
            "april apr avril avr abril abr",
            "mai mayo",
            "juni jun juin junio",
            "juli jul juillet juil julio",
            "august aug aout agosto ago",
            "september sept sep septembre septiembre setiembre",
            "oktober okt octobre oct octubre",
            "november nov novembre noviembre",
            "dezember dez decembre dec diciembre dic",
        ),
        start=1,
    )
    for name in names.split()
}
"""The months in English, German, French and Spanish, without accents."""
_ABROAD_DATE = re.compile(
    rf"""\b(?P<day>[0-3]?\d)(?:\.|er|st|nd|rd|th)?\s*(?:de\s+|of\s+|-)?
        (?P<month>{"|".join(sorted(_ABROAD, key=len, reverse=True))})\b\.?,?\s*(?:del?\s+|-)?(?P<year>{_YEAR})(?!\d)""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMERIC = re.compile(
    r"(?<![\d./-])(?P<first>[0-3]?\d)(?P<mark>[./-])(?P<second>[0-3]?\d)(?P=mark)(?P<year>(?:1[5-9]|20)\d\d|\d\d)(?![\d/-])"
)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date found in text; any of year, month and day may be unsaid."""

    span: Span
    year: int | None
    month: int | None
    day: int | None

    @property
    def iso(self) -> str | None:
        """`2017-09-07`, `2017-09` or `2017`; None without a year."""
        if self.year is None:
            return None
        parts = [f"{self.year:04d}"] + [f"{part:02d}" for part in (self.month, self.day) if part]
        return "-".join(parts)


def find_dates(text: str) -> list[Dated]:
    """Every date in `text`, in order. Months alone are not dates; years from 1500 to 2099 are."""
    return [dated for match in DATE.finditer(text) if (dated := _read(match)) is not None]


def printed_date(text: str) -> str | None:
    """The date that a field of a document gives, in ISO form and as exactly as it is sure; None where there is none.

    Months may be named in English, German, French or Spanish. Numbers between points are day, month and year; between
    strokes the order is not known, and where both orders make a date, only its year is sure.
    """
    dates = [date.iso for date in (*_named(text), *_numeric(text), *find_dates(text)) if date.iso]
    return max(dates, key=len, default=None)


def _named(text: str) -> Iterator[Dated]:
    for match in _ABROAD_DATE.finditer(_without_accents(text)):
        year, month, day = int(match["year"]), _ABROAD[match["month"].lower()], int(match["day"])
        if day in range(1, 32):
            yield Dated(Span(match.start(), match.end()), year, month, day)


def _numeric(text: str) -> Iterator[Dated]:
    for match in _NUMERIC.finditer(text):
        first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
        year += 2000 if len(match["year"]) == 2 else 0
        orders = {(first, second)} if match["mark"] == "." else {(first, second), (second, first)}
        sure = [(day, month) for day, month in orders if month in range(1, 13) and day in range(1, 32)]
        if sure:
            day, month = sure[0] if len(sure) == 1 else (None, None)
            yield Dated(Span(match.start(), match.end()), year, month, day)


def _without_accents(text: str) -> str:
    """`text` with as many characters, their accents removed."""
    return "".join(unicodedata.normalize("NFD", character)[0] for character in text)


def human(iso: str) -> str:
    """`7 September 2017` for `2017-09-07`; less where less is known."""
    parts = [int(part) for part in iso.split("-")]
    words = [str(parts[0])]
    if len(parts) > 1:
        words.insert(0, MONTH_NAMES[parts[1] - 1])
    if len(parts) > 2:
        words.insert(0, str(parts[2]))
    return " ".join(words)


def _read(match: re.Match[str]) -> Dated | None:
    span = Span(match.start(), match.end())
    if match["iso"]:
        year, month, day = (int(part) for part in match["iso"].split("-"))
        return Dated(span, year, month, day) if month in range(1, 13) and day in range(1, 32) else None
    name = match["m1"] or match["m2"] or match["m3"]
    month_or_none = MONTHS[name.lower()] if name else None
    day_text = match["d1"] or match["d2"]
    day_or_none = int(re.sub(r"\D", "", day_text)) if day_text else None
    if day_or_none is not None and day_or_none not in range(1, 32):
        return None
    year_text = match["y1"] or match["y2"] or match["y3"] or match["y4"]
    return Dated(span, int(year_text) if year_text else None, month_or_none, day_or_none)
