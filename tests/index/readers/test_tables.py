"""One table in every format: the same cells under the same heads, each an exact slice of what was read."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.documents.writers import WRITERS, Rows, Table, places, spans
from evals.making import sheet, sheet_row, xlsx
from index.readers import grid
from index.readers.docx import read_docx
from index.readers.extracted import Composer, Extracted
from index.readers.html import read_html
from index.readers.lines import blocks_of
from index.readers.markdown import read_markdown
from index.readers.odt import read_odt
from index.readers.pdf import read_pdf
from index.readers.pptx import read_pptx
from index.readers.rtf import read_rtf
from index.readers.table import read_table
from index.readers.text import read_text
from index.readers.xlsx import read_xlsx
from tests.making import odt

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


def as_tabs(rows: Rows) -> bytes:
    return "\n".join("\t".join(map(str, row)) for row in rows).encode()


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


Format = tuple[Callable[[Rows], bytes], Callable[[bytes], Extracted]]


def written(ending: str) -> Callable[[Rows], bytes]:
    return lambda rows: WRITERS[ending](Table("Stock", rows))


PLAIN: dict[str, Format] = {
    "csv": (written("csv"), read_table),
    "markdown": (written("md"), read_markdown),
    "columns": (written("txt"), read_text),
    "tabs": (as_tabs, read_text),
}
MERGING: dict[str, Format] = {
    "html": (written("html"), read_html),
    "docx": (written("docx"), read_docx),
    "pptx": (written("pptx"), read_pptx),
    "xlsx": (written("xlsx"), read_xlsx),
    "odt": (as_odt, read_odt),
    "rtf": (as_rtf, read_rtf),
    "pdf": (written("pdf"), read_pdf),
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


LABELLED: Rows = [
    ["Ward", "Shift", "Nurse"],
    ["Surgery", "Early", "Lotte"],
    ["", "Late", "Milan"],
    ["Children", "Early", "Petra"],
    ["", "Late", "Aron"],
]


@pytest.mark.parametrize("name", ["csv", "markdown", "columns", "html", "docx", "xlsx"])
def test_a_label_that_stands_once_is_that_of_the_rows_below_it(name: str) -> None:
    make, read = (PLAIN | MERGING)[name]
    got = read(make(LABELLED))
    assert [row["Ward"] for row in cells(got)] == ["Surgery", "Surgery", "Children", "Children"]
    assert [row["Nurse"] for row in cells(got)] == ["Lotte", "Milan", "Petra", "Aron"]


@pytest.mark.parametrize(
    "rows",
    [
        "Name,Age\nAnn,34\n,41\nCy,29\nDi,57\n",
        "Name,Age\nAnn,34\n,41\nAnn,29\n,57\n",
        "Name,Guide,Seats\nWalk,,12\nHike,,16\nTour,Eva,8\n",
    ],
)
def test_a_gap_that_may_be_a_missing_value_stays_one(rows: str) -> None:
    assert any("" in row.values() for row in cells(read_table(rows.encode())))


def test_two_rows_of_heads_over_a_rule_or_below_one_marked_are_joined() -> None:
    text = (
        "| Item | Q1 | | Q2 | |\n|---|---|---|---|---|\n| | Plan | Actual | Plan | Actual |\n| Timber | 1 | 2 | 3 | 4 |"
    )
    wanted = [{"Item": "Timber", "Q1 · Plan": "1", "Q1 · Actual": "2", "Q2 · Plan": "3", "Q2 · Actual": "4"}]
    assert cells(read_markdown(text.encode())) == wanted


def test_a_table_of_sixteen_thousand_columns_is_read_whole_and_told_of() -> None:
    rows = "\n".join(",".join(f"{name}{at}" for at in range(16_000)) for name in ("column", "value", "word"))
    got = read_table(rows.encode())
    assert cells(got)[1]["column15999"] == "word15999"
    assert got.notes == ("a table has 16,000 columns: its rows are searched in pieces",)
    page = f"<table>{'<tr>' + '<td>x' * 16_000 + '<tr>' + '<td colspan=1000>y' * 2}</table>"
    assert read_html(page.encode()).text.count("x") == 16_000


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


@pytest.mark.parametrize("name", ["csv", "markdown", "html", "docx", "pptx", "xlsx", "odt", "rtf"])
def test_a_sentence_below_the_rows_is_a_paragraph_and_no_value(name: str) -> None:
    write, read = {**PLAIN, **MERGING}[name]
    note = "Glims are not lent, except on Thursdays."
    rows = (("Item", "Price", "Place"), ("Troke", "3.50", "Ostrum"), ("Vurn", "4.50", "Quelm"), (note, "", ""))
    got = read(write(rows))
    paragraphs = [block.span.of(got.text) for block in got.blocks if block.kind == "paragraph"]
    assert note in paragraphs
    assert cells(got) == [
        {"Item": "Troke", "Price": "3.50", "Place": "Ostrum"},
        {"Item": "Vurn", "Price": "4.50", "Place": "Quelm"},
    ]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["Glims are not lent, except on Thursdays."], True),
        (["Glims are not lent on Thursdays.", grid.LEFT, grid.LEFT], True),
        ([grid.ABOVE, "", "Glims are not lent on Thursdays."], False),
        (["", "", "Glims are not lent on Thursdays."], False),
        (["Not lent.", "", ""], False),
        (["Glims lent on Thursdays", "", ""], False),
        (["Glims are not lent on Thursdays.", "3.50"], False),
        ([], False),
    ],
)
def test_a_note_is_a_sentence_alone_in_the_first_place(places: list[str], expected: bool) -> None:
    assert grid.is_note(places) is expected


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


def test_a_first_row_that_begins_as_all_others_do_is_data() -> None:
    lines = "Mon 12 May  out by ferry, 06:50\n12-15 May   Orl. The old hostel\nThu 15 May  coach to Quelm, 12:30\n"
    blocks = [block for block in blocks_of(lines) if block.kind == "row"]
    assert [block.cells[0].span.of(lines) for block in blocks] == ["Mon 12 May", "12-15 May", "Thu 15 May"]
    assert {cell.head for block in blocks for cell in block.cells} == {""}
