"""A page served over fake answers, a real Chromium to look at it with, and a server that hostile text points to."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, expect, sync_playwright

import ui
from rag.app.workspace import Workspace
from tests.conftest import ROOT
from tests.fakes import FakePipeline, FakeWorkspace
from tests.leftovers import swept

SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Served = Callable[[Workspace], str]
PATIENCE = 20_000
SCREENS = ROOT / "build" / "screens"
OPENING = 120_000
"""Milliseconds until a page works: a busy machine is slow to load it, and quick afterwards."""
expect.set_options(timeout=PATIENCE)


class Attacker(ThreadingHTTPServer):
    """A server that hostile text points to. It has to stay unvisited."""

    def __init__(self) -> None:
        self.visits: list[str] = []
        super().__init__(("127.0.0.1", 0), Visit)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class Visit(BaseHTTPRequestHandler):
    server: Attacker

    def do_GET(self) -> None:
        self.server.visits.append(self.path)
        self.send_response(204)
        self.end_headers()

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def attacker() -> Iterator[Attacker]:
    with Attacker() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def open_at(page: Page, address: str) -> None:
    """Opens the whole page, and returns when it works: the line under its title is told by the server."""
    page.goto(address, timeout=OPENING)
    expect(page.locator(".state")).not_to_be_empty(timeout=OPENING)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def picture(page: Page, name: str) -> None:
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.wait_for_timeout(400)
    page.screenshot(path=SCREENS / f"{name}.png")


def eventually(page: Page, holds: Callable[[], bool]) -> bool:
    """Whether `holds` says so within the time in which the page may be expected to; its events come in meanwhile."""
    until = time.monotonic() + PATIENCE / 1000
    while not holds() and time.monotonic() < until:
        page.wait_for_timeout(50)
    return holds()


@pytest.fixture(scope="module")
def serve() -> Iterator[Served]:
    """Serves the page over a workspace until the module's tests are done; its address."""
    pages = []

    def served(workspace: Workspace) -> str:
        page = ui.serve(workspace, port=free_port(), prevent_thread_lock=True)
        pages.append(page)
        return str(page.local_url)

    yield served
    for page in pages:
        page.close(verbose=False)
    pages.clear()
    swept()


@pytest.fixture(scope="module")
def pipeline(attacker: Attacker) -> FakePipeline:
    return FakePipeline(attacker.address)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def address(pipeline: FakePipeline, home: Path, serve: Served) -> str:
    return serve(FakeWorkspace(home, pipeline))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        reason = (
            "no chromium on PATH, so the page is not tested in a browser; install it with: apt-get install chromium"
        )
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=SWITCHES)
        yield browser
        browser.close()


class Visitor:
    """One tab, with every request it made and every complaint of its console."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", self._note_request)
        page.on("console", self._note_complaint)
        open_at(page, address)
        expect(page.locator(".state")).to_contain_text("2 documents · 70 passages")

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _note_complaint(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def ask(self, question: str) -> None:
        """Types the question and waits for its reply."""
        turns = self.page.locator("#chat .turn").count()
        self.send(question)
        expect(self.page.locator("#chat .turn")).to_have_count(turns + 1)

    def send(self, question: str) -> None:
        box = self.page.get_by_role("textbox", name="Your question")
        box.fill(question)
        box.press("Enter")

    def sees(self, text: str) -> None:
        """Waits until the evidence that can be seen has this text: it comes apart from the answer."""
        expect(self.page.locator(".evidence:visible", has_text=text)).to_have_count(1)


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Visitor]:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    yield Visitor(page, address)
    page.close()
