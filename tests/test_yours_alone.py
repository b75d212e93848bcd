"""Promise 6 at the level of system calls: what the processes of ours, and all that they start, connect to.

Patched Python sockets see nothing of native code, so each process runs under `strace`. A library's telemetry may wait
for many seconds before it sends, so each lives for a minute after its work.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest

from evals.bench.faults.making import pdf
from index.telemetry import SWITCHES, event_folder, remove_events
from tests.conftest import ROOT
from tests.rag.app.page.conftest import free_port
from tests.rag.providers.endpoint import says, serving

MINUTE = 60
PATIENCE = 600
"""Seconds in which five processes on a busy machine have done their work."""
QUESTION = "How many civilians remain in Aleppo?"
DONE = "the work is done"
LINGERING = (
    f"import atexit, time; atexit.register(lambda: (print({DONE!r}, flush=True), time.sleep(3600)));"
    "from rag.__main__ import main; main()"
)
TRACED = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-e", "signal=none"]


@dataclass(frozen=True)
class Traced:
    """A process whose connections are written down, and its screen."""

    process: subprocess.Popen[bytes]
    calls: Path
    screen: Path

    def wait_for(self, text: str) -> None:
        """Returns once `text` is on the screen."""
        until = time.monotonic() + PATIENCE
        while text not in self.screen.read_text("utf-8", "replace"):
            assert self.process.poll() is None, self.screen.read_text("utf-8", "replace")
            assert time.monotonic() < until, f"{text!r} is not on the screen"
            time.sleep(0.2)

    def off_loopback(self) -> list[str]:
        """The calls that name an address of another machine."""
        return [line for line in self.calls.read_text("utf-8", "replace").splitlines() if _leaves(line)]


def _leaves(call: str) -> bool:
    if "sa_family=AF_INET" not in call:
        return False
    found = re.search(r'inet_(?:addr\(|pton\(AF_INET6, )"([^"]+)"', call)
    return found is None or not ip_address(found[1].removeprefix("::ffff:")).is_loopback


@contextmanager
def traced(place: Path, *command: str, **environment: str) -> Iterator[Traced]:
    """The command in a home of its own, traced with all that it starts; ended by Ctrl-C, and then by force."""
    place.mkdir()
    calls, screen = place / "calls", place / "screen"
    clean = {"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with screen.open("wb") as output:
        process = subprocess.Popen(
            [*TRACED, "-o", str(calls), sys.executable, *command],
            env=clean | environment, cwd=place, stdin=subprocess.PIPE, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield Traced(process, calls, screen)
    finally:
        for each in (signal.SIGINT, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, each)  # strace itself passes over Ctrl-C
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=60)


@pytest.fixture(scope="module", autouse=True)
def _strace(tmp_path_factory: pytest.TempPathFactory) -> None:
    reason = _why_not(tmp_path_factory.mktemp("tried") / "calls")
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


def _why_not(file: Path) -> str:
    if shutil.which("strace") is None:
        return "no strace on PATH, so no system call is seen; install it with: apt-get install strace"
    done = subprocess.run([*TRACED, "-o", file, "true"], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"strace may not trace here: {done.stderr.strip()}"


@pytest.fixture(scope="module")
def docs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample documents, and one that is read by a worker process."""
    folder = Path(shutil.copytree(ROOT / "seeds", tmp_path_factory.mktemp("docs") / "seeds"))
    (folder / "harbour.pdf").write_bytes(pdf([["The harbour of Lissa was closed on Monday."]]))
    return folder


@pytest.fixture(scope="module")
def home(docs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    command = [sys.executable, "-m", "rag", "index", "--home", str(home), str(docs)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return home


def asked_on_the_page(port: int) -> Callable[[], object]:
    from gradio_client import Client

    return lambda: Client(f"http://127.0.0.1:{port}/", verbose=False).predict(QUESTION, api_name="/chat")


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # left by gradio_client
def test_no_process_connects_to_another_machine_in_a_minute(docs: Path, home: Path, tmp_path: Path) -> None:
    ui, with_model = free_port(), free_port()
    with ExitStack() as running:
        model = running.enter_context(serving(says("300,000 civilians remain in Aleppo [1].")))
        llm = {"RAG_LLM__PROVIDER": "openai", "RAG_LLM__BASE_URL": model.url, "RAG_LLM__MODEL": "small"}

        def start(name: str, *command: str, environment: Mapping[str, str] | None = None) -> Traced:
            return running.enter_context(traced(tmp_path / name, *command, **(environment or {})))

        def page(name: str, port: int, environment: Mapping[str, str] | None = None) -> Traced:
            rag = ["-m", "rag", "ui", "--home", str(home), "--port", str(port)]
            return start(name, *rag, environment=environment)

        traces = {
            "ui": page("ui", ui),
            "ui with a model": page("model", with_model, llm),
            "chat": start("chat", "-m", "rag", "chat", "--home", str(home)),
            "index": start("index", "-c", LINGERING, "index", "--home", str(tmp_path / "new"), str(docs)),
            "ask": start("ask", "-c", LINGERING, "ask", QUESTION, "--home", str(home)),
        }
        chat = traces["chat"].process.stdin
        assert chat is not None
        chat.write(f"{QUESTION}\n".encode())
        chat.flush()
        for name, port in (("ui", ui), ("ui with a model", with_model)):
            traces[name].wait_for("Ready for questions.")
            asked_on_the_page(port)()
        assert model.requests
        traces["chat"].wait_for("300,000")
        for name in ("index", "ask"):
            traces[name].wait_for(DONE)
        time.sleep(MINUTE)
        assert [name for name, trace in traces.items() if trace.process.poll() is not None] == []
    assert {name: calls for name, trace in traces.items() if (calls := trace.off_loopback())} == {}
    assert list(tmp_path.rglob(".onnxruntime")) == []


@pytest.mark.parametrize(("address", "leaves"), [("192.0.2.1", True), ("127.0.0.1", False)])
@pytest.mark.parametrize("child", ["", "import os; os.fork() and os.wait(); "])
def test_a_connection_is_seen(tmp_path: Path, address: str, leaves: bool, child: str) -> None:
    """What the test above rests on. Connecting a socket of datagrams sends nothing."""
    code = f"{child}import socket; socket.socket(type=socket.SOCK_DGRAM).connect(({address!r}, 9)); print({DONE!r})"
    with traced(tmp_path / "place", "-c", code) as trace:
        assert trace.process.wait(PATIENCE) == 0
    assert DONE in trace.screen.read_text()
    assert bool(trace.off_loopback()) == leaves


@pytest.mark.parametrize("module", ["index.errors", "rag", "evals", "ui", "rag.providers.serve"])
def test_telemetry_is_off_whatever_the_environment_says(module: str) -> None:
    code = f"import os, {module}; print({{name: os.environ[name] for name in {list(SWITCHES)!r}}} == {SWITCHES!r})"
    environment = os.environ | dict.fromkeys(SWITCHES, "on") | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True"


def test_what_onnxruntime_left_in_the_cache_is_removed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    assert (event_folder(), remove_events()) == (None, None)
    folder = cache / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    folder.mkdir(parents=True)
    (folder / "deviceid").write_text("0")
    assert remove_events() == folder
    assert list(cache.iterdir()) == []
    folder.mkdir(parents=True)
    (cache / "Microsoft" / "other").touch()
    assert remove_events() == folder
    assert [path.name for path in (cache / "Microsoft").iterdir()] == ["other"]
