"""Where the words of a question name cells and heads of a table. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.asking.phrases import Token
from rag.counting.table import Column, Table, denies, stems
from rag.lexicon import DETERMINERS, NEGATIONS

DENIAL = re.compile(rf"\b(?:{'|'.join(sorted(NEGATIONS))})\b|n['’]t\b", re.IGNORECASE)
"""What denies something in a text."""
_LONGEST = 6
"""Words of a question that may name one cell."""
_ALIKE = 4
"""Letters that two words with one stem share at their beginning, at most: a cell without them is not stemmed."""


@dataclass(frozen=True, slots=True)
class Named:
    """Words of a question, from place to place (half-open), that name cells of one column.

    `is_whole` says that they are all that stands in these cells.
    """

    place: tuple[int, int]
    column: Column
    values: frozenset[str]
    is_whole: bool


def named_cells(line: Sequence[Token], table: Table, free: frozenset[int]) -> list[Named] | None:
    """The runs of words that name cells, the longest first taken; None where one names cells of several columns.

    Only runs that begin and end at `free` places count. A run that is a whole cell somewhere names no parts of others.
    """
    taken: list[Named] = []
    for length in range(min(_LONGEST, len(line)), 0, -1):
        for start in range(len(line) - length + 1):
            end = start + length
            ends = start in free and end - 1 in free
            if not ends or any(start < other.place[1] and other.place[0] < end for other in taken):
                continue
            candidates = list(_naming(line, (start, end), table))
            whole = [named for named in candidates if named.is_whole]
            chosen = _beside_its_head(line, whole or candidates)
            chosen = [named for named in chosen if named.column is table.key] or chosen
            if len(chosen) > 1:
                return None
            taken += chosen
    return sorted(taken, key=lambda named: named.place)


def _naming(line: Sequence[Token], place: tuple[int, int], table: Table) -> Iterator[Named]:
    wanted = tuple(token.stem for token in line[slice(*place)])
    is_broken = any(token.breaks for token in line[place[0] + 1 : place[1]])
    first = wanted[0][: max(2, min(_ALIKE, len(wanted[0]) - 1))]
    for column in table.columns:
        near = {value: stems(value) for value in column.counted if first in value.casefold()}
        whole = frozenset(value for value, words in near.items() if words == wanted)
        parts = frozenset(
            value for value, words in near.items() if _stands_in(wanted, words) and not _has_negation(value)
        )
        if whole or (parts and not is_broken):
            yield Named(place, column, whole or parts, bool(whole))


def _has_negation(value: str) -> bool:
    """Whether a cell denies something: "no", "does not sing"."""
    return denies(value) or DENIAL.search(value) is not None


def _stands_in(wanted: Sequence[str], words: Sequence[str]) -> bool:
    many = len(wanted)
    return any(tuple(words[at : at + many]) == tuple(wanted) for at in range(len(words) - many + 1))


def _beside_its_head(line: Sequence[Token], candidates: list[Named]) -> list[Named]:
    """Of cells in several columns those whose head stands beside the words, where one does."""
    if len(candidates) < 2:
        return candidates
    fitting = []
    for named in candidates:
        start, end = named.place
        near = {token.stem for token in (*line[max(0, start - 2) : start], *line[end : end + 1])}
        if near & named.column.names:
            fitting.append(named)
    return fitting or candidates


def named_heads(line: Sequence[Token], table: Table, free: frozenset[int]) -> dict[int, Column]:
    """The places of words that name a column by a word of its head; a word of several heads names the one that is it
    whole, or none.
    """
    heads: dict[int, Column] = {}
    for at in sorted(free):
        holding = [column for column in table.columns if line[at].stem in column.names]
        whole = [column for column in holding if column.names == {line[at].stem}]
        beside = [column for column in holding if _others_beside(line, at, column)]
        chosen = beside if len(beside) == 1 else whole if len(whole) == 1 else holding
        if len(chosen) == 1:
            heads[at] = chosen[0]
    return heads


def _others_beside(line: Sequence[Token], at: int, column: Column) -> bool:
    """Whether another word of the head stands beside the one at a place."""
    others = column.names - {line[at].stem}
    near = [token for token in (*line[max(0, at - 2) : at], *line[at + 1 : at + 3]) if token.form not in DETERMINERS]
    return bool(others & {token.stem for token in near})
