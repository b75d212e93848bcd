"""Each bad input is indexed beside a good file, in a process whose time and memory are watched."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from evals.bench.faults import folder
from evals.bench.faults.child import Embedder
from evals.bench.faults.inputs import INPUTS, Input
from evals.bench.faults.outcome import Outcome, Say
from evals.bench.faults.run import Child
from evals.bench.tables import amount
from evals.markdown import NOTHING, table
from index.errors import RagError
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store.open import open_index
from index.types import Report

SECONDS, SECONDS_HEAVY = 30.0, 600.0
"""Seconds of a processor that a run with one bad input may take."""
MEGABYTES = 1024
"""Memory that each of its processes may hold; the heavy ones are not held to it."""
GOOD_NAME, GOOD = "a good file.txt", "The lighthouse keeper counts the ships before the fog comes in from the sea."
_PATIENCE = 8
_LOOK = 0.02
_CAPABILITIES_V3 = 0x20080522
_MOST_REPLACED = 0.01


@dataclass(frozen=True, slots=True)
class Case:
    """One input, and the folder in which it is tried."""

    name: str
    work: Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What became of one input, seconds of a processor, and the most MB that the process and its reader held."""

    name: str
    became: str
    seconds: float
    megabytes: float
    reader_megabytes: float


def measure(work: Path, names: Sequence[str], say: Say) -> tuple[Outcome, list[Cost]]:
    """Index each of these inputs, one at a time."""
    outcome = Outcome("bad input", "ends in bounded time and memory, with a reason; stops no other; no mojibake")
    costs = []
    for name in names:
        problem, cost = try_one(Case(name, work / "case"))
        shutil.rmtree(work / "case", ignore_errors=True)
        costs.append(cost)
        outcome.add(name, problem)
        say(f"bad input {name}: {problem or cost.became}")
    for kind, heavy in (("the largest", True), ("the others", False)):
        some = [cost for cost in costs if INPUTS[cost.name].heavy is heavy]
        outcome.notes += [f"{kind} took {_most(some)}"] if some else []
    return outcome, costs


def names(*, heavy: bool) -> Sequence[str]:
    """All inputs, or those that are not heavy."""
    return [name for name, item in INPUTS.items() if heavy or not item.heavy]


def render(costs: Sequence[Cost]) -> str:
    """The costs as a Markdown table."""
    rows = [
        (cost.name, cost.became, amount(cost.seconds), amount(cost.megabytes), _shown(cost.reader_megabytes))
        for cost in costs
    ]
    return table(("bad input", "what became of it", "processor, s", "MB", "reader, MB"), rows)


def _shown(megabytes: float) -> str:
    return amount(megabytes) if megabytes else NOTHING


def _most(costs: Sequence[Cost]) -> str:
    return (
        f"at most {max(cost.seconds for cost in costs):.1f} s of a processor, "
        f"{max(cost.megabytes for cost in costs):,.0f} MB in the process and "
        f"{max(cost.reader_megabytes for cost in costs):,.0f} MB in its reader"
    )


def try_one(case: Case) -> tuple[str | None, Cost]:
    """What is wrong with how one input was taken, if anything, and what it cost."""
    item = INPUTS[case.name]
    documents = case.work / "documents"
    documents.mkdir(parents=True)
    (documents / GOOD_NAME).write_text(GOOD)
    item.put(documents)
    allowed = SECONDS_HEAVY if item.heavy else SECONDS
    deadline = time.monotonic() + _PATIENCE * allowed
    peak: dict[bool, float] = {True: 0.0, False: 0.0}
    with Child(case, serve) as child:
        while child.process.is_alive() and time.monotonic() < deadline:
            child.listen(seconds=_LOOK)
            _look(child.process.pid or 0, peak)
        in_time = not child.process.is_alive()
        child.kill()
    told = child.told
    _unlock(documents)
    problem = told.broke or (None if told.became else "the run ended without a word")
    if not in_time:
        problem = f"did not end within {_PATIENCE * allowed:,.0f} s"
    elif told.spent > allowed:
        problem = problem or f"took {told.spent:.0f} s of a processor"
    elif max(peak.values()) > MEGABYTES and not item.heavy:
        problem = problem or f"took {max(peak.values()):,.0f} MB"
    return problem, Cost(case.name, told.became or "failed", told.spent, peak[True], peak[False])


