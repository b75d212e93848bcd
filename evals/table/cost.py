"""Lines about what it costs: the time of a warm question beside another checkout's, and lines of code."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median

from evals.cases import load_suite
from evals.errors import EvalError
from evals.stats import bootstrap_ratio
from evals.table.asking import Asks
from evals.table.cells import Cell, Line, beside, mean

READER = "reader"
FOLDERS = ("asking", "answering", "retrieval", "verification", "language")
ROUNDS = 3
WARM = 5
"""Questions of each round that are not counted."""
QUESTIONS = 60


def warm_question(asks: Sequence[Asks], data: Path) -> list[Line]:
    """Milliseconds of a warm question with the default number of passages, and the ratio to the base's.

    Both are asked the same questions in turns, `ROUNDS` times; of each question the median counts.

    Raises: EvalError.
    """
    suite, docs = data / "everyday" / "suite.jsonl", data / "everyday" / "docs"
    cases = [case for case in load_suite(suite) if case.split == "tune" and not case.history][:QUESTIONS]
    rounds: list[list[dict[str, float]]] = [[] for _ in asks]
    for _ in range(ROUNDS):
        for one, taken in zip(asks, rounds, strict=True):
            replies = one.replies("warm", cases, docs)
            taken.append({id_: reply.milliseconds for id_, reply in replies.items()})
    ids = [case.id for case in cases[WARM:] if all(case.id in taken for one in rounds for taken in one)]
    if not ids:
        raise EvalError("No question was answered in every round, so there is no time to tell.")
    spent = [[median(taken[id_] for taken in one) for id_ in ids] for one in rounds]
    lines = [beside("a warm question, five passages: milliseconds", [(mean(one, 0),) for one in spent])]
    for ours, theirs in pairwise(spent):
        ratio = Cell(sum(ours) / sum(theirs), len(ids), bootstrap_ratio(ours, theirs))
        lines.append(Line("a warm question: ours / the base's, in turns", (ratio,), "≤ 1.0"))
    return lines


def lines_of_code(roots: Sequence[Path]) -> list[Line]:
    """Lines of the folders that decide what answers and what stands; then with those of the reader, which is new."""
    cells = [tuple(Cell(float(_lines(one, of)), 0, digits=0) for of in (FOLDERS, (*FOLDERS, READER))) for one in roots]
    return [beside(f"lines of {', '.join(FOLDERS)} / and {READER}", cells, "≤ 3,200 / –")]


def _lines(root: Path, folders: Sequence[str]) -> int:
    files = (file for folder in folders for file in (root / "rag" / folder).rglob("*.py"))
    return sum(file.read_text(encoding="utf-8").count("\n") for file in files)
