"""A passage as units: exact spans, rows under heads, headings that are read and never answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.document.structure import Structure, structure_of
from index.readers.markdown import read_markdown
from index.readers.text import read_text
from index.types import Document, Passage, Source
from rag.reader.units import ReadUnit, context_text, heading_path, passage_units, whole_words

TEXT = """# Rules of Quill House

## Laundry

The drum stops at nine. Bring your own soap.

1. Empty the pockets.
2. Turn the dial.

| Load | Price | Soap |
|---|---|---|
| small | 1.20 | |
| large | 2.10 | yes |

## Cellar

The key hangs by the stove.
"""


@pytest.fixture
def read(tmp_path: Path) -> tuple[tuple[ReadUnit, ...], Passage, Structure]:
    extracted = read_markdown(TEXT.encode())
    document = Document("d", "d" * 64, extracted.text, "utf-8", blocks=extracted.blocks)
    articles = split_articles(document)
    structure = structure_of(document, articles)
    (passage,) = chunk(document, articles, 200)
    source = Source("d", "rules.md", "d" * 64, "Rules of Quill House", None, "P. Wren", "2021-04-02")
    return passage_units(passage, source, TEXT, structure), passage, structure


def texts(units: tuple[ReadUnit, ...], kind: str) -> list[str]:
    return [unit.unit.text for unit in units if unit.kind == kind]


def test_sentences_items_and_rows_are_units_with_exact_spans(
    read: tuple[tuple[ReadUnit, ...], Passage, Structure],
) -> None:
    units, passage, _ = read
    assert texts(units, "paragraph") == [
        "The drum stops at nine.", "Bring your own soap.", "The key hangs by the stove.",
    ]  # fmt: skip
    assert texts(units, "item") == ["1. Empty the pockets.", "2. Turn the dial."]
    for unit in units:
        if unit.kind in ("paragraph", "item", "heading") and unit.span:
            assert unit.span.of(TEXT) == unit.unit.text
            assert passage.span.contains(unit.span)


def test_a_row_is_read_under_its_heads_and_its_words_are_placed(
    read: tuple[tuple[ReadUnit, ...], Passage, Structure],
) -> None:
    units, _, _ = read
    rows = [unit for unit in units if unit.kind == "row" and unit.cells]
    assert [row.unit.text for row in rows] == [
        "Load: small; Price: 1.20", "Load: large; Price: 2.10; Soap: yes",
    ]  # fmt: skip
    start = rows[1].unit.text.index("2.10")
    place = rows[1].place(start, start + 4)
    assert place is not None
    assert place.of(TEXT) == "2.10"
    assert place.start > TEXT.index("large")
    assert rows[1].place(0, 4) is None  # a head stands in no row


def test_headings_are_read_and_are_no_candidates(read: tuple[tuple[ReadUnit, ...], Passage, Structure]) -> None:
    units, _, structure = read
    assert not any(unit.unit.candidate for unit in units if unit.kind in ("heading", "context"))
    assert "Cellar" in texts(units, "heading")
    assert heading_path(structure, TEXT, TEXT.index("The key"))[-1] == "Cellar"


def test_each_unit_has_the_headings_that_hold_for_it(read: tuple[tuple[ReadUnit, ...], Passage, Structure]) -> None:
    by_text = {unit.unit.text: unit.headings for unit in read[0]}
    assert by_text["Bring your own soap."] == ("Rules of Quill House", "Laundry")
    assert by_text["The key hangs by the stove."] == ("Rules of Quill House", "Cellar")
    assert by_text["Cellar"] == ("Rules of Quill House",)


def test_who_and_when_stand_before_the_headings() -> None:
    source = Source("d", "a.md", "d" * 64, "Minutes", None, "P. Wren", "2021-04-02")
    assert context_text(source, ("Minutes", "Roof"), None, None) == "P. Wren, 2021-04-02. Minutes > Roof"
    assert context_text(source, (), "Q. Finch", "2021-05-01").startswith("Q. Finch, 2021-05-01")


def test_of_a_row_that_is_cut_each_passage_has_its_own_cells_and_the_first() -> None:
    rows = [" | ".join(f"{name} {at}" for at in range(600)) for name in ("column", "value")]
    text = f"| {rows[0]} |\n{'|---' * 600}|\n| {rows[1]} |\n"
    document = Document("d", "d" * 64, text, "utf-8", blocks=read_markdown(text.encode()).blocks)
    articles = split_articles(document)
    last = chunk(document, articles, 100)[-1]
    units = passage_units(last, Source("d", "t.md", "", None, None, None, None), text, structure_of(document, articles))
    cells = [unit.cells for unit in units if unit.cells][-1]
    assert cells[0] == ("column 0", "value 0")
    assert cells[-1] == ("column 599", "value 599")
    assert len(cells) < 600


def test_whom_a_mail_is_written_to_is_read_and_never_answers() -> None:
    text = "Good morning Quill House,\n\nThe drum is mended.\n\n- soap,\n- pegs.\n"
    extracted = read_markdown(text.encode())
    document = Document("d", "d" * 64, extracted.text, "utf-8", blocks=extracted.blocks)
    articles = split_articles(document)
    (passage,) = chunk(document, articles, 200)
    source = Source("d", "drum.md", "d" * 64, None, None, None, None)
    units = passage_units(passage, source, text, structure_of(document, articles))
    assert [(unit.unit.text, unit.unit.candidate) for unit in units] == [
        ("Good morning Quill House,", False), ("The drum is mended.", True), ("- soap,", True), ("- pegs.", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "cut", "whole"),
    [
        ("A deposit of £1,200 is due.", "200", "£1,200"),
        ("A deposit of £1,200 is due.", "£1", "£1,200"),
        ("A deposit of £1,200 is due.", "1,200 is", "£1,200 is"),
        ("on a 14-day leash", "day", "14-day"),
        ("She sails at 15.05.", "05", "15.05"),
        ("She sails at 15.05. Then", "15", "15.05"),
        ("(see Quernmore)", "more", "Quernmore"),
        ("the otter's holt, dug", "otter's holt", "otter's holt"),
        ("zz" * 40, "zzzz", "zzzz"),
    ],
)
def test_words_and_amounts_are_not_cut(text: str, cut: str, whole: str) -> None:
    start = text.index(cut)
    first, last = whole_words(text, start, start + len(cut))
    assert text[first:last] == whole


@given(st.text("ab1,.-£ ", max_size=40), st.data())
def test_whole_words_hold_what_they_were_made_of(text: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
    first, last = whole_words(text, start, end)
    assert first <= start <= end <= last
    assert not any(map(str.isspace, text[first:start] + text[end:last]))


def test_the_head_of_a_mail_that_is_a_passage_by_itself_never_answers() -> None:
    thread = "From: Orla Pinnock\nTo: Wenna\nDate: 7 August 2025\nSubject: Eels\n\nThe ladder leaks.\n"
    extracted = read_text(thread.encode())
    document = Document("d", "d" * 64, extracted.text, "utf-8", blocks=extracted.blocks)
    articles = split_articles(document)
    head = extracted.text.index("The ladder")
    passage = Passage("p", "d", 0, 0, head, extracted.text[:head])
    source = Source("d", "eels.txt", "d" * 64, None, None, None, None)
    units = passage_units(passage, source, extracted.text, structure_of(document, articles))
    assert units
    assert not any(unit.unit.candidate for unit in units)
