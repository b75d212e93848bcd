"""What `rag index --watch` costs at rest, and what it does when many files are saved at once."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import watchfiles

from evals.bench.index import Say, loaded_embedder
from evals.bench.material import Material, write_files
from evals.bench.measure import fresh
from evals.bench.tables import Row, render_rows
from evals.errors import EvalError
from index.folder.roots import Root
from index.folder.watch import Scope, changes_of, watch
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store.open import Index, open_index

NOTE = (
    "Watch: files of one passage each, which a process watches and indexes as `rag index --watch` does. At rest it is "
    "left alone; in a storm many files are saved at once, and then one after another without a pause in which it could "
    "settle. Every sentence that was added is looked for in the end. CPU is that of the process and of those it starts."
)
_PATIENCE = 300
"""Seconds after which an edit that is not found is lost."""
_END = "end"


@dataclass(frozen=True, slots=True)
class Plan:
    """Seconds of rest, files saved at once, and how many are saved after that, one each `pace` seconds."""

    rest: float = 60
    at_once: int = 300
    singly: int = 120
    pace: float = 0.5

    @property
    def edits(self) -> int:
        """How many files are saved in all."""
        return self.at_once + self.singly


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of CPU at rest, of ours and of the library alone; those of a storm, what it took, and what it lost.

    `last` is the time until its last edit was found, `single` that of one at rest, `alone` that of a run by hand.
    """

    plan: Plan
    files: int
    resting: float
    library: float
    cpu: float
    seconds: float
    runs: int
    last: float
    single: float
    alone: float
    lost: int


def measure(
    texts: Material, files: int, work: Path, say: Say, plan: Plan = Plan(), *, static: bool = False
) -> Measured:
    """Watch about `files` new files below `work`, at rest and in a storm.

    Raises: EvalError, when the watching process dies.
    """
    folder, home = work / "watched", work / "watched-home"
    write_files(texts, files, folder, a_file=1)
    names, settings = sorted(folder.iterdir()), IndexSettings(home=home, passage_words=texts.words)
    if len(names) < plan.edits + 2:
        raise EvalError(f"{len(names)} files are too few for a storm of {plan.edits}; give larger --sizes.")
    say(f"watch: {len(names):,} files at rest")
    library = fresh(watch_alone, folder, plan.rest)
    with closing(_Finder(settings, loaded_embedder(home, static=static).fingerprint)) as finder:
        with _watching(folder, home, texts.words, static) as ask:
            resting = _over(ask, plan.rest)
            say(f"watch: {plan.edits} files saved")
            single = finder.seconds_until(_edited(names[0], "single"))
            (cpu, runs), begun = ask(), time.perf_counter()
            marks = list(_storm(names[1 : plan.edits + 1], plan))
            last = finder.seconds_until(marks[-1])
            seconds = time.perf_counter() - begun
            after, runs_after = ask()
        lost = sum(not finder.is_found(mark) for mark in marks)
    return Measured(
        plan=plan,
        files=len(names),
        resting=resting,
        library=library,
        cpu=after - cpu,
        seconds=seconds,
        runs=runs_after - runs,
        last=last,
        single=single,
        alone=fresh(index_one, folder, home, names[-1], texts.words, static=static),
        lost=lost,
    )


def watch_alone(folder: Path, seconds: float) -> float:
    """Seconds of CPU that the library takes to watch a folder in which nothing happens."""
    ended = threading.Event()
    threading.Timer(seconds, ended.set).start()
    before = _cpu()
    for _ in watchfiles.watch(folder, stop_event=ended, yield_on_timeout=True, rust_timeout=500):
        pass
    return _cpu() - before


def index_one(folder: Path, home: Path, file: Path, words: int, *, static: bool) -> float:
    """Seconds that one edit takes, run by hand, until it is found."""
    settings, model = IndexSettings(home=home, passage_words=words), loaded_embedder(home, static=static)
    with closing(_Finder(settings, model.fingerprint)) as finder:
        mark, begun = _edited(file, "alone"), time.perf_counter()
        build_index(settings, [folder], model)
        finder.seconds_until(mark)
        return time.perf_counter() - begun


