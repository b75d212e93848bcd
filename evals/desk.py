"""Evaluating from the page: the suites there are, one run at a time, and the runs kept of each.

A run is kept in `HOME/evals/SUITE/UTC-TIME/` in the format of `rag eval run`, so `rag eval report DIR` reads it.
"""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePath

from evals import page
from evals.case_page import failing
from evals.cases import Case, Split, load_suite, of_split
from evals.errors import EvalError
from evals.report import render
from evals.run import About, Results, Stop, load_about, load_results, run_suite, write_whole
from index.errors import NoIndex
from rag.app.conversations.feedback import Feedback
from rag.app.workspace import Workspace
from rag.errors import Cancelled
from rag.types import Answer, Live, Turn

MOST_RUNS = 20
"""Runs kept of each suite; the newest, and a run that was marked as the baseline."""
_TICK = 0.5
_BASELINE, _REPORT = "baseline", "report.md"
_RUN_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(-\d+)?")
_SHIPPED = Path(__file__).parent / "suites"
_HALVES: Mapping[str, Split | None] = {"all": None, "tune": "tune", "test": "test"}


@dataclass(frozen=True, slots=True)
class Suite:
    """A file of cases. `halves` are the halves that can be asked, each with its cases; empty where it has a `problem`.

    A suite whose cases are not split has "all" alone.
    """

    name: str
    path: Path
    halves: Mapping[str, int]
    problem: str | None = None
    files: frozenset[str] = frozenset()
    """Where its evidence stands."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run that was kept, by the name of its folder, and in words."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, `seconds` after its start; at its end `run` is its name, or None where nothing was asked."""

    done: int
    of: int
    seconds: float
    ended: bool = False
    run: str | None = None


@dataclass(slots=True)
class _Going:
    """A run that is going on in its thread."""

    of: int
    started: float = field(default_factory=time.monotonic)
    stopping: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    done: int = 0
    run: str | None = None
    error: Exception | None = None

    def progress(self) -> Progress:
        ended = self.ended.is_set()
        return Progress(self.done, self.of, time.monotonic() - self.started, ended, self.run)

    def count(self, done: int, _: int) -> None:
        self.done = done


