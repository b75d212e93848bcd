"""A folder of documents that changes, the index over it, and what must hold of that index after each run."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import folder
from tests.faults.child import Harm, Task
from tests.faults.folder import NOTHING, State
from tests.faults.process import Transcript, run

_SLOW = 0.03


@dataclass(slots=True)
class Bench:
    """A folder that changes, the index over it, and every text whose vector was ever stored for it.

    A short one has few files, and runs without the trial and the doctor, each of which starts a process of its own.
    """

    work: Path
    short: bool = False
    home: Path = Path()
    number: int = 0
    stored: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if self.home == Path():
            self.home = self.work / "home"

    @property
    def documents(self) -> Path:
        """Where the documents lie."""
        return self.work / "documents"

    @property
    def state(self) -> State:
        """What the documents are now."""
        return folder.state(self.number, folder.FEW if self.short else folder.FILES)

    def change(self) -> Sequence[State]:
        """Bring the folder to its next state; what an index may hold until it is in step: the old state or the new."""
        old = self.state if self.home.exists() else NOTHING
        self.number += 1
        folder.write(self.documents, self.state)
        return old, self.state

    def forget(self) -> None:
        """Begin anew, without an index."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.stored.clear()

    def task(self, harm: Harm | None = None, *, trial: bool = True) -> Task:
        """One run, with what is done to it."""
        return Task(self.home, self.documents, _SLOW, harm, trial=trial and not self.short)

    def grow(self, runs: int = 1) -> None:
        """Some runs that nothing is done to, so that there are generations to collect."""
        for _ in range(runs):
            self.change()
            self.stored |= run(self.task(trial=False)).stored

    def require_whole(self, transcript: Transcript, allowed: Sequence[State], *, doctor: bool = True) -> None:
        """The index in use holds one of the states allowed, whole, and the run embedded nothing that was stored."""
        embedded_again = transcript.embedded & self.stored
        self.stored |= transcript.stored
        assert not embedded_again, f"{len(embedded_again)} finished passages were embedded again"
        assert folder.problem(self.home, allowed, doctor=doctor and not self.short) is None

    def require_next_run(self) -> None:
        """One more run ends well, brings the index in step, and leaves nothing behind."""
        transcript = run(self.task(trial=False))
        assert transcript.complaint() is None
        self.require_whole(transcript, [self.state])
        assert folder.left_behind(self.home) == []
