"""The page in German: all of it, whatever state it is in, and nothing that a document or a person wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page, expect

import ui
from evals.desk import Desk
from rag.app.page.language import catalogue
from rag.app.page.style import script
from rag.settings import Settings
from rag.types import Answer
from tests.fakes import FakePipeline, FakeWorkspace
from tests.rag.app.page.conftest import OPENING, Served, free_port, open_at, picture
from tests.rag.app.page.test_whole_page import AXE, VIOLATIONS, WINDOWS, Hostile, Offline

GAP = re.compile(r"\{(\w+)\}")
CONTENT = re.search(r'const CONTENT = "(.*)";', script("language"))[1]  # type: ignore[index]
READ = """([content, labels]) => {
  const ours = (element) => {
    const around = element.closest(`[translate=yes], ${content}`);
    return !around || around.matches("[translate=yes]");
  };
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (element.checkVisibility() && ours(element)) texts.push(walker.currentNode.data);
  }
  for (const name of labels)
    for (const element of document.querySelectorAll(`[${name}]`))
      if (element.checkVisibility()) texts.push(element.getAttribute(name));
  return texts;
}"""
"""What can be read on the page, and is not marked as of somebody else."""
NOT_OURS = frozenset(
    {
        *("Datei hier ablegen", "Hochladen"),  # which Gradio says itself, where nobody sees it
        *("“denied” is not in [2]", "“one” against “no one”"),  # which only a fake says of a sentence
        *("qwen2.5:7b", "http://localhost:11434/v1", "OPENAI_API_KEY"),
    }
)
MIMICS = ("Nothing found", "Delete all", "The conversation is back.", "No such page", "No title",
          "Trying the new index", "<img src=x onerror=window.__x=1>")  # fmt: skip
"""Words of the page where it says them itself, which it does in no state that is walked."""
LABELS = ["aria-label", "title", "placeholder", "alt"]


def come_to(entry: str) -> str:
    """The pattern of what an entry can come to, with whatever may stand in its gaps."""
    shapes = [r"[\d.,]*\d" if len(name) == 1 else r"\S+" if name.isupper() else ".+" for name in GAP.findall(entry)]
    texts = map(re.escape, GAP.split(entry)[::2])
    return "".join(text + shape for text, shape in zip_longest(texts, shapes, fillvalue=""))


GERMAN = re.compile("|".join(map(come_to, catalogue().values())), re.DOTALL)


def not_german(frame: Page | Frame) -> set[str]:
    """What can be read in the page's own words, and is of no entry."""
    texts = {text.strip() for text in frame.evaluate(READ, [CONTENT, LABELS])}
    parts = {part.strip() for text in texts if not is_german(text) for part in text.split("·")}
    rest = {one for part in parts if not is_german(part) for one in re.split(r"(?<=[.!?]) ", part)}
    return {one for one in rest if not is_german(one)} - NOT_OURS


def is_german(text: str) -> bool:
    is_number = re.fullmatch(r"[\W\d_]*|[0-9a-f]{64}|\w", text)
    return is_number is not None or GERMAN.fullmatch(text) is not None


def translated(frame: Page | Frame) -> list[str]:
    """Which of the words that only look like the page's have been put into German."""
    content = frame.content()
    return [mimic for mimic in MIMICS if catalogue().get(mimic, "Bild") in content]


class Mimic(Hostile):
    """Answers whose every text, name and title is a word of the page's own."""

    def ask(self, *args: object, **kwargs: object) -> Answer:  # type: ignore[override]
        answer = super().ask(*args, **kwargs)  # type: ignore[arg-type]
        return replace(answer, notice=None, statements=tuple(replace(one, note="") for one in answer.statements))


