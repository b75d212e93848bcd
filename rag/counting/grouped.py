"""What a result is asked for each of: "in each district", "per kind". Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.asking.phrases import Token
from rag.counting.cells import named_heads
from rag.counting.table import Column, Table

MOST_GROUPS = 24
"""Groups of which each is told."""


def grouping(line: Sequence[Token], table: Table, at: int) -> tuple[Column, frozenset[int]] | None:
    """The column of words, some of them in several rows, that the word at a place names, and the places of its head's
    words; None where it names none.
    """
    column = named_heads(line, table, frozenset((at,))).get(at)
    if column is None or column.kind != "words":
        return None
    end = at + len(column.names)
    is_whole = {token.stem for token in line[at:end]} == column.names
    rows = groups(column).values()
    is_grouped = 1 < len(rows) <= MOST_GROUPS and max(map(len, rows)) > 1
    return (column, frozenset(range(at, end))) if is_whole and is_grouped else None


def groups(column: Column) -> dict[str, list[int]]:
    """The places of the rows of each value of a column, in whatever case it is written."""
    places: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for at, value in enumerate(column.values):
        places.setdefault(names.setdefault(value.casefold(), value), []).append(at)
    places.pop("", None)
    return places
