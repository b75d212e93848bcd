"""Asking a suite of a checkout of this project by its own commands, so that an older one can be measured beside.

Only what stays is relied on: `rag index`, `rag eval run`, and the JSON of an answer (`rag.contract`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from evals.cases import Case
from evals.errors import EvalError
from evals.run import RESULTS, write_whole
from evals.words import without_markers

HERE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a table needs of one answer. `probability` is None where the checkout has none."""

    status: str
    text: str
    probability: float | None
    words_quoted: int
    milliseconds: float

    @property
    def is_refusal(self) -> bool:
        """Whether no answer was given."""
        return self.status == "refused"


Replies = Mapping[str, Reply]
"""By the case's id; a case that failed has none."""


class Asks(Protocol):
    """What questions are asked of."""

    def replies(self, name: str, cases: Sequence[Case], docs: Path) -> Replies:
        """The reply to each case over the documents in `docs`, kept under `name`.

        Raises: EvalError, when it cannot be asked.
        """
        ...


@dataclass(frozen=True, slots=True)
class Checkout:
    """A checkout of this project in `root`, asked without anybody's settings; what it writes lies below `work`."""

    root: Path
    work: Path
    say: Callable[[str], None]

    def replies(self, name: str, cases: Sequence[Case], docs: Path) -> Replies:
        """As `Asks.replies`; the index of `docs` is kept for the next call."""
        home, out = self.work / f"{docs.resolve().parent.name}-{docs.name}", self.work / name
        self._rag("index", "--home", str(home), str(docs.resolve()))
        out.mkdir(parents=True, exist_ok=True)
        suite = out / "suite.jsonl"
        write_whole(suite, "".join(f"{_bare(case).model_dump_json()}\n" for case in cases).encode())
        self.say(f"{name}: {len(cases)} questions to {self.root.name}")
        self._rag("eval", "run", str(suite), "--home", str(home), "--out", str(out))
        rows = [json.loads(line) for line in (out / RESULTS).read_text(encoding="utf-8").splitlines()]
        failed = [row for row in rows if row["error"] is not None]
        if failed:
            self.say(f"{name}: {len(failed)} failed in {self.root.name}, as in: {failed[0]['error']}")
        return {row["id"]: reply_of(row["answer"]) for row in rows if row["error"] is None}

    def seconds_to_index(self, docs: Path, home: Path) -> float:
        """Seconds of a processor, whatever else is at work on it, to index `docs` in the new folder `home`.

        Raises: EvalError.
        """
        before = os.times()
        self._rag("index", "--home", str(home), str(docs.resolve()))
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    def _rag(self, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
        done = subprocess.run(
            [sys.executable, "-m", "rag", *arguments],
            cwd=self.root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )  # fmt: skip
        if done.returncode:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise EvalError(
                f"`rag {arguments[0]} …` in {self.root.name!r} ended with exit code {done.returncode} "
                f"({' '.join(last)}); run it there by hand to see why."
            )


def _bare(case: Case) -> Case:
    """Without what only a score needs: where a file is decoded otherwise its quotes would not be found."""
    return case.model_copy(update={"evidence": (), "answers": (), "answers_all": ()})


def reply_of(answer: Mapping[str, Any]) -> Reply:
    """What is kept of an answer in its JSON form."""
    quotes = {(c["document_id"], c["start"], c["end"]): len(c["quote"].split()) for c in answer["citations"]}
    return Reply(
        status=answer["status"],
        text=without_markers(answer["text"]),
        probability=answer.get("probability"),
        words_quoted=sum(quotes.values()),
        milliseconds=float(answer["timings_ms"].get("total", 0.0)),
    )
