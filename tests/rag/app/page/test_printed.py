"""A notebook to be printed: every quote as it stands and where, and the PDF that a browser makes of it, read back."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect

from index.readers.pdf import read_pdf
from rag.app.conversations.notebook import Pin
from rag.app.page.html import safe
from rag.app.page.printed import notebook_as_page
from rag.verification.reopen import GONE
from tests.fakes import FakePipeline, pinned, stands
from tests.rag.app.page.conftest import picture
from tests.rag.app.page.test_whole_page import AXE, VIOLATIONS

QUESTIONS = (
    "How long is the notice?",
    "What is the fare in zone 2?",
    "What was struck near Masra?",
    "Where did the power fail?",
    "What do the fares add up to?",
)
NOTE = "Спросить у хозяина λόγος\n<script>window.__x=1</script>"


@pytest.fixture
def pins(tmp_path: Path) -> tuple[Pin, ...]:
    return pinned(tmp_path, QUESTIONS, NOTE)


def untagged(page: str) -> str:
    return html.unescape(re.sub(r"<(style|script)>.*?</\1>|<[^>]*>", "", page, flags=re.DOTALL))


def test_every_quote_stands_there_with_its_place_and_the_words_that_answer_in_bold(pins: tuple[Pin, ...]) -> None:
    page = notebook_as_page("default", pins, stands)
    text = untagged(page)
    for quote in (quote for pin in pins for quote in pin.quotes):
        assert quote.quote in text
        assert f"characters {quote.span.start}-{quote.span.end}, sha256 {quote.source.sha256}" in text
        assert f"file: {quote.source.path}" in text
    assert "<strong>eight weeks&#x27;</strong>" in page
    assert "<dt>Single</dt><dd>2.60</dd>" in page
    assert "Since then" not in text


def test_what_came_of_a_question_is_written_and_what_each_sentence_of_a_model_was_checked_against(
    pins: tuple[Pin, ...],
) -> None:
    page = notebook_as_page("default", pins, stands)
    assert "<p>The nearest words; look whether they answer you.</p>" in page
    assert "<b>The single fares add up to 7.80, over 3 of 3 rows. The first 1 are quoted.</b>" in page
    (partly,) = (one for one in pins[2].answer.statements if one.verdict == "partly")
    ((label, span),) = partly.evidence
    checked = f"checked against [{label}] characters {span.start}-{span.end}"
    assert f"{partly.text} [2]Partly supported; “denied” is not in [2]; {checked}" in untagged(page)
    assert "The plant was rebuilt within a week [9]. [9]Not supported" in untagged(page)


def test_nothing_is_written_empty(pins: tuple[Pin, ...]) -> None:
    row = replace(pins[1].quotes[0], cells=((" ", "2"), ("", "2.60")))
    pin = replace(pins[1], answer=replace(pins[1].answer, citations=(row,)))
    page = notebook_as_page("default", (*pins, pin), stands)
    assert page.count("<dt>&nbsp;</dt>") == 2
    assert re.findall(r"<(?:p|dt|dd|span)[^>]*>\s*</", page) == []


def test_the_page_of_a_quote_and_what_became_of_its_source_are_written(pins: tuple[Pin, ...]) -> None:
    quote = replace(pins[0].quotes[0], page=7)
    answer = replace(pins[0].answer, citations=(quote,), quotes=())
    text = untagged(notebook_as_page("default", [replace(pins[0], answer=answer)], lambda _: GONE))
    assert "page: 7, characters" in text
    assert "Since then: the source is no longer indexed" in text


@given(st.text(min_size=1, max_size=40))
def test_whatever_is_noted_is_text(note: str) -> None:
    pin = Pin("1", note, "2026-01-01", "answer", FakePipeline().ask("How long is the notice?"), note)
    page = notebook_as_page(note, [pin], stands)
    plain = notebook_as_page("x", [replace(pin, note="x", collection="x")], stands)
    assert re.findall("<[a-z/!]+", page) == re.findall("<[a-z/!]+", plain)
    assert f'<p class="note" dir="auto">{safe(note)}</p>' in page


@pytest.mark.browser
def test_a_browser_makes_a_pdf_of_it_that_holds_every_word(
    pins: tuple[Pin, ...], browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "notebook.html").write_text(notebook_as_page("default", pins * 4, stands), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((tmp_path / "notebook.html").as_uri())
    expect(page.get_by_role("button", name="Print or save as PDF")).to_be_visible()
    picture(page, "printed-1280")
    page.set_viewport_size({"width": 390, "height": 800})
    picture(page, "printed-390")
    page.evaluate(AXE)
    assert page.evaluate(VIOLATIONS) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("window.__x") is None
    made = read_pdf(page.pdf(prefer_css_page_size=True))
    page.close()
    words = "".join(made.text.split())
    for quote in (quote for pin in pins for quote in pin.quotes):
        assert words.count("".join(quote.quote.split())) >= 4
        assert f"{quote.span.start}-{quote.span.end},sha256{quote.source.sha256}" in words
    assert "Спроситьухозяинаλόγος" in words
    assert "PrintorsaveasPDF" not in words
