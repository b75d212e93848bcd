"""The values in a text: numbers with their units, money, shares, clock times, dates, days, ordinals and identifiers.

Pure. "A fortnight" is 14 days, "half past six" 6.30 or 18.30, "£41,600" 41,600 pounds. A value may be read in more than
one way ("7.30" is a number or a time); two values are the same where any reading of the one is a reading of the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from index.document.dates import find_dates
from index.types import Span
from rag import lexicon

Amount = float | str | tuple[int | None, ...]
_CONVERTED = 0.02
"""How far two amounts of different systems of units may differ: 18 miles are 29 kilometres."""
_ROUNDED = 0.1
"""How far an amount may be from one that is said to be round."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value and where it stands. `readings` are the kinds and amounts that it may mean, `face` the bare number in it.

    `soft` marks a form that is often a turn of phrase ("one", "a day"); `bound` is "least", "most", "more" or "less".
    """

    span: Span
    text: str
    readings: tuple[tuple[str, Amount], ...]
    face: float | None = None
    soft: bool = False
    about: bool = False
    bound: str = ""

    @property
    def kind(self) -> str:
        """What it first of all is a value of: "length", "money", "date", …; "number" where no unit is written."""
        return self.readings[0][0].partition(":")[0]


def same(claim: Value, source: Value) -> bool:
    """Whether `said` may stand for `source`."""
    near = _ROUNDED if claim.about or source.about else 1e-6
    if any(_alike(a, b, near) for a in claim.readings for b in source.readings):
        return True
    plain = "number" in (claim.readings[0][0], source.readings[0][0])
    return plain and claim.face is not None and source.face is not None and _close(claim.face, source.face, near)


def _alike(claim: tuple[str, Amount], source: tuple[str, Amount], near: float) -> bool:
    (kind, mine), (other, theirs) = claim, source
    if isinstance(mine, tuple) and isinstance(theirs, tuple):
        shared = [(a, b) for a, b in zip(mine, theirs, strict=True) if a is not None and b is not None]
        return bool(shared) and all(a == b for a, b in shared)
    if isinstance(mine, float) and isinstance(theirs, float) and kind.partition(":")[0] == other.partition(":")[0]:
        if kind == other:
            return _close(mine, theirs, 0.0 if kind in ("clock", "weekday", "ordinal") else near)
        return not kind.startswith("money") and _close(mine, theirs, max(near, _CONVERTED))
    return kind == other and mine == theirs


def _close(one: float, other: float, share: float) -> bool:
    return abs(one - other) <= share * max(abs(one), abs(other)) + 1e-9


def _any_of(words: object) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))  # type: ignore[call-overload]


_LETTER_UNITS = {name for name in (*lexicon.UNITS, *lexicon.CURRENCIES) if len(name) == 1 and name.isalpha()}
_SIGNS = "£$€¥₹"
_UNIT_WORDS = _any_of(
    [name for name in (*lexicon.UNITS, *lexicon.CURRENCIES) if name not in _LETTER_UNITS and name not in _SIGNS]
)
_UNIT = rf"(?:per\s?cent|{_UNIT_WORDS})(?![\w])|(?-i:[mglhsp]|[AVW])(?![\w.’'])"
_SIMPLE = _any_of([*lexicon.NUMBERS, *lexicon.SCALES])
_SCALE = _any_of(lexicon.SCALES)
_TIME_UNIT = _any_of([name for name, (kind, _) in lexicon.UNITS.items() if kind.startswith("time") and len(name) > 3])
_AFTER_SCALE = "|".join(f"(?<={scale})" for scale in lexicon.SCALES)
_DIGITS = r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?:\.\d+)?|(?<![\w.])\d+(?:\.\d+)?"
_WORDS = rf"\b(?:an?\s+(?=(?:{_SCALE})\b))?(?:{_SIMPLE})(?:(?:[\s-]+|(?:{_AFTER_SCALE})\s+and\s+)(?:{_SIMPLE})\b)*"
_FRACTION = _any_of(lexicon.FRACTIONS)
_QUANTITY = re.compile(
    rf"""(?:(?P<sign>[{_SIGNS}])\s?)?(?:
        (?P<part>half|(?:an?|one|three)[\s-]quarters?(?:\s+of)?)\s+an?\s+(?P<whole>{_UNIT_WORDS}|dozen)\b
      | (?P<count>an?|{_any_of(lexicon.NUMBERS)}|\d+)[\s-](?P<fraction>{_FRACTION})s?\b
      | (?P<article>\ban?)\s+(?P<period>{_TIME_UNIT})\b(?P<more>\s+and\s+an?\s+(?:half|quarter))?
      | (?:(?P<digits>{_DIGITS})(?P<suffix>st|nd|rd|th|k|bn|½|¼|¾)?|(?P<words>{_WORDS})\b)
        (?P<tail>\s+and\s+an?\s+(?:half|quarter)\b)?(?:[\s-]*(?P<scale>{_SCALE})\b)?(?:[\s-]{{0,2}}(?P<unit>{_UNIT}))?
        (?P<also>\s+and\s+an?\s+(?:half|quarter)\b)?
      | \b(?P<half>half)\b(?!\s*-?\s*past\b)
      | \b(?P<times>{_any_of(lexicon.TIMES)})\b
      | (?P<glyph>[½¼¾])
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_PARTS = {"half": 0.5, "three": 0.75, "quarter": 0.25}
_GLYPHS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_IDENTIFIER = re.compile(
    r"(?<![\w/.-])(?:(?=[\w/.-]*\d)(?=[\w/.-]*[^\W\d_½¼¾])[^\W_]+(?:[-‑/._][^\W_]+)*|0\d{2,}(?:[ -]\d{2,})+|\+\d+(?:[ -]\d+)+"
    r"|\d+(?:\.\d+){2,}|\d+(?:[/-]\d+)+)(?![\w/-])"
)
_MEASURE = re.compile(rf"\d+(?:[.,]\d+)*-?(?:{_UNIT}|st|nd|rd|th|k|bn|am|pm)(?:[-/].*)?", re.IGNORECASE)
_WORDY = re.compile(r"\d+(?:[.,]\d+)*(?:-[^\W\d_]{2,})+")
"""A count tied to a word, as in "50-page": a number, no name of a thing."""
_LETTER = re.compile(
    r"(?<=[^\W\d]\s)[B-HJ-Z](?![\w’'&-]|\.\w)|(?<=[a-z]\s)A(?=\s*(?:[,.;:)]|$|\s(?:and|or|is|was|has)\b))"
)
"""A thing told from others by one letter: "Flat B"."""
_HOUR = rf"(?:\d{{1,2}}|{_any_of([word for word, value in lexicon.NUMBERS.items() if 1 <= value <= 12])})"
_MINUTES = r"five|ten|twenty(?:-five)?"
_HALF_DAY = r"(?P<{0}>a\.?m\b\.?|p\.?m\b\.?|in\s+the\s+(?:morning|afternoon|evening)|at\s+night)"
_CLOCK = re.compile(
    rf"""\b(?:(?P<to>half|(?:a\s+)?quarter|{_MINUTES})\s+(?P<side>past|to)\s+(?P<hour>{_HOUR})(?:\s*{_HALF_DAY.format("half1")})?
      | (?P<h>\d{{1,2}})[:.](?P<m>[0-5]\d)(?!\d|[.,]\d)(?:\s*{_HALF_DAY.format("half2")}|\s*(?P<sharp>h\b|o['’]clock))?
      | (?P<only>{_HOUR})\s*(?:{_HALF_DAY.format("half3")}|(?P<clock>o['’]clock)(?:\s+{_HALF_DAY.format("half4")})?)
      | (?P<word>{_any_of(lexicon.CLOCK_WORDS)}))(?!\w)""",
    re.VERBOSE | re.IGNORECASE,
)
_ORDINAL = re.compile(
    rf"\b(?:(?P<digits>\d+)(?:st|nd|rd|th)|(?P<word>(?:twenty-|thirty-)?(?:{_any_of(lexicon.ORDINALS)})))\b", re.I
)
_DAY_OF = re.compile(
    rf"\b(?:the\s+)?(?P<day>{_any_of(lexicon.ORDINALS)})\s+of\s+(?P<month>{_any_of(lexicon.MONTHS)})\b", re.IGNORECASE
)
_DAY = re.compile(rf"\b(?:{_any_of(lexicon.WEEKDAYS)})s?\b(?!-)", re.I)
_MONTH = re.compile(rf"\b(?:{_any_of([month.title() for month in lexicon.MONTHS if len(month) > 3])}|(?<=\s)May)\b")
_BOUNDS = {"least": lexicon.AT_LEAST, "most": lexicon.AT_MOST, "more": lexicon.MORE_THAN, "less": lexicon.LESS_THAN}
_BEFORE = {phrase: bound for bound, phrases in _BOUNDS.items() for phrase in phrases}
_BOUND = re.compile(rf"\b(?:{_any_of(_BEFORE)})(?:\s+of)?\s+[{_SIGNS}]?\s?$", re.IGNORECASE)
_ABOUT = re.compile(
    rf"\b(?:{_any_of(lexicon.APPROXIMATELY)})\s+(?:an?\s+)?[{_SIGNS}]?\s?$|\bclose to\s+$", re.IGNORECASE
)
_AFTER = re.compile(
    r"\s+or\s+(?P<more>more|over|above|longer)|\s+or\s+(?P<less>less|fewer|under|below)|\s+or\s+so\b", re.I
)


def values(text: str) -> tuple[Value, ...]:
    """Every value in `text`, in order; no two overlap."""
    return _values(text)


@lru_cache(maxsize=4096)
def _values(text: str) -> tuple[Value, ...]:
    amounts: list[Value] = []
    rest = text
    for read in (_days_of, _clocks, _dates, _identifiers, _ordinals, _quantities, _days):
        new = [_qualified(value, text) for value in read(rest)]
        amounts += new
        for value in new:
            rest = rest[: value.span.start] + "|" * len(value.span) + rest[value.span.end :]
    return tuple(sorted(amounts, key=lambda value: value.span.start))


def _qualified(value: Value, text: str) -> Value:
    """`value` with what stands about it: whether it is round, and whether it is the least or the most."""
    before, after = text[max(0, value.span.start - 24) : value.span.start], _AFTER.match(text, value.span.end)
    bound = _BOUND.search(before)
    limit = _BEFORE[" ".join(bound[0].lower().strip(f" {_SIGNS}").removesuffix(" of").split())] if bound else ""
    if after and (after["more"] or after["less"]):
        limit = "least" if after["more"] else "most"
    about = bool(_ABOUT.search(before)) or bool(after and not after["more"] and not after["less"])
    return Value(value.span, value.text, value.readings, value.face, value.soft, about, limit)


def _made(match: re.Match[str], *readings: tuple[str, Amount], face: float | None = None, soft: bool = False) -> Value:
    return Value(Span(match.start(), match.end()), match[0], readings, face, soft)


def _days_of(text: str) -> Iterator[Value]:
    for match in _DAY_OF.finditer(text):
        month, day = lexicon.MONTHS[match["month"].lower()], lexicon.ORDINALS[match["day"].lower()]
        yield _made(match, ("date", (None, month, day)))


def _dates(text: str) -> Iterator[Value]:
    for date in find_dates(text):
        year_only = date.month is None
        if year_only and re.match(rf"[\s-]*(?:{_UNIT})", text[date.span.end :], re.IGNORECASE):
            continue
        when = ("date", (date.year, date.month, date.day))
        face = float(date.year) if year_only and date.year else None
        yield Value(date.span, date.span.of(text), (when,), face)


def _identifiers(text: str) -> Iterator[Value]:
    for match in _IDENTIFIER.finditer(text):
        if not _MEASURE.fullmatch(match[0]) and not _WORDY.fullmatch(match[0]):
            yield _made(match, ("identifier", re.sub(r"[‑_]", "-", match[0]).lower().rstrip(".")))
    for match in _LETTER.finditer(text):
        yield _made(match, ("letter", match[0]))


def _clocks(text: str) -> Iterator[Value]:
    for match in _CLOCK.finditer(text):
        half_day = next((match[name] for name in ("half1", "half2", "half3", "half4") if match[name]), "").lower()
        if match["word"]:
            yield _made(match, ("clock", float(lexicon.CLOCK_WORDS[match["word"].lower()])))
            continue
        if match["to"]:
            past = _past(match["to"].lower())
            minutes = past if match["side"].lower() == "past" else -past
            readings = _hours(60 * _hour(match["hour"]) + minutes, half_day)
        elif match["only"]:
            readings = _hours(60 * _hour(match["only"]), half_day)
        else:
            if int(match["h"]) > 24 or text[max(0, match.start() - 2) : match.start()].strip()[-1:] in tuple(_SIGNS):
                continue
            readings = _hours(60 * int(match["h"]) + int(match["m"]), half_day)
            if "." in match[0] and not half_day and not match["sharp"]:
                if re.match(rf"[\s-]*(?:{_UNIT})", text[match.end() :], re.IGNORECASE):
                    continue
                number = float(f"{match['h']}.{match['m']}")
                yield _made(match, ("number", number), *readings, face=number)
                continue
        yield _made(match, *readings)


def _past(text: str) -> int:
    """The minutes of "half", "a quarter" or "five" before "past"."""
    if text.endswith("quarter"):
        return 15
    return 30 if text == "half" else int(_from_words(text))


def _hour(text: str) -> int:
    return int(text) if text.isdigit() else int(lexicon.NUMBERS[text.lower()])


def _hours(minutes: int, half_day: str) -> tuple[tuple[str, Amount], ...]:
    """The times of day that an hour may be: both halves of the day, unless it is said which, or it is past twelve."""
    if half_day:
        morning = half_day.startswith("a.m") or half_day.startswith("am") or "morning" in half_day
        return (("clock", float((minutes % 720) + (0 if morning else 720))),)
    if minutes >= 780:
        return (("clock", float(minutes % 1440)),)
    return ("clock", float(minutes % 720)), ("clock", float(minutes % 720 + 720))


def _quantities(text: str) -> Iterator[Value]:
    for match in _QUANTITY.finditer(text):
        if value := _quantity(match, text):
            yield value


def _quantity(match: re.Match[str], text: str) -> Value | None:
    if match["part"]:
        share = next(share for word, share in _PARTS.items() if word in match["part"].lower())
        whole = match["whole"].lower()
        return _made(match, ("number", 6.0), face=6.0) if whole == "dozen" else _measured(match, share, whole)
    if match["fraction"]:
        count = match["count"].lower()
        times = 1.0 if count in ("a", "an") else lexicon.NUMBERS.get(count) or float(count)
        return _made(match, ("share:", times * lexicon.FRACTIONS[match["fraction"].lower()]))
    if match["article"]:
        return _measured(match, 1.0 + _added(match["more"]), match["period"].lower(), soft=not match["more"])
    if match["half"]:
        return _made(match, ("share:", 0.5), soft=True)
    if match["times"]:
        number = lexicon.TIMES[match["times"].lower()]
        return _made(match, ("number", number), face=number, soft=True)
    if match["glyph"]:
        return _made(match, ("number", _GLYPHS[match["glyph"]]), face=_GLYPHS[match["glyph"]])
    return _counted(match, text)


def _counted(match: re.Match[str], text: str) -> Value | None:
    number = float(match["digits"].replace(",", "")) if match["digits"] else _from_words(match["words"])
    suffix = (match["suffix"] or "").lower()
    if suffix in ("st", "nd", "rd", "th"):
        return _made(match, ("ordinal", number), soft=True)
    number = number * {"k": 1e3, "bn": 1e9}.get(suffix, 1.0) + _GLYPHS.get(suffix, 0.0)
    number += _added(match["tail"]) + _added(match["also"])
    number *= lexicon.SCALES[match["scale"].lower()] if match["scale"] else 1.0
    unit = " ".join((match["unit"] or "").lower().split())
    if match["sign"] or unit:
        return _measured(match, number, "%" if unit in ("per cent", "percent") else unit)
    before = re.search(r"([\w’']+)\s+$", text[: match.start()])
    at_hour = (
        before is not None
        and before[1].lower() in lexicon.CLOCK_PREPOSITIONS
        and number == int(number)
        and 1 <= number <= 12
    )
    times = _hours(60 * int(number), "") if at_hour else ()
    return _made(match, ("number", number), *times, face=number, soft=match[0].lower() == "one")


def _measured(match: re.Match[str], number: float, unit: str, *, soft: bool = False) -> Value:
    """A number of a unit, or of the currency whose sign stands before it."""
    name = match["sign"] if match["sign"] else unit
    kind, factor = lexicon.UNITS.get(name) or lexicon.CURRENCIES[name]
    return _made(match, (kind, number * factor), face=number, soft=soft)


def _added(tail: str | None) -> float:
    return next((share for word, share in _PARTS.items() if word in tail.lower()), 0.0) if tail else 0.0


def _from_words(text: str) -> float:
    """The value of number words by the usual reading: "three hundred and five" is 305, "a dozen" 12."""
    total, current = 0.0, 0.0
    for word in re.findall(r"[a-z]+", text.lower()):
        if word in lexicon.NUMBERS:
            current += lexicon.NUMBERS[word]
        elif word in lexicon.SCALES:
            current = (current or 1.0) * lexicon.SCALES[word]
            if lexicon.SCALES[word] >= 1e3:
                total, current = total + current, 0.0
    return total + current


def _ordinals(text: str) -> Iterator[Value]:
    for match in _ORDINAL.finditer(text):
        tens, _, last = match[0].lower().rpartition("-")
        number = float(match["digits"] or lexicon.ORDINALS[last] + lexicon.NUMBERS.get(tens, 0.0))
        yield _made(match, ("ordinal", number), soft=True)


def _days(text: str) -> Iterator[Value]:
    for match in _DAY.finditer(text):
        name = match[0].lower()
        number = lexicon.WEEKDAYS.get(name, lexicon.WEEKDAYS.get(name.removesuffix("s")))
        if number is not None and match[0][:1].isupper():
            yield _made(match, ("weekday", float(number)))
    for match in _MONTH.finditer(text):
        yield _made(match, ("date", (None, lexicon.MONTHS[match[0].lower()], None)))
