"""The page without a browser: what is rendered, what is refused, and what the server lets through."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

import ui
from index.errors import NoIndex, RagError
from index.types import IndexState
from rag.app.page.bar import _state_line
from rag.app.page.talk import Exchange, Question, exchange
from rag.contract import as_json
from tests.conftest import ROOT
from tests.fakes import FakePipeline, FakeWorkspace
from tests.leftovers import swept
from tests.rag.app.page.conftest import free_port

pytestmark = [  # Gradio leaves event loops open when it builds a page, and a socket open when a port is taken
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


def ask(question: object, *, past: tuple[Exchange, ...] = (), pipeline: FakePipeline | None = None) -> Exchange:
    return exchange(pipeline or FakePipeline(), Question(question), past, "default")


# --- one turn after another ------------------------------------------------------------------------------------


def test_a_follow_up_is_shown_as_it_was_understood_and_is_given_the_earlier_turns() -> None:
    pipeline = FakePipeline()
    first = ask("What was struck?", pipeline=pipeline)
    second = ask("And was anyone hurt there?", past=(first,), pipeline=pipeline)
    assert "Read as" not in first.chat
    assert "Read as: " in second.chat
    assert "Was anyone hurt near Masra?" in second.chat
    assert [turn.question for turn in pipeline.asked[1][1]] == ["What was struck?"]
    assert 'href="#evidence-2-1"' in second.chat
    assert 'id="evidence-2-1"' in second.evidence


def test_a_follow_up_that_is_asked_alone_is_given_no_earlier_turns() -> None:
    pipeline = FakePipeline()
    first = ask("What was struck?", pipeline=pipeline)
    second = exchange(pipeline, Question("And was anyone hurt there?", alone=True), (first,), "default")
    assert pipeline.asked[1] == ("And was anyone hurt there?", ())
    assert "Read as" not in second.chat


def test_a_document_that_is_gone_leaves_its_passage_and_claims_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Forgetful(FakePipeline):
        def text(self, document_id: str) -> str:
            raise NoIndex("Nothing is indexed; run rag index.")

    evidence = ask("What was struck?", pipeline=Forgetful()).evidence
    assert "<mark>who blamed an electrical fault</mark>" in evidence
    assert "verbatim" not in evidence
    assert "cannot be read again" in caplog.text


# --- what can go wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"a": 1}, "has to be text"),
        (["l"], "has to be text"),
        (None, "has to be text"),
        (7, "has to be text"),
        ("", "is empty"),
        (" \n\t", "is empty"),
        ("x" * 4001, "has 4,001 characters"),
        ("x" * 1_000_000, "has 1,000,000 characters"),
    ],
)
def test_a_question_that_is_none_gets_a_sentence_and_never_reaches_the_pipeline(
    question: object, sentence: str
) -> None:
    pipeline = FakePipeline()
    turn = ask(question, pipeline=pipeline)
    assert sentence in turn.chat
    assert len(turn.chat) < 2000
    assert turn.turn is None
    assert pipeline.asked == []
    assert "Nothing was read for question 1." in turn.evidence


def test_control_characters_and_lone_surrogates_in_a_question_are_shown_as_marks() -> None:
    turn = ask("a\x00b \ud800 c\u202ed")
    assert "a‹U+0000›b \N{REPLACEMENT CHARACTER} c‹U+202E›d" in turn.chat
    turn.chat.encode()


def test_an_error_of_ours_is_its_sentence_escaped() -> None:
    chat = ask("raise rag").chat
    assert "The index is damaged at &lt;b&gt;" in chat


def test_any_other_error_tells_nothing_of_the_inside_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        turn = ask("raise other")
    assert "Something went wrong" in turn.chat
    assert "secret detail" not in turn.chat
    assert "Traceback" not in turn.chat
    assert "secret detail" in caplog.text


def test_a_failed_turn_is_not_history() -> None:
    pipeline = FakePipeline()
    failed = ask("raise rag", pipeline=pipeline)
    second = ask("What was struck?", past=(failed,), pipeline=pipeline)
    assert pipeline.asked[-1][1] == ()
    assert 'id="turn-2"' in second.chat


# --- the server ------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _leaks_end_here() -> Iterator[None]:
    """What Gradio leaves open is collected under this module's filters, not in some later test."""
    yield
    swept()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    workspace = FakeWorkspace(tmp_path_factory.mktemp("home"), FakePipeline())
    page = ui.serve(workspace, port=free_port(), prevent_thread_lock=True)
    yield str(page.local_url).rstrip("/")
    page.close(verbose=False)
    del page
    swept()


