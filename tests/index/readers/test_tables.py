"""One table in every format: the same cells under the same heads, each an exact slice of what was read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.making import docx, odt, paragraph, pdf, pptx, run, sheet, sheet_row, slide, xlsx
from index.readers import grid
from index.readers.docx import read_docx
from index.readers.extracted import Composer, Extracted
from index.readers.html import read_html
from index.readers.markdown import read_markdown
from index.readers.odt import read_odt
from index.readers.pdf import read_pdf
from index.readers.pptx import read_pptx
from index.readers.rtf import read_rtf
from index.readers.table import read_table
from index.readers.text import read_text
from index.readers.xlsx import read_xlsx

Span = tuple[str, int, int]
"""A cell's text, and how many columns and rows it spans."""
Rows = Sequence[Sequence[str | Span]]

STOCK: Rows = [
    ["Item", "Warehouse", "In stock", "Price (EUR)"],
    ["Drill X2", "Lyon", "14", "89.90"],
    ["Saw S1", "Lyon", "", "45.50"],
    ["Drill X3", "Nice", "27", "119.00"],
]
MERGED: Rows = [
    [("Item", 1, 2), ("Q1", 2, 1), ("Q2", 2, 1)],
    ["Plan", "Actual", "Plan", "Actual"],
    [("Timber", 1, 2), "12000", "13450", "9000", "8700"],
    ["100", "", ("95", 2, 1)],
    ["Copper", "5600", "5310", "6100", "7025"],
]
MERGED_CELLS = [
    {"Item": "Timber", "Q1 · Plan": "12000", "Q1 · Actual": "13450", "Q2 · Plan": "9000", "Q2 · Actual": "8700"},
    {"Item": "Timber", "Q1 · Plan": "100", "Q1 · Actual": "", "Q2 · Plan": "95", "Q2 · Actual": "95"},
    {"Item": "Copper", "Q1 · Plan": "5600", "Q1 · Actual": "5310", "Q2 · Plan": "6100", "Q2 · Actual": "7025"},
]


def spans(rows: Rows) -> list[list[Span]]:
    return [[cell if isinstance(cell, tuple) else (cell, 1, 1) for cell in row] for row in rows]


def places(rows: Rows) -> list[list[str]]:
    return list(grid.spread(spans(rows), 100))


def as_csv(rows: Rows) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def as_bars(rows: Rows) -> bytes:
    lines = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(["# Stock", "", lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]).encode()


