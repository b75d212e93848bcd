"""`rag index --watch` as a process of its own, and what an open page answers from meanwhile."""

from __future__ import annotations

import json
import queue
import re
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from filelock import FileLock

from rag.app.page.talk import Question, exchange
from rag.pipeline import open_pipeline
from rag.settings import load
from tests.fakes import HERALD, WIRE
from tests.rag.app.cli.test_interrupt import ENDED, started
from tests.rag.shell import Shell

ENOUGH = 600.0
"""Seconds after which something that ought to happen is taken not to happen."""
BAKERY = "The bakery of Harlow burned down on Monday, and the baker Tom Reed was not hurt."


class Watching:
    """A watch in a process of its own, and the lines that it prints."""

    def __init__(self, home: Path, docs: Path, *options: str) -> None:
        self.process = started(home, "index", str(docs), "--watch", *options)
        self.out, self.err = _lines(self.process.stdout), _lines(self.process.stderr)

    def changed(self) -> dict[str, int]:
        """What the next line of JSON says was changed."""
        files: dict[str, int] = json.loads(self.out.get(timeout=ENOUGH))["files"]
        return {change: count for change, count in files.items() if count and change != "unchanged"}

    def end(self, by: signal.Signals) -> int:
        """The exit code after a signal, when nothing more was printed."""
        self.process.send_signal(by)
        code = self.process.wait(timeout=ENOUGH)
        assert (self.out.get(timeout=ENOUGH), self.err.get(timeout=ENOUGH)) == ("", "")
        return code


