"""The whole path of a person, through the real program: add, ask, follow up, open, disagree, export, restart, measure.

The pictures it takes lie in `build/screens/` afterwards.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import ROOT
from tests.rag.app.page.conftest import free_port, open_at, picture, tab

pytestmark = pytest.mark.browser
SOON = 240_000  # the model is loaded, and turned into a graph, once


@contextmanager
def running(home: Path) -> Iterator[str]:
    """`rag ui` over `home` until the block ends, which Ctrl-C does without a word."""
    port = free_port()
    command = [sys.executable, "-m", "rag", "ui", "--home", str(home), "--port", str(port)]
    quiet = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen(command, env=quiet, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            address = f"http://127.0.0.1:{port}/"
            until = time.monotonic() + 120
            while time.monotonic() < until and process.poll() is None:
                try:
                    httpx.get(address, trust_env=False, timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield address
            process.send_signal(signal.SIGINT)
            _, wrong = process.communicate(timeout=60)
            assert "Traceback" not in wrong, wrong
        finally:
            process.kill()


@contextmanager
def visit(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    open_at(page, address)
    yield page
    assert complaints == []
    page.close()


def ask(page: Page, question: str, turn: int) -> None:
    box = page.get_by_role("textbox", name="Your question")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(f"#chat #turn-{turn}")).to_be_visible(timeout=SOON)


def test_the_whole_path(browser: Browser, seeds: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(home) as address, visit(browser, address) as page:
        expect(page.locator(".state")).to_contain_text("No documents yet")
        tab(page, "Documents")
        page.get_by_label("Add a folder or file on this computer").fill(str(seeds))
        page.get_by_role("button", name="Add", exact=True).click()
        expect(page.locator("#documents-status")).to_contain_text("Done: 2 new", timeout=SOON)
        picture(page, "documents")
        page.locator(".doc-files summary").nth(1).click()
        expect(page.locator(".doc-files")).to_contain_text("Long War Journal")

        tab(page, "Ask")
        expect(page.locator(".state")).to_contain_text("2 documents · 86 passages")
        ask(page, "How many civilians remain in Aleppo?", 1)
        expect(page.locator("#turn-1 blockquote").first).to_contain_text("300,000 civilians remain inside Aleppo")
        ask(page, "How many bakeries are left there?", 2)
        expect(page.locator("#turn-2 .understood")).to_contain_text("Aleppo")
        page.locator("#turn-2").get_by_role("link", name="Evidence 1").first.click()
        expect(page.locator("#evidence-2-1 mark").first).to_be_in_viewport()
        picture(page, "answer")
        page.locator("#turn-2 .open").first.click()
        words = page.frame_locator("#reader iframe").locator("mark").first
        expect(words).to_be_in_viewport()
        expect(words).to_contain_text("bakeries")
        picture(page, "document")
        page.get_by_role("button", name="Close").click()

        page.locator("#turn-2 .judge summary").click()
        page.locator("#turn-2").get_by_label("What would be right?").fill("two bakeries")
        page.get_by_role("button", name="Keep as a test case").last.click()
        expect(page.locator("#judged-2")).not_to_be_empty()
        ask(page, "Who opened ticket T-4499?", 3)
        expect(page.locator("#turn-3 .refusal")).to_contain_text("No answer.")
        picture(page, "refusal")
        with page.expect_download() as waiting:
            page.get_by_role("link", name="JSON").click()
        exported = json.loads(waiting.value.path().read_text("utf-8"))
        assert exported["turns"][0]["question"] == "How many civilians remain in Aleppo?"
        text = (seeds / exported["turns"][0]["answer"]["citations"][0]["path"]).read_text("utf-8")
        quote = exported["turns"][0]["answer"]["citations"][0]
        assert text[quote["start"] : quote["end"]] == quote["quote"]

    with running(home) as address, visit(browser, address) as page:
        page.get_by_role("button", name="Conversations").click()
        page.get_by_label("Search in titles").fill("bakeries")
        expect(page.locator("#conversations")).to_contain_text("How many civilians remain in Aleppo?")
        picture(page, "conversations")
        page.get_by_role("button", name="Open:").first.click()
        expect(page.locator("#chat .turn")).to_have_count(3, timeout=SOON)
        page.locator("#turn-1").get_by_role("link", name="Evidence 1").first.click()
        expect(page.locator("#evidence-1-1 mark").first).to_be_in_viewport()
        expect(page.locator("#evidence-1-1")).not_to_contain_text("changed")
        tab(page, "Model")
        picture(page, "model")
        tab(page, "Evals")
        expect(page.locator("#evals-suite input")).to_have_value("Your own cases", timeout=SOON)
        page.get_by_role("button", name="Run", exact=True).click()
        expect(page.locator(".view table").first).to_be_visible(timeout=SOON)
        picture(page, "evals")
        assert list((home / "evals" / "feedback").glob("*/results.jsonl"))
