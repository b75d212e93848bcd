"""The Model tab: where the words go, what a test of a model found, and a person's choice in the settings file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from rag.answering.probe import Probe
from rag.app.model_form import description
from rag.app.page.model import hint, nearby, now, result
from rag.app.workspace import Workspace
from rag.providers.nearby import Program
from rag.settings import load
from tests.fakes import FakePipeline, FakeWorkspace
from tests.rag.app.page.conftest import Served, free_port, open_at, picture
from tests.rag.providers.endpoint import lists, says, serving, stalls

BROWSER = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
RIGHT = (says("All 41 passengers were taken ashore", " by fishing boats [1]."), says("NOT IN THE PASSAGES"))
KEY = "sk-proj-abcdefghijklmnop1234567890"


def test_another_computer_is_named_and_this_one_is_not() -> None:
    assert "api.example.com" in hint("endpoint", "https://api.example.com/v1")
    assert "not encrypted" in hint("endpoint", "http://10.0.0.7:8000/v1")
    assert "not encrypted" not in hint("endpoint", "https://api.example.com/v1")
    for kind, address in [("endpoint", "http://localhost:11434/v1"), ("endpoint", {"a": 1}), ("file", "http://a.b")]:
        assert "away" not in hint(kind, address)
    assert "sent to its address" in hint("endpoint", "")


def test_what_a_model_or_a_person_wrote_is_never_live() -> None:
    live = "<img src=http://a onerror=x>\u202e"
    found = Probe(live, 3600, live * 40, 400, None, cites=False, right=False, declines=True)
    shown = result(found) + now(live) + hint("endpoint", f"http://{live}/") + hint(live, live)
    shown += nearby([Program(live, f"http://{live}/", (live, '" data-do="x')), Program("Empty", "", ())])
    assert "<img" not in shown
    assert "\u202e" not in shown
    assert 'data-do="x"' not in shown
    assert "has no model yet" in shown
    assert (shown.count("✕"), shown.count("✓")) == (2, 1)
    assert "the first word after 0.4 seconds" in shown


@pytest.fixture(scope="module")
def workspace(home: Path) -> Workspace:
    return FakeWorkspace(home, FakePipeline())


@pytest.fixture(scope="module")
def place(workspace: Workspace, serve: Served) -> str:
    return serve(workspace)


@pytest.fixture
def page(browser: Browser, place: str, workspace: Workspace) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 390, "height": 844})
    open_at(opened, place)
    opened.get_by_role("tab", name="Model").click()
    expect(opened.get_by_role("heading", name="Model", exact=True)).to_be_visible()
    expect(opened.locator("#model")).to_contain_text(description(workspace.settings.llm))
    yield opened
    opened.close()


def fill(page: Page, address: str) -> None:
    page.get_by_label("An endpoint").check()
    page.get_by_label("Address").fill(address)
    page.get_by_label("Model", exact=True).fill("qwen2.5:7b")


class TestInABrowser:
    pytestmark = BROWSER

    def test_a_model_is_tried_and_put_to_use(self, page: Page, workspace: Workspace, home: Path) -> None:
        (home / "rag.toml").write_text("# mine\n[llm]\ntimeout = 20 # patient\n")
        with serving(*RIGHT) as endpoint:
            fill(page, endpoint.url)
            page.get_by_role("button", name="Test").click()
            expect(page.locator(".trial .badge.supported")).to_have_count(3)
            page.get_by_role("button", name="Use it").click()
            line = f"qwen2.5:7b at {endpoint.url.split('/')[2]}"
            expect(page.get_by_text(f"From the next question on: {line}.")).to_be_visible()
            expect(page.locator("#bar")).to_contain_text(line)
        assert workspace.settings.llm.base_url == endpoint.url
        assert load(home=home).llm.model == "qwen2.5:7b"
        assert (home / "rag.toml").read_text().startswith("# mine\n[llm]\ntimeout = 20 # patient\n")
        assert page.evaluate("document.documentElement.scrollWidth") == 390

    def test_what_runs_here_is_looked_for_at_a_press_and_fills_the_form(
        self, page: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving(lists("qwen2.5:7b", "tiny <b>")) as endpoint:
            monkeypatch.setattr("rag.providers.nearby.USUAL", {"Ollama": endpoint.url})
            page.get_by_label("An endpoint").check()
            expect(page.get_by_label("Address")).to_be_visible()
            assert endpoint.requests == []
            page.get_by_role("button", name="Look for models on this computer").click()
            page.get_by_role("button", name="tiny <b>").click()
            expect(page.get_by_label("Model", exact=True)).to_have_value("tiny <b>")
            page.get_by_label("Quotes only").check()
            page.get_by_role("button", name="qwen2.5:7b").click()
            expect(page.get_by_label("An endpoint")).to_be_checked()
            expect(page.get_by_label("Model", exact=True)).to_have_value("qwen2.5:7b")
            expect(page.get_by_label("Address")).to_have_value(endpoint.url)
            assert [path for path, _, _ in endpoint.requests] == ["/v1/models"]
            picture(page, "model-nearby")

    def test_where_nothing_runs_it_says_so(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rag.providers.nearby.USUAL", {"Ollama": f"http://127.0.0.1:{free_port()}/v1"})
        page.get_by_role("button", name="Look for models on this computer").click()
        expect(page.locator("#model")).to_contain_text("None of these answers on this computer: Ollama, LM Studio")

    def test_a_test_can_be_stopped(self, page: Page) -> None:
        with serving(stalls()) as endpoint:
            fill(page, endpoint.url)
            page.get_by_role("button", name="Test").click()
            page.get_by_role("button", name="Stop").click()
            expect(page.get_by_role("alert")).to_contain_text("The test was stopped")
            expect(page.get_by_role("button", name="Test")).to_be_enabled()
            expect(page.get_by_role("button", name="Stop")).to_be_hidden()

    def test_a_key_that_is_typed_is_taken_out_and_not_repeated(self, page: Page, home: Path) -> None:
        before = (home / "rag.toml").read_text() if (home / "rag.toml").exists() else ""
        fill(page, "https://api.example.com/v1")
        expect(page.locator(".away")).to_contain_text("api.example.com")
        page.get_by_label("Environment variable").fill(KEY)
        page.get_by_role("button", name="Use it").click()
        expect(page.get_by_role("alert")).to_contain_text("never typed here")
        expect(page.get_by_label("Environment variable")).to_have_value("")
        assert KEY not in page.content()
        assert ((home / "rag.toml").read_text() if before else "") == before