def _lines(stream: IO[str] | None) -> queue.Queue[str]:
    """The lines of a stream as they come, and an empty one at its end."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        assert stream
        with stream:
            for line in stream:
                lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    return lines


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    """A home in a folder of documents, with the settings of a tiny model and nothing indexed."""
    docs = tmp_path / "docs"
    (docs / "home").mkdir(parents=True)
    shutil.copy(sound / "rag.toml", docs / "home" / "rag.toml")
    (docs / "wire.txt").write_text(WIRE)
    (docs / "herald.txt").write_text(HERALD)
    return docs / "home"


@pytest.fixture
def watching(home: Path) -> Iterator[Watching]:
    """A watch that has indexed the documents."""
    started = Watching(home, home.parent, "--json", "--include", "*.txt")
    try:
        assert started.changed() == {"new": 2}
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        assert started.process.stdin
        started.process.stdin.close()


def test_what_changes_is_indexed(watching: Watching, home: Path) -> None:
    docs = home.parent
    (docs / "wire.txt").write_text(BAKERY)
    assert watching.changed() == {"changed": 1}
    (docs / "wire.txt").rename(docs / "bakery.txt")
    assert watching.changed() == {"moved": 1}
    (docs / "herald.txt").unlink()
    assert watching.changed() == {"deleted": 1}
    (docs / ".hidden.txt").write_text(WIRE)
    (docs / "other.md").write_text(WIRE)
    (docs / "deep" / "down").mkdir(parents=True)
    (docs / "deep" / "down" / "wire.txt").write_text(WIRE)
    assert watching.changed() == {"new": 1}
    shutil.rmtree(docs / "deep")
    assert watching.changed() == {"deleted": 1}
    assert watching.end(signal.SIGINT) == 0
    root = home / "collections" / "default"
    assert {path.name.split("-")[0] for path in root.iterdir()} == {"CURRENT", "LOCK", "gen", "report.json"}


def test_it_outlives_what_goes_wrong(watching: Watching, home: Path, tmp_path: Path) -> None:
    docs = home.parent
    with FileLock(home / "collections" / "default" / "LOCK"):
        (docs / "bakery.txt").write_text(BAKERY)
        assert "is being written" in watching.err.get(timeout=ENOUGH)
    assert watching.changed() == {"new": 1}
    shutil.move(docs, tmp_path / "away")
    assert "Nothing is indexed any more" in watching.err.get(timeout=ENOUGH), "the home is in it"
    (tmp_path / "away" / "wire.txt").unlink()
    shutil.move(tmp_path / "away", docs)
    assert watching.changed() == {"deleted": 1}
    (docs / "wire.txt").write_text(WIRE)
    assert watching.changed() == {"new": 1}
    assert watching.end(signal.SIGTERM) == 0


def test_a_root_that_is_gone_is_kept_and_others_are_indexed_on(home: Path, tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "bakery.txt").write_text(BAKERY)
    watching = Watching(home, home.parent, str(drive), "--json", "--include", "*.txt")
    try:
        assert watching.changed() == {"new": 3}
        drive.rename(tmp_path / "taken off")
        assert "The one file of" in watching.err.get(timeout=ENOUGH)
        (home.parent / "new.txt").write_text("A lighthouse was built.")
        assert watching.changed() == {"new": 1, "kept": 1}
        (tmp_path / "taken off").rename(drive)
        (home.parent / "new.txt").write_text("A lighthouse was torn down.")
        assert watching.changed() == {"changed": 1}
        assert watching.end(signal.SIGINT) == 0
    finally:
        watching.process.kill()
        watching.process.wait()
        assert watching.process.stdin
        watching.process.stdin.close()


def test_an_open_page_answers_from_what_the_watch_has_indexed_since(watching: Watching, home: Path) -> None:
    with open_pipeline(load(home=home)) as pipeline:
        before = exchange(pipeline, Question("Who was the baker of Harlow?"), (), "default")
        assert "Tom Reed" not in before.chat + before.evidence
        (home.parent / "bakery.txt").write_text(BAKERY)
        assert watching.changed() == {"new": 1}
        after = exchange(pipeline, Question("Who was the baker of Harlow?"), (before,), "default")
        assert "bakery.txt" in after.evidence
        assert pipeline.state.documents == 3
    assert watching.end(signal.SIGINT) == 0


def test_a_person_reads_a_line_for_each_time(home: Path) -> None:
    watching = Watching(home, home.parent, "--include", "*.txt")
    try:
        while not (line := watching.out.get(timeout=ENOUGH)).startswith("What changes is indexed"):
            assert line
        (home.parent / "bakery.txt").write_text(BAKERY)
        line = watching.out.get(timeout=ENOUGH)
        assert re.fullmatch(r"\d\d:\d\d:\d\d  1 new; 1 of \d+ passages embedded in \d+\.\d seconds\.\n", line)
        assert watching.end(signal.SIGINT) == 0
    finally:
        watching.process.kill()
        watching.process.wait()
        assert watching.process.stdin
        watching.process.stdin.close()


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_the_first_run_is_interrupted_as_any_other(home: Path, by: signal.Signals) -> None:
    root = home / "collections" / "default"
    process = started(home, "index", str(home.parent), "--watch")
    while not list(root.glob("staging-*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(by)
    assert process.communicate(timeout=ENOUGH) == ("", "")
    assert process.returncode in ENDED
    assert not (root / "CURRENT").exists()


def test_a_plan_cannot_be_watched(bare: Shell, news: Path) -> None:
    said = bare.run("index", news, "--watch", "--dry-run")
    assert (said.code, said.out) == (2, "")
    assert "give one of them" in said.sentence
    assert not bare.home.exists()


def test_a_folder_without_documents_is_refused_before_it_is_watched(bare: Shell, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "nothing to index" in bare.run("index", tmp_path / "empty", "--watch").sentence


def test_a_plan_of_a_rebuild_tells_that_it_is_one_even_of_a_damaged_index(shell: Shell, news: Path) -> None:
    assert "built anew" not in shell.run("index", news, "--dry-run").out
    told = json.loads(shell.run("index", news, "--dry-run", "--rebuild", "--json").out)
    assert "everything is built anew" in told["notes"][0]
    assert told["counts"]["unchanged"] == 2
    (shell.folder() / "corpus.sqlite").write_bytes(b"")
    assert "run `rag index --rebuild PATH`" in shell.refused(1, "index", news, "--dry-run")
    assert "2 new" in shell.run("index", news, "--dry-run", "--rebuild").out
