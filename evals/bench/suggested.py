"""`python -m evals.bench.suggested`: of the questions that documents suggest, how many are answered right when asked.

Each set is indexed and its questions are made and tried as the page does it, for all documents together and for each by
itself. Then each is asked. It is right where it is not refused and a quote stands in the very words that it was made
from. What the page tries is what stands first; what is asked here goes the whole way of a question.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from evals.bench.tables import machine
from index.indexing.build import build_index
from index.store.corpus import Held
from rag.app.workspace import Workspace
from rag.asking.suggest import Suggestion, suggestions
from rag.pipeline import Pipeline
from rag.settings import load
from rag.types import Answer

_ALL = 10_000
_HOUSEHOLD = Path(__file__).parents[1] / "suites" / "household"
"""Twenty small files such as a household, a club and a workshop have, written for this measure alone."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A question that was suggested, and whether it was answered right."""

    suggestion: Suggestion
    right: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of a set of documents; `bare` of them suggest nothing."""

    name: str
    documents: int
    bare: int
    outcomes: tuple[Outcome, ...]

    @property
    def right(self) -> int:
        """How many were answered right."""
        return sum(outcome.right for outcome in self.outcomes)


def measure(name: str, folder: Path, home: Path) -> Measured:
    """Index the documents of a folder, and ask what they suggest."""
    settings = load(home=home, environ={})
    with Workspace(settings) as workspace:
        build_index(settings.for_index(), [folder], workspace.embedder)
        pipeline = workspace.pipeline()
        documents = pipeline.documents(_ALL)
        of_each = [list(suggested([held], pipeline)) for held in documents]
        every = [*suggested(documents, pipeline), *(one for each in of_each for one in each)]
        outcomes = tuple(Outcome(one, is_right(one, pipeline.ask(one.question))) for one in dict.fromkeys(every))
    return Measured(name, len(documents), sum(not each for each in of_each), outcomes)


def suggested(documents: Sequence[Held], pipeline: Pipeline) -> Iterator[Suggestion]:
    """What the page offers over these documents."""
    yield from suggestions([held.document for held in documents], pipeline.finds)


def is_right(suggestion: Suggestion, answer: Answer) -> bool:
    """Whether a quote stands in the words that the question was made from."""
    quotes = () if answer.status == "refused" else (*answer.citations, *answer.quotes)
    return any(
        quote.source.document_id == suggestion.document_id and quote.span.overlap(suggestion.answer) for quote in quotes
    )


def render(measured: Iterable[Measured]) -> str:
    """A table, with the share over all, and each question that went wrong."""
    rows = list(measured)
    right, total = sum(row.right for row in rows), sum(len(row.outcomes) for row in rows)
    lines = [
        "| documents | files | without a question | asked | right | share |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        share = row.right / len(row.outcomes) if row.outcomes else 0
        lines.append(f"| {row.name} | {row.documents} | {row.bare} | {len(row.outcomes)} | {row.right} | {share:.3f} |")
    lines.append(f"| all | | | {total} | {right} | {right / total if total else 0:.3f} |")
    wrong = [outcome.suggestion for row in rows for outcome in row.outcomes if not outcome.right]
    return "\n".join([*lines, *(f"\nWrong: {one.question}" for one in wrong)])


def main(
    seeds: Annotated[Path, typer.Option(help="The sample documents.")] = Path("seeds"),
    everyday: Annotated[Path, typer.Option(help="Everyday documents.")] = Path("../shared/data/everyday/docs"),
) -> None:
    """Measure over the samples, everyday documents and the twenty of a household, and print Markdown."""
    with tempfile.TemporaryDirectory(prefix="rag-bench-") as work:
        sets = {"seeds": seeds, "everyday": everyday, "household": _HOUSEHOLD}
        measured = []
        for name, folder in sets.items():
            sys.stderr.write(f"bench: {name}\n")
            measured.append(measure(name, folder, Path(work, f"home-{name}")))
    sys.stdout.write(f"# Suggested questions\n\n{machine()}\n\n{render(measured)}\n")


if __name__ == "__main__":
    typer.run(main)
