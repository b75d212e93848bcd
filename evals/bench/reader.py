"""`python -m evals.bench.reader`: how much longer a large document takes to open at a quote than at its top.

Both are opened in the same browser, in turn; a time is from asking for the page until the words are in sight. Prints
the medians and their ratio. Needs Playwright and a Chromium.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from evals.bench.page import chromium
from index.store.corpus import Held, StoredPath
from index.types import Article, Document, Span
from rag.app.page.reader import Marks, Reading, text_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from starlette.types import ASGIApp

CHARACTERS = 5_000_000
TIMES = 5
AT_THE_TOP = "() => document.querySelector('.text p') !== null"
AT_THE_QUOTE = """() => {
  const mark = document.getElementById('hit-1'), at = mark && mark.getBoundingClientRect();
  return at && at.top > 0 && at.bottom < innerHeight;
}"""


def main() -> None:
    """Measure, and print a line of Markdown for each."""
    from playwright.sync_api import sync_playwright
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    held = _document(CHARACTERS)
    middle = Span(CHARACTERS // 2, CHARACTERS // 2 + 120)

    def read(request: Request) -> Response:
        marks = Marks.parse(request.query_params.get("at", ""), "")
        return StreamingResponse(text_page(Reading(held, marks)), media_type="text/html")

    with served(Starlette(routes=[Route("/", read)])) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        quoted = f"{address}/?at={middle.start}-{middle.end}#hit-1"
        pairs = [
            (_seconds(browser, address, AT_THE_TOP), _seconds(browser, quoted, AT_THE_QUOTE)) for _ in range(TIMES)
        ]
        browser.close()
    top, quote = (median(times) for times in zip(*pairs, strict=True))
    sys.stdout.write(
        f"A document of {CHARACTERS:,} characters, medians of {TIMES}: at its top {top:.2f} s, at a quote in its "
        f"middle {quote:.2f} s, ratio {quote / top:.2f}.\n"
    )


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The address of `app`, served on a free port of this machine until the end."""
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off", ws="none")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def _seconds(browser: Browser, address: str, seen: str) -> float:
    """From asking for a page until `seen` holds in a new window."""
    page = browser.new_page(viewport={"width": 700, "height": 800})
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(seen, polling="raf")
    spent = time.perf_counter() - begun
    page.close()
    return spent


def _document(characters: int) -> Held:
    """A long text of paragraphs of different lengths."""
    sentence = "The harbour of Lissa was closed on Monday, since a storm had broken the northern mole “in two”. "
    paragraphs = (f"{number}. {sentence * (1 + number * 7 % 9)}\n\n" for number in range(characters))
    parts: list[str] = []
    size = 0
    while size < characters:
        parts.append(next(paragraphs))
        size += len(parts[-1])
    text = "".join(parts)[:characters]
    document = Document("0" * 16, "0" * 64, text, "utf-8")
    article = Article(document.id, 0, Span(0, characters))
    return Held(document, (article,), (StoredPath("long.txt", Path("/long.txt"), document.id, characters, 0),))


if __name__ == "__main__":
    main()
