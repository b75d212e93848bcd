"""`rag eval`: run a suite, print a run, compare two, and score on public sets."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rag.app.cli.options import Collection, Config, Home, named, settings_of
from rag.app.cli.terminal import StageBars, Terminal

if TYPE_CHECKING:
    from evals.public import Legs, Search
    from index.settings import IndexSettings
    from index.store.open import Index
    from index.types import Embedder, Hit
    from rag.settings import Settings
    from rag.types import RetrievedPassage

evaluations = typer.Typer(help="Measure how good the answers are.", no_args_is_help=True, rich_markup_mode=None)

REPORT = "report.md"
CHUNKING, SQUAD = "questions_df.csv", "dev-v2.0.json"
Half = Literal["tune", "test"]
Out = Annotated[Path, typer.Option("--out", parser=named, metavar="DIR", help="The folder for the results.")]


@evaluations.command()
def run(
    suite: Annotated[Path, typer.Argument(metavar="SUITE", help="A file with one case a line, as JSON.")],
    out: Out,
    split: Annotated[Half | None, typer.Option(help="Only the cases of this half.")] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option("--fail-under", metavar="METRIC=VALUE", help="Exit with 1 below this; repeatable."),
    ] = None,
    controls: Annotated[bool, typer.Option("--controls", help="Score the plain answerers beside it.")] = False,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
) -> None:
    """Ask every case of SUITE, and write results and a report to the folder."""
    floors = dict(_floor(item) for item in fail_under or [])
    settings = settings_of(home, config, collection)
    from evals.cases import load_suite, of_split
    from evals.controls import standard_controls
    from evals.report import metric_names, render, shortfalls
    from evals.run import run_suite, write_whole
    from index.vectors.embedder import embedder_of
    from rag.pipeline import open_pipeline

    cases = of_split(load_suite(suite), split)
    _refuse_unknown(floors, metric_names(cases))
    with open_pipeline(settings) as pipeline, StageBars() as bars:
        beside = standard_controls(embedder_of(settings.for_index())) if controls else None
        results = run_suite(pipeline, cases, out, suite=suite, split=split, controls=beside, progress=_counting(bars))
    write_whole(out / REPORT, render(results).encode())
    Terminal().line(f"{len(cases)} cases asked; the report is {out / REPORT}.")
    _fail_on(shortfalls(results, floors))


@evaluations.command()
def report(run: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of a run.")]) -> None:
    """Print the report of a run, made anew from its results."""
    from evals.report import render
    from evals.run import load_results

    Terminal().whole(render(load_results(run)))


@evaluations.command()
def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="The folder of a run.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="The folder of another run.")],
) -> None:
    """Print how run B differs from run A, case by case."""
    from evals.compare import compare as compared
    from evals.compare import render_comparison
    from evals.run import load_results

    Terminal().whole(render_comparison(compared(load_results(a), load_results(b))))


@evaluations.command()
def public(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", exists=True, file_okay=False, help=f"A folder below which {CHUNKING} and {SQUAD} lie."
        ),
    ],
    out: Out,
    config: Config = None,
) -> None:
    """Score search on Chroma's chunking evaluation and on SQuAD 2.0."""
    settings = settings_of(None, config, None)
    from evals.public import render_scored, run_chunking_eval, run_squad
    from evals.run import write_whole
    from index.vectors.embedder import embedder_of

    embedder = embedder_of(settings.for_index())
    with ExitStack() as stack:
        opener = partial(_open, settings, embedder, stack)
        reports: dict[str, Callable[[Path], str]] = {
            CHUNKING: lambda file: render_scored(run_chunking_eval(file.parent, out / "chunking", embedder, opener)),
            SQUAD: lambda file: render_scored(run_squad(file, out / "squad", embedder, opener)),
        }
        for name, made in reports.items():
            files = sorted(data.rglob(name))
            if not files:
                Terminal(sys.stderr).line(f"SKIPPED: no {name} below {data}; the public set was not scored.")
                continue
            text = made(files[0])
            write_whole(out / f"{Path(name).stem}.md", text.encode())
            Terminal().whole(text)


def _floor(typed: str) -> tuple[str, float]:
    name, _, value = typed.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise typer.BadParameter(f"{typed!r} is not a metric and a number, as in: answer_presence=0.9") from None


def _refuse_unknown(names: Iterable[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"there is no metric {name!r}; choose among {', '.join(known)}.")


def _fail_on(shortfalls: Sequence[str]) -> None:
    for sentence in shortfalls:
        Terminal(sys.stderr).line(sentence)
    if shortfalls:
        raise typer.Exit(1)


def _counting(bars: StageBars) -> Callable[[int, int], None]:
    def show(done: int, cases: int) -> None:
        if done == 1:
            bars.start("ask", cases)
        bars.advance(1)

    return show


def _open(settings: Settings, embedder: Embedder, stack: ExitStack, of: IndexSettings) -> Legs:
    from evals.public import HYBRID
    from index.store.open import open_index
    from rag.pipeline import open_pipeline

    here = settings.model_copy(update={"home": of.home, "collection": of.collection})
    pipeline = stack.enter_context(open_pipeline(here))
    index = stack.enter_context(open_index(of, embedder.fingerprint))
    return _legs(index, embedder) | {HYBRID: pipeline.retrieve}


def _legs(index: Index, embedder: Embedder) -> dict[str, Search]:
    """Each search by itself."""
    from rag.types import Ranks, RetrievedPassage

    def retrieved(hits: Sequence[Hit]) -> list[RetrievedPassage]:
        passages = index.passages(hit.passage_id for hit in hits)
        pairs = [(hit, passages[hit.passage_id]) for hit in hits]
        return [RetrievedPassage(hit.rank, p, index.source(p), hit.score, Ranks()) for hit, p in pairs]

    return {
        "dense": lambda question, k: retrieved(index.dense(embedder.embed([question]), k)),
        "lexical": lambda question, k: retrieved(index.lexical(question, k)),
    }
