"""One table as a file of each format. What a format cannot merge stands once, with empty cells right of it or below."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from evals.making import docx, paragraph, pdf, pptx, run, shape, sheet, sheet_row, slide, xlsx
from index.readers import grid

Span = tuple[str, int, int]
"""A cell's text, and how many columns and rows it spans."""
Rows = Sequence[Sequence[str | Span]]
_MERGED = (grid.LEFT, grid.ABOVE)
_GAP = 2
_WIDE, _HIGH = 100, 20
"""Points of a column and of a row of a PDF."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the title that stands above it."""

    title: str
    rows: Rows


def spans(rows: Rows) -> list[list[Span]]:
    """The cells, each with what it spans."""
    return [[cell if isinstance(cell, tuple) else (cell, 1, 1) for cell in row] for row in rows]


def places(rows: Rows) -> list[list[str]]:
    """The rows as `grid` has them, with marks where a merged cell covers a place."""
    return list(grid.spread(spans(rows), 100))


def plain(rows: Rows) -> list[list[str]]:
    """The rows as a format without merged cells has them."""
    return [["" if place in _MERGED else place for place in row] for row in places(rows)]


def as_csv(table: Table) -> bytes:
    """Comma-separated values, without the title."""
    file = io.StringIO()
    csv.writer(file).writerows(plain(table.rows))
    return file.getvalue().encode()


def as_markdown(table: Table) -> bytes:
    """A table between bars, under a heading."""
    first, *rest = (f"| {' | '.join(row)} |" for row in plain(table.rows))
    rule = "|---" * len(places(table.rows)[0]) + "|"
    return "\n".join([f"# {table.title}", "", first, rule, *rest]).encode()


def as_text(table: Table) -> bytes:
    """Columns with blanks between them."""
    rows = plain(table.rows)
    widths = [max(map(len, column)) + _GAP for column in zip(*rows, strict=True)]
    lines = ("".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join([table.title, "", *lines]).encode()


def as_html(table: Table) -> bytes:
    """A page with the table."""
    body = ""
    for row in spans(table.rows):
        cells = (f'<td colspan="{wide}" rowspan={high}>{escape(text)}</td>' for text, wide, high in row)
        body += f"<tr>{''.join(cells)}</tr>"
    return f"<h1>{escape(table.title)}</h1><table>{body}</table>".encode()


def as_docx(table: Table) -> bytes:
    """A Word file with a heading and the table."""
    body = ""
    for row in places(table.rows):
        cells: list[str] = []
        for at, place in enumerate(row):
            wide = next((n for n, other in enumerate(row[at + 1 :], 1) if other != grid.LEFT), len(row) - at)
            below = '<w:vMerge w:val="restart"/>' if place not in _MERGED else "<w:vMerge/>"
            text = "" if place == grid.ABOVE else place
            if place != grid.LEFT:
                properties = f'<w:tcPr><w:gridSpan w:val="{wide}"/>{below}</w:tcPr>'
                cells.append(f"<w:tc>{properties}{paragraph(run(text))}</w:tc>")
        body += f"<w:tr>{''.join(cells)}</w:tr>"
    heading = paragraph(run(table.title), properties='<w:outlineLvl w:val="0"/>')
    return docx(f"{heading}<w:tbl>{body}</w:tbl>")


def as_pptx(table: Table) -> bytes:
    """A slide with a title and the table."""
    marks = {grid.LEFT: ' hMerge="1"', grid.ABOVE: ' vMerge="1"'}
    body = ""
    for row in places(table.rows):
        texts = ((marks.get(place, ""), "" if place in marks else escape(place)) for place in row)
        cells = (
            f"<a:tc{mark}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>" for mark, text in texts
        )
        body += f"<a:tr>{''.join(cells)}</a:tr>"
    frame = f"<p:graphicFrame><a:graphic><a:tbl><a:tblPr/>{body}</a:tbl></a:graphic></p:graphicFrame>"
    return pptx(slide(shape(table.title, kind="title"), frame))


def as_xlsx(table: Table) -> bytes:
    """A workbook whose one sheet is named as the table."""
    made = "".join(sheet_row(*row) for row in plain(table.rows))
    merges = "".join(f'<mergeCell ref="{area}"/>' for area in _merged_areas(table.rows))
    book = sheet(made).replace("</sheetData>", f"</sheetData><mergeCells>{merges}</mergeCells>")
    return xlsx({table.title: book})


def as_pdf(table: Table) -> bytes:
    """A page with the title and the table, lines around each of its cells."""
    drawing: list[str] = []
    for row, column, (text, wide, high) in _placed(table.rows):
        left, top = 50 + _WIDE * column, 600 - _HIGH * row
        drawing.append(f"{left} {top - _HIGH * high} {_WIDE * wide} {_HIGH * high} re S")
        drawing.append(f"BT /F1 9 Tf {left + 5} {top - 14} Td ({_escaped(text)}) Tj ET")
    return pdf([[table.title]], drawing="\n".join(drawing))


WRITERS: Mapping[str, Callable[[Table], bytes]] = {
    "csv": as_csv,
    "xlsx": as_xlsx,
    "html": as_html,
    "md": as_markdown,
    "docx": as_docx,
    "pptx": as_pptx,
    "pdf": as_pdf,
    "txt": as_text,
}
"""By the ending of their files."""


def _placed(rows: Rows) -> Iterator[tuple[int, int, Span]]:
    """Each cell with its row and its column, from 0."""
    for number, (row, cells) in enumerate(zip(places(rows), spans(rows), strict=True)):
        own = [at for at, place in enumerate(row) if place not in _MERGED]
        yield from ((number, at, cell) for at, cell in zip(own, cells, strict=True))


def _merged_areas(rows: Rows) -> Iterator[str]:
    """Cells by their letters and numbers, as in `A1:B2`."""
    for row, column, (_, wide, high) in _placed(rows):
        yield f"{chr(65 + column)}{row + 1}:{chr(64 + column + wide)}{row + high}"


def _escaped(text: str) -> str:
    return text.replace("(", "\\(").replace(")", "\\)")
