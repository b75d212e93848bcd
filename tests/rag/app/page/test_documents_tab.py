"""The Documents tab by a person's hands: adding, finding, removing, stopping, and collections, in a real browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

import ui
from index.store.collections import collections
from index.types import Embedder
from rag.app.library.library import Library
from rag.app.page.files import Look
from rag.app.page.style import stylesheet
from rag.app.page.tabs.documents import Session, documents_tab
from rag.app.workspace import Workspace
from rag.settings import Settings
from tests.fakes import WaitingEmbedder
from tests.leftovers import swept
from tests.rag.app.page.conftest import OPENING, free_port

gr = ui.gr
BROWSER = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
SOON = 30_000
RUN = 240_000
"""Until a run has ended: a new index is tried in a process of its own, which a busy machine is slow to start."""
MARKUP = "<img src=x onerror=window.__x=1>.txt"
LONG = "a-name-without-a-break-" + "x" * 200 + ".txt"


class Fake(Workspace):
    """A workspace whose embedder needs no model."""

    waits = WaitingEmbedder()

    @property
    def embedder(self) -> Embedder:
        return self.waits


@dataclass(frozen=True)
class Served:
    """A page that has the tab alone, its workspace, and a folder to add."""

    address: str
    workspace: Fake
    docs: Path


def page_of(workspace: Workspace) -> gr.Blocks:
    page = gr.Blocks(analytics_enabled=False)
    with page:
        collection = gr.State("default")
        with gr.Column(elem_id="page"), gr.Column(elem_classes="view"):
            tab = documents_tab(Library(workspace), collection)
        page.load(tab.refresh, tab.inputs, tab.outputs, show_progress="hidden", api_visibility="private")
    page.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, ssr_mode=False,
        run_history=False, share=False,
        css=stylesheet("base", "documents"), footer_links=[], max_file_size="1mb",
    )  # fmt: skip
    return page


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    ui._fence()
    docs = tmp_path_factory.mktemp("docs")
    (docs / MARKUP).write_text("Markup in a name is only a name.")
    (docs / LONG).write_text("A long name must not break the page.")
    (docs / "empty.txt").touch()
    workspace = Fake(Settings(home=tmp_path_factory.mktemp("home")))
    page = page_of(workspace)
    yield Served(str(page.local_url), workspace, docs)
    page.close(verbose=False)
    del page
    swept()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    ui._fence()  # the folder of uploads is read from the environment, which every test has emptied
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(served.address)
    expect(page.locator("#documents-listing section").first).to_be_visible(timeout=OPENING)
    yield page
    served.workspace.waits.go.set()
    page.close()


def status(page: Page, text: str) -> None:
    expect(page.locator("#documents-status .said")).to_contain_text(text, timeout=RUN)


def collection(page: Page, name: str) -> None:
    """A new, empty one, so that tests do not meet."""
    if not page.get_by_label("Name").is_visible():
        page.get_by_role("button", name="New collection").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.locator(".doc-empty h3")).to_have_text(f"Nothing in “{name}” yet", timeout=SOON)


def add_folder(page: Page, path: object) -> None:
    page.get_by_label("Add a folder or file on this computer").fill(str(path))
    page.get_by_role("button", name="Add", exact=True).click()


class TestByHand:
    pytestmark = BROWSER

    def test_a_folder_is_added_found_in_and_taken_out_again(self, page: Page, served: Served) -> None:
        collection(page, "folder")
        add_folder(page, served.docs)
        status(page, "Done: 2 new")
        expect(page.locator(".doc-files details")).to_have_count(2)
        expect(page.locator("#documents-listing .doc-left")).to_contain_text("holds no text")
        assert page.locator("#documents-listing img, #documents-places img").count() == 0
        assert page.evaluate("window.__x") is None
        page.locator(".doc-files summary").first.press("Enter")
        opened = page.locator(".doc-files a").first
        assert str(opened.get_attribute("href")).startswith("/document/folder/")
        page.get_by_label("Find by name, title or author").press_sequentially("onerror")
        expect(page.locator(".doc-name")).to_have_text([MARKUP])
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.get_by_role("button", name=f"Remove {served.docs}").click()
        keep = page.get_by_role("button", name="Keep")
        expect(keep).to_be_focused()
        expect(page.locator(".doc-sure")).to_contain_text("the files themselves are not touched")
        keep.press("Enter")
        expect(page.get_by_role("button", name=f"Remove {served.docs}")).to_be_focused()
        page.keyboard.press("Enter")
        page.locator(".doc-yes").click()
        status(page, "nothing is indexed in 'folder' any more")
        expect(page.locator(".doc-empty")).to_be_visible()
        assert (served.docs / MARKUP).exists()

    def test_uploads_are_indexed_once_and_deleted_after_a_question(self, page: Page, served: Served) -> None:
        collection(page, "uploads")
        news = {"name": "news.txt", "mimeType": "text/plain", "buffer": b"The harbour of Lissa was closed."}
        page.locator("input[type=file]").set_input_files([news, {**news, "name": MARKUP, "buffer": b"A storm."}])  # type: ignore[list-item]
        status(page, "Done: 2 new")
        page.locator("input[type=file]").set_input_files([{**news, "name": "twin.txt"}])  # type: ignore[list-item]
        status(page, "'twin.txt' is already there as 'news.txt'.")
        page.locator(".doc-files summary", has_text="news.txt").click()
        page.get_by_role("button", name="Remove news.txt").click()
        expect(page.locator(".doc-sure")).to_contain_text("deleted for good")
        page.locator(".doc-yes").click()
        status(page, "Removed. Done: 1 deleted")
        expect(page.locator(".doc-files details")).to_have_count(1)
        folder = served.workspace.settings.home / "uploads" / "uploads"
        assert [path.name for path in folder.iterdir() if path.name == "news.txt"] == []

    def test_a_run_shows_how_far_it_is_in_every_tab_and_can_be_stopped(
        self, page: Page, served: Served, browser: Browser
    ) -> None:
        served.workspace.waits.go.clear()
        add_folder(page, served.docs)
        expect(page.locator(".doc-run")).to_contain_text("Embedding passages", timeout=SOON)
        other = browser.new_page()
        other.goto(served.address)
        expect(other.locator(".doc-run")).to_contain_text("Embedding passages", timeout=OPENING)
        expect(other.get_by_role("button", name="Check for changes")).to_be_disabled()
        other.get_by_role("button", name="Stop").click()
        expect(page.locator(".doc-run")).to_contain_text("Stopping", timeout=SOON)
        served.workspace.waits.go.set()
        status(page, "Stopped; the index is as it was.")
        status(other, "Stopped; the index is as it was.")
        expect(page.get_by_role("button", name="Stop")).to_be_hidden()
        expect(page.get_by_role("button", name="Check for changes")).to_be_enabled()
        other.close()

    def test_a_run_is_not_told_of_where_another_collection_is_looked_at(self, page: Page, served: Served) -> None:
        collection(page, "first")
        served.workspace.waits.go.clear()
        add_folder(page, served.docs)
        expect(page.locator(".doc-run")).to_contain_text("Embedding passages", timeout=SOON)
        collection(page, "second")
        served.workspace.waits.go.set()
        until = time.monotonic() + RUN / 1000
        while "first" not in {found.name for found in collections(served.workspace.settings.home)}:
            assert time.monotonic() < until
            time.sleep(0.1)
        page.wait_for_timeout(1_000)  # twice as long as whoever follows the run pauses
        expect(page.locator(".doc-run")).to_have_count(0)
        expect(page.locator(".doc-empty h3")).to_have_text("Nothing in “second” yet")
        expect(page.get_by_role("button", name="Check for changes")).to_be_enabled()

    def test_what_cannot_be_done_is_one_sentence(self, page: Page, served: Served) -> None:
        add_folder(page, "/nowhere/at/all")
        alert = page.locator("#documents-status [role=alert]")
        expect(alert).to_contain_text("There is no folder or file '/nowhere/at/all'")
        add_folder(page, served.workspace.settings.home)
        expect(alert).to_contain_text("where the index itself is kept")
        page.get_by_role("button", name="New collection").click()
        page.get_by_label("Name").fill("../x")
        page.get_by_role("button", name="Create").click()
        expect(alert).to_contain_text("A collection cannot be named '../x'")
        page.get_by_role("button", name="Check for changes").click()
        expect(alert).to_contain_text("Nothing is indexed yet")


@pytest.mark.parametrize("data", [None, {}, [], {"do": 1}, {"do": "yes", "id": "x"}, {"do": "no such"}])
def test_an_event_may_hold_anything_and_does_nothing(tmp_path: Path, data: object) -> None:
    with gr.Blocks(analytics_enabled=False):
        state = gr.State("default")
        tab = documents_tab(Library(Fake(Settings(home=tmp_path / "home"))), state)
    handlers = tab.refresh.__self__  # type: ignore[attr-defined]
    assert list(handlers.act("default", Look(), Session(), gr.EventData(None, data))) == []
