"""`python -m evals.bench.agreed [SAMPLE ...]`: what a reader says of the statements called supported, by sample.

A sample is a folder of transcripts; without a name, all are told. Those that were moved to another passage than the
model cited stand in a row of their own.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from evals.bench.answer_scores import LABELS, Label, labels_of
from evals.errors import EvalError
from evals.markdown import bounds, table
from evals.stats import wilson


def main(
    sample: Annotated[list[str] | None, typer.Argument(help="Folders of transcripts, by name.")] = None,
    labels: Annotated[Path, typer.Option(help="What a reader said.")] = LABELS,
) -> None:
    """Print the table."""
    try:
        sys.stdout.write(render(labels_of(labels), sample) + "\n")
    except EvalError as error:
        sys.stderr.write(f"agreed: {error}\n")
        raise typer.Exit(1) from error


def render(labels: Sequence[Label], samples: Sequence[str] | None = None) -> str:
    """The table of `samples`, all where none is named, as Markdown: how many were read, agreed with, and false.

    Raises: EvalError, when a sample has no labels.
    """
    known = tuple(dict.fromkeys(label.sample for label in labels))
    unknown = [name for name in samples or () if name not in known]
    if unknown:
        raise EvalError(f"No statement of {unknown[0]!r} was read; there are {', '.join(known)}.")
    read = [label for label in labels if not samples or label.sample in samples]
    groups: dict[tuple[str, str], list[Label]] = {}
    for label in read:
        groups.setdefault((label.sample, "moved" if label.moved else label.system), []).append(label)
    rows = [(sample, prompt, *_row(found)) for (sample, prompt), found in groups.items()]
    heads = ("sample", "prompt", "statements", "a reader agrees", "in words of the model's own", "false")
    return table(heads, [*rows, ("all", "", *_row(read))])


def _row(labels: Sequence[Label]) -> tuple[str, str, str, str]:
    agreed = sum(label.agree for label in labels)
    own = [label.agree for label in labels if label.in_own_words]
    share = f"{agreed / len(labels):.3f} {bounds(wilson(agreed, len(labels)))}" if labels else "–"
    return str(len(labels)), share, f"{sum(own)} of {len(own)}", str(sum(label.false for label in labels))


if __name__ == "__main__":
    typer.run(main)
