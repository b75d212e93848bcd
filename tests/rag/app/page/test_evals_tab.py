"""The evals view in a real browser, over a desk that keeps its runs in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import ui
from index.errors import RagError
from rag.app.page.tabs.evals import evals_tab
from tests.fakes import FakePipeline, FakeWorkspace
from tests.leftovers import swept
from tests.rag.app.page.conftest import OPENING, free_port

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


@dataclass
class Suite:
    name: str
    halves: Mapping[str, int]
    problem: str | None = None


@dataclass
class StoredRun:
    name: str
    label: str


@dataclass
class Progress:
    done: int
    of: int
    ended: bool = False
    run: str | None = None
    seconds: float = 6.0


class FakeDesk:
    """Tells one case after another until it is let go, stopped or closed."""

    def __init__(self) -> None:
        self.go, self.closed = threading.Event(), threading.Event()
        self.kept: list[str] = []
        self.begun: list[tuple[str, str, str | None]] = []
        self.marked: list[tuple[str, str]] = []

    def suites(self, collection: str | None = None) -> list[Suite]:
        reason = "line 1, field 'id': it is missing."
        return [
            Suite("broken", {}, reason),
            Suite("seeds", {"tune": 5, "test": 9, "all": 14}),
            Suite("mine", {"all": 3}),
        ]

    def runs(self, suite: str) -> list[StoredRun]:
        return [StoredRun(name, f"Run {name}") for name in reversed(self.kept)]

    def run(
        self, suite: str, half: str, collection: str | None, stopped: Callable[[], bool] = lambda: False
    ) -> Generator[Progress, None, None]:
        if suite == "mine":
            raise RagError("Another run is going on; wait for its end.")
        self.begun.append((suite, half, collection))
        done = 0
        try:
            while not self.go.wait(0.05) and not stopped():
                done = min(done + 1, 8)
                yield Progress(done, 9)
        finally:
            self.closed.set()
        self.kept.append(f"r{len(self.kept) + 1}")
        yield Progress(done if stopped() else 9, 9, ended=True, run=self.kept[-1])

    def results(self, suite: str, run: str) -> str:
        return f"<h3>Numbers of {run}</h3>"

    def cases(self, suite: str, run: str, opened: str | None = None) -> str:
        does = "open" if opened is None else "close"
        button = f'<button type="button" data-do="{does}" data-id="4">Which river?</button>'
        return button + ("" if opened is None else f"<p>Case {opened} of {run}</p>")

    def mark(self, suite: str, run: str) -> None:
        self.marked.append((suite, run))


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def page(desk: FakeDesk, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    monkeypatch.setenv("GRADIO_ANALYTICS_MAX_EVENTS", "1")  # as `ui` sets it: no data frame is made of each call
    monkeypatch.setenv("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(10**9))
    with ui.gr.Blocks(analytics_enabled=False) as blocks:
        tab = evals_tab(desk, ui.gr.State("mine"), FakeWorkspace(tmp_path, FakePipeline()))
        blocks.load(tab.refresh, tab.inputs, tab.outputs, api_visibility="private")
    blocks.queue(default_concurrency_limit=8)
    blocks.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, ssr_mode=False
    )
    context = browser.new_context()
    page = context.new_page()
    page.goto(str(blocks.local_url))
    expect(page.get_by_role("radio", name="Test (9)")).to_be_checked(timeout=OPENING)
    yield page
    context.close()
    desk.go.set()
    blocks.close(verbose=False)
    del blocks
    swept()


def choose(page: Page, suite: str) -> None:
    page.get_by_role("combobox", name="Suite").click()
    page.get_by_role("option", name=suite).click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_suite_is_run_marked_and_its_cases_are_opened(page: Page, desk: FakeDesk) -> None:
    expect(page.get_by_text("No run of this suite is kept yet.")).to_be_visible()
    press(page, "Run")
    expect(page.get_by_role("progressbar")).to_have_attribute("max", "9")
    expect(page.get_by_text("left")).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    desk.go.set()
    expect(page.locator("#evals-status").get_by_role("status")).to_have_text(
        "The run has ended: 9 of 9 cases asked in 6 s."
    )
    expect(page.get_by_role("heading", name="Numbers of r1")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    assert desk.begun == [("seeds", "test", "mine")]

    press(page, "Make this the baseline")
    expect(page.locator("#evals-status").get_by_role("status")).to_contain_text("compared with this one")
    assert desk.marked == [("seeds", "r1")]

    case = page.get_by_role("button", name="Which river?")
    case.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Case 4 of r1")).to_be_visible()
    expect(case).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Case 4 of r1")).to_be_hidden()


def test_a_run_that_is_stopped_shows_what_was_asked(page: Page) -> None:
    press(page, "Run")
    expect(page.get_by_role("progressbar")).to_be_visible()
    press(page, "Stop")
    expect(page.locator("#evals-status").get_by_role("status")).to_contain_text("The run was stopped")
    expect(page.get_by_role("heading", name="Numbers of r1")).to_be_visible()
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()


def test_closing_the_tab_closes_the_run(page: Page, desk: FakeDesk) -> None:
    press(page, "Run")
    expect(page.get_by_role("progressbar")).to_be_visible()
    page.close()
    assert desk.closed.wait(20)
    assert not desk.go.is_set()


def test_what_cannot_be_run_says_why(page: Page, desk: FakeDesk) -> None:
    choose(page, "broken (does not read)")
    expect(page.locator("#evals-status").get_by_role("alert")).to_contain_text("field 'id': it is missing.")
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_disabled()
    choose(page, "mine")
    expect(page.get_by_role("radio", name="All (3)")).to_be_checked()
    press(page, "Run")
    expect(page.locator("#evals-status").get_by_role("alert")).to_have_text(
        "Another run is going on; wait for its end."
    )
    expect(page.get_by_role("button", name="Run", exact=True)).to_be_enabled()
    choose(page, "seeds")
    expect(page.get_by_role("radio", name="Test (9)")).to_be_checked()
    press(page, "Run")
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert desk.begun == [("seeds", "test", "mine")]