class Desk:
    """Runs suites on the collections of a workspace. One run goes on at a time; reading is safe from any thread."""

    def __init__(self, workspace: Workspace) -> None:
        """Nothing is read yet."""
        self._workspace = workspace
        self._one = threading.Lock()

    def suites(self, collection: str | None = None) -> tuple[Suite, ...]:
        """The suite of the collection's own cases, the others in `HOME/suites`, newest first, then the shipped ones.

        Of the shipped ones those alone whose documents the collection holds. One that does not read is among them, with
        the reason.
        """
        names = self._names(collection)
        own = Feedback(self._workspace.settings.home, collection or self._workspace.settings.collection).suite
        suites = sorted(self._suites().values(), key=lambda suite: suite.path != own)
        return tuple(suite for suite in suites if suite.path.parent != _SHIPPED or suite.files <= names)

    def _names(self, collection: str | None) -> frozenset[str]:
        """The names of the files that a collection holds; none where nothing is indexed."""
        try:
            entries = self._workspace.pipeline(collection).entries()
        except NoIndex:
            return frozenset()
        return frozenset(PurePath(path).name for entry in entries for path in entry.paths)

    def run(
        self, suite: str, half: str, collection: str | None, stopped: Callable[[], bool] = lambda: False
    ) -> Generator[Progress, None, None]:
        """Asks the cases of a half in a thread, and tells twice a second how far it is, last when it has ended.

        It ends early when `stopped` says so or when this generator is closed, and is then kept with what was asked.

        Raises: EvalError, when another run goes on, or for a suite or half that there is not; RagError, when the
        collection cannot be asked.
        """
        chosen = self._named(suite)
        if chosen.problem is not None:
            raise EvalError(chosen.problem)
        if half not in chosen.halves:
            raise EvalError(f"The suite {suite!r} has no half {half!r}; choose among {', '.join(chosen.halves)}.")
        cases = of_split(load_suite(chosen.path), _HALVES[half])
        if not self._one.acquire(blocking=False):
            raise EvalError("Another run is going on; wait for its end, or stop it.")
        going = _Going(len(cases))
        work = threading.Thread(
            target=self._work, args=(going, chosen, cases, _HALVES[half], collection), name="evals", daemon=True
        )
        work.start()
        try:
            while not going.ended.wait(_TICK):
                if stopped():
                    going.stopping.set()
                yield going.progress()
        finally:
            going.stopping.set()  # not waited for: the case being asked may take its time
        if going.error is not None:
            raise going.error
        yield going.progress()

    def runs(self, suite: str) -> tuple[StoredRun, ...]:
        """The runs kept of a suite, newest first. Raises: EvalError, for a suite that there is not."""
        folder = self._folder(suite)
        marked = _marked(folder)
        return tuple(StoredRun(name, _label(about, name == marked)) for name, about in _abouts(folder).items())

    def results(self, suite: str, run: str) -> str:
        """A run as HTML: its numbers beside the run before it and the baseline, and plots.

        Raises: EvalError, for a run that there is not or that does not read.
        """
        folder = self._folder(suite, run)
        return page.results(load_results(folder / run), *self._beside(folder, run))

    def cases(self, suite: str, run: str, opened: str | None = None) -> str:
        """The cases of a run that did not come out right as HTML, with the one open whose place in the run is given.

        Raises: EvalError, for a run that there is not or that does not read.
        """
        chosen = self._suites().get(suite)
        known: Sequence[Case] = ()
        if chosen is not None and chosen.problem is None:
            known = load_suite(chosen.path)
        at = int(opened) if opened is not None and opened.isascii() and opened.isdigit() else None
        rows = load_results(self._folder(suite, run) / run).rows
        return failing(rows, {case.id: case for case in known}, at)

    def mark(self, suite: str, run: str) -> None:
        """From now on compare with this run of the suite.

        Raises: EvalError, for a run that there is not, or when the mark cannot be written.
        """
        write_whole(self._folder(suite, run) / _BASELINE, run.encode())

    def _suites(self) -> dict[str, Suite]:
        own = self._workspace.settings.home / "suites"
        theirs = sorted(own.glob("*.jsonl"), key=lambda path: (-_modified(path), path.name))
        shipped = sorted(_SHIPPED.glob("*.jsonl"), key=lambda path: path.stem)
        by_name: dict[str, Suite] = {}
        for path in [*theirs, *shipped]:
            if not path.name.startswith("."):
                by_name.setdefault(path.stem, _suite(path))
        return by_name

    def _named(self, suite: str) -> Suite:
        chosen = self._suites().get(suite)
        if chosen is None:
            raise EvalError(f"There is no suite {suite!r}; choose another.")
        return chosen

    def _folder(self, suite: str, run: str | None = None) -> Path:
        """Where the runs of a suite are kept, `run` among them where one is named."""
        folder = self._workspace.settings.home / "evals" / self._named(suite).name
        if run is not None and run not in _abouts(folder):
            raise EvalError(f"There is no run {run!r} of the suite {suite!r}; choose another.")
        return folder

    def _beside(self, folder: Path, run: str) -> tuple[Results | None, Results | None]:
        """The newest run before `run`, and the baseline: what was marked, else the first whole one of its half.

        They are one object where they are one run.
        """
        abouts = _abouts(folder)
        alike = [name for name, about in abouts.items() if _shares(about, abouts[run])]
        earlier = alike[alike.index(run) + 1 :]
        marked = _marked(folder)
        whole = [name for name in alike if not abouts[name].stopped]
        baseline = marked if marked in abouts else (whole or alike)[-1]
        last = load_results(folder / earlier[0]) if earlier else None
        if earlier and baseline == earlier[0]:
            return last, last
        return last, load_results(folder / baseline) if baseline != run else None

    def _work(
        self, going: _Going, suite: Suite, cases: Sequence[Case], split: Split | None, collection: str | None
    ) -> None:
        try:
            going.run = self._run_of(going, suite, cases, split, collection)
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
            going.error = error
        finally:
            self._one.release()
            going.ended.set()

    def _run_of(
        self, going: _Going, suite: Suite, cases: Sequence[Case], split: Split | None, collection: str | None
    ) -> str | None:
        folder = self._folder(suite.name)
        name = _free_name(folder)
        draft = folder / f".{name}"
        system = _Collection(self._workspace, collection, going.stopping.is_set)
        try:
            results = run_suite(
                system, cases, draft, suite=suite.path, split=split, progress=going.count, stop=going.stopping.is_set
            )
            if not results.rows:
                return None
            with suppress(EvalError):  # of a run in which every case failed there is no report
                write_whole(draft / _REPORT, render(results).encode())
            draft.rename(folder / name)
        except OSError as error:
            raise EvalError(f"The run cannot be kept in {str(folder)!r} ({error.strerror}).") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        _prune(folder)
        return name