class Walk:
    """A browser that speaks German, and what it met that is not."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.strange: dict[str, set[str]] = {}
        self.violations: dict[str, list[str]] = {}

    def sees(self, what: str) -> None:
        width = self.page.viewport_size["width"]  # type: ignore[index]
        picture(self.page, f"german-{what}-{width}")
        self.strange[what] = not_german(self.page)
        assert not translated(self.page)
        self.page.evaluate(AXE)
        self.violations[what] = self.page.evaluate(VIOLATIONS)
        assert self.page.evaluate("document.documentElement.scrollWidth") == width, f"{what} scrolls sideways"

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def press(self, name: str) -> None:
        self.page.locator("#review").get_by_role("button", name=name, exact=True).click()

    def ask(self, question: str, turn: int) -> None:
        box = self.page.locator("#ask textarea")
        box.fill(question)
        box.press("Enter")
        expect(self.page.locator(f"#chat #turn-{turn}")).to_be_visible()

    def ends(self) -> None:
        """Says at once what was met in all states."""
        assert {what: texts for what, texts in self.strange.items() if texts} == {}
        assert {what: ids for what, ids in self.violations.items() if ids} == {}


@pytest.fixture(params=WINDOWS, ids=["desk", "phone"])
def walk(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Walk]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, locale="de-DE")
    yield Walk(context.new_page())
    context.close()


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    workspace = FakeWorkspace(tmp_path_factory.mktemp("home"), FakePipeline())
    page = ui.serve(workspace, desk=Desk(workspace), port=free_port(), prevent_thread_lock=True)
    yield str(page.local_url)
    page.close(verbose=False)


def test_all_of_a_page_with_answers_is_german(walk: Walk, complete: str) -> None:
    page = walk.page
    open_at(page, complete)
    expect(page.locator(".welcome")).to_be_visible()
    walk.sees("start")
    page.locator("#narrow > button").click()
    page.get_by_role("checkbox", name="lease.docx").click()
    page.locator("#typed > button").click()
    page.get_by_label("Verfasser").fill("Ask")
    expect(page.locator(".chip")).to_have_count(2)
    walk.sees("sources")
    for button in page.locator(".chip button").all()[::-1]:
        button.click()
    page.locator("#narrow > button").click()
    for turn, question in enumerate(("struck near Masra?", "Was anyone hurt?", "Who baked the cake?",
                                     "How long is the notice?", "What is the fare in zone 2?",
                                     "Where did the power fail?", "raise other"), 1):  # fmt: skip
        walk.ask(question, turn)
    expect(page.locator(".evidence")).to_have_count(7)
    for fold in page.locator("#turn-1 details, #evidence-1 details, #evidence-6 details").all():
        fold.evaluate("(fold) => { fold.open = true; }")
    walk.sees("answers")
    for turn in (1, 2, 3, 6):
        page.locator(f"#turn-{turn} a[href^='#evidence-']").first.click()
        expect(page.locator(f"#evidence-{turn}")).to_be_in_viewport()
        walk.sees(f"evidence-{turn}")
        if page.locator("#evidence-panel.open [data-shelve]:visible").count():
            page.locator("[data-shelve]:visible").click()
    page.locator("#turn-1 .open").first.click()
    expect(page.frame_locator("#reader iframe").locator("mark").first).to_be_in_viewport()
    walk.sees("document")
    reader = page.frame_locator("#reader iframe")
    for words, place in (("a", " von "), ("nowhere", "Nicht gefunden")):
        reader.get_by_label("Im Dokument suchen").fill(words)
        expect(reader.locator("output")).to_contain_text(place)
        walk.sees(f"document-{words}")
        walk.strange[f"reader-{words}"] = not_german(page.frames[-1])
    page.locator("#reader [data-close]").click()
    page.locator("#turn-1 [data-do=good]").click()
    expect(page.locator("#judged-1")).not_to_be_empty()
    for turn in (1, 5, 6):
        page.locator(f"#turn-{turn} [data-do=pin]").last.click()
        expect(page.locator(f"#judged-{turn}")).not_to_be_empty()
    walk.sees("judged")
    page.locator("#past").click()
    page.locator("#conversations [data-do=rename]").first.click()
    expect(page.locator("[data-title]")).to_be_focused()
    walk.sees("conversations")
    page.locator("#conversations [data-do=back]").click()
    page.locator("#conversations [data-do=delete]").first.click()
    expect(page.locator("#conversations [data-do=undo]")).to_be_focused()
    walk.sees("deleted")
    page.locator("[data-past]").click()
    walk.tab("Notizheft")
    page.locator("#notebook [data-do=remove]").last.click()
    expect(page.locator("#notebook [data-do=undo]")).to_be_focused()
    walk.sees("notebook")
    walk.tab("Modell")
    for kind in ("file", "endpoint"):
        page.locator(f"#model-kind input[value={kind}]").check()
    page.get_by_label("Adresse").fill("http://models.example.com/v1")
    expect(page.locator(".away")).to_be_visible()
    page.locator("#model").get_by_role("button", name="Verwenden").click()
    expect(page.locator("#model .said.wrong")).to_be_visible()
    walk.sees("model")
    walk.tab("Messung")
    page.locator("#evals-start:enabled").click()
    expect(page.locator("#evals-results table").first).to_be_visible()
    for case in page.locator("#evals-cases summary, #evals-cases .case-head").all():
        case.click()
    walk.sees("evals")
    page.goto(f"{complete}notebook/default.html")
    expect(page).to_have_title("Notizheft der Sammlung default")
    walk.sees("printed")
    walk.ends()


def test_all_of_a_page_over_a_folder_is_german(walk: Walk, tmp_path: Path) -> None:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "lease.md").write_text(f"# {MIMICS[0]}\n\nThe rent is £900 a month.\n\n## {MIMICS[1]}\n\nNo pets.\n")
    (folder / "empty.pdf").write_bytes(b"%PDF-1.4 nothing")
    workspace = Offline(Settings(home=tmp_path / "home"))
    served = ui.serve(workspace, desk=Desk(workspace), port=free_port(), prevent_thread_lock=True)
    page = walk.page
    open_at(page, str(served.local_url))
    expect(page.locator("#arrival")).to_be_visible()
    walk.sees("empty")
    walk.ask("Is anything there?", 1)
    walk.sees("nothing-indexed")
    walk.tab("Dokumente")
    expect(page.locator("#documents-listing")).not_to_be_empty()
    walk.sees("no-documents")
    page.locator("#documents-path input, #documents-path textarea").fill(str(folder))
    page.locator("#documents-add-folder").click()
    expect(page.locator(".doc-files summary").first).to_be_visible(timeout=OPENING)
    page.locator(".doc-files summary").first.click()
    page.locator(".doc-files [data-do=remove]").first.or_(page.locator(".doc-places [data-do=remove]")).first.click()
    expect(page.locator(".doc-sure")).to_be_visible()
    walk.sees("documents")
    page.locator("[data-do=overview]").first.click()
    expect(page.locator(".glance.one")).to_be_visible()
    walk.sees("overview")
    walk.tab("Messung")
    expect(page.locator("#evals-status .said")).to_be_visible()
    expect(page.locator(".proposed")).to_be_visible()
    walk.sees("no-evals")
    review = page.locator("#review")
    review.get_by_label("Wörter, die antworten").fill("nowhere")
    walk.press("Richtig")
    expect(page.locator("#review-notice .wrong")).to_be_visible()
    walk.sees("not-in-the-quote")
    walk.press("Weiter")
    expect(review.locator(".undo p")).to_contain_text("Für ein andermal gelassen:")
    walk.sees("passed-over")
    walk.press("Rückgängig")
    expect(review.locator(".undo")).to_have_count(0)
    walk.press("Richtig")
    expect(review.locator(".own li")).to_have_count(1)
    walk.sees("own-cases")
    walk.ends()
    served.close(verbose=False)


def test_what_looks_like_a_word_of_the_page_stays_as_it_is_written(
    browser: Browser, serve: Served, tmp_path: Path
) -> None:
    page = browser.new_page(locale="de-DE")
    open_at(page, serve(FakeWorkspace(tmp_path, Mimic("", MIMICS))))
    walk = Walk(page)
    walk.ask(MIMICS[0], 1)
    expect(page.locator("#turn-1 .question bdi")).to_have_text(MIMICS[0])
    expect(page.locator("#turn-1 .badge").first).to_have_text("◐ Teils gedeckt")
    walk.ask(MIMICS[1], 2)  # at which Gradio writes the first turn anew
    expect(page.locator("#turn-2 .statement").first).to_be_visible()
    assert page.locator("#turn-1 .statement").first.get_attribute("lang") == ""
    assert page.locator("#turn-1 .statement .peek").first.get_attribute("lang") == "de"
    assert set(page.locator("#evidence-1 .card h4").all_text_contents()) == set(MIMICS)
    page.locator("#turn-1 [data-do=pin]").first.click()
    expect(page.locator("#judged-1")).to_have_text("Im Notizheft angeheftet.")
    page.locator("#narrow > button").click()
    expect(page.locator("#sources .title").first).to_be_visible()
    page.locator("#past").click()
    expect(page.locator("#conversations .kept .title")).to_have_text(MIMICS[0])
    assert translated(page) == []
    page.locator("#turn-1 .open").first.click()
    expect(page.frame_locator("#reader iframe").locator("mark").first).to_be_visible()
    reader = page.frames[-1]
    assert (reader.title(), translated(reader)) == (MIMICS[0], [])
    page.locator("#reader [data-close]").click()
    walk.tab("Notizheft")
    expect(page.locator("#notebook h3")).to_contain_text(MIMICS[0])
    assert translated(page) == []
    assert page.evaluate("window.__x") is None
    page.close()


def test_a_person_chooses_the_language_and_the_browser_remembers_it(browser: Browser, complete: str) -> None:
    page = browser.new_page(locale="en-GB")
    open_at(page, complete)
    expect(page.get_by_role("tab", name="Ask")).to_be_visible()
    page.get_by_role("button", name="Deutsch").click()
    expect(page.get_by_role("tab", name="Fragen")).to_be_visible(timeout=OPENING)
    assert page.evaluate("[document.documentElement.lang, document.title]") == ["de", "Fragen Sie Ihre Dokumente"]
    open_at(page, complete)
    expect(page.get_by_role("tab", name="Fragen")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("tab", name="Ask")).to_be_visible(timeout=OPENING)
    page.close()


def test_the_language_that_was_set_holds_in_any_browser(browser: Browser, tmp_path: Path) -> None:
    served = ui.serve(
        FakeWorkspace(tmp_path, FakePipeline()), port=free_port(), language="de", prevent_thread_lock=True
    )
    page = browser.new_page(locale="en-GB")
    open_at(page, str(served.local_url))
    expect(page.get_by_role("tab", name="Fragen")).to_be_visible()
    page.goto(f"{served.local_url}document/default/nothing")
    expect(page.get_by_role("heading")).to_have_text("Nicht gefunden")
    page.close()
    served.close(verbose=False)
