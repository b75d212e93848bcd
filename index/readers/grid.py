"""Rows of a table as lines of text: `| Name | Age |`. A sentence never crosses them, so a row can be quoted alone."""

from __future__ import annotations

from collections.abc import Sequence

ROWS_JUDGED = 10
_LONGEST_NAME = 80
_MOST_HEADS = 300
"""Characters of heads that are repeated for the embedding model, which reads little more than a page."""


def row(cells: Sequence[str]) -> str:
    """One line for a row, white space inside a cell made one blank; empty where every cell is."""
    flat = [" ".join(cell.split()) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return f"| {' | '.join(flat)} |" if flat else ""


def heads(rows: Sequence[Sequence[str]]) -> str:
    """The line of a table's heads, judged by its first rows; empty where those are all data.

    The heads are the first row of more than one cell. They hold words, none is empty but perhaps the first, and no two
    are alike.
    """
    filled = [[cell.strip() for cell in cells] for cells in rows if any(cell.strip() for cell in cells)]
    wide = max((sum(map(bool, cells)) for cells in filled), default=0)
    if len(filled) < 2 or wide == 0:
        return ""
    first = next(cells for cells in filled if sum(map(bool, cells)) > 1 or wide == 1)
    while not first[-1]:
        first.pop()
    named = first if first[0] else first[1:]
    are_names = all(named) and len(set(named)) == len(named) and not any(map(_is_value, named))
    return row(first)[:_MOST_HEADS] if are_names and max(map(len, named)) <= _LONGEST_NAME else ""


def _is_value(cell: str) -> bool:
    """Whether a cell holds a number, an amount or a date and no name."""
    digits = sum(character.isdigit() for character in cell)
    letters = sum(character.isalpha() for character in cell)
    return digits > letters and not (cell.isdigit() and len(cell) == 4)  # a year may head a column
