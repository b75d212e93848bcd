"""A row of a table under its heads: whether a cell gives what a question asks for. Pure, by rules over English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.tokens import words
from index.types import Word

_COLUMNS = tuple(
    (re.compile(rf"\b(?:{asked})\b", re.I), re.compile(rf"(?:\b|_)(?:{heads})(?:\b|_)", re.I))
    for asked, heads in (
        (r"how old|what age", r"ages?|old|years? old"),
        (r"how (?:tall|high)", r"heights?|elevation|altitude|tall"),
        (r"how (?:wide|broad)", r"widths?|breadth"),
        (r"how deep", r"depths?"),
        (r"how (?:far|close|near)|what distance", r"distances?|km|miles?"),
        (r"how long", r"lengths?|durations?|minutes|hours|days|weeks|months|years"),
        (r"how heavy|how much (?:do|does|did) .*weigh", r"weights?|mass|kg|pounds|lbs"),
        (r"how (?:fast|quick(?:ly)?)", r"speeds?|velocity|mph"),
        (r"how expensive|how much (?:is|are|was|were|do|does|did) .*(?:costs?|worth)|how much (?:is|are)|what costs?",
         r"prices?|costs?|amount|total|value|usd|eur|gbp"),
        (r"how many (?:people|inhabitants|residents)|how (?:big|large|populous)",
         r"populations?|inhabitants|residents|people|size|area"),
        (r"earns?|earned|(?:is|was|get|gets) paid", r"salary|salaries|wages?|income|earnings?|pay"),
        (r"when .*born", r"birth|birthday|born|dob"),
        (r"when|what (?:date|day|time|year)", r"dates?|days?|times?|years?|when"),
        (r"where .*born", r"birthplace|place of birth|born"),
        (r"where|(?:which|what) (?:city|town|place)",
         r"places?|locations?|city|cities|towns?|address|venue|country|region|residence|where"),
    )
)  # fmt: skip
"""How a thing is asked for, and the heads of the columns that may give it; the first that fits a question holds."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A filled cell and the head of its column."""

    head: str
    text: str


def cells(columns: str, row: str) -> tuple[Cell, ...]:
    """The filled cells of a row under `columns`; none of what is no whole row, or the heads themselves."""
    heads, values = _cut(columns), _cut(row)
    if len(values) > len(heads) or values == heads:
        return ()
    return tuple(Cell(head, value) for head, value in zip(heads, values, strict=False) if head and value)


def asks_of_column(question: str) -> bool:
    """Whether the question asks for something that a table gives in a column of its own."""
    return _heads_for(question) is not None


def answers(question: str, terms: Sequence[Word], row: Sequence[Cell]) -> bool:
    """Whether a cell of `row` stands under a head that the question asks for, in its own words or in others."""
    wanted = _heads_for(question)
    told = {word.stem for cell in row for word in words(cell.text)}
    stems = {term.stem for term in terms} - told
    return any(
        (wanted is not None and wanted.search(cell.head)) or stems & {word.stem for word in words(cell.head)}
        for cell in row
    )


def _heads_for(question: str) -> re.Pattern[str] | None:
    return next((heads for asked, heads in _COLUMNS if asked.search(question)), None)


def _cut(line: str) -> list[str]:
    whole = line.startswith("| ") and line.endswith(" |") and len(line) > 4
    return [cell.strip() for cell in line[2:-2].split(" | ")] if whole else []
