"""`python -m evals.bench.serve`: how much longer `rag serve` takes when many programs ask it at once.

Each asks /v1/chat/completions one question of its own over the sample documents; every answer must be to the question
that was asked. Prints Markdown; progress goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from threading import Barrier
from typing import Annotated

import typer

from evals.bench import material
from evals.bench.measure import WARM, Spread, free_port, run, running, spread, times_ms
from evals.bench.tables import Row, machine, render_rows
from evals.errors import EvalError

_PATIENCE = 600


def main(
    docs: Annotated[Path, typer.Option(help="The sample documents.")] = Path("seeds"),
    suite: Annotated[Path, typer.Option(help="The sample questions.")] = Path("evals/suites/seeds.jsonl"),
    programs: Annotated[int, typer.Option(min=2, help="Programs that ask at once.")] = 30,
    rounds: Annotated[int, typer.Option(min=1, help="How often they all do.")] = 5,
) -> None:
    """Measure the HTTP door alone and in a crowd, and print Markdown."""
    questions, here = material.tune_questions(suite), machine()
    with tempfile.TemporaryDirectory(prefix="rag-bench-") as work:
        home = str(Path(work) / "home")
        run(("-m", "rag", "index", "--home", home, str(docs)))
        port = free_port()
        with running((sys.executable, "-m", "rag", "serve", "--home", home, "--port", str(port))):
            alone, crowd = alone_and_at_once(asking(port), questions, programs, rounds)
    one = f"one alone, median of {alone.n}"
    rows = [
        Row(f"{programs} requests at once, 95th percentile of {crowd.n}", crowd.p95, "ms", one, alone.p50),
        Row("the same, median", crowd.p50, "ms", one, alone.p50),
    ]
    sys.stdout.write(f"# The HTTP door\n\n{here}\n\n{render_rows(rows)}\n\n")
    sys.stdout.write(f"All {crowd.n} requests were answered, each with the answer to its own question.\n\n")
    sys.stdout.write(f"Load when it ended (1 minute): {os.getloadavg()[0]:.1f}\n")


def asking(port: int) -> Callable[[str], None]:
    """What asks the server at `port` a question. Raises: EvalError, when the answer is none, or to another question."""

    def ask(question: str) -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        try:
            body = json.dumps({"model": "rag", "messages": [{"role": "user", "content": question}]})
            connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
            reply = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        answered = reply.get("rag", {}).get("question")
        if answered != question:
            raise EvalError(f"A request that asked {question!r} was answered with {reply!r:.200}, as for {answered!r}.")

    return ask


def alone_and_at_once(
    ask: Callable[[str], None], questions: Sequence[str], programs: int, rounds: int
) -> tuple[Spread, Spread]:
    """Milliseconds of one request alone, and of each of `programs` that begin together.

    Both are measured in turn, so that other work on the machine meets both.
    """
    upcoming = cycle(questions)
    alone: list[float] = []
    crowd: list[float] = []
    times_ms(ask, [*islice(upcoming, WARM + 1)])
    for number in range(1, rounds + 1):
        sys.stderr.write(f"bench: {number} of {rounds}\n")
        alone += times_ms(ask, [*islice(upcoming, programs)], warm=0)
        crowd += at_once_ms(ask, [*islice(upcoming, programs)])
    return spread(alone), spread(crowd)


def at_once_ms(ask: Callable[[str], None], questions: Sequence[str]) -> list[float]:
    """Milliseconds until each of the questions has its answer, all of which begin together."""
    begin = Barrier(len(questions))

    def timed(question: str) -> float:
        begin.wait()
        return times_ms(ask, [question], warm=0)[0]

    with ThreadPoolExecutor(len(questions)) as pool:
        return [*pool.map(timed, questions)]


if __name__ == "__main__":
    typer.run(main)
