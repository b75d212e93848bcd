"""`python -m evals.bench`: measure, and print Markdown. Progress and warnings go to stderr."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from evals.bench import edits, index, material, query, start, store, storm
from evals.bench.material import Material
from evals.bench.measure import WARM
from evals.bench.tables import machine
from evals.run import write_whole
from index.errors import RagError

USUAL = START, INDEX, QUERY, EDIT = ("start", "index", "query", "edit")
GROWING = INDEX, QUERY, EDIT, STORE = (*USUAL[1:], "store")
WATCH = "watch"
PARTS = (START, *GROWING, WATCH)
LEAST = 50
"""Fewer passages than this tell nothing."""
HOW = (
    "Every number stands beside a baseline measured in the same run; `ours / baseline` is ours divided by it, so less "
    "is better for times and more for rates. Each is measured in a process of its own."
)


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure, and with what."""

    parts: tuple[str, ...]
    sizes: tuple[int, ...]
    data: Path
    docs: Path
    suite: Path
    questions: int
    repeats: int
    words: int
    static: bool


def main(
    parts: Annotated[
        list[str] | None,
        typer.Argument(metavar="PART", help="start, index, query, edit, store, watch; the first four without any."),
    ] = None,
    sizes: Annotated[str, typer.Option(help="Passages to index and to search, with commas.")] = "1000",
    data: Annotated[
        Path, typer.Option(envvar="DATA", help="A folder below which the public sets lie.", file_okay=False)
    ] = Path("../shared/data"),
    docs: Annotated[Path, typer.Option(help="The sample documents.")] = Path("seeds"),
    suite: Annotated[Path, typer.Option(help="The sample questions.")] = Path("evals/suites/seeds.jsonl"),
    questions: Annotated[int, typer.Option(min=1, help="Questions to time.")] = 40,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each cold command.")] = 3,
    passage_words: Annotated[
        int, typer.Option(min=20, max=400, help="Words of a passage; fewer make large sizes quicker to embed.")
    ] = material.WORDS,
    static: Annotated[
        bool, typer.Option("--static", help="Embed without context, thousands a second: for large sizes, ours alone.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the tables to this file too.")] = None,
) -> None:
    """Measure speed, memory and scale on this machine, and print Markdown."""
    options = Options(_parts(parts), _sizes(sizes), data, docs, suite, questions + WARM, repeats, passage_words, static)
    written: list[str] = []
    try:
        with tempfile.TemporaryDirectory(prefix="rag-bench-") as work:
            bench(options, Path(work), lambda section: _emit(section, written))
        _emit(f"Load when it ended (1 minute): {os.getloadavg()[0]:.1f}", written)
    except RagError as error:
        _say(str(error))
        raise typer.Exit(1) from error
    if out is not None:
        write_whole(out, "\n\n".join([*written, ""]).encode())


def bench(options: Options, work: Path, emit: Callable[[str], None]) -> None:
    """Measure all that `options` name, each section emitted as soon as it is there.

    Raises: EvalError, and what the parts raise.
    """
    emit(f"# Benchmarks\n\n{machine()}\n\n{HOW}")
    if START in options.parts:
        questions = material.tune_questions(options.suite)[: options.questions]
        measured = start.measure(options.docs, questions, work / START, options.repeats, _say)
        emit(f"## Start\n\n{start.render(measured)}")
    if set(options.parts) - {START}:
        texts, warning = material.load(options.data, options.docs, options.suite, options.words)
        if warning:
            _say(f"NOTE: {warning}")
        _describe(texts, warning, options.parts, emit)
        if WATCH in options.parts:
            _watch(texts, options, work, emit)
        if set(GROWING) & set(options.parts):
            _grow(texts, options, work, emit)


def _describe(texts: Material, warning: str | None, parts: Sequence[str], emit: Callable[[str], None]) -> None:
    """What is measured with, and how."""
    all_notes = ((INDEX, index.NOTE), (QUERY, query.NOTE), (EDIT, edits.NOTE), (STORE, store.NOTE), (WATCH, storm.NOTE))
    notes = [note for part, note in all_notes if part in parts]
    if {INDEX, QUERY} & set(parts):
        notes.append(index.about_txtai())
    emit("\n\n".join(["## Index and query", material.describe(texts, warning), *notes]))


def _watch(texts: Material, options: Options, work: Path, emit: Callable[[str], None]) -> None:
    """Rest and storm at every size."""
    for size in options.sizes:
        watched = storm.measure(texts, size, work / f"{WATCH}-{size}", _say, static=options.static)
        emit(f"### Watch, {size:,} files\n\n{storm.render(watched)}")


def _grow(texts: Material, options: Options, work: Path, emit: Callable[[str], None]) -> None:
    """Indexing and searching at every size."""
    searched = []
    for size in options.sizes:
        here = work / f"{size}"
        prepared = index.prepare(texts, size, here, _say, static=options.static)
        if INDEX in options.parts and options.static:
            emit(f"### Index, {size:,} passages, static vectors\n\n{index.render_ours(prepared)}")
        elif INDEX in options.parts:
            emit(f"### Index, {size:,} passages\n\n{index.render(index.measure(prepared, here, _say))}")
        if QUERY in options.parts:
            searched.append(query.measure(here, texts.questions[: options.questions], _say, static=options.static))
            emit(f"### Query, {size:,} passages\n\n{query.render(searched[-1])}")
        if EDIT in options.parts:
            edited = edits.measure(here, _say, texts.words, static=options.static)
            vectors = "static" if options.static else "the model's own"
            emit(f"### Edit, {size:,} passages, {vectors} vectors\n\n{edits.render(edited)}")
        if STORE in options.parts:
            stores = store.measure(here, texts.questions[: options.questions], _say, static=options.static)
            emit(f"### Stores, {size:,} passages\n\n{store.render(stores)}")
        shutil.rmtree(here)
    if len(searched) > 1:
        emit(f"### Growth\n\n{query.render_growth(searched)}")


def _parts(given: list[str] | None) -> tuple[str, ...]:
    unknown = [part for part in given or () if part not in PARTS]
    if unknown:
        raise typer.BadParameter(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}.")
    return tuple(given or USUAL)


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(size) for size in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"--sizes {text!r} is no list of numbers, as in 1000,10000") from None
    if min(sizes) < LEAST:
        raise typer.BadParameter(f"--sizes {text!r} has a number below {LEAST}, too few to measure")
    return tuple(sorted(set(sizes)))


def _emit(section: str, written: list[str]) -> None:
    written.append(section)
    sys.stdout.write(section + "\n\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")


if __name__ == "__main__":
    typer.run(main)
