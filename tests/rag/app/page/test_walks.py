"""Five tasks of somebody who never saw a terminal, over the real program: each at both sizes and in both themes.

The pictures they take lie in `build/screens/` afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import ui
from evals.desk import Desk
from index.indexing.build import build_index
from rag.app.workspace import Workspace
from rag.settings import load
from tests.leftovers import swept
from tests.rag.app.page.conftest import free_port, open_at, picture, tab

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
SOON = 240_000  # the model is loaded, and turned into a graph, once
SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
PAPERS = {
    "lease-mill-lane.md": """# Lease of Flat 4, Mill Lane

## Rent and deposit

The rent of Flat 4 is £1,045 a month, paid on the fifth. The deposit of Flat 4 is £1,200.

## Ending the lease

Either side may end this lease with eight weeks' notice in writing.

## Pets

No dog may be kept in the flat; a cat may, if the landlord agrees.
""",
    "lease-quay-street.md": """# Lease of Flat 9, Quay Street

## Rent and deposit

The rent of Flat 9 is £980 a month, paid on the first. The deposit of Flat 9 is £1,470.

## Ending the lease

Either side may end this lease with four weeks' notice in writing.
""",
    "boiler.eml": """From: Ana Ruiz <ana@mill-lane.example>
To: Tom Berg <tom@quay.example>
Subject: The boiler
Date: Tue, 3 Mar 2026 09:12:00 +0000
Content-Type: text/plain; charset=utf-8

Hello Tom,

the boiler of Flat 4 is replaced on 24 March, and the water is off from nine until noon.

Ana

On Mon, 2 Mar 2026 at 18:40, Tom Berg <tom@quay.example> wrote:
> The boiler of Flat 4 has lost pressure again. The plumber found a crack in the heat exchanger.
""",
    "prices.csv": """Item,Shop,Price,Valid from