class _Collection:
    """A collection that is asked until `stop` says so; when its settings change, no further case is asked."""

    def __init__(self, workspace: Workspace, collection: str | None, stop: Stop) -> None:
        self._workspace = workspace
        self._collection = collection or workspace.settings.collection
        self._live = Live(cancelled=stop)
        self._fingerprint = self._in_force()
        workspace.pipeline(self._collection)  # what keeps it from being asked is told before any case is

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        if self._in_force() != self._fingerprint:
            raise Cancelled("The settings were changed while the suite was being asked.")
        return self._workspace.pipeline(self._collection).ask(question, history=history, live=self._live)

    def text(self, document_id: str) -> str:
        return self._workspace.pipeline(self._collection).text(document_id)

    def _in_force(self) -> str:
        return self._workspace.settings_of(self._collection).fingerprint()


def _suite(path: Path) -> Suite:
    try:
        cases = load_suite(path)
    except EvalError as error:
        return Suite(path.stem, path, {}, str(error))
    split = Counter(case.split for case in cases if case.split)
    halves = {half: split[half] for half in ("tune", "test") if split[half]}
    files = frozenset(PurePath(evidence.file).name for case in cases for evidence in case.evidence)
    return Suite(path.stem, path, {**halves, "all": len(cases)}, files=files)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _abouts(folder: Path) -> dict[str, About]:
    """The whole runs in a folder by name, newest first. What is damaged is passed over."""
    by_run: dict[str, About] = {}
    for path in sorted(folder.glob("*"), key=_order, reverse=True):
        if _RUN_NAME.fullmatch(path.name):
            with suppress(EvalError):
                by_run[path.name] = load_about(path)
    return by_run


def _order(path: Path) -> tuple[str, int]:
    time_, _, again = path.name.partition("Z-")
    return time_.removesuffix("Z"), int(again) if again.isdigit() else 0


def _marked(folder: Path) -> str | None:
    try:
        return (folder / _BASELINE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None


def _shares(one: About, other: About) -> bool:
    """Whether two runs of a suite have asked cases of the same half."""
    return one.split == other.split or one.split is None or other.split is None


def _label(about: About, is_baseline: bool) -> str:
    half = f"{about.split} half" if about.split else "all cases"
    parts = [page.moment(about.started), half]
    parts += ["stopped early"] if about.stopped else []
    return " · ".join([*parts, "baseline"] if is_baseline else parts)


def _free_name(folder: Path) -> str:
    name = f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
    names = [name, *(f"{name}-{again}" for again in range(2, 100))]
    return next(name for name in names if not (folder / name).exists())


def _prune(folder: Path) -> None:
    marked = _marked(folder)
    for name in list(_abouts(folder))[MOST_RUNS:]:
        if name != marked:
            shutil.rmtree(folder / name, ignore_errors=True)
