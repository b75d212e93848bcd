"""From an empty home to a checked answer, on the Ask tab alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from index.types import Embedder
from rag.app.workspace import Workspace
from rag.settings import Settings
from tests.fakes import HashingEmbedder
from tests.rag.app.page.conftest import OPENING, Served, open_at

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
LEASE = """# Lease of Flat 4, Mill Lane

The landlord and the tenant agree on what follows.

## Rent

The rent is £1,045 a month, paid on the fifth.

## <img src=x onerror=window.__x=1>

The deposit is £1,200.
"""


class Offline(Workspace):
    """A workspace whose vectors come from hashing."""

    @property
    def embedder(self) -> Embedder:
        return HashingEmbedder()


@pytest.fixture
def lease(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "lease.md").write_text(LEASE)
    return folder


@pytest.fixture
def empty(browser: Browser, serve: Served, tmp_path: Path) -> Page:
    page = browser.new_page()
    open_at(page, serve(Offline(Settings(home=tmp_path / "home"))))
    expect(page.locator(".state")).to_contain_text("No documents yet")
    return page


def sees_the_lease_and_asks_what_is_offered(page: Page) -> None:
    expect(page.locator(".glance h4")).to_have_text("Lease of Flat 4, Mill Lane", timeout=OPENING)
    expect(page.locator(".glance .first")).to_have_text("“The landlord and the tenant agree on what follows.”")
    expect(page.locator(".glance .outline")).to_contain_text("Rent · <img src=x onerror=window.__x=1>")
    expect(page.locator(".state")).to_contain_text("1 document")
    page.get_by_role("button", name="What is the rent?").click(timeout=OPENING)
    expect(page.locator("#turn-1 .quote").first).to_contain_text("The rent is £1,045 a month", timeout=OPENING)
    expect(page.locator("#overview")).to_be_hidden()
    assert page.evaluate("window.__x") is None


def test_a_dropped_file_is_read_shown_and_asked_about(empty: Page, lease: Path) -> None:
    empty.locator("#arrival input[type=file]").set_input_files(lease / "lease.md")
    sees_the_lease_and_asks_what_is_offered(empty)
    empty.close()


def test_a_named_folder_is_read_and_opens_from_the_list_as_an_overview(empty: Page, lease: Path) -> None:
    folder = empty.get_by_label("or name a folder on this computer")
    folder.fill(str(lease / "none"))
    folder.press("Enter")
    expect(empty.get_by_role("alert")).to_contain_text("There is no folder or file")
    folder.fill(str(lease))
    empty.get_by_role("button", name="Add", exact=True).click()
    sees_the_lease_and_asks_what_is_offered(empty)
    empty.get_by_role("tab", name="Documents").click()
    empty.locator("#documents summary").first.click()
    empty.get_by_role("button", name="Overview").click()
    expect(empty.locator(".glance.one h4")).to_have_text("Lease of Flat 4, Mill Lane")
    expect(empty.get_by_role("button", name="What is the rent?")).to_be_visible(timeout=OPENING)
    empty.get_by_role("button", name="All documents").click()
    expect(empty.locator(".glance:not(.one) h4")).to_have_text("Lease of Flat 4, Mill Lane")
    empty.close()


def test_the_samples_are_the_third_way(empty: Page) -> None:
    empty.get_by_role("button", name="or try it with two sample documents").click()
    expect(empty.locator(".state")).to_contain_text("2 documents", timeout=OPENING)
    expect(empty.locator(".glance li")).to_have_count(2)
    empty.close()
