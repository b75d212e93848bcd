"""`python -m evals.bench.page`: how long a person waits for the page, in a real Chromium, beside bare Gradio.

Needs the development packages (Playwright) and a Chromium on the PATH. Prints Markdown; progress goes to stderr.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

import typer

from evals.bench import material
from evals.bench.measure import free_port, run, running, spread
from evals.bench.tables import Row, machine, render_rows
from evals.errors import EvalError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_HELLO = """
import os, sys
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
import gradio as gr
gr.Interface(lambda name: f"Hello {name}", "text", "text").launch(server_port=int(sys.argv[1]), quiet=True)
"""
_SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_PIECES = ("The ", "article ", "says ", "so ", "[1].")
_WATCH = """
() => {
  window.__first = 0; window.__done = 0;
  new MutationObserver(() => {
    if (!window.__first && document.querySelector("#live .statement")) window.__first = Date.now();
    if (!window.__done && document.querySelector("#chat .turn")) window.__done = Date.now();
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}
"""
_PATIENCE = 180


class _Model(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint that writes the same few words to any prompt, and notes when it began."""

    daemon_threads = True

    def __init__(self) -> None:
        self.began = 0.0
        super().__init__(("127.0.0.1", 0), _Writes)


class _Writes(BaseHTTPRequestHandler):
    server: _Model

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for place, piece in enumerate(_PIECES):
            if place == 0:
                self.server.began = 1000 * time.time()
            event = {"choices": [{"index": 0, "delta": {"content": piece}}]}
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.2)
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""


def start_seconds(browser: Browser, command: Callable[[int], Sequence[str]]) -> float:
    """From the start of a process until a text can be typed in its page."""
    port = free_port()
    begun = time.perf_counter()
    with running(command(port)):
        page = opened(browser, port)
        page.locator("textarea:visible, input[type=text]:visible").first.fill("a question")
        seconds = time.perf_counter() - begun
        page.close()
    return seconds


def first_word_ms(browser: Browser, home: Path, questions: Sequence[str]) -> list[float]:
    """From the model's own first word until it stands on the page, for each question that the model is asked."""
    with _Model() as model:
        threading.Thread(target=model.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{model.server_address[1]}/v1"
        config = home.parent / "model.toml"
        config.write_text(f'[llm]\nprovider = "openai"\nbase_url = "{address}"\nmodel = "writer"\n')
        port, waits = free_port(), []
        with running(_ours(home, "--config", str(config))(port)):
            page = opened(browser, port)
            for question in questions:
                model.began = 0.0
                _ask(page, question)
                page.wait_for_function("window.__done")
                if model.began:  # else the evidence could not carry an answer, and the model was not asked
                    waits.append(page.evaluate("window.__first") - model.began)
                page.get_by_role("button", name="New chat").click()
                page.locator(".welcome").wait_for()
        model.shutdown()
    return waits


def together_ms(
    browser: Browser, home: Path, questions: Sequence[str], visitors: int
) -> tuple[list[float], list[float]]:
    """Milliseconds to an answer of one browser alone, and of each of `visitors` that ask at once.

    Raises: EvalError, when one was shown another's question or no answer.
    """
    port = free_port()
    with running(_ours(home)(port)):
        alone = opened(browser, port)
        _ask(alone, questions[0])  # loads what is loaded once
        alone.wait_for_function("window.__done", timeout=1000 * _PATIENCE)
        single = []
        for question in questions[1:6]:
            alone.reload()
            alone.locator(".welcome").wait_for()
            single.append(_timed([alone], [question])[0])
        alone.close()
        pages = [opened(browser, port) for _ in range(visitors)]
        questions_of_each = [questions[place % len(questions)] for place in range(visitors)]
        crowd = _timed(pages, questions_of_each)
        for page, question in zip(pages, questions_of_each, strict=True):
            texts = page.locator("#chat .question bdi").all_inner_texts()
            if texts != [question] or not page.locator("#chat .quote, #chat .statement, #chat .refusal").count():
                raise EvalError(f"A browser that asked {question!r} was shown {texts!r}.")
    return single, crowd


def _timed(pages: Sequence[Page], questions: Sequence[str]) -> list[float]:
    for page, question in zip(pages, questions, strict=True):
        page.get_by_role("textbox", name="Your question").fill(question)
    begun = []
    for page in pages:
        page.evaluate(_WATCH)
        begun.append(page.evaluate("Date.now()"))
        page.get_by_role("button", name="Send").click(no_wait_after=True)
    for page in pages:
        page.wait_for_function("window.__done", timeout=1000 * _PATIENCE)
    return [page.evaluate("window.__done") - start for page, start in zip(pages, begun, strict=True)]


def _ask(page: Page, question: str) -> None:
    page.evaluate(_WATCH)
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")


def opened(browser: Browser, port: int) -> Page:
    """The page at a port of this machine, once one can type in it."""
    page = browser.new_page()
    page.set_default_timeout(1000 * _PATIENCE)
    page.goto(f"http://127.0.0.1:{port}/", wait_until="domcontentloaded")
    page.locator("textarea:visible, input[type=text]:visible").first.wait_for()
    return page


def _ours(home: Path, *more: str) -> Callable[[int], Sequence[str]]:
    return lambda port: (sys.executable, "-m", "rag", "ui", "--home", str(home), "--port", str(port), *more)


def chromium() -> str:
    """Where a Chromium is. Raises: EvalError, when none is on the PATH."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        raise EvalError("There is no Chromium on the PATH; install it, as with: apt-get install chromium")
    return path


def main(
    docs: Annotated[Path, typer.Option(help="The sample documents.")] = Path("seeds"),
    suite: Annotated[Path, typer.Option(help="The sample questions.")] = Path("evals/suites/seeds.jsonl"),
    repeats: Annotated[int, typer.Option(min=1, help="Starts of each page.")] = 5,
    visitors: Annotated[int, typer.Option(min=2, help="Browsers that ask at once.")] = 20,
) -> None:
    """Measure the page over the sample documents, and print Markdown."""
    from playwright.sync_api import sync_playwright

    questions, here = material.tune_questions(suite), machine()
    with tempfile.TemporaryDirectory(prefix="rag-bench-") as work, sync_playwright() as playwright:
        home = Path(work) / "home"
        run(("-m", "rag", "index", "--home", str(home), str(docs)))
        browser = playwright.chromium.launch(executable_path=chromium(), args=_SWITCHES)
        hello, ours = [], []
        for place in range(repeats):
            sys.stderr.write(f"bench: start {place + 1} of {repeats}\n")
            hello.append(start_seconds(browser, lambda port: (sys.executable, "-c", _HELLO, str(port))))
            ours.append(start_seconds(browser, _ours(home)))
        sys.stderr.write("bench: first words\n")
        first = spread(first_word_ms(browser, home, questions[:40]))
        sys.stderr.write(f"bench: {visitors} browsers at once\n")
        alone, crowd = together_ms(browser, home, questions[:visitors], visitors)
        browser.close()
    rows = [
        Row(f"`rag ui` until one can type, median of {repeats}", median(ours), "s", "bare Gradio", median(hello)),
        Row(f"the model's first word on the page, median of {first.n}", first.p50, "ms"),
        Row(f"the same, 95th percentile of {first.n}", first.p95, "ms"),
        Row(f"{visitors} browsers at once, 95th percentile", spread(crowd).p95, "ms", "one, median", median(alone)),
    ]  # fmt: skip
    sys.stdout.write(f"# The page\n\n{here}\n\n{render_rows(rows)}\n\n")
    sys.stdout.write(f"All {visitors} browsers were shown their own question with its answer.\n")


if __name__ == "__main__":
    typer.run(main)
