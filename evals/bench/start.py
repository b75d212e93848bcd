"""How long a person waits over the sample documents: the first answer, the next ones, and the indexing before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from evals.bench.index import Say, index_ours, llama_files, loaded_embedder
from evals.bench.measure import WARM, IndexRun, Spread, fresh, run, spread
from evals.bench.query import llama_ms
from evals.bench.tables import Row, render_rows
from index.types import Embedder
from rag.settings import Settings

REFUSED = 3
ASK, STATUS, HELP, PYTHON = "rag ask", "rag status", "rag --help", "python -c pass"
BARE = "sentence-transformers: import, load, encode a sentence"
LLAMA = "LlamaIndex, files"
TOTAL = "total"
_BARE_PROGRAM = """
import sys
from sentence_transformers import SentenceTransformer
SentenceTransformer(sys.argv[1], local_files_only=True).encode(["One sentence."], show_progress_bar=False)
"""

Cold = Mapping[str, float]
"""Seconds of whole commands in fresh processes, by name."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything measured over the sample documents. `warm` is milliseconds by part."""

    cold: Cold
    repeats: int
    warm: Mapping[str, Spread]
    warm_llama: Spread
    index: IndexRun
    llama: IndexRun


def measure(docs: Path, questions: Sequence[str], work: Path, repeats: int, say: Say) -> Measured:
    """Index `docs` below `work` and ask it `questions`, the first of them also in fresh processes.

    Raises: EvalError, when a command fails or there are too few questions.
    """
    home = work / "home"
    say("start: indexing the sample documents, ours and LlamaIndex")
    ours = fresh(index_ours, docs, home)
    llama = fresh(llama_files, docs, work / "llama")
    say(f"start: cold commands, {repeats} times each")
    bare_model = fresh(_model_folder)
    cold = median_of([cold_once(home, questions[0], bare_model) for _ in range(repeats)])
    say(f"start: {len(questions) - WARM} questions in one process")
    warm = fresh(ask_warm, home, questions)
    warm_llama = spread(fresh(llama_ms, home, questions, work / "llama-query"))
    return Measured(cold, repeats, warm, warm_llama, ours, llama)


def cold_once(home: Path, question: str, bare_model: Path) -> Cold:
    """Every command once, each in a process of its own.

    Raises: EvalError, when one fails.
    """
    at = ("--home", str(home))
    commands = {
        ASK: ("-m", "rag", "ask", *at, "--", question),
        STATUS: ("-m", "rag", "status", *at),
        HELP: ("-m", "rag", "--help"),
        PYTHON: ("-c", "pass"),
    }
    seconds = {name: run(command, accepted=(0, REFUSED))[0] for name, command in commands.items()}
    seconds[BARE], _ = run(("-c", _BARE_PROGRAM, str(bare_model)))
    return seconds


def median_of(rounds: Sequence[Cold]) -> Cold:
    """The median of each number over rounds that measured the same."""
    return {name: median(one[name] for one in rounds) for name in rounds[0]}


def ask_warm(home: Path, questions: Sequence[str], embedder: Embedder | None = None) -> dict[str, Spread]:
    """Milliseconds by part as the pipeline itself tells them, in one process, over all questions but the first few.

    A refusal lacks the parts that it did not need; the spread of a part is over the questions that had it.
    """
    from rag.answering.extract import QuotesAnswerer
    from rag.pipeline import Pipeline
    from rag.reader.onnx_model import OnnxReader

    model = embedder or loaded_embedder(home)
    with closing(Pipeline(Settings(home=home), model, QuotesAnswerer(), OnnxReader())) as pipeline:
        timings = [pipeline.ask(question).timings_ms for question in questions][WARM:]
    names = dict.fromkeys(name for one in timings for name in one)
    return {name: spread([one[name] for one in timings if name in one]) for name in names}


def render(measured: Measured) -> str:
    """The three tables, as Markdown."""
    indexed = f"Indexing, {measured.index.passages:,} passages (LlamaIndex: {measured.llama.passages:,} chunks)"
    return "\n\n".join(
        [
            f"### Cold commands, median of {measured.repeats}\n\n{render_rows(_cold(measured.cold))}",
            f"### A question in a running process, n = {measured.warm[TOTAL].n}\n\n{render_rows(_warm(measured))}",
            f"### {indexed}\n\n{render_rows(_index(measured))}",
        ]
    )


def _cold(cold: Cold) -> list[Row]:
    return [
        Row(ASK, cold[ASK], "s", BARE, cold[BARE]),
        *(Row(name, cold[name], "s", PYTHON, cold[PYTHON]) for name in (STATUS, HELP)),
    ]


def _warm(measured: Measured) -> list[Row]:
    total, llama = measured.warm[TOTAL], measured.warm_llama
    parts = {name: spent for name, spent in measured.warm.items() if name != TOTAL}
    return [
        Row("answer, median", total.p50, "ms", "LlamaIndex's retriever alone, median", llama.p50),
        Row("answer, 95th percentile", total.p95, "ms", "LlamaIndex's retriever alone, 95th percentile", llama.p95),
        *(Row(f"answer: {name}, median of {spent.n}", spent.p50, "ms") for name, spent in parts.items()),
    ]


def _index(measured: Measured) -> list[Row]:
    ours, llama = measured.index, measured.llama
    return [
        Row("all, the model loaded before", ours.total, "s", LLAMA, llama.total),
        Row("read and cut", ours.seconds["read and cut"], "s", LLAMA, llama.seconds["read and cut"]),
        *(Row(part, ours.seconds[part], "s", LLAMA, llama.seconds[part]) for part in ("embed", "store")),
        *(Row(part, ours.seconds[part], "s") for part in ("probe", "publish")),
    ]


def _model_folder() -> Path:
    from evals.bench import baselines

    return baselines.model_folder()