def serve(case: Case, parent: Connection) -> None:
    """The process that indexes one input, and tells what became of it."""
    item = INPUTS[case.name]
    if item.unprivileged and not drop_rights():
        parent.send(("became", "not tried, since one who may read all cannot give that up here", 0.0))
        return
    try:
        told = ("became", _index(case, item), 0.0)
    except _Wrong as error:
        told = ("broke", str(error), 0.0)
    except Exception as error:  # noqa: BLE001 - what is measured is that this does not come to pass
        told = ("broke", f"{type(error).__name__}: {error}", 0.0)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    parent.send(("spent", time.process_time() + children.ru_utime + children.ru_stime, 0.0))
    parent.send(told)


class _Wrong(Exception):
    """What should not be."""


@dataclass(frozen=True, slots=True)
class _Disturber:
    """Does what is to be done to the folder when reading begins, and after that nothing."""

    item: Input
    documents: Path

    def start(self, stage: str, total: int) -> None:
        if stage == "read" and self.item.disturb:
            self.item.disturb(self.documents)

    def advance(self, n: int) -> None:
        pass


def _index(case: Case, item: Input) -> str:
    """What became of the input, in words."""
    home, documents = case.work / "home", case.work / "documents"
    settings = IndexSettings(home=home)
    try:
        report = build_index(settings, [documents], Embedder(), _Disturber(item, documents), trial=lambda _: None)
        held = dict(folder.texts(home))
        with open_index(settings, Embedder.fingerprint) as index:
            (hit,) = index.dense(Embedder().embed([GOOD]), 1)
            found = index.passages([hit.passage_id])[hit.passage_id].text
    except RagError as error:
        raise _Wrong(f"stopped the others: {error}") from error
    if held.pop(GOOD_NAME, "") != GOOD or found != GOOD:
        raise _Wrong("the good file is not found")
    _require(item, held, report)
    return _in_words(held, report)


def _require(item: Input, held: dict[str, str], report: Report) -> None:
    skipped = {told.path: told.reason for told in report.skipped}
    for path, text in item.texts.items():
        if held.get(path) != text:
            raise _Wrong(f"{path!r} was read as {held.get(path, skipped.get(path, ''))[:80]!r}")
    for path, words in item.skipped.items():
        if words not in skipped.get(path, ""):
            raise _Wrong(f"{path!r}: {skipped.get(path, 'not skipped')!r} does not say {words!r}")
    for path, text in held.items():
        unread = text.count("\ufffd")
        if unread > _MOST_REPLACED * len(text):
            raise _Wrong(f"{path!r} was indexed with {unread:,} characters that could not be read")
    if not (held or skipped or report.hidden_files):
        raise _Wrong("nothing is told of it")


def _in_words(held: dict[str, str], report: Report) -> str:
    told = [f"{len(held):,} indexed"] if held else []
    told += [f"{len(report.skipped):,} skipped: {report.skipped[0].reason}"] if report.skipped else []
    told += [f"{report.hidden_files} passed over as hidden"] if report.hidden_files else []
    told += [report.remarks[0].text] if report.remarks else []
    return "; ".join(told)


def _look(pid: int, peak: dict[bool, float]) -> None:
    """The most memory, so far, of the process and of those it started; Linux only."""
    peak[True] = max(peak[True], _megabytes(pid))
    with suppress(OSError):  # which may be gone at any moment
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                peak[False] = max(peak[False], _megabytes(int(child)))


def _megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def drop_rights() -> bool:
    """Give up what lets the administrator read every file; whether this process now is as any other."""
    if os.geteuid() != 0:
        return True
    try:
        header = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0)
        return bool(ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()) == 0)
    except (OSError, AttributeError):
        return False


def _unlock(documents: Path) -> None:
    for path in documents.iterdir():
        if not path.is_symlink():
            path.chmod(0o700)
