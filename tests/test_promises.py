"""One test for each promise of the README, over the sample documents and the real model."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.cases import load_suite, of_split
from index.errors import GoneAtOnce
from index.indexing.build import build_index
from index.vectors.embedder import SentenceTransformerEmbedder
from rag.answering.llm import LLMAnswerer
from rag.contract import as_json
from rag.pipeline import Pipeline, open_pipeline
from rag.settings import Settings, load
from rag.types import Answer, Turn
from tests.fakes import HashingEmbedder, ScriptedLLM

ROOT = Path(__file__).resolve().parent.parent
SUITE = ROOT / "evals" / "suites" / "seeds.jsonl"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    found = load(home=home, environ={})
    build_index(found.for_index(), [ROOT / "seeds"], SentenceTransformerEmbedder())
    return found


@pytest.fixture(scope="module")
def pipeline(settings: Settings) -> Iterator[Pipeline]:
    with open_pipeline(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def answers(pipeline: Pipeline) -> list[Answer]:
    """Every fifth question of the tuning half."""
    cases = of_split(load_suite(SUITE), "tune")[::5]
    return [pipeline.ask(case.question, history=[Turn(h.question, h.answer) for h in case.history]) for case in cases]


def test_1_exact_evidence(answers: list[Answer]) -> None:
    texts = {p.name: p.read_text("utf-8") for p in (ROOT / "seeds").iterdir()}
    quotes = [c for answer in answers for c in as_json(answer)["citations"]]
    assert len(quotes) > 10
    for quote in quotes:
        assert texts[quote["path"]][quote["start"] : quote["end"]] == quote["quote"]
        assert quote["sha256"] == hashlib.sha256((ROOT / "seeds" / quote["path"]).read_bytes()).hexdigest()


def test_2_nothing_hidden_nothing_invented(settings: Settings, answers: list[Answer]) -> None:
    for answer in answers:
        assert {c.label for c in answer.citations} <= {p.label for p in answer.passages}
        assert [p.label for p in answer.passages] == list(range(1, len(answer.passages) + 1))
    llm = ScriptedLLM("300,000 civilians remain inside Aleppo [1]. The moon is made of cheese [70].")
    with open_pipeline(settings, LLMAnswerer(llm)) as invents:
        answer = invents.ask("How many civilians remain in Aleppo?")
    assert answer.unknown_labels == (70,)
    assert [s.labels for s in answer.statements] == [(1,), (70,)]
    for item in answer.passages:
        assert (item.passage.text in llm.prompts[0]) == (item.label not in answer.unsent)


def test_3_a_verdict_for_every_sentence(settings: Settings) -> None:
    llm = ScriptedLLM(
        "300,000 civilians remain inside Aleppo [1]. "
        "300,000 civilians remain inside Aleppo, and bakers there went on strike [1]. "
        "Some 900,000 civilians remain inside Aleppo [1]. "
        "The moon is made of green cheese [1]. Nobody knows more."
    )
    with open_pipeline(settings, LLMAnswerer(llm)) as mixed:
        answer = mixed.ask("How many civilians remain in Aleppo?")
    verdicts = [s.verdict for s in answer.statements]
    assert verdicts == ["supported", "partly", "contradicted", "unsupported", "uncited"]
    assert "300,000, not 900,000" in answer.statements[2].note


@pytest.mark.parametrize(
    "question",
    [
        "How tall is the citadel of Aleppo?",
        "What's the capital of Australia?",
    ],
)
def test_4_an_honest_no(pipeline: Pipeline, question: str) -> None:
    answer = pipeline.ask(question)
    assert (answer.status, answer.reason) == ("refused", "no_evidence")
    assert answer.passages
    assert answer.quotes, "the nearest words"
    assert answer.probability < pipeline.ask("How many civilians remain in Aleppo?").probability


@pytest.mark.parametrize("question", ["What is the population of Damascus?", "How far is Damascus from al-Tanf?"])
def test_4_an_honest_no_or_maybe(pipeline: Pipeline, question: str) -> None:
    answer = pipeline.ask(question)
    assert answer.status in ("refused", "may_answer")
    assert answer.passages


def test_5_who_said_it_and_when(pipeline: Pipeline) -> None:
    answer = pipeline.ask("How many civilians remain in Aleppo?")
    assert answer.text.startswith("Daily Caller, Saagar Enjeti, 8 September 2016: “")
    (conflict,) = pipeline.ask("How many people died at Khan Sheikhoun?").conflicts
    assert {"Long War Journal", "MEMRI"} <= {side.claim.split(",")[0] for side in conflict.sides}


def test_6_yours_alone(settings: Settings, tmp_path: Path) -> None:
    """Each question runs with sockets forbidden, a key in the environment and a hostile .env beside it."""
    (tmp_path / ".env").write_text("CHROMA_OTEL_COLLECTION_ENDPOINT=http://192.0.2.1:4317\n")
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('a socket was opened')\n"
        "socket.socket.connect = socket.socket.connect_ex = refuse\n"
        "socket.getaddrinfo = refuse\n"
        "from rag.app.cli.main import main\n"
        f"main(['ask', 'How many civilians remain in Aleppo?', '--json', '--home', {str(settings.home)!r}])\n"
    )
    env = os.environ | {"OPENAI_API_KEY": "sk-never-used", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["answerer"] == "quotes"
    assert told["model"] is None
    assert "sk-never-used" not in done.stdout + done.stderr


def test_7_never_lost(settings: Settings, pipeline: Pipeline, tmp_path: Path) -> None:
    """A run that dies before it publishes leaves the last index in use. See tests/index for the hard cases."""
    import signal

    (tmp_path / "new.txt").write_text("A new text about bakeries. " * 400)
    code = (
        "import os, signal\n"
        "from index.indexing import build; from index.store import generation\n"
        "generation.publish = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        "from index.vectors.embedder import SentenceTransformerEmbedder\n"
        "from pathlib import Path\n"
        "from rag.settings import load\n"
        f"settings = load(home=Path({str(settings.home)!r}), environ={{}}).for_index()\n"
        f"build.build_index(settings, [Path({str(tmp_path)!r})], SentenceTransformerEmbedder())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with open_pipeline(settings) as after:
        assert after.state == pipeline.state
        assert after.ask("How many civilians remain in Aleppo?").status == "answered"


def test_7_never_lost_with_a_drive_that_is_gone(tmp_path: Path) -> None:
    """What is gone at once stays in the index, and is not embedded again when it comes back."""
    drive, embedder = tmp_path / "drive", HashingEmbedder()
    drive.mkdir()
    (drive / "bakery.txt").write_text("A text about bakeries.")
    settings = load(home=tmp_path / "home", environ={}).for_index()
    build_index(settings, [drive], embedder, trial=lambda folder: None)
    drive.rename(tmp_path / "taken off")
    for _ in range(2):
        with pytest.raises(GoneAtOnce, match="nothing was changed"):
            build_index(settings, [drive], embedder, trial=lambda folder: None)
        drive.mkdir(exist_ok=True)  # as the place where it was mounted
    drive.rmdir()
    (tmp_path / "taken off").rename(drive)
    report = build_index(settings, [drive], embedder, trial=lambda folder: None)
    assert (report.documents, report.embedded) == (1, 0)


def test_8_measured() -> None:
    """Every line of numbers in the README stands in the table that `make eval` printed, kept in docs/."""
    readme = (ROOT / "README.md").read_text("utf-8")
    kept = (ROOT / "docs" / "numbers.md").read_text("utf-8").splitlines()
    block = readme.split("<!-- numbers -->")[1].split("<!-- /numbers -->")[0]
    lines = [line for line in block.splitlines() if re.search(r"^\|.*\d", line)]
    assert len(lines) >= 10
    for line in lines:
        assert line in kept, line
