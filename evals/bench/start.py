"""How long a person waits over the sample documents: the first answer, the next ones, and the indexing before."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from evals.bench import phases
from evals.bench.index import Say, index_ours, loaded_embedder
from evals.bench.measure import WARM, IndexRun, Spread, fresh, run, spread
from evals.bench.query import llama_ms
from evals.bench.tables import Row, render_rows
from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.folder.files import discover
from index.readers import read
from index.settings import IndexSettings
from index.types import Embedder
from rag.settings import Settings

REFUSED = 3
ASK, STATUS, HELP, PYTHON = "rag ask", "rag status", "rag --help", "python -c pass"
BARE = "sentence-transformers: import, load, encode a sentence"
LLAMA = "LlamaIndex, files"
TOTAL = "total"
_BARE_PROGRAM = """
import json, sys, time
interpreter = time.time() - float(sys.argv[1])
begun = time.perf_counter()
from sentence_transformers import SentenceTransformer
imported = time.perf_counter()
SentenceTransformer(sys.argv[2], local_files_only=True).encode(["One sentence."], show_progress_bar=False)
print(json.dumps([interpreter, imported - begun, time.perf_counter() - imported]))
"""
_BARE_PHASES = (phases.INTERPRETER, phases.IMPORTS, phases.MODEL)


@dataclass(frozen=True, slots=True)
class Cold:
    """Seconds in fresh processes: of whole commands, of the phases of `rag ask`, and of those of `BARE`."""

    whole: Mapping[str, float]
    ask: Mapping[str, float]
    bare: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything measured over the sample documents. `warm` is milliseconds by part, `cutting` a part of reading."""

    cold: Cold
    repeats: int
    warm: Mapping[str, Spread]
    warm_llama: Spread
    index: IndexRun
    cutting: float
    llama: IndexRun
    llama_cutting: float


def measure(docs: Path, questions: Sequence[str], work: Path, repeats: int, say: Say) -> Measured:
    """Index `docs` below `work` and ask it `questions`, the first of them also in fresh processes.

    Raises: EvalError, when a command fails or there are too few questions.
    """
    home = work / "home"
    say("start: indexing the sample documents, ours and LlamaIndex")
    ours = fresh(index_ours, docs, home)
    llama, llama_cutting = fresh(_llama_files, docs, work / "llama")
    say(f"start: cold commands, {repeats} times each")
    bare_model = fresh(_model_folder)
    cold = median_of([cold_once(home, questions[0], bare_model) for _ in range(repeats)])
    say(f"start: {len(questions) - WARM} questions in one process")
    warm = fresh(ask_warm, home, questions)
    warm_llama = spread(fresh(llama_ms, home, questions, work / "llama-query"))
    return Measured(cold, repeats, warm, warm_llama, ours, cutting_seconds(docs), llama, llama_cutting)


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
    whole = {name: run(command, accepted=(0, REFUSED))[0] for name, command in commands.items()}
    _, ask = run(("-m", "evals.bench.phases", str(time.time()), str(home), question))
    whole[BARE], bare = run(("-c", _BARE_PROGRAM, str(time.time()), str(bare_model)))
    return Cold(whole, json.loads(ask), dict(zip(_BARE_PHASES, json.loads(bare), strict=True)))


def median_of(rounds: Sequence[Cold]) -> Cold:
    """The median of each number over rounds that measured the same."""

    def each(told: Sequence[Mapping[str, float]]) -> dict[str, float]:
        return {name: median(one[name] for one in told) for name in told[0]}

    return Cold(each([r.whole for r in rounds]), each([r.ask for r in rounds]), each([r.bare for r in rounds]))


def ask_warm(home: Path, questions: Sequence[str], embedder: Embedder | None = None) -> dict[str, Spread]:
    """Milliseconds by part as the pipeline itself tells them, in one process, over all questions but the first few.

    A refusal lacks the parts that it did not need; the spread of a part is over the questions that had it.
    """
    from rag.answering.extract import QuotesAnswerer
    from rag.pipeline import Pipeline
    from rag.reader.session import OnnxReader

    model = embedder or loaded_embedder(home)
    with closing(Pipeline(Settings(home=home), model, QuotesAnswerer(), OnnxReader())) as pipeline:
        told = [pipeline.ask(question).timings_ms for question in questions][WARM:]
    names = dict.fromkeys(name for one in told for name in one)
    return {name: spread([one[name] for one in told if name in one]) for name in names}


def cutting_seconds(docs: Path) -> float:
    """How long articles and passages of the files in `docs` take to find, the files read before."""
    settings = IndexSettings(home=docs)
    documents = [read(file.path, settings.max_file_bytes) for file in discover([docs]).files]
    begun = time.perf_counter()
    for document in documents:
        chunk(document, split_articles(document), settings.passage_words)
    return time.perf_counter() - begun


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
    whole = cold.whole
    return [
        Row(ASK, whole[ASK], "s", BARE, whole[BARE]),
        *(Row(f"{ASK}: {name}", value, "s", *_beside(name, cold.bare)) for name, value in cold.ask.items()),
        *(Row(name, whole[name], "s", PYTHON, whole[PYTHON]) for name in (STATUS, HELP)),
    ]


def _beside(name: str, bare: Mapping[str, float]) -> tuple[str | None, float | None]:
    return ("sentence-transformers: the same", bare[name]) if name in bare else (None, None)


def _warm(measured: Measured) -> list[Row]:
    total, llama = measured.warm[TOTAL], measured.warm_llama
    parts = {name: told for name, told in measured.warm.items() if name != TOTAL}
    return [
        Row("answer, median", total.p50, "ms", "LlamaIndex's retriever alone, median", llama.p50),
        Row("answer, 95th percentile", total.p95, "ms", "LlamaIndex's retriever alone, 95th percentile", llama.p95),
        *(Row(f"answer: {name}, median of {told.n}", told.p50, "ms") for name, told in parts.items()),
    ]


def _index(measured: Measured) -> list[Row]:
    ours, llama = measured.index, measured.llama
    return [
        Row("all, the model loaded before", ours.total, "s", LLAMA, llama.total),
        Row("read and cut", ours.seconds["read and cut"], "s", LLAMA, llama.seconds["read and cut"]),
        Row("cut, done again by itself", measured.cutting, "s", LLAMA, measured.llama_cutting),
        *(Row(part, ours.seconds[part], "s", LLAMA, llama.seconds[part]) for part in ("embed", "store")),
        *(Row(part, ours.seconds[part], "s") for part in ("probe", "publish")),
    ]


def _model_folder() -> Path:
    from evals.bench import baselines

    return baselines.model_folder()


def _llama_files(docs: Path, store: Path) -> tuple[IndexRun, float]:
    from evals.bench import baselines

    return baselines.index_files(docs, store, baselines.loaded()), baselines.cutting_seconds(docs)