Radiator key,Harbour Tools,£3.20,2026-01-01
Smoke alarm,Harbour Tools,£14.90,2026-01-01
Door lock,Brass & Co,£62.50,2026-02-01
Kitchen tap,Brass & Co,£48.00,2026-02-01
""",
}
CLICKS = 'window.clicks = 0; addEventListener("click", (event) => { clicks += event.isTrusted; }, true);'


class Sharing(Workspace):
    """A workspace with the models of another: they are loaded once for all homes."""

    def __init__(self, home: Path, models: Workspace | None = None) -> None:
        super().__init__(load(home=home))
        if models:
            self._embedder, self._reader = models.embedder, models._reader


@dataclass(frozen=True)
class Walker:
    """A person at the page; `name` says with which window and theme."""

    page: Page
    name: str
    on_phone: bool

    def at(self, address: str) -> Page:
        open_at(self.page, address)
        return self.page

    def ask(self, question: str, turn: int = 1) -> Locator:
        """The turn that answers the question."""
        box = self.page.get_by_role("textbox", name="Your question")
        box.fill(question)
        box.press("Enter")
        answered = self.page.locator(f"#chat #turn-{turn}")
        expect(answered).to_be_visible(timeout=SOON)
        return answered

    def sees(self, step: str) -> None:
        """Takes a picture; nothing on it reaches over the side of the window."""
        picture(self.page, f"walk-{step}-{self.name}")
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("papers")
    for name, text in PAPERS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def workspace(papers: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with Sharing(tmp_path_factory.mktemp("home")) as workspace:
        build_index(workspace.settings.for_index(), [papers], workspace.embedder)
        yield workspace


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    page = ui.serve(workspace, desk=Desk(workspace), port=free_port(), prevent_thread_lock=True)
    yield str(page.local_url)
    page.close(verbose=False)
    swept()


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=SIZES)
def walker(browser: Browser, request: pytest.FixtureRequest, scheme: str) -> Iterator[Walker]:
    width, height = SIZES[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        has_touch=request.param == "phone",
        permissions=["clipboard-read", "clipboard-write"],
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield Walker(page, f"{request.param}-{scheme}", request.param == "phone")
    context.close()
    assert complaints == []


def test_from_an_empty_home_to_the_first_answer_in_two_clicks(
    walker: Walker, workspace: Workspace, papers: Path, tmp_path: Path
) -> None:
    with Sharing(tmp_path / "home", workspace) as empty:
        served = ui.serve(empty, desk=Desk(empty), port=free_port(), prevent_thread_lock=True)
        walker.page.add_init_script(CLICKS)
        page = walker.at(str(served.local_url))
        walker.sees("1-empty")
        with page.expect_file_chooser() as choosing:
            page.locator("#arrival button", has_text="Drop").click()
        choosing.value.set_files(papers / "lease-mill-lane.md")
        expect(page.locator(".glance h4")).to_have_text("Lease of Flat 4, Mill Lane", timeout=SOON)
        expect(page.locator(".offers button").first).to_be_visible(timeout=SOON)
        walker.sees("1-overview")
        page.get_by_role("textbox", name="Your question").fill("How much is the deposit?")
        page.get_by_role("button", name="Send").click()
        quote = page.locator("#chat #turn-1 .quote").first
        expect(quote).to_contain_text("The deposit of Flat 4 is £1,200", timeout=SOON)
        assert page.evaluate("window.clicks") == 2
        walker.sees("1-answer")
        page.locator("#turn-1").get_by_role("link", name="Evidence 1").first.click()
        expect(page.locator("#evidence-1-1 mark").first).to_be_in_viewport()
        walker.sees("1-evidence")
        if walker.on_phone:
            page.locator("[data-shelve]:visible").click()
        page.locator("#turn-1 .open").first.click()
        expect(page.frame_locator("#reader iframe").locator("mark").first).to_be_in_viewport()
        walker.sees("1-document")
        page.goto("about:blank")  # else the page may complain of its server, which goes first
        served.close(verbose=False)
    swept()


def test_two_documents_are_compared(walker: Walker, address: str) -> None:
    page = walker.at(address)
    page.get_by_role("button", name="Search only some documents").click()
    for name in ("lease-mill-lane.md", "lease-quay-street.md"):
        page.locator("#sources").get_by_role("checkbox", name=name).click()
        expect(page.locator("#chips")).to_contain_text(name)
    walker.sees("2-chosen")
    turn = walker.ask("Which deposit is higher, that of Flat 4 or that of Flat 9?")
    expect(turn).to_contain_text("The deposit of Flat 4 is £1,200")
    expect(turn).to_contain_text("The deposit of Flat 9 is £1,470")
    expect(page.locator("#sources")).to_be_hidden()
    expect(turn).to_contain_text("Searched only what is in lease-mill-lane.md or lease-quay-street.md")
    walker.sees("2-compared")


def test_who_said_it_in_a_mail_is_found(walker: Walker, address: str) -> None:
    page = walker.at(address)
    turn = walker.ask("What did the plumber find in the boiler?")
    quote = turn.locator(".quote").first
    expect(quote).to_contain_text("a crack in the heat exchanger")
    expect(quote.locator(".who")).to_contain_text("Tom Berg")
    expect(quote.locator(".who")).to_contain_text("2 March 2026")
    walker.sees("3-answer")
    quote.locator(".open").click()
    words = page.frame_locator("#reader iframe").locator("mark.now").first
    expect(words).to_contain_text("heat exchanger")
    expect(words).to_be_in_viewport()
    walker.sees("3-mail")


def test_a_price_is_looked_up_and_copied_with_its_source(walker: Walker, address: str) -> None:
    page = walker.at(address)
    turn = walker.ask("What is the price of a smoke alarm?")
    expect(turn.locator(".cells strong").first).to_have_text("£14.90")
    turn.get_by_role("button", name="Copy with sources").click()
    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    walker.sees("4-copied")
    copied = str(page.evaluate("navigator.clipboard.readText()"))
    assert "£14.90" in copied
    assert "prices.csv" in copied


def test_a_wrong_answer_is_corrected_and_stands_in_evals(walker: Walker, address: str) -> None:
    page = walker.at(address)
    turn = walker.ask("When must the rent of Flat 4 be paid?")
    turn.locator(".judge summary").click()
    turn.get_by_label("What would be right?").fill("paid on the fifth")
    walker.sees("5-wrong")
    turn.get_by_role("button", name="Keep as a test case").click()
    expect(page.locator("#judged-1")).to_contain_text("Kept as a test case")
    walker.sees("5-judged")
    tab(page, "Evals")
    expect(page.locator("#evals-suite input")).to_have_value("Your own cases", timeout=SOON)
    walker.sees("5-evals")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#evals-status")).to_contain_text("The run has ended", timeout=SOON)
    expect(page.locator("#evals-results table").first).to_be_visible()
    walker.sees("5-measured")
