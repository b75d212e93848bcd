"""The notebook: quotes and answers are pinned, put in order, annotated, taken out, exported; hostile ones are text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from index.readers.docx import read_docx
from rag.app.conversations.notebook import Notebooks, quote_alone
from rag.app.page.pinning import pinning
from rag.app.page.pins import NOT_KEPT, Removed, notebook
from rag.verification.reopen import GONE
from tests.fakes import FakePipeline, FakeWorkspace
from tests.rag.app.page.conftest import Attacker, Served, Visitor

BROWSER = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def test_what_is_pinned_of_a_removed_document_stays_readable_and_says_so(tmp_path: Path) -> None:
    notebooks, pipeline = Notebooks(tmp_path), FakePipeline()
    answer = pipeline.ask("How long is the notice?")
    notebooks.pin("default", "quote", quote_alone(answer, answer.citations[0]))
    html = notebook("default", notebooks.pins("default"), pipeline.check)
    assert "Open in document" in html
    assert "no longer indexed" not in html
    html = notebook("default", notebooks.pins("default"), lambda _: GONE)
    assert "<strong>eight weeks&#x27;</strong>" in html
    assert "The source is no longer indexed." in html
    assert "Open in document" not in html


@pytest.mark.parametrize("place", ["7", "-1", "x", "0x", "²", "9" * 5000])
def test_a_forged_place_pins_nothing(tmp_path: Path, place: str) -> None:
    notebooks = Notebooks(tmp_path)
    assert (
        pinning(notebooks, "default", FakePipeline().ask("How long is the notice?"), place) == "There is no such quote."
    )
    assert notebooks.pins("default") == ()


def test_where_the_page_is_open_to_others_nothing_is_pinned() -> None:
    assert pinning(None, "default", FakePipeline().ask("How long is the notice?"), "") == NOT_KEPT


def test_hostile_words_notes_and_names_are_text(tmp_path: Path) -> None:
    notebooks, pipeline = Notebooks(tmp_path), FakePipeline()
    notebooks.pin("default", "answer", pipeline.ask("hostile <img src=x onerror=window.__x=1>"))
    (pin,) = notebooks.pins("default")
    notebooks.annotate(pin.id, "</textarea><script>window.__x=2</script>")
    html = notebook("<b>\"'", notebooks.pins("default"), lambda _: GONE, Removed(pin, 0))
    for tag in ("<img", "<script", "<b>", "<svg", "<iframe", "<style", "<form", "<video", "<link"):
        assert tag not in html
    assert html.count("</textarea>") == 1


@pytest.fixture
def page(browser: Browser, serve: Served, tmp_path: Path, attacker: Attacker) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    visitor = Visitor(page, serve(FakeWorkspace(tmp_path, FakePipeline(attacker.address))))
    visitor.ask("How long is the notice?")
    visitor.ask("What is the fare in zone 2?")
    yield page
    page.close()


class TestByHand:
    pytestmark = BROWSER

    def test_a_quote_and_an_answer_are_pinned_put_in_order_annotated_and_exported(self, page: Page) -> None:
        page.locator("#turn-1").get_by_role("button", name="Pin", exact=True).click()
        expect(page.locator("#judged-1")).to_have_text("Pinned in the notebook.")
        page.locator("#turn-2").get_by_role("button", name="Pin quote").click()
        expect(page.locator("#judged-2")).to_have_text("Pinned in the notebook.")
        page.get_by_role("tab", name="Notebook").click()
        expect(page.locator(".pin h3")).to_contain_text(["How long is the notice?", "What is the fare in zone 2?"])
        page.get_by_role("button", name="Up: pin 2").click()
        expect(page.locator(".pin h3").first).to_contain_text("What is the fare in zone 2?")
        page.get_by_label("Note on pin 1").fill("Ask for the day ticket <b>")
        page.get_by_role("button", name="Save note: pin 1").click()
        expect(page.locator("#notebook [role=status]")).to_have_text("The note is saved.")
        with page.expect_download() as saving:
            page.get_by_role("link", name="Export as Markdown").click()
        text = Path(saving.value.path()).read_text("utf-8")
        assert saving.value.suggested_filename == "notebook-default.md"
        assert text.index("fare in zone 2") < text.index("How long is the notice")
        assert "Ask for the day ticket <b>" in text
        assert "sha256 " + "e" * 64 in text
        with page.expect_download() as saving:
            page.get_by_role("link", name="Export as Word").click()
        assert saving.value.suggested_filename == "notebook-default.docx"
        text = read_docx(Path(saving.value.path()).read_bytes()).text
        assert text.index("fare in zone 2") < text.index("How long is the notice")

        with page.expect_popup() as opening:
            page.get_by_role("link", name="Export as PDF").click()
        printed = opening.value
        expect(printed.get_by_role("heading", level=2)).to_have_text(
            ["What is the fare in zone 2?", "How long is the notice?"]
        )
        printed.evaluate("window.print = () => { document.title = 'printing'; }")
        printed.get_by_role("button", name="Print or save as PDF").click()
        expect(printed).to_have_title("printing")
        printed.close()

    def test_what_is_taken_out_can_be_put_back(self, page: Page) -> None:
        for turn in ("#turn-1", "#turn-2"):
            page.locator(turn).get_by_role("button", name="Pin", exact=True).click()
            expect(page.locator(f"{turn} .kept")).not_to_be_empty()
        page.get_by_role("tab", name="Notebook").click()
        page.get_by_role("button", name="Remove: pin 1").dblclick()
        expect(page.locator(".pin")).to_have_count(1)
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".pin h3")).to_contain_text(["How long is the notice?", "What is the fare in zone 2?"])