def keep_in_step(folder: Path, home: Path, words: int, static: bool, pipe: Connection) -> None:
    """Index the folder, and then what changes in it; answer each word but the last with the CPU taken and the runs."""
    settings, model = IndexSettings(home=home, passage_words=words), loaded_embedder(home, static=static)
    ended, runs = threading.Event(), 0

    def sync() -> None:
        nonlocal runs
        build_index(settings, [folder], model)
        runs += 1

    def answer() -> None:
        while pipe.recv() != _END:
            pipe.send((_cpu(), runs))
        ended.set()

    changes = changes_of(Scope((Root(folder),), home), ended, print)
    next(changes)
    sync()
    threading.Thread(target=answer, daemon=True).start()
    watch(changes, sync, print)


def render(one: Measured) -> str:
    """Rest and storm, as Markdown."""
    files, plan = f"{one.files:,} files", one.plan
    saved = f"{files}, {plan.at_once} saved at once and {plan.singly} one each {plan.pace:g} s"
    alone = "one edit, indexed by hand"
    rows = render_rows(
        [
            Row(f"{files} watched for {plan.rest:g} s: CPU", one.resting, "s", "watchfiles alone", one.library),
            Row(f"{files}: an edit at rest, until it is found", one.single, "s", alone, one.alone),
            Row(f"{saved}: CPU", one.cpu, "s", "the seconds it took", one.seconds),
            Row(f"{saved}: runs", one.runs, "", "edits", plan.edits),
            Row(f"{saved}: the last, until it is found", one.last, "s", alone, one.alone),
        ]
    )
    return f"{rows}\n\nNot found in the end: {one.lost} of {plan.edits} edits."


class _Finder:
    """Looks for words in what is in use, and opens it anew when that is another."""

    def __init__(self, settings: IndexSettings, fingerprint: str) -> None:
        self._settings, self._fingerprint = settings, fingerprint
        self._index: Index | None = None

    def is_found(self, mark: str) -> bool:
        return bool(self._newest().lexical(mark, 1))

    def seconds_until(self, mark: str) -> float:
        begun = time.perf_counter()
        while not self.is_found(mark) and time.perf_counter() - begun < _PATIENCE:
            time.sleep(0.1)
        return time.perf_counter() - begun

    def close(self) -> None:
        if self._index is not None:
            self._index.close()

    def _newest(self) -> Index:
        before = self._index
        if before is not None and not before.stale():
            return before
        self._index = open_index(self._settings, self._fingerprint, before)
        if before is not None:
            before.close()
        return self._index


def _storm(files: Sequence[Path], plan: Plan) -> Iterator[str]:
    """Save the files as planned; the word that was added to each."""
    for number, file in enumerate(files):
        if number >= plan.at_once:
            time.sleep(plan.pace)
        yield _edited(file, f"storm{number}")


def _edited(file: Path, name: str) -> str:
    """A word that no other file has, now added to `file`."""
    mark = f"xq{name}z"
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"\n\nThis is edit {mark} of {file.stem}.\n")
    return mark


def _over(ask: Callable[[], tuple[float, int]], seconds: float) -> float:
    """What CPU a process takes in so many seconds."""
    before, _ = ask()
    time.sleep(seconds)
    after, _ = ask()
    return after - before


@contextmanager
def _watching(folder: Path, home: Path, words: int, static: bool) -> Iterator[Callable[[], tuple[float, int]]]:
    """A process that has indexed the folder and watches it; what asks it for its CPU and its runs so far."""
    context = multiprocessing.get_context("spawn")
    ours, its = context.Pipe()
    process = context.Process(target=keep_in_step, args=(folder, home, words, static, its))
    process.start()
    its.close()

    def ask() -> tuple[float, int]:
        try:
            ours.send("how far")
            cpu, runs = ours.recv()
        except (EOFError, OSError) as error:
            raise EvalError("The process that watched died; see above why.") from error
        return cpu, runs

    try:
        ask()  # it answers when all is indexed
        yield ask
        ours.send(_END)
        process.join()
    finally:
        process.kill()


def _cpu() -> float:
    """Seconds of this process, and of those it started that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
