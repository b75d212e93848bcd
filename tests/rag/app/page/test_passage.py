"""A passage in its card: tables as tables, lists as lists, and every word of it a slice of the stored text."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.document.structure import Structure, packed
from index.types import Block, Cell, Span
from rag.app.page.passage import Marking, Slice, has_table, laid_out

TEXT = """Fares

Zone,Single,Day
1,1.80,4.20
2,2.60,5.90

- no dogs
• bicycles are free

The end."""


def span(words: str, within: str = "") -> Span:
    start = TEXT.index(words, TEXT.index(within) if within else 0)
    return Span(start, start + len(words))


def row(line: str, *values: str) -> Block:
    heads = ("Zone", "Single", "Day")
    cells = tuple(Cell(head, span(value, line)) for head, value in zip(heads, values, strict=False))
    return Block("row", span(line), cells=cells, table=0)


STRUCTURE = Structure(
    packed(
        [
            Block("heading", span("Fares"), 1),
            row("Zone,Single,Day"),
            row("1,1.80,4.20", "1", "1.80", "4.20"),
            row("2,2.60,5.90", "2", "2.60", "5.90"),
            Block("item", span("- no dogs")),
            Block("item", span("bicycles are free")),
            Block("paragraph", span("The end.")),
        ]
    )
)
WHOLE = Slice(TEXT, Span(0, len(TEXT)), TEXT)


def plain(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", markup))


def test_rows_stand_under_their_heads_and_the_quoted_cell_is_bold() -> None:
    quote = Marking(span("2,2.60,5.90"), span("2.60"))
    shown = laid_out(WHOLE, STRUCTURE, [quote])
    assert re.findall(r"<th scope=[^>]*>(.*?)</th>", shown) == ["Zone", "Single", "Day"]
    assert shown.count("<tr") == 3
    marked = '<td dir="auto"><mark>2</mark></td><td dir="auto"><mark><strong>2.60</strong></mark></td>'
    assert f'<tr class="hit">{marked}' in shown
    assert "<mark>1" not in shown


def test_items_stand_in_a_list_and_the_rest_as_text_in_its_place() -> None:
    shown = laid_out(WHOLE, STRUCTURE, [])
    assert '<li class="own" dir="auto">- no dogs</li><li dir="auto">bicycles are free</li>' in shown
    assert plain(shown).split() == [*re.sub(r"[,•]", " ", TEXT).split()]
    assert shown.index("Fares") < shown.index("<table>") < shown.index("<ul") < shown.index("The end.")


def test_a_passage_of_rows_alone_has_the_heads_of_its_table() -> None:
    part = span("2,2.60,5.90")
    rows = Slice(part.of(TEXT), part)
    assert has_table(rows, STRUCTURE)
    assert re.findall(r"<th scope=[^>]*>(.*?)</th>", laid_out(rows, STRUCTURE, [])) == ["Zone", "Single", "Day"]


def test_without_a_structure_it_is_text_and_marks_may_overlap() -> None:
    marks = [Marking(span("Zone,Single")), Marking(span("Single,Day"), span("Day"))]
    shown = laid_out(WHOLE, None, marks)
    assert "<mark>Zone,Single</mark><mark>,<strong>Day</strong></mark>" in shown
    assert not has_table(WHOLE, None)


def test_a_merged_cell_of_an_earlier_row_is_read_from_the_document() -> None:
    merged = Block(
        "row", span("2,2.60,5.90"), cells=(Cell("Zone", span("1", "1,1.80")), Cell("Day", span("5.90"))), table=0
    )
    part = merged.span
    structure = Structure(packed([merged]))
    assert '<td dir="auto">1</td><td dir="auto">5.90</td>' in laid_out(Slice(part.of(TEXT), part, TEXT), structure, [])


def test_a_heading_is_set_as_one_without_the_signs_before_it() -> None:
    text = "# The lease\n\nIt runs on.\n\n## Rent\n\nIt is due on the fifth."
    title, rent = Span(2, 11), Span(29, 33)
    structure = Structure(packed([Block("heading", title, 1), Block("heading", rent, 2)]))
    shown = laid_out(Slice(text, Span(0, len(text)), text), structure, [Marking(rent)])
    assert '<p class="title" dir="auto">The lease</p>' in shown
    assert '<p class="title" dir="auto"><mark>Rent</mark></p>' in shown
    assert "#" not in plain(shown)


@pytest.mark.parametrize("kind", ["item", "row", "heading"])
@given(text=st.text(st.characters(), min_size=1, max_size=40), start=st.integers(0, 40), size=st.integers(1, 40))
def test_nothing_of_a_cell_or_item_is_ever_markup(kind: str, text: str, start: int, size: int) -> None:
    nasty = f"<img src=x>{text}\"'><b>"
    whole = Span(0, len(nasty))
    cells = (Cell(f"<script>{text}", whole),) if kind == "row" else ()
    block = Block(kind, whole, cells=cells, table=0 if kind == "row" else None)  # type: ignore[arg-type]
    marks = [Marking(Span(min(start, whole.end - 1), min(start + size, whole.end)))]
    shown = laid_out(Slice(nasty, whole), Structure(packed([block])), marks)
    assert "<img" not in shown
    assert "<script" not in shown
    assert "<b>" not in shown
    shown.encode()
