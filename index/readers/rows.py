"""The rows of a table as blocks: its title as headings, notes as paragraphs, and its heads and data as rows."""

from __future__ import annotations

from collections.abc import Sequence

from index.document.blocks import BlockWriter
from index.readers import grid
from index.readers.grid import Heads
from index.types import TITLE_LEVEL, Span


def write_row(
    writer: BlockWriter, line: Span, edges: Sequence[int], places: Sequence[str], number: int, heads: Heads
) -> None:
    """Add row `number` of the table last begun, which stands at `line`; `edges` are the start and end of each cell."""
    title = grid.only_cell(places) if number < heads.start else None
    if len(heads.names) > 1 and grid.is_note(places):
        writer.note(edges[0], edges[1])
    elif title is not None:
        writer.add("heading", edges[2 * title], edges[2 * title + 1], TITLE_LEVEL + number)
    else:
        has_values = number >= heads.end and not grid.is_label(places)
        writer.row(line.start, line.end, edges if has_values else ())
