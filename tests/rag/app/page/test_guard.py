"""The wall around the page: who is let in, whose requests are answered, and what Gradio never sees."""

from __future__ import annotations

import asyncio
import logging
from base64 import b64encode
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from starlette.requests import HTTPConnection
from starlette.responses import Response

import ui
from rag.app.library import jobs
from rag.app.page.door import Door, LinkDoor, PasswordDoor
from tests.fakes import FakePipeline, FakeWorkspace
from tests.leftovers import swept
from tests.rag.app.page.conftest import Attacker, free_port

pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),  # left by Gradio
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

JOBS = jobs.__name__
"""A job that an earlier test began may end while another runs."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    workspace = FakeWorkspace(tmp_path_factory.mktemp("home"), FakePipeline())
    page = ui.serve(workspace, port=free_port(), prevent_thread_lock=True)
    yield str(page.local_url).rstrip("/")
    page.close(verbose=False)
    del page
    swept()


@pytest.fixture(autouse=True)
def _uploads() -> None:
    ui._fence()  # the folder of uploads is read from the environment, which every test has emptied


@pytest.fixture
def browser(served: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served, trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def other(served: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served, trust_env=False, timeout=30) as client:
        yield client


def function(client: httpx.Client, event: str) -> dict[str, object]:
    calls = client.get("/config").json()["dependencies"]
    return next(call for call in calls if any(target[1] == event for target in call["targets"]))  # type: ignore[no-any-return]


def giving(client: httpx.Client, path: object) -> httpx.Response:
    """What is answered where a file at `path` is given to the Documents tab."""
    taking = function(client, "upload")
    file = {"path": path, "url": path, "orig_name": "x.txt", "meta": {"_type": "gradio.FileData"}}
    inputs = taking["inputs"]
    assert isinstance(inputs, list)
    data = [*[None] * (len(inputs) - 1), [file]]
    body = {"data": data, "fn_index": taking["id"], "session_hash": "giving"}
    return client.post("/gradio_api/queue/join", json=body)


# Whose requests are answered


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1:1", "http://localhost:5173", "null", "http://[", ""]
)
def test_a_foreign_origin_is_refused_with_every_method(browser: httpx.Client, method: str, origin: str) -> None:
    for path in ("/", "/config", "/document/default/wire", "/gradio_api/info", "/gradio_api/queue/data"):
        answer = browser.request(method, path, headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


def test_the_page_itself_is_answered(browser: httpx.Client, served: str) -> None:
    assert browser.get("/config", headers={"Origin": served}).status_code == 200


# What Gradio never sees


def test_a_file_is_one_that_the_same_browser_has_uploaded(browser: httpx.Client, other: httpx.Client) -> None:
    for client in (browser, other):
        client.get("/")
    (path,) = browser.post("/gradio_api/upload", files={"files": ("x.txt", b"A storm.")}).json()
    assert giving(other, path).status_code == 403
    assert giving(browser, path).status_code == 200
    assert giving(browser, [path]).status_code == 403


def test_a_program_that_never_opened_the_page_is_given_its_cookie_with_the_upload(browser: httpx.Client) -> None:
    (path,) = browser.post("/gradio_api/upload", files={"files": ("y.txt", b"Another storm.")}).json()
    assert giving(browser, path).status_code == 200


def test_the_server_fetches_nothing_for_a_caller(browser: httpx.Client, attacker: Attacker) -> None:
    browser.get("/")
    for path in (f"{attacker.address}/x", f"{attacker.address.upper()}/X", "/etc/passwd", "file:///etc/passwd", "", 7):
        assert giving(browser, path).status_code == 403
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        for data in ([file], [[{"deep": [file]}]], [{"question": file}]):
            assert browser.post("/gradio_api/call/chat", json={"data": data}).status_code == 403
    assert giving(browser, None).status_code == 403
    assert attacker.visits == []


@pytest.mark.parametrize("number", [-1, 10**9, 10**30, "0", None, True, 0.5, [0], {}])
def test_an_unknown_function_is_refused_without_a_traceback(
    browser: httpx.Client, number: object, caplog: pytest.LogCaptureFixture
) -> None:
    for body in ({"data": [], "fn_index": number, "session_hash": "s"}, {"data": [], "session_hash": "s"}):
        answer = browser.post("/gradio_api/queue/join", json=body)
        assert answer.status_code == 404
    of_the_call = [record for record in caplog.records if record.name != JOBS]
    assert [record for record in of_the_call if record.exc_info] == []


@pytest.mark.parametrize(
    "path", ["call/chat/../x", "call/chatter", "call/v2/chat", "queue/joins", "call/chat/a/b", "api"]
)
def test_nothing_stands_beside_the_routes_that_are_used(browser: httpx.Client, path: str) -> None:
    assert browser.post(f"/gradio_api/{path}", json={"data": ["x"]}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"\xff\xfe", 400), (b"[" * 100_000, 400), (b"[]", 404), (b'"x"', 404), (b" " * 9_000_000, 413)],
)
def test_whatever_is_posted_is_answered(browser: httpx.Client, body: bytes, status: int) -> None:
    answer = browser.post("/gradio_api/queue/join", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status


# Who is let in


def request(address: str = "10.0.0.5", path: str = "/", query: str = "", **headers: str) -> HTTPConnection:
    return HTTPConnection(
        {
            "type": "http", "method": "GET", "path": path, "query_string": query.encode(), "client": (address, 1),
            "server": ("127.0.0.1", 1), "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )  # fmt: skip


def refusal_of(door: Door, asking: HTTPConnection) -> Response | None:
    return asyncio.run(door.refusal(asking))


def login(password: str) -> str:
    return "Basic " + b64encode(f"me:{password}".encode()).decode()


def test_wrong_passwords_wait_longer_each_time_and_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    door = PasswordDoor("secret", lambda: now)

    def status(password: str, address: str = "10.0.0.5") -> int:
        refusal = refusal_of(door, request(address, authorization=login(password)))
        return refusal.status_code if refusal else 200

    with caplog.at_level(logging.WARNING):
        assert [status("a") for _ in range(3)] == [401] * 3
    assert "10.0.0.5 (3 in a row)" in caplog.text
    assert "secret" not in caplog.text
    assert status("secret") == 429, "while it waits, a guess is not even looked at"
    assert status("secret", "10.0.0.6") == 200
    waits = []
    for _ in range(9):
        begun = now
        while status("b") == 429:
            now += 0.5
        waits.append(now - begun)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    now += 60
    assert status("secret") == 200
    assert status("c") == 401


def test_no_password_is_no_wrong_password() -> None:
    door = PasswordDoor("secret")
    for _ in range(20):
        refusal = refusal_of(door, request())
        assert refusal is not None
        assert refusal.status_code == 401
    assert refusal_of(door, request(authorization=login("secret"))) is None


def test_a_subscribers_many_addresses_are_one() -> None:
    door = PasswordDoor("secret", lambda: 0.0)
    for number in range(3):
        refusal_of(door, request(f"2001:db8:1:2::{number}", authorization=login("a")))
    refused = refusal_of(door, request("2001:db8:1:2:ffff::1", authorization=login("secret")))
    assert refused is not None
    assert refusal_of(door, request("2001:db8:1:3::1", authorization=login("secret"))) is None


def test_addresses_of_ipv4_that_ipv6_wraps_wait_each_for_itself_and_as_the_bare_one() -> None:
    door = PasswordDoor("secret", lambda: 0.0)
    for _ in range(3):
        refusal_of(door, request("::ffff:10.0.0.5", authorization=login("a")))
    assert refusal_of(door, request("10.0.0.5", authorization=login("secret"))) is not None
    assert refusal_of(door, request("::ffff:10.0.0.6", authorization=login("secret"))) is None


def test_a_link_opens_the_page_in_one_browser() -> None:
    announced: list[str] = []
    door = LinkDoor(announced.append)
    link = door.link.removeprefix("/?")
    for wrong in (request(), request(query="token=x"), request(path="/config", query=link), request(cookie="rag-0=x")):
        refusal = refusal_of(door, wrong)
        assert refusal is not None
        assert refusal.status_code == 401
    welcome = refusal_of(door, request(query=link))
    assert welcome is not None
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/")
    cookie = SimpleCookie(welcome.headers["set-cookie"])
    ((name, morsel),) = cookie.items()
    assert morsel["httponly"]
    assert refusal_of(door, request(path="/config", cookie=f"{name}={morsel.value}")) is None
    again = refusal_of(door, request(query=link))
    assert again is not None
    assert again.status_code == 401
    assert announced == [door.link]
    assert door.link.removeprefix("/?") != link


def test_a_page_with_a_link_is_shown_to_who_opened_it_alone(tmp_path: Path) -> None:
    links: list[str] = []
    workspace = FakeWorkspace(tmp_path, FakePipeline())
    page = ui.serve(workspace, port=free_port(), announce=links.append, prevent_thread_lock=True)
    try:
        with httpx.Client(trust_env=False, follow_redirects=True) as owner, httpx.Client(trust_env=False) as stranger:
            base = str(page.local_url).rstrip("/")
            for path in ("/", "/config", "/document/default/wire", "/gradio_api/info"):
                assert stranger.get(base + path).status_code == 401
            opened = owner.get(links[0])
            assert (opened.status_code, str(opened.url)) == (200, f"{base}/")
            assert owner.get(f"{base}/config").status_code == 200
            assert stranger.get(links[0]).status_code == 401
            assert len(links) == 2
    finally:
        page.close(verbose=False)
        del page
        swept()
