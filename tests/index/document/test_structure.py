"""Headings, blocks and tables of a document: by place, exact, and the same after they were stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.document.blocks import Blocks
from index.document.structure import Structure, packed, structure_of
from index.readers.extracted import Composer
from index.readers.lines import blocks_of
from index.readers.table import read_table
from index.types import Block, Document, Span

MARKS = st.sampled_from(
    ["# One", "## Two", "Three", "===", "---", "- item", "1. first", "| a | b |", "|---|---|", "| 1 | |", "```", "", ""]
)
TABLES = st.sampled_from(["| a | b |", "| Glims | |", "| 1 | |", "| Glims are lent on Thursdays. | |"])
ANY = st.one_of(MARKS, TABLES, st.text(alphabet="ab.A1| \t#-", max_size=30))


def structure(text: str) -> Structure:
    return Structure(blocks_of(text))


def shown(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.span.of(text)) for block in blocks_of(text)]


def headings(text: str) -> list[str]:
    return [words for kind, words in shown(text) if kind == "heading"]


def document(text: str, blocks: Blocks) -> Document:
    return Document("0" * 16, "0" * 64, text, "utf-8", blocks=blocks)


@given(st.lists(ANY, max_size=30))
def test_blocks_are_in_order_and_apart_and_leave_out_only_marks(lines: list[str]) -> None:
    text = "\n".join(lines)
    end = 0
    for block in blocks_of(text):
        assert end <= block.span.start < block.span.end <= len(text)
        assert not any(character.isalnum() for character in text[end : block.span.start])
        assert block.span.of(text) == block.span.of(text).strip()
        assert all(block.span.contains(cell.span) for cell in block.cells)
        end = block.span.end
    assert not any(character.isalnum() for character in text[end:])


@given(st.lists(ANY, max_size=30))
def test_blocks_come_back_as_they_were_packed(lines: list[str]) -> None:
    blocks = blocks_of("\n".join(lines))
    assert Blocks.unpack(blocks.pack()) == blocks == packed(list(blocks))
    assert [blocks[at] for at in range(-len(blocks), 0)] == list(blocks)


@example(["# One", "1", "# One", "# One"], 4)
@example(["# One", "# One", "===", "# One", "# One"], 6)  # what has no letter says nothing below a heading
@given(st.lists(ANY, max_size=40), st.integers(4, 40))
def test_no_passage_ends_with_a_heading_that_has_a_text(lines: list[str], words: int) -> None:
    text = "\n".join(lines)
    doc = document(text, blocks_of(text))
    of = Structure(doc.blocks)  # type: ignore[arg-type]
    for article in split_articles(doc):
        passages = [passage for passage in chunk(doc, [article], words)]
        assert all(text[passage.start : passage.end] == passage.text for passage in passages)
        for passage in passages[:-1]:
            kinds = [block.kind for block in of.within(passage.span) if any(map(str.isalnum, block.span.of(text)))]
            assert not kinds or kinds[-1] != "heading" or set(kinds) == {"heading"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A #\n\ntext\n\n## B\ntext", ["A", "B"]),
        ("Title\n=====\n\ntext\n\nPart\n----\ntext", ["Title", "Part"]),
        ("**Deposit**\n\nIt is 200.", ["Deposit"]),
        ("FLAT A\n\nThe rent is 900.\n\nFLAT B\nThe rent is 950.", ["FLAT A", "FLAT B"]),
        ("Lease\n\n3. Deposit\n\nIt is 200.\n\n3.1 Return\n\nIn May.", ["Lease", "3. Deposit", "3.1 Return"]),
        ("Children\nNasolir tablets must not be given to children who are under 6 years old.", ["Children"]),
        ("What to carry\n- a map\n- water", ["What to carry"]),
        ("1. Apples\n2. Pears\n\n3. Plums", []),
        ("Dear Anna,\n\nthank you.", []),
        ("She left early\nand came back late, when all the others had gone home already.", []),
        ("import os\n\nx = f(1)\n\nPATH = '/tmp'\n\nrun(PATH)", []),
        ("```\n# no heading\n```", []),
        ("| a |\n|---|\n| # 1 |", []),
    ],
)
def test_headings_are_told_by_form(text: str, expected: list[str]) -> None:
    assert headings(text) == expected


def test_the_headings_in_force_are_the_path_to_a_place() -> None:
    text = "# Lease\n\n## Flat A\n\nRent 900.\n\n### Heating\n\nGas.\n\n## Flat B\n\nRent 950."
    of = structure(text)

    def path(words: str) -> list[str]:
        return [span.of(text) for span in of.headings(text.index(words))]

    assert path("Rent 900") == ["Lease", "Flat A"]
    assert path("Gas") == ["Lease", "Flat A", "Heating"]
    assert path("Rent 950") == ["Lease", "Flat B"]
    assert path("Flat B") == ["Lease"]
    assert path("Lease") == []


def test_no_heading_holds_beyond_its_part() -> None:
    text = "# One\n\ntext\n\nother"
    of = Structure(blocks_of(text), breaks=(0, text.index("other")))
    assert of.headings(text.index("text")) == (Span(2, 5),)
    assert of.headings(text.index("other")) == ()


def test_what_stands_between_title_and_byline_heads_nothing() -> None:
    text = (
        "The mole at Brask was mended\n\nPHOTOWORKS\n\nNorthern Wire, by Orla Quennell, Sept. 7, 2017:\n\n"
        "Divers mended the mole in three weeks, and the ferry sails again.\n\nWhat it cost\n\n"
        "The harbour paid forty thousand crowns for stone and for the divers.\n"
    )
    document = Document("d" * 16, "d" * 64, text, "utf-8", blocks=blocks_of(text))
    of = structure_of(document, split_articles(document))
    assert any(block.kind == "heading" and block.span.of(text) == "PHOTOWORKS" for block in of.blocks)
    assert of.headings(text.index("Divers mended")) == ()
    assert [span.of(text) for span in of.headings(text.index("The harbour paid"))] == ["What it cost"]


def test_blocks_are_found_by_place() -> None:
    text = "# One\n\nfirst\n\n- item\n"
    of = structure(text)
    assert of.block(0) is None
    assert of.block(2) == Block("heading", Span(2, 5), level=1)
    assert [block.span.of(text) for block in of.within(Span(4, 9))] == ["One", "first"]
    assert of.within(Span(5, 7)) == ()


def test_the_rows_of_a_table_are_its_heads_and_its_data() -> None:
    text = "| a | b |\n|---|---|\n| 1 | 2 |\n\ntext\n\n| c |\n|---|\n| 3 |"
    of = structure(text)
    assert [row.span.of(text) for row in of.rows(0)] == ["| a | b |", "| 1 | 2 |"]
    assert [[cell.head for cell in row.cells] for row in of.rows(1)] == [[], ["c"]]
    assert of.rows(2) == ()


def test_a_bar_in_a_cell_cuts_no_cell() -> None:
    got = read_table(b'name,sign\nor,"a | b"\n')
    (cell,) = (cell for cell in got.blocks[1].cells if cell.head == "sign")
    assert cell.span.of(got.text) == "a | b"


def test_what_nobody_sees_is_left_out_of_cells_too() -> None:
    composer = Composer()
    composer.table([["name", "price"], ["te\u00ada", "3\u200b.50"]])
    got = composer.done()
    assert [cell.span.of(got.text) for cell in got.blocks[1].cells] == ["tea", "3.50"]
    assert got.hidden == 2


def test_the_structure_comes_back_from_an_index(tmp_path: Path) -> None:
    from index.store.corpus import Corpus
    from index.store.writer import CorpusWriter

    got = read_table(b"name,price\ntea,3.50\n")
    doc = Document("1" * 16, "0" * 64, got.text, "utf-8", sections=got.sections, blocks=got.blocks)
    with CorpusWriter(tmp_path / "corpus.sqlite", "model") as writer:
        writer.add_document(doc, split_articles(doc), [], [])
    with Corpus(tmp_path / "corpus.sqlite") as corpus:
        of = corpus.structure(doc.id)
        assert of is corpus.structure(doc.id)
        assert [(cell.head, cell.span.of(got.text)) for cell in of.rows(0)[1].cells] == [
            ("name", "tea"),
            ("price", "3.50"),
        ]


def test_the_marks_before_a_heading_are_of_it_and_not_of_the_part_before() -> None:
    text = "# Voyage\n\n## Kelling\n\nThe weir.\n\n## Ormsby\n\nThe lock."
    cut = structure(text)
    ormsby = text.index("## Ormsby")
    assert [span.of(text) for span in cut.headings(ormsby)] == ["Voyage"]
    assert [span.of(text) for span in cut.headings(text.index("lock"))] == ["Voyage", "Ormsby"]
    assert [span.of(text) for span in cut.headings(len(text))] == ["Voyage", "Ormsby"]
