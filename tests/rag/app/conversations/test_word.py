"""A notebook as a Word document, read back: every quote as it stands, and where."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers.docx import read_docx
from rag.app.conversations.export import exact
from rag.app.conversations.notebook import Pin, quote_alone
from rag.app.conversations.word import notebook_as_docx
from rag.verification.reopen import GONE
from tests.fakes import FakePipeline, pinned, stands

QUESTIONS = (
    "How long is the notice?",
    "What is the fare in zone 2?",
    "What was struck near Masra?",
    "Where did the power fail?",
    "What do the fares add up to?",
    "something hostile",
)


@pytest.fixture
def pins(tmp_path: Path) -> tuple[Pin, ...]:
    return pinned(tmp_path, QUESTIONS, "Ask the landlord <b>\nin May")


def text_of(document: bytes) -> str:
    return read_docx(document).text


def test_every_quote_stands_there_word_for_word_with_file_offsets_and_digest(pins: tuple[Pin, ...]) -> None:
    text = text_of(notebook_as_docx("default", pins, stands))
    for quote in (quote for pin in pins[:-1] for quote in pin.quotes):
        assert quote.quote in text
        assert f"characters {quote.span.start}-{quote.span.end}, sha256 {quote.source.sha256}" in text
        assert f"file: {quote.source.path}" in text
    assert [text.index(question) for question in QUESTIONS] == sorted(text.index(question) for question in QUESTIONS)
    assert "Ask the landlord <b>" in text
    assert "Single: 2.60" in text


def test_what_came_of_a_question_is_written_and_what_each_sentence_of_a_model_was_checked_against(
    pins: tuple[Pin, ...],
) -> None:
    lines = text_of(notebook_as_docx("default", pins, stands)).splitlines()
    assert "The nearest words; look whether they answer you." in lines
    assert "The single fares add up to 7.80, over 3 of 3 rows. The first 1 are quoted." in lines
    (partly,) = (one for one in pins[2].answer.statements if one.verdict == "partly")
    ((label, span),) = partly.evidence
    checked = f"(checked against [{label}] characters {span.start}-{span.end})"
    assert f"partly supported: {partly.text} [2] (note: “denied” is not in [2]) {checked}" in lines
    assert "not supported: The plant was rebuilt within a week [9]. [9]" in lines


def test_the_page_of_a_quote_and_what_became_of_its_source_are_written(pins: tuple[Pin, ...]) -> None:
    quote = replace(pins[0].quotes[0], page=7)
    pin = replace(pins[0], kind="quote", answer=quote_alone(pins[0].answer, quote))
    text = text_of(notebook_as_docx("default", [pin], lambda _: GONE))
    assert "page: 7" in text
    assert "Since then:" in text
    assert "Since then:" not in text_of(notebook_as_docx("default", [pin], stands))


def test_the_words_that_answer_are_bold(pins: tuple[Pin, ...]) -> None:
    with zipfile.ZipFile(io.BytesIO(notebook_as_docx("default", pins, stands))) as archive:
        body = archive.read("word/document.xml").decode()
    assert '<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">eight weeks\'</w:t></w:r>' in body


@given(st.text(st.characters(), max_size=60))
def test_whatever_a_note_holds_the_file_is_whole_and_says_it(note: str) -> None:
    answer = FakePipeline().ask(QUESTIONS[0])
    pin = Pin("a", "default", "2026-01-01", "answer", answer, f"[{note}]")
    with zipfile.ZipFile(io.BytesIO(notebook_as_docx(note, [pin], stands))) as archive:
        parts = {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}
    lines = ("".join(map(_written, one.iter())) for one in parts["word/document.xml"].iter() if one.tag.endswith("}p"))
    assert f"[{note}]" in {exact(line) for line in lines}


def _written(node: ET.Element) -> str:
    """The text of a node of a run, as Word reads it."""
    return {"t": node.text or "", "br": "\n", "tab": "\t"}.get(node.tag.rpartition("}")[2], "")
