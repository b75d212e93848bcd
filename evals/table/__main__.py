"""`python -m evals.table --data DIR`: the numbers of this project as one table. Progress goes to stderr.

Each line has its n and its 95 % interval; where there are two ways to be wrong, both stand in it. `--only` names
groups of lines, `--baseline` another checkout of this project whose numbers stand beside.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from evals.errors import EvalError
from evals.run import write_whole
from evals.table import beside, cost, documents, program, questions, reading, statements
from evals.table.asking import HERE, Checkout
from evals.table.cells import Line, render
from evals.table.statements import Judge
from index.errors import RagError
from index.settings import IndexSettings
from index.vectors.embedder import embedder_of
from index.vectors.remembered import Remembered
from rag.reader.onnx_model import OnnxReader

SUITES = HERE / "evals" / "suites"
Half = Literal["tune", "test", "both"]
NEAR_ARTICLES = 400
"""Questions of SQuAD that are asked beside their passage."""


@dataclass(frozen=True)
class Options:
    """What is measured, with what, and beside what."""

    data: Path | None
    baseline: Path | None
    half: Half
    sample: int | None
    work: Path

    @cached_property
    def ours(self) -> Checkout:
        """This checkout."""
        return Checkout(HERE, self.work / "here", say)

    @cached_property
    def base(self) -> Checkout | None:
        """The other checkout, where one is given."""
        return Checkout(self.baseline.resolve(), self.work / "base", say) if self.baseline else None

    @property
    def asked_of(self) -> list[Checkout]:
        """This checkout, and the other where one is given."""
        return [one for one in (self.ours, self.base) if one]

    @cached_property
    def judge(self) -> Judge:
        """The program's verifier."""
        return program.judge(OnnxReader())

    @property
    def public(self) -> Path:
        """The folder of the sets. Raises: EvalError, when none is given."""
        if self.data is None:
            raise EvalError("it needs the folder of the public sets; name it with --data.")
        return self.data


def main(
    data: Annotated[
        Path | None, typer.Option(envvar="DATA", exists=True, file_okay=False, help="The folder of the public sets.")
    ] = None,
    only: Annotated[str, typer.Option(help="Groups of lines, with commas; all without.")] = "",
    baseline: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Another checkout, to be measured beside.")
    ] = None,
    half: Annotated[Half, typer.Option(help="Of the everyday questions.")] = "test",
    sample: Annotated[int | None, typer.Option(min=1, help="Questions of each kind of SQuAD; all without.")] = None,
    work: Annotated[Path | None, typer.Option(help="Keep the indexes and runs here, and use what is there.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the table to this file too.")] = None,
) -> None:
    """Measure, and print the table as Markdown."""
    names, beside = _names(only), baseline.resolve().name if baseline else None
    rows: list[str] = []
    whole = True
    with tempfile.TemporaryDirectory(prefix="rag-table-") as temporary:
        options = Options(data, baseline, half, sample, (work or Path(temporary)).resolve())
        for name in names:
            lines = _measured(name, options)
            whole = whole and lines is not None
            fresh = render(lines, "measured", beside).splitlines()[2 if rows else 0 :] if lines else []
            sys.stdout.writelines(f"{row}\n" for row in fresh)
            sys.stdout.flush()
            rows += fresh
    if out is not None and rows:
        write_whole(out, "".join(f"{row}\n" for row in rows).encode())
    if not (whole and rows):
        raise typer.Exit(1)


def _squad(options: Options) -> list[Line]:
    over = partial(program.answers, OnnxReader(), embedder_of(IndexSettings(home=options.work)))
    return [
        *reading.squad_near_misses(over, options.public, options.sample, say),
        *reading.squad_near_articles(over, options.public, options.sample or NEAR_ARTICLES, say),
    ]


def _everyday(options: Options) -> list[Line]:
    half = None if options.half == "both" else options.half
    return questions.everyday(options.asked_of, options.public, half)


def _documents(options: Options) -> list[Line]:
    over = partial(
        program.asked_over,
        work=options.work / "documents",
        embedder=embedder_of(IndexSettings(home=options.work)),
        reader=OnnxReader(),
    )
    return documents.made(over, say)


def _indexing(options: Options) -> list[Line]:
    if options.base is None:
        raise EvalError("it is measured beside another checkout; name one with --baseline.")
    return documents.speed(options.ours, options.base, options.public / "everyday" / "docs")


GROUPS: Mapping[str, Callable[[Options], list[Line]]] = {
    "everyday": _everyday,
    "statements": lambda o: [*statements.everyday(o.judge, o.public), *statements.written(o.judge)],
    "notes": lambda o: questions.notes(o.asked_of, SUITES),
    "counting": lambda o: questions.counting(o.asked_of, SUITES),
    "seeds": lambda o: questions.seeds(o.asked_of, SUITES, HERE / "seeds"),
    "squad": _squad,
    "wice": lambda o: statements.claims(o.judge, o.public, say),
    "perturbed": lambda o: statements.changed(o.judge, o.public),
    "beside": lambda o: beside.lines(o.judge, Remembered(embedder_of(IndexSettings(home=o.work))), o.public, say),
    "documents": _documents,
    "indexing": _indexing,
    "warm": lambda o: cost.warm_question(o.asked_of, o.public),
    "lines": lambda o: cost.lines_of_code([one.root for one in o.asked_of]),
}


def say(sentence: str) -> None:
    """Tell progress."""
    sys.stderr.write(f"table: {sentence}\n")
    sys.stderr.flush()


def _measured(name: str, options: Options) -> list[Line] | None:
    """The lines of a group; none, and loudly, where what it needs is not there, and None where it broke."""
    try:
        return GROUPS[name](options)
    except RagError as error:
        say(f"SKIPPED {name}: {error}")
        return []
    except Exception as error:  # noqa: BLE001 - the other groups may have taken an hour
        say(f"FAILED {name}: {type(error).__name__}: {error}")
        return None


def _names(only: str) -> list[str]:
    names = [name.strip() for name in only.split(",") if name.strip()] or list(GROUPS)
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        raise typer.BadParameter(f"--only has no group {unknown[0]!r}; there are {', '.join(GROUPS)}")
    return names


if __name__ == "__main__":
    typer.run(main)
