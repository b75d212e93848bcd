"""Which column of a table a superlative or a comparison is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from index.words.tokens import stem
from rag.asking.phrases import Token
from rag.counting.asks import Asks
from rag.counting.compared import Compared
from rag.counting.table import Column, Table, stems
from rag.lexicon import MEASURED

Like = Callable[[str, Sequence[str]], Sequence[float]]
"""How alike a text is to each of others, -1 to 1."""

NEAR = 0.45
"""From this likeness on a word may mean a head, where no other is near: "earns the most" and "Salary" have .47."""
_MOST = 64
"""Heads that a word is compared with; of a wider table none is chosen by likeness."""
_MEASURES = frozenset(map(stem, MEASURED)) - {stem("date")}
"""Heads that say which length or sum they are: a depth is no height."""
_LEAD = 0.1
"""How much more alike the best head must be than the next."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The column that a superlative compares, and the word of the question that means it, where one does."""

    column: Column | None
    word: str = ""
    by_likeness: bool = False


def measured_column(table: Table, asks: Asks, others: Sequence[str], like: Like) -> Measured:
    """The column of numbers that a superlative or a sum is about; `others` are the words not accounted for yet."""
    noun, kind = asks.measure or ("", "")
    columns = _with_numbers(table, noun)
    for fits in (_is_named(noun), _is_of_kind(kind), _is_of_kind("time" if noun == "length" else "")):
        fitting = [column for column in columns if fits(column)]
        if len(fitting) == 1:
            return Measured(fitting[0])
    for word in (noun, *others):
        if word and (column := nearest(word, columns, like)):
            return Measured(column, word, by_likeness=True)
    return Measured(columns[0] if len(columns) == 1 and not noun else None)


def is_measured(column: Column, asks: Asks) -> bool:
    """Whether a column that is named can be what a superlative asks after: no year is the longest."""
    noun, kind = asks.measure or ("", "")
    return not (noun or kind) or _is_named(noun)(column) or _is_of_kind(kind)(column)


def compared_column(
    table: Table, one: Compared, line: Sequence[Token], free: frozenset[int], like: Like
) -> Column | None:
    """The column that an amount is compared with: the one named nearest before it, or else the only one that fits."""
    fitting = [column for column in table.columns if one.fits(column)]
    first = min(one.places)
    for at in sorted(free, key=lambda place: abs(place - first)):
        named = [column for column in fitting if line[at].stem in stems(column.head)]
        if len(named) == 1:
            return named[0]
    if one.measure:
        noun, kind = one.measure
        fitting = [c for c in fitting if _is_named(noun)(c)] or [c for c in fitting if _is_of_kind(kind)(c)]
    elif not one.kind:  # a plain number is not compared with pounds that nobody spoke of
        fitting = [column for column in fitting if not column.kind]
    if len(fitting) == 1:
        return fitting[0]
    before = next((line[at].text for at in sorted(free, reverse=True) if at < first), "")
    return nearest(before, fitting, like) if before else None


def nearest(word: str, columns: Sequence[Column], like: Like) -> Column | None:
    """The column whose head means a word, where one alone does."""
    if not 0 < len(columns) <= _MOST:
        return None
    ranked = sorted(
        zip(like(word, [column.spoken for column in columns]), columns, strict=True), key=lambda pair: -pair[0]
    )
    best = ranked[0][0]
    leads = len(ranked) == 1 or best - ranked[1][0] >= _LEAD
    return ranked[0][1] if best >= NEAR and leads else None


def _with_numbers(table: Table, noun: str) -> list[Column]:
    return [column for column in table.columns if (column.tells_when if noun == "date" else column.is_number)]


def _is_named(noun: str) -> Callable[[Column], bool]:
    return lambda column: bool(noun) and stem(noun) in column.names


def _is_of_kind(kind: str) -> Callable[[Column], bool]:
    return lambda column: bool(kind) and column.kind.startswith(kind) and not column.names & _MEASURES
