"""Runs a child process, does to it what is wanted, and gathers all it told."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from typing import TypeVar, cast

from evals.bench.faults import child
from evals.bench.faults.child import Event, Task
from index.types import Report

_PRELOADED = [
    "evals.bench.faults.child",
    "evals.bench.faults.bad",
    "index.vectors.chroma",
    "index.words.lexical",
    "index.store.open",
]
_PATIENCE = 600.0
_Task = TypeVar("_Task")


@dataclass(slots=True)
class Told:
    """What a child told: its stages with the second each began, the texts it embedded and kept, and how it ended.

    `became` is what it says of a bad input, and `spent` are the seconds of a processor that took.
    """

    stages: dict[str, float] = field(default_factory=dict)
    embedded: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    report: Report | None = None
    busy: str = ""
    refused: str = ""
    broke: str = ""
    became: str = ""
    spent: float = 0.0
    killed: bool = False
    ended: float = 0.0

    def hear(self, event: Event) -> None:
        """Take in one event."""
        what, value, when = event
        if what == "stage":
            self.stages[str(value)] = when
        elif what in ("embed", "kept") and isinstance(value, list):
            (self.embedded if what == "embed" else self.kept).update(value)
        elif what == "done" and isinstance(value, Report):
            self.report = value
        elif what == "spent" and isinstance(value, float):
            self.spent = value
        elif what in ("busy", "refused", "broke", "became"):
            setattr(self, what, str(value))
        self.ended = when

    @property
    def stage(self) -> str:
        """The one begun last."""
        return list(self.stages)[-1] if self.stages else "the start"

    def seconds(self) -> dict[str, float]:
        """How long each stage took that was over."""
        ends = [*self.stages.items(), *([("", self.ended)] if self.report else [])]
        return {stage: end - begun for (stage, begun), (_, end) in pairwise(ends)}

    def complaint(self) -> str | None:
        """What is wrong with a run that nothing was done to; None where it finished."""
        if self.report is not None:
            return None
        return self.broke or self.refused or self.busy or "the run ended without a word"


@cache
def _context() -> ForkServerContext:
    """Makes processes that have all imported, on which each would else spend seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    path = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (*sys.path, path)))  # which it does not look up by itself
    try:
        ensure_running()
    finally:
        os.environ.pop("PYTHONPATH")
        if path is not None:
            os.environ["PYTHONPATH"] = path
    return context


class Child:
    """A process that does a task. A context manager, at whose end it is gone."""

    def __init__(self, task: _Task, function: Callable[[_Task, Connection], None]) -> None:
        context = _context()
        self.connection, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=function, args=(task, other), daemon=False)
        self.process.start()
        other.close()
        self.told = Told()

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.connection.close()

    def listen(self, until: Callable[[Event], bool] = lambda event: False, seconds: float = _PATIENCE) -> bool:
        """Hear events until one is such, or time is up, or the process has ended; whether there was such a one."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self.connection.poll(left):
            try:
                event = cast("Event", self.connection.recv())
            except (EOFError, OSError):
                break
            self.told.hear(event)
            if until(event):
                return True
        return False

    def kill(self) -> None:
        """SIGKILL, and hear what was told before it."""
        self.process.kill()
        self.finish()

    def finish(self) -> Told:
        """Hear all to the end."""
        self.listen()
        self.process.join(_PATIENCE)
        self.told.killed = self.process.exitcode == -signal.SIGKILL
        return self.told


def run(task: Task) -> Told:
    """What a child told that did the whole task, or as much of it as it could."""
    with Child(task, child.main) as process:
        return process.finish()