def as_columns(rows: Rows) -> bytes:
    widths = [max(len(str(row[column])) for row in rows) + 2 for column in range(len(rows[0]))]
    lines = ["".join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(["Stock", "", *(line.rstrip() for line in lines)]).encode()


def as_tabs(rows: Rows) -> bytes:
    return "\n".join("\t".join(map(str, row)) for row in rows).encode()


def as_html(rows: Rows) -> bytes:
    body = ""
    for row in spans(rows):
        cells = (f'<td colspan="{wide}" rowspan={high}>{escape(text)}</td>' for text, wide, high in row)
        body += f"<tr>{''.join(cells)}</tr>"
    return f"<h1>Stock</h1><table>{body}</table>".encode()


def as_docx(rows: Rows) -> bytes:
    body = ""
    for row in places(rows):
        cells: list[str] = []
        for at, place in enumerate(row):
            wide = next((n for n, other in enumerate(row[at + 1 :], 1) if other != grid.LEFT), len(row) - at)
            below = '<w:vMerge w:val="restart"/>' if place not in (grid.LEFT, grid.ABOVE) else "<w:vMerge/>"
            text = "" if place == grid.ABOVE else place
            if place != grid.LEFT:
                properties = f'<w:tcPr><w:gridSpan w:val="{wide}"/>{below}</w:tcPr>'
                cells.append(f"<w:tc>{properties}{paragraph(run(text))}</w:tc>")
        body += f"<w:tr>{''.join(cells)}</w:tr>"
    return docx(f"<w:tbl>{body}</w:tbl>")


def as_pptx(rows: Rows) -> bytes:
    marks = {grid.LEFT: ' hMerge="1"', grid.ABOVE: ' vMerge="1"'}
    body = ""
    for row in places(rows):
        texts = ((marks.get(place, ""), "" if place in marks else escape(place)) for place in row)
        cells = (
            f"<a:tc{mark}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>" for mark, text in texts
        )
        body += f"<a:tr>{''.join(cells)}</a:tr>"
    frame = f"<p:graphicFrame><a:graphic><a:tbl><a:tblPr/>{body}</a:tbl></a:graphic></p:graphicFrame>"
    return pptx(slide(frame))


def as_xlsx(rows: Rows) -> bytes:
    made = "".join(
        sheet_row(*("" if place in (grid.LEFT, grid.ABOVE) else place for place in row)) for row in places(rows)
    )
    merges = ""
    for number, row in enumerate(places(rows), start=1):
        own = [at for at, place in enumerate(row) if place not in (grid.LEFT, grid.ABOVE)]
        for at, (_, wide, high) in zip(own, spans(rows)[number - 1], strict=True):
            merges += f'<mergeCell ref="{chr(65 + at)}{number}:{chr(64 + at + wide)}{number + high - 1}"/>'
    book = sheet(made).replace("</sheetData>", f"</sheetData><mergeCells>{merges}</mergeCells>")
    return xlsx({"Stock": book})


def as_odt(rows: Rows) -> bytes:
    body = ""
    for row in spans(rows):
        cells = (
            f'<table:table-cell table:number-columns-spanned="{wide}" table:number-rows-spanned="{high}">'
            f"<text:p>{escape(text)}</text:p></table:table-cell>"
            for text, wide, high in row
        )
        body += f"<table:table-row>{''.join(cells)}</table:table-row>"
    return odt(f"<table:table>{body}</table:table>")


def as_rtf(rows: Rows) -> bytes:
    marks = {grid.LEFT: "\\clmrg", grid.ABOVE: "\\clvmrg"}
    body = ""
    for row in places(rows):
        defined = "".join(f"{marks.get(place, '')}\\cellx{at + 1}" for at, place in enumerate(row))
        cells = "".join(f"{'' if place in marks else place}\\cell " for place in row)
        body += f"\\trowd{defined}\\pard\\intbl {cells}\\row"
    return f"{{\\rtf1\\ansi {body}\\pard The end.\\par}}".encode("ascii")


def escaped(text: str) -> str:
    return text.replace("(", "\\(").replace(")", "\\)")


def as_pdf(rows: Rows) -> bytes:
    drawing: list[str] = []
    for number, row in enumerate(places(rows)):
        own = [at for at, place in enumerate(row) if place not in (grid.LEFT, grid.ABOVE)]
        for at, (text, wide, high) in zip(own, spans(rows)[number], strict=True):
            left, top = 50 + 100 * at, 600 - 20 * number
            drawing.append(f"{left} {top - 20 * high} {100 * wide} {20 * high} re S")
            drawing.append(f"BT /F1 9 Tf {left + 5} {top - 14} Td ({escaped(text)}) Tj ET")
    return pdf([["Stock"]], drawing="\n".join(drawing))


Format = tuple[Callable[[Rows], bytes], Callable[[bytes], Extracted]]
PLAIN: dict[str, Format] = {
    "csv": (as_csv, read_table),
    "markdown": (as_bars, read_markdown),
    "columns": (as_columns, read_text),
    "tabs": (as_tabs, read_text),
}
MERGING: dict[str, Format] = {
    "html": (as_html, read_html),
    "docx": (as_docx, read_docx),
    "pptx": (as_pptx, read_pptx),
    "xlsx": (as_xlsx, read_xlsx),
    "odt": (as_odt, read_odt),
    "rtf": (as_rtf, read_rtf),
    "pdf": (as_pdf, read_pdf),
}


def cells(got: Extracted) -> list[dict[str, str]]:
    """Each row of data, its values by their heads."""
    return [{cell.head: cell.span.of(got.text) for cell in block.cells} for block in got.blocks if block.cells]


@pytest.mark.parametrize("name", [*PLAIN, *MERGING])
def test_a_table_has_the_same_cells_in_every_format(name: str) -> None:
    make, read = (PLAIN | MERGING)[name]
    got = read(make(STOCK))
    heads = [str(head) for head in STOCK[0]]
    assert cells(got) == [dict(zip(heads, map(str, row), strict=True)) for row in STOCK[1:]]
    assert [block.kind for block in got.blocks if block.table == 0] == ["row"] * len(STOCK)
    assert {block.table for block in got.blocks if block.kind == "row"} == {0}


@pytest.mark.parametrize("name", MERGING)
def test_a_merged_cell_is_in_every_row_and_column_that_it_spans(name: str) -> None:
    make, read = MERGING[name]
    got = read(make(MERGED))
    assert cells(got) == MERGED_CELLS
    timber = [block.cells[0].span for block in got.blocks if block.cells][:2]
    assert timber[0] == timber[1]


def test_heads_in_two_rows_are_joined_where_nothing_is_merged() -> None:
    got = read_table(b"Item,Q1,,Q2,\n,Plan,Actual,Plan,Actual\nTimber,1,2,3,4\n")
    assert cells(got) == [
        {"Item": "Timber", "Q1 · Plan": "1", "Q1 · Actual": "2", "Q2 · Plan": "3", "Q2 · Actual": "4"}
    ]


def test_a_row_above_the_heads_and_one_across_the_table_hold_no_values() -> None:
    rows: Rows = [
        [("Prices of May", 2, 1)],
        ["Tea", "Price (GBP)"],
        [("Black", 2, 1)],
        ["Assam", "4.20"],
        ["Keemun", "5.10"],
    ]
    for make, read in MERGING.values():
        got = read(make(rows))
        assert cells(got) == [{"Tea": "Assam", "Price (GBP)": "4.20"}, {"Tea": "Keemun", "Price (GBP)": "5.10"}]


def test_marked_heads_are_believed() -> None:
    page = "<table><thead><tr><th>2019<th>2020</thead><tr><td>1<td>2<tr><td>3<td>4</table>"
    assert cells(read_html(page.encode())) == [{"2019": "1", "2020": "2"}, {"2019": "3", "2020": "4"}]
    row = "<tr><th>Rent<td>950 EUR</tr><tr><th>Deposit<td>1900 EUR</tr>"
    assert cells(read_html(f"<table>{row}</table>".encode())) == [{"": "950 EUR"}, {"": "1900 EUR"}]
    assert len(read_html(f"<table>{row}</table>".encode()).blocks[0].cells) == 2


def test_merged_cells_that_overlap_are_read_once() -> None:
    page = '<table><tr><td rowspan=3>a<td>b<tr><td colspan="2">c<td>d<tr><td rowspan="0">e</table>'
    assert read_html(page.encode()).text == "| a | b |\n|  | c |  | d |\n|  | e |"
    book = sheet(sheet_row("a", "b") + sheet_row("1", "2")).replace(
        "</sheetData>",
        '</sheetData><mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    )
    assert read_xlsx(xlsx({"S": book})).text == "| a |"


@given(st.lists(st.lists(st.text("ab1 |\u00ad\n", max_size=6), max_size=5), max_size=12))
def test_every_cell_is_a_slice_of_the_text(rows: list[list[str]]) -> None:
    composer = Composer()
    composer.block("Above.")
    composer.table(rows)
    got = composer.done()
    for block in got.blocks:
        assert all(block.span.contains(cell.span) or cell.span.end < block.span.start for cell in block.cells)
        assert block.kind != "row" or "\n" not in block.span.of(got.text)
    values = {grid.plain(cell.replace("\u00ad", "")) for row in rows for cell in row}
    assert {cell.span.of(got.text) for block in got.blocks for cell in block.cells} <= values | {""}
