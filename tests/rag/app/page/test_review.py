"""Suggested questions are looked at in Evals, one by one, and what is right is run as a suite of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import ui
from evals.cases import load_suite
from evals.desk import Desk
from index.store.corpus import Held
from rag.app.conversations.feedback import Feedback
from rag.app.conversations.review import Proposed
from rag.app.page.review import own_cases, proposal
from rag.app.page.style import stylesheet
from rag.app.page.tabs.evals import evals_tab
from rag.asking.suggest import DocumentSpan
from tests.fakes import FakePipeline, FakeWorkspace
from tests.leftovers import swept
from tests.rag.app.conversations.test_review import DEPOSIT, RENT, TEXT, Household, span_of
from tests.rag.app.page.conftest import OPENING, free_port, picture
from tests.rag.app.page.test_whole_page import AXE, VIOLATIONS

HOSTILE = "<img src=x onerror=alert(1)>"


class Lease(FakePipeline):
    """As `Household`; whatever is asked, the answer is prepared."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = {"lease": TEXT}
        self.house = Household()

    def documents(self, most: int) -> tuple[Held, ...]:
        return self.house.documents(most)

    def entries(self) -> tuple[()]:  # type: ignore[override]
        return ()

    def finds(self, question: str) -> DocumentSpan | None:
        return self.house.finds(question)


def test_hostile_words_of_a_question_or_a_case_are_text() -> None:
    one = Proposed(HOSTILE, "lease", HOSTILE, span_of("The rent"), HOSTILE, None, is_first=True)
    case = {"id": HOSTILE, "question": HOSTILE, "kind": HOSTILE, "evidence": [{"file": HOSTILE, "quote": HOSTILE}, 1]}
    html = proposal("default", one) + own_cases([case, {"id": 1, "evidence": 7}])
    assert "<img" not in html


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    made = Feedback(tmp_path)
    made.add(FakePipeline().ask("Who baked the cake?"), (), True)
    return made


@pytest.fixture
def page(tmp_path: Path, feedback: Feedback, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setenv("GRADIO_ANALYTICS_MAX_EVENTS", "1")
    monkeypatch.setenv("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
    workspace = FakeWorkspace(tmp_path, Lease())
    with ui.gr.Blocks(analytics_enabled=False) as blocks, ui.gr.Column(elem_id="page"):
        tab = evals_tab(Desk(workspace), ui.gr.State("default"), workspace)
        assert tab.review is not None
        blocks.load(tab.refresh, tab.inputs, tab.outputs, api_visibility="private")
        blocks.load(tab.review.refresh, tab.review.inputs, tab.review.outputs, api_visibility="private")
    blocks.queue(default_concurrency_limit=8)
    blocks.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, ssr_mode=False,
        css=stylesheet(),
    )  # fmt: skip
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(str(blocks.local_url))
    expect(page.locator(".proposed h4")).to_have_text(RENT, timeout=OPENING)
    yield page
    context.close()
    blocks.close(verbose=False)
    del blocks
    swept()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.browser
@pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning")  # left by Gradio
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_questions_are_looked_at_one_by_one_and_become_a_suite_that_is_run(page: Page, feedback: Feedback) -> None:
    expect(page.locator(".proposed strong")).to_have_text("£1,045 a month")
    expect(page.locator(".own li")).to_have_count(1)
    picture(page, "review-1280")
    page.set_viewport_size({"width": 390, "height": 800})
    picture(page, "review-390")
    page.evaluate(AXE)
    assert page.evaluate(VIOLATIONS.replace("document", "'#review'", 1)) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.set_viewport_size({"width": 1280, "height": 800})

    field = page.get_by_label("Words that answer")
    expect(field).to_have_value("£1,045 a month")
    field.fill("£900")
    press(page, "Right")
    expect(page.locator("#review-notice").get_by_role("alert")).to_contain_text("have to stand in the quote")
    field.fill("£1,045")
    page.get_by_role("button", name="Right", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".proposed h4")).to_have_text(DEPOSIT)
    expect(page.get_by_role("button", name="Right", exact=True)).to_be_focused()
    expect(page.locator(".own li")).to_have_count(2)
    expect(page.locator(".own li").first).to_contain_text(RENT)
    expect(page.get_by_role("radio", name="All (2)")).to_be_checked()
    assert [case.question for case in load_suite(feedback.suite)] == ["Who baked the cake?", RENT]
    assert load_suite(feedback.suite)[1].answers == ("£1,045",)
    expect(page.locator("#review-notice")).not_to_contain_text("have to stand")

    press(page, "Wrong")
    expect(page.get_by_text("suggest no further question")).to_be_visible()
    press(page, "Undo")
    expect(page.locator(".proposed h4")).to_have_text(DEPOSIT)
    press(page, "Next")
    expect(page.get_by_text("suggest no further question")).to_be_visible()

    press(page, f"Remove: {RENT}")
    expect(page.locator(".own li")).to_have_count(1)
    expect(page.get_by_role("radio", name="All (1)")).to_be_checked()
    press(page, "Undo")
    expect(page.locator(".own li")).to_have_count(2)
    expect(page.get_by_role("radio", name="All (2)")).to_be_checked()

    press(page, "Run")
    expect(page.locator("#evals-status")).to_contain_text("The run has ended: 2 of 2 cases asked")
    expect(page.locator("#evals-suite input")).to_have_value("Your own cases")
