"""Work on an index that takes a while: done in a thread of its own, looked at and stopped from others."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from index.errors import GoneAtOnce, RagError
from index.store.caches import Progress
from index.types import Report
from rag.errors import Cancelled

_log = logging.getLogger(__name__)
_BROKEN = "Something went wrong; the index is as it was. Try again, or look at the log for the cause."


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended, in a sentence or a few; with the report, where the index was brought in step.

    `gone` is whether it did not do so because too many files are gone at once, and can be told to let them go.
    """

    sentence: str
    wrong: bool = False
    report: Report | None = None
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a job is. `rate` is in steps a second and `left` in seconds; 0 while they are not known."""

    name: str = ""
    done: int = 0
    total: int = 0
    rate: float = 0.0
    left: float = 0.0
    stopping: bool = False


class Job:
    """One piece of work. It ends by itself; nobody has to look at it."""

    def __init__(self, work: Callable[[Progress], Outcome]) -> None:
        """`work` runs once, after `start`."""
        self._work = work
        self._stage = Stage()
        self._since = 0.0
        self._stop = threading.Event()
        self._ended = threading.Event()
        self._outcome = Outcome(_BROKEN, wrong=True)

    def begin(self) -> None:
        """Start the work, in a thread that ends with the program: what is half built then is not in use."""
        threading.Thread(target=self._run, name="indexing", daemon=True).start()

    def cancel(self) -> None:
        """Ask the work to end at its next step; once a new index is being put in use it is too late."""
        self._stop.set()

    @property
    def stage(self) -> Stage:
        """How far the work is now."""
        return replace(self._stage, stopping=self._stop.is_set())

    @property
    def ended(self) -> bool:
        """Whether the work is over."""
        return self._ended.is_set()

    @property
    def outcome(self) -> Outcome:
        """How it ended, once it has."""
        return self._outcome

    def follow(self, pause: float = 0.3) -> Iterator[Stage]:
        """How far the work is, at once and then every `pause` seconds until it is over."""
        yield self.stage
        while not self._ended.wait(pause):
            yield self.stage

    def start(self, stage: str, total: int) -> None:
        """As `index.store.caches.Progress`."""
        self._since = time.monotonic()
        self._stage = Stage(stage, 0, total)
        self._give_up()

    def advance(self, n: int) -> None:
        """As `index.store.caches.Progress`."""
        before, seconds = self._stage, max(time.monotonic() - self._since, 1e-3)
        done = before.done + n
        rate = done / seconds
        self._stage = Stage(before.name, done, before.total, rate, max(0, before.total - done) / rate if rate else 0.0)
        self._give_up()

    def _give_up(self) -> None:
        if self._stop.is_set() and self._stage.name != "publish":
            raise Cancelled("Stopped; the index is as it was. What was embedded until now is not embedded again.")

    def _run(self) -> None:
        try:
            self._outcome = self._work(self)
        except Cancelled as error:
            self._outcome = Outcome(str(error))
        except GoneAtOnce as error:
            told = f"{error.losses}, so nothing was changed. Bring them back, or let them go from the index for good."
            self._outcome = Outcome(told, wrong=True, gone=True)
        except RagError as error:
            self._outcome = Outcome(str(error), wrong=True)
        except Exception:  # noqa: BLE001  (the end of a thread: nobody else would hear of it)
            _log.exception("the index could not be changed")
        finally:
            self._ended.set()
