"""`python -m evals.bench.many`: how much longer lists of documents take in a home of 10,000 than in one of 10.

Each home has its page in a process of its own; a time is from the press on “Documents”, or on the fold of the list to
tick, until its first rows stand there. Prints the medians and their ratios. Needs Playwright and a Chromium.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from evals.bench.measure import free_port, fresh, running
from evals.bench.page import chromium, opened
from evals.bench.static import StaticEmbedder
from evals.bench.tables import Row, machine, render_rows
from index.indexing.build import build_index
from index.types import Embedder
from rag.app.workspace import Workspace
from rag.settings import load

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_PAGE = """
import sys, threading
from pathlib import Path
import ui
from evals.bench.many import Quick
from rag.settings import load
ui.serve(Quick(load(home=Path(sys.argv[1]), environ={})), port=int(sys.argv[2]))
"""
_FOLDERS = 100
_SUBJECTS = ("bridge", "harbour", "orchard", "kiln", "ferry", "choir", "quarry", "windmill", "market", "lantern")


def write(folder: Path, documents: int) -> None:
    """So many small files, in folders of a hundred."""
    for number in range(documents):
        file = folder / f"{number // _FOLDERS:03}" / f"{number:05}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        subject = _SUBJECTS[number % len(_SUBJECTS)]
        file.write_text(
            f"# The {subject} of {number}\n\nThe {subject} was mended in {1000 + number}.\n", encoding="utf-8"
        )


class Quick(Workspace):
    """A workspace whose vectors are made without reading context."""

    @property
    def embedder(self) -> Embedder:
        """The quick one."""
        return StaticEmbedder()


def build(folder: Path, home: Path) -> None:
    """Index what lies in a folder."""
    with Quick(load(home=home, environ={})) as workspace:
        build_index(workspace.for_index("default"), [folder], workspace.embedder)


def seconds(browser: Browser, port: int, press: Callable[[Page], None], row: str) -> float:
    """On a page just opened, from a press until the first row stands there."""
    page = opened(browser, port)
    page.wait_for_function("document.querySelector('.state')?.textContent")
    page.locator(".glance li").first.wait_for()  # all that the page loads of itself has come
    begun = time.perf_counter()
    press(page)
    page.locator(row).first.wait_for()
    waited = time.perf_counter() - begun
    page.close()
    return waited


def to_documents(page: Page) -> None:
    """Open the tab."""
    page.get_by_role("tab", name="Documents").click()


def to_sources(page: Page) -> None:
    """Open the list to tick."""
    page.get_by_role("button", name="Search only some documents").click()


LISTS = {
    "Documents": (to_documents, ".doc-files li"),
    "the list to tick": (to_sources, "#sources [role=checkbox]"),
}


def measure(browser: Browser, home: Path, repeats: int) -> Mapping[str, float]:
    """The median for each list of a home."""
    port = free_port()
    with running((sys.executable, "-W", "ignore", "-c", _PAGE, str(home), str(port))):
        waits = {name: [seconds(browser, port, *how) for _ in range(repeats)] for name, how in LISTS.items()}
    return {name: median(each) for name, each in waits.items()}


def main(
    few: Annotated[int, typer.Option(min=1, help="Documents of the small home.")] = 10,
    many: Annotated[int, typer.Option(min=2, help="Documents of the large home.")] = 10_000,
    repeats: Annotated[int, typer.Option(min=1, help="Pages opened for each list.")] = 7,
) -> None:
    """Measure both homes, and print Markdown."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="rag-bench-") as work, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        waits = {}
        for size in (few, many):
            sys.stderr.write(f"bench: {size:,} documents\n")
            folder, home = Path(work, f"docs-{size}"), Path(work, f"home-{size}")
            write(folder, size)
            fresh(build, folder, home)
            waits[size] = measure(browser, home, repeats)
        browser.close()
    rows = [
        Row(f"{name} of {many:,}, median of {repeats}", waits[many][name], "s", f"of {few}", waits[few][name])
        for name in LISTS
    ]
    sys.stdout.write(f"# Lists of many documents\n\n{machine()}\n\n{render_rows(rows)}\n")


if __name__ == "__main__":
    typer.run(main)
