"""A title above a table, in its first rows or its caption: a heading that holds for the table and for nothing else."""

from __future__ import annotations

import pytest

from evals.documents.writers import Rows
from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.cut.searchable import embedding_text
from index.document.structure import structure_of
from index.readers.extracted import Extracted
from index.readers.html import read_html
from index.readers.markdown import read_markdown
from index.readers.table import read_table
from index.types import Document
from tests.index.readers.test_tables import MERGING, PLAIN, cells

TITLE = "What the Ostrum shed lends, autumn 2031"
NOTE = "Glims are not lent, except on Thursdays."
ROWS: Rows = [["Glim", "Price"], ["Troke", "3.50"], ["Vurn", "4.50"], ["Sarn", "6.10"]]
MERGED: Rows = [[(TITLE, 2, 1)], *ROWS, [(NOTE, 2, 1)]]
FLAT: Rows = [[TITLE, ""], *ROWS, [NOTE, ""]]
CELLS = [{"Glim": "Troke", "Price": "3.50"}, {"Glim": "Vurn", "Price": "4.50"}, {"Glim": "Sarn", "Price": "6.10"}]


def document(read: Extracted) -> Document:
    return Document("0" * 16, "0" * 64, read.text, read.encoding, sections=read.sections, blocks=read.blocks)


def path(read: Extracted, words: str) -> list[str]:
    """The headings that hold where these words stand."""
    whole = document(read)
    structure = structure_of(whole, split_articles(whole))
    return [span.of(read.text) for span in structure.headings(read.text.index(words))]


@pytest.mark.parametrize("name", [*MERGING, "csv", "markdown"])
def test_a_title_row_heads_the_rows_below_it_and_the_notes_among_them_in_every_format(name: str) -> None:
    write, read = {**MERGING, **PLAIN}[name]
    got = read(write(MERGED if name in MERGING else FLAT))
    assert cells(got) == CELLS
    assert path(got, "| Glim")[-1:] == path(got, "| Vurn")[-1:] == path(got, NOTE)[-1:] == [TITLE]
    assert TITLE not in path(got, TITLE)
    assert [block.span.of(got.text) for block in got.blocks if block.kind == "paragraph"][-1] != TITLE


def test_a_title_of_two_rows_holds_with_both_and_a_note_above_the_heads_is_none() -> None:
    got = read_table(f"Ostrum Shed,\nLent in 2031,\n{NOTE!r},\nGlim,Price\nTroke,3.50\n".replace("'", '"').encode())
    assert path(got, "| Troke") == ["Ostrum Shed", "Lent in 2031"]
    assert [block.span.of(got.text) for block in got.blocks if block.kind == "paragraph"] == [NOTE]


def test_a_caption_is_the_title_of_its_table_and_ends_with_it() -> None:
    rows = "<tr><th>Glim<th>Price<tr><td>Troke<td>3.50<tr><td>Vurn<td>4.50"
    other = rows.replace("Troke", "Quem").replace("Vurn", "Orl")
    got = read_html(
        f"<h2>The shed</h2><table><caption>{TITLE}</caption>{rows}</table><p>The shed opens at nine.</p>"
        f"<table>{other}</table>".encode()
    )
    assert path(got, "| Vurn") == ["The shed", TITLE]
    assert path(got, "opens at nine") == path(got, "| Quem") == ["The shed"]


def test_a_caption_that_is_a_sentence_or_stands_above_a_frame_can_still_answer() -> None:
    rows = "<tr><th>Glim<th>Price<tr><td>Troke<td>3.50<tr><td>Vurn<td>4.50"
    sentence = read_html(f"<table><caption>{NOTE}</caption>{rows}</table>".encode())
    assert next(block.kind for block in sentence.blocks) == "paragraph"
    frame = read_html(f"<table><caption>{TITLE}</caption><tr><td>The shed opens at nine.</table>".encode())
    assert [block.kind for block in frame.blocks] == ["paragraph", "paragraph"]


def test_a_row_that_is_marked_as_heads_but_is_a_title_above_them_is_the_title() -> None:
    page = f"<table><thead><tr><th colspan=2>{TITLE}</thead><tr><td>Glim<td>Price<tr><td>Troke<td>3.50</table>"
    assert path(read_html(page.encode()), "| Troke") == [TITLE]
    bars = read_markdown(f"| {TITLE} | |\n|---|---|\n| Glim | Price |\n| Troke | 3.50 |\n".encode())
    assert path(bars, "| Troke") == [TITLE]
    assert cells(bars) == CELLS[:1]


@pytest.mark.parametrize(
    "rows",
    [
        "| Chore | |\n|---|---|\n| Paint the shed | Orla |\n| Mow the mead | Tarn |\n",
        "| Glim | |\n|---|---|\n| Troke | 3.50 |\n| Vurn | 4.50 |\n",
    ],
)
def test_marked_heads_that_name_the_first_column_alone_stay_heads(rows: str) -> None:
    got = read_markdown(rows.encode())
    assert len(cells(got)) == 2
    assert not [block for block in got.blocks if block.kind == "heading"]


def test_the_next_heading_of_any_level_ends_a_title_and_a_title_ends_the_one_before() -> None:
    rows = "<tr><td>Glim<td>Price<tr><td>Troke<td>3.50"
    two = "".join(f"<table><tr><td colspan=2>{name}{rows}{mark}</table>" for name, mark in (("One", "1"), ("Two", "2")))
    got = read_html(f"{two}<h6>Later</h6><table>{rows}3</table>".encode())
    assert [path(got, f"3.50{mark}") for mark in "123"] == [["One"], ["Two"], ["Later"]]


def test_a_title_is_searched_with_the_rows_and_the_notes_of_every_passage() -> None:
    rows = "".join(f"Glim {at},{at}.50\n" for at in range(60))
    got = document(read_table(f"{TITLE!r},\nGlim,Price\n{rows}{NOTE!r},\n".replace("'", '"').encode()))
    articles = split_articles(got)
    structure = structure_of(got, articles)
    passages = chunk(got, articles, 60)
    assert NOTE in passages[-1].text
    assert TITLE not in passages[-1].text
    texts = [embedding_text(one, articles[0], got.text, structure) for one in passages]
    assert [text.count(TITLE) for text in texts] == [1] * len(passages)


def test_a_title_row_ends_before_the_text_below_the_table() -> None:
    write, read = MERGING["rtf"]
    got = read(write(MERGED))
    assert path(got, NOTE) == [TITLE]
    assert path(got, "The end.") == []