@pytest.fixture
def client(served: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served, trust_env=False, timeout=30) as client:
        yield client


def test_the_page_is_served_with_a_policy_that_names_no_other_host(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "connect-src 'self'" in policy
    assert "http" not in policy
    assert "*" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0", "169.254.169.254"])
def test_another_host_name_is_refused(client: httpx.Client, host: str) -> None:
    assert client.get("/config", headers={"Host": host}).status_code == 400
    asked = client.post("/gradio_api/queue/join", headers={"Host": host}, json=question(client, "x"))
    assert asked.status_code == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", "http://localhost"])
def test_a_foreign_origin_cannot_ask(client: httpx.Client, origin: str) -> None:
    asked = client.post("/gradio_api/queue/join", headers={"Origin": origin}, json=question(client, "x"))
    assert asked.status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../../../etc/passwd",
        "/gradio_api/file=%2Fetc%2Fpasswd",
        "/gradio_api/file=http://127.0.0.1:80",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=http://127.0.0.1:80",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/vibe-code",
        "/gradio_api/mcp/",
        "/file=/etc/passwd",
        "/monitoring/summary",
        "/static/..%2f..%2fetc/passwd",
        "/assets/..%2f..%2fetc/passwd",
    ],
)
def test_no_file_and_no_needless_route_is_served(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text


@pytest.mark.parametrize("path", ["call/ask", "run/ask", "api/ask", "component_server", "vibe-edit", "reset"])
def test_no_needless_route_takes_anything(client: httpx.Client, path: str) -> None:
    assert client.post(f"/gradio_api/{path}", json={"data": ["x"]}).status_code == 404


def test_one_endpoint_is_public(client: httpx.Client) -> None:
    assert list(client.get("/gradio_api/info").json()["named_endpoints"]) == ["/chat"]
    assert client.get("/gradio_api/info").json()["unnamed_endpoints"] == {}
    calls = client.get("/config").json()["dependencies"]
    assert {call["api_name"] for call in calls if call["api_visibility"] != "private"} == {"chat"}


def test_a_program_asks_and_gets_the_object_of_the_contract(served: str) -> None:
    from gradio_client import Client

    program = Client(served, verbose=False)
    answer = json.loads(program.predict("What was struck?", api_name="/chat"))
    assert answer == json.loads(json.dumps(as_json(FakePipeline().ask("What was struck?"))))
    turns = [{"question": "What was struck?", "answer": answer["text"]}]
    follow_up = json.loads(program.predict("And was anyone hurt?", turns, api_name="/chat"))
    assert follow_up["standalone_question"] == "Was anyone hurt near Masra?"
    for asked, history, sentence in (
        ("", [], "is empty"),
        ("raise rag", [], "damaged"),
        ("x", [{"a": "b"}], "history"),
    ):
        with pytest.raises(Exception, match=sentence) as caught:
            program.predict(asked, history, api_name="/chat")
        assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("given", ["", "Basic !!", "Bearer secret", "Basic " + b64encode(b"x:wrong").decode()])
def test_with_a_password_nothing_is_shown_without_it(tmp_path: Path, given: str) -> None:
    workspace = FakeWorkspace(tmp_path, FakePipeline())
    page = ui.serve(workspace, port=free_port(), password="secret", prevent_thread_lock=True)
    try:
        with httpx.Client(base_url=str(page.local_url), trust_env=False) as client:
            right = {"Authorization": "Basic " + b64encode(b"anyone:secret").decode()}
            assert client.get("/config", headers=right).status_code == 200
            for path in ("/", "/config", "/document/default/wire", "/gradio_api/info"):
                assert client.get(path, headers={"Authorization": given}).status_code in (401, 429)
    finally:
        page.close(verbose=False)


def test_the_configuration_names_no_outside_address_and_offers_nothing_of_gradio(client: httpx.Client) -> None:
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config["footer_links"] == []
    assert not config.get("run_history")


def question(client: httpx.Client, asked: object, session: str = "s") -> dict[str, object]:
    config = client.get("/config").json()
    (box,) = [part["id"] for part in config["components"] if part["props"].get("label") == "Your question"]
    submit = next(call for call in config["dependencies"] if [box, "submit"] in call["targets"])
    return {"data": [asked, *[None] * (len(submit["inputs"]) - 1)], "fn_index": submit["id"], "session_hash": session}


def shown(client: httpx.Client, asked: object, session: str) -> str:
    """All that the server sends for one question."""
    body = json.dumps(question(client, asked, session))
    joined = client.post("/gradio_api/queue/join", content=body, headers={"Content-Type": "application/json"})
    joined.raise_for_status()
    told = ""
    with client.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as events:
        for line in events.iter_lines():
            told += line + "\n"
            if '"close_stream"' in line or '"process_completed"' in line:
                break
    return told


@pytest.mark.parametrize("asked", [{"a": 1}, ["l"], None, "", "x" * 300_000, "\ud800\x00"])
def test_whatever_is_posted_gets_a_sentence(client: httpx.Client, asked: object) -> None:
    told = shown(client, asked, f"posted-{abs(hash(str(asked)))}")
    assert '"success":true' in told
    assert "Traceback" not in told
    assert "turn-1" in told


def test_a_session_does_not_see_the_turns_of_another(client: httpx.Client) -> None:
    assert "turn-1" in shown(client, "What was struck?", "one")
    second = shown(client, "Was anyone hurt?", "one")
    other = shown(client, "Was anyone hurt?", "other")
    assert "What was struck?" in json.dumps(second)
    assert "What was struck?" not in json.dumps(other)
    assert "turn-2" not in other


# --- starting --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", ""])
def test_a_host_that_others_can_reach_is_refused_without_a_password(host: str, tmp_path: Path) -> None:
    with pytest.raises(RagError, match="no login"):
        ui.serve(FakeWorkspace(tmp_path, FakePipeline()), host=host, port=free_port(), prevent_thread_lock=True)


def test_a_port_in_use_is_one_sentence_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(RagError, match=f"port {port} is in use.*--port") as caught:
            ui.serve(FakeWorkspace(tmp_path, FakePipeline()), port=port, prevent_thread_lock=True)
    assert "\n" not in str(caught.value)


def test_ctrl_c_ends_the_page_without_a_word(tmp_path: Path) -> None:
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "  # which a shell's & leaves out
    start = heard + "import ui; from tests.fakes import *; ui.serve(FakeWorkspace(Path({!r}), FakePipeline()), port={})"
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-c", start.format(str(tmp_path), port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        try:
            wait_for(port, process)
            until = time.monotonic() + 120  # a busy machine is slow
            while process.poll() is None and time.monotonic() < until:
                process.send_signal(signal.SIGINT)  # again: Gradio swallows one while it starts, as the page answers
                with suppress(subprocess.TimeoutExpired):
                    process.wait(10)
            assert process.poll() == 0
            assert process.stdout.read() == b""
        finally:
            process.kill()
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when the page at `port` answers; fails when its process has ended, or hangs for minutes."""
    until = time.monotonic() + 240
    while process.poll() is None and time.monotonic() < until:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=10).status_code == 200:
                return
        time.sleep(0.2)
    pytest.fail("the page did not start")


def test_the_environment_opens_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GRADIO_ALLOWED_PATHS", "/etc")
    monkeypatch.setenv("GRADIO_SHARE", "True")
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "True")
    monkeypatch.setenv("GRADIO_ROOT_PATH", "https://evil.example")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    page = ui.serve(FakeWorkspace(tmp_path, FakePipeline()), port=free_port(), prevent_thread_lock=True)
    try:
        assert page.allowed_paths == []
        assert page.share is False
        assert page.root_path == ""
        assert page.analytics_enabled is False
        private = os.environ["GRADIO_TEMP_DIR"]
        assert stat.S_IMODE(os.stat(private).st_mode) == 0o700
    finally:
        page.close(verbose=False)


def test_an_empty_home_is_told_in_the_title_line(tmp_path: Path) -> None:
    class Unindexed(FakePipeline):
        @property
        def state(self) -> IndexState:
            raise NoIndex("Nothing is indexed yet; run rag index FOLDER.")

        @state.setter
        def state(self, value: IndexState) -> None:
            del value

    assert _state_line(FakeWorkspace(tmp_path, Unindexed()), "default") == "No documents yet"
