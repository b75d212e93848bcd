from __future__ import annotations

import pytest

from evals.bench.faults.making import pdf
from index.articles import split_articles
from index.chunk import chunk
from index.errors import UnreadableFile
from index.readers.pdf import read_pdf
from index.types import Document


def test_paragraphs_are_told_by_the_space_between_lines() -> None:
    got = read_pdf(pdf([["A heading", "", "A line that", "goes on.", "And more.", "", "Another."]]))
    assert got.text == "A heading\n\nA line that\ngoes on.\nAnd more.\n\nAnother."


def test_every_sentence_of_a_passage_begins_on_its_page() -> None:
    first = ["The harbour was closed.", "Fishermen waited and"]
    got = read_pdf(pdf([first, ["went home at night.", "The ferry did not sail."], [], ["The end came."]]))
    assert got.text == (
        "The harbour was closed.\nFishermen waited and\nwent home at night.\nThe ferry did not sail.\n\nThe end came."
    )
    assert [got.text[start:][:8] for start in got.pages] == ["The harb", "went hom", "The end ", "The end "]
    assert got.notes == ("no text layer on page 3: empty, or pictures that need OCR",)
    document = Document("0" * 16, "0" * 64, got.text, "utf-8", pages=got.pages)
    passages = chunk(document, split_articles(document), 200)
    assert [(p.page, p.text) for p in passages] == [
        (1, "The harbour was closed.\nFishermen waited and\nwent home at night."),
        (2, "The ferry did not sail."),
        (4, "The end came."),
    ]


def test_a_new_page_begins_a_new_paragraph_unless_a_sentence_runs_on() -> None:
    assert read_pdf(pdf([["One ends."], ["two"]])).text == "One ends.\n\ntwo"
    assert read_pdf(pdf([["One"], ["Two"]])).text == "One\n\nTwo"
    assert read_pdf(pdf([["one"], ["two"]])).text == "one\ntwo"


def test_a_scan_without_text_is_told() -> None:
    with pytest.raises(UnreadableFile, match=r"no text layer on pages 1-2: a scan, which needs OCR"):
        read_pdf(pdf([[], []]))


def test_a_password_is_told_and_an_owners_lock_is_no_hindrance() -> None:
    with pytest.raises(UnreadableFile, match="protected with a password"):
        read_pdf(pdf([["secret"]], user=b"key"))
    assert read_pdf(pdf([["Anyone may read."]], user=b"")).text == "Anyone may read."


@pytest.mark.parametrize("keep", [9, 200, 400])
def test_a_pdf_that_is_cut_short(keep: int) -> None:
    with pytest.raises(UnreadableFile, match="damaged or truncated"):
        read_pdf(pdf([["The harbour was closed."]])[:keep])


def test_a_page_tree_that_leads_to_itself_ends() -> None:
    loop = pdf([["x"]]).replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")
    with pytest.raises(UnreadableFile, match="none of its pages can be read"):
        read_pdf(loop)
