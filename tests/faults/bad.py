"""Each bad input is indexed beside a good file, in a process whose time and memory are watched."""

from __future__ import annotations

import ctypes
import os
import resource
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from index.errors import RagError
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store.open import open_index
from index.types import Report
from tests.faults import folder
from tests.faults.child import Embedder
from tests.faults.inputs import INPUTS, Input
from tests.faults.process import Child, Transcript

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
class Taken:
    """How one input was taken: what the process tells, whether it ended in time, and the most MB of each process."""

    transcript: Transcript
    in_time: bool
    megabytes: float


def index_beside_a_good_file(case: Case) -> Taken:
    """Index one input in a process whose time and memory are watched."""
    item = INPUTS[case.name]
    documents = case.work / "documents"
    documents.mkdir(parents=True)
    (documents / GOOD_NAME).write_text(GOOD)
    item.put(documents)
    deadline = time.monotonic() + _PATIENCE * seconds_for(item)
    peak = 0.0
    with Child(case, serve) as child:
        while child.process.is_alive() and time.monotonic() < deadline:
            child.listen(seconds=_LOOK)
            peak = max(peak, _megabytes_of_all(child.process.pid or 0))
        in_time = not child.process.is_alive()
        child.kill()
    _unlock(documents)
    return Taken(child.transcript, in_time, peak)


def seconds_for(item: Input) -> float:
    """Seconds of a processor that a run with this input may take."""
    return SECONDS_HEAVY if item.heavy else SECONDS


def serve(case: Case, parent: Connection) -> None:
    """The process that indexes one input, and tells what became of it."""
    item = INPUTS[case.name]
    if item.unprivileged and not drop_rights():
        parent.send(("became", "not tried, since one who may read all cannot give that up here", 0.0))
        return
    try:
        ending = ("became", _index(case, item), 0.0)
    except _Wrong as error:
        ending = ("broke", str(error), 0.0)
    except Exception as error:  # noqa: BLE001 - what is tested is that this does not come to pass
        ending = ("broke", f"{type(error).__name__}: {error}", 0.0)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    parent.send(("spent", time.process_time() + children.ru_utime + children.ru_stime, 0.0))
    parent.send(ending)


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
            nearest = index.passages([hit.passage_id])[hit.passage_id].text
    except RagError as error:
        raise _Wrong(f"stopped the others: {error}") from error
    if held.pop(GOOD_NAME, "") != GOOD or nearest != GOOD:
        raise _Wrong("the good file is not found")
    _require(item, held, report)
    return f"{len(held):,} indexed, {len(report.skipped):,} skipped"


def _require(item: Input, held: dict[str, str], report: Report) -> None:
    skipped = {file.path: file.reason for file in report.skipped}
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
        raise _Wrong("the report does not mention it")


def _megabytes_of_all(pid: int) -> float:
    """The most that the process or one of those it started has held so far; Linux only."""
    pids = [pid]
    with suppress(OSError):  # which may be gone at any moment
        for thread in Path(f"/proc/{pid}/task").iterdir():
            pids += map(int, (thread / "children").read_text().split())
    return max(map(_megabytes, pids))


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
