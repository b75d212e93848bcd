"""Tables of a PDF that are drawn with lines between their cells."""

from __future__ import annotations

import ctypes
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium  # type: ignore[import-untyped]
from pypdfium2 import raw

_THIN, _NEAR = 2.5, 3.0
"""Points: how thick a line may be, and how far lines that meet may be apart."""
_SHORTEST = 6.0
_MOST_OBJECTS, _MOST_RULES = 20_000, 1_500


@dataclass(frozen=True, slots=True)
class Rule:
    """A line from left to right, or from bottom to top, in points."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def is_level(self) -> bool:
        """Whether it goes from left to right."""
        return self.right - self.left >= self.top - self.bottom

    def meets(self, other: Rule) -> bool:
        """Whether the two touch."""
        across = self.left <= other.right + _NEAR and other.left <= self.right + _NEAR
        return across and self.bottom <= other.top + _NEAR and other.bottom <= self.top + _NEAR


@dataclass(frozen=True, slots=True)
class Grid:
    """The places of the lines of one table: `columns` from left to right, `rows` from top to bottom."""

    columns: tuple[float, ...]
    rows: tuple[float, ...]
    rules: tuple[Rule, ...]

    def cell(self, across: float, up: float) -> tuple[int, int] | None:
        """The row and the column of a point, from 0; None outside."""
        column = bisect_right(self.columns, across) - 1
        row = bisect_right([-height for height in self.rows], -up) - 1
        inside = 0 <= column < len(self.columns) - 1 and 0 <= row < len(self.rows) - 1
        return (row, column) if inside else None

    def is_open_left(self, row: int, column: int) -> bool:
        """Whether no line parts a cell from the one left of it."""
        up, across = (self.rows[row] + self.rows[row + 1]) / 2, self.columns[column]
        rules = (rule for rule in self.rules if not rule.is_level and abs(rule.left - across) <= _NEAR)
        return column > 0 and not any(rule.bottom <= up <= rule.top for rule in rules)

    def is_open_above(self, row: int, column: int) -> bool:
        """Whether no line parts a cell from the one above it."""
        across, up = (self.columns[column] + self.columns[column + 1]) / 2, self.rows[row]
        rules = (rule for rule in self.rules if rule.is_level and abs(rule.bottom - up) <= _NEAR)
        return row > 0 and not any(rule.left <= across <= rule.right for rule in rules)


def grids_of(page: pdfium.PdfPage) -> list[Grid]:
    """The tables of a page that have lines around two rows and two columns at least."""
    count = raw.FPDFPage_CountObjects(page)
    if count > _MOST_OBJECTS:
        return []
    rules: list[Rule] = []
    for at in range(count):
        item = raw.FPDFPage_GetObject(page, at)
        if raw.FPDFPageObj_GetType(item) == raw.FPDF_PAGEOBJ_PATH:
            rules += _rules(item)
        if len(rules) > _MOST_RULES:
            return []
    return [grid for group in _groups(rules) if (grid := _grid(group)) is not None]


def _rules(item: object) -> Iterator[Rule]:
    """The lines of a path; the four sides of a rectangle."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    raw.FPDFPageObj_GetBounds(item, left, bottom, right, top)
    box = Rule(left.value, bottom.value, right.value, top.value)
    wide, high = box.right - box.left, box.top - box.bottom
    if min(wide, high) <= _THIN:
        if max(wide, high) >= _SHORTEST:
            yield box
    elif raw.FPDFPath_CountSegments(item) in (4, 5):
        yield Rule(box.left, box.bottom, box.right, box.bottom)
        yield Rule(box.left, box.top, box.right, box.top)
        yield Rule(box.left, box.bottom, box.left, box.top)
        yield Rule(box.right, box.bottom, box.right, box.top)


def _groups(rules: Sequence[Rule]) -> list[list[Rule]]:
    """The lines in groups that hang together."""
    groups: list[list[Rule]] = []
    for rule in rules:
        touched = [group for group in groups if any(rule.meets(other) for other in group)]
        groups = [group for group in groups if group not in touched]
        groups.append([rule, *(other for group in touched for other in group)])
    return groups


def _grid(rules: Sequence[Rule]) -> Grid | None:
    columns = _distinct([rule.left for rule in rules if not rule.is_level])
    rows = _distinct([rule.bottom for rule in rules if rule.is_level])
    return Grid(columns, rows[::-1], tuple(rules)) if len(columns) > 2 and len(rows) > 2 else None


def _distinct(places: Sequence[float]) -> tuple[float, ...]:
    distinct: list[float] = []
    for place in sorted(places):
        if not distinct or place - distinct[-1] > _NEAR:
            distinct.append(place)
    return tuple(distinct)
