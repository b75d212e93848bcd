"""Ctrl-C while a command is at work: it ends without a word more, and leaves what was there."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from urllib.request import urlopen

import pytest

from index.store.corpus import FILE
from tests.fakes import HERALD

ROOT = Path(__file__).resolve().parents[4]
ENDED = (130, -signal.SIGINT)
"""A shell tells both as 130: Python dies of the signal where its exception went through a library's own code."""


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    """A copy of a home in which two documents are indexed with a tiny model."""
    return Path(shutil.copytree(sound, tmp_path / "home"))


def started(home: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "rag", *arguments, "--home", str(home)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def interrupted(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """How a process ends after Ctrl-C, and what it still wrote."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.mark.parametrize("module", ["rag.app.cli.main", "typer", "rich.console", "rag.pipeline"])
def test_while_a_part_is_still_being_loaded(module: str, home: Path) -> None:
    script = (
        "import os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, *_):\n"
        f"        if name == {module!r}: os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from rag.__main__ import main\n"
        "main()"
    )
    command = [sys.executable, "-c", script, "ask", "Who was killed near Masra?", "--home", str(home)]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_command_that_is_installed_starts_so_too() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == dict.fromkeys(("rag", project["name"]), "rag.__main__:main")


def test_a_question_that_is_still_being_typed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_ANSWER__MAX_QUESTION_CHARS", "10000000")
    process = started(home, "ask", "-")
    assert process.stdin
    process.stdin.write("word " * 100_000)  # more than a pipe holds, so it returns once the question is being read
    process.stdin.flush()
    code, out, err = interrupted(process)
    assert code in ENDED
    assert (out, err) == ("", "")


def test_indexing_leaves_the_index_in_use_and_nothing_half_done(home: Path, tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "herald.txt").write_text(HERALD)
    root = home / "collections" / "default"
    before = (root / "CURRENT").read_bytes()
    process = started(home, "index", str(tmp_path / "documents"))
    while not list(root.glob("staging-*")) and process.poll() is None:
        time.sleep(0.01)
    code, out, err = interrupted(process)
    assert code in ENDED
    assert (out, err) == ("", "")
    assert (root / "CURRENT").read_bytes() == before
    half_done = list(root.glob("staging-*"))  # of which vectors alone may be left, for the next run to take over
    assert all(path.name.startswith(FILE) for folder in half_done for path in folder.iterdir())
    names = {path.name.split("-")[0] for path in root.iterdir() if path not in half_done}
    assert names == {"CURRENT", "LOCK", "gen", "report.json"}


@pytest.mark.parametrize("ready", [False, True])
def test_the_page_ends_whether_or_not_the_model_is_loaded(home: Path, ready: bool) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = started(home, "ui", "--port", str(port))
    assert process.stdout
    assert process.stdout.readline() == f"The page is at http://127.0.0.1:{port}/ while this runs; Ctrl-C ends it.\n"
    assert "`rag ui --token` keeps them out" in process.stdout.readline()
    with urlopen(f"http://127.0.0.1:{port}/", timeout=60) as page:
        assert page.status == 200
    if ready:
        assert process.stdout.readline() == "Ready for questions.\n"
    assert interrupted(process) == (0, "", "")
