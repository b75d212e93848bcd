"""SIGKILL at random moments of every stage, and before and after every step that changes what is on the disk."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evals.bench.faults import folder
from evals.bench.faults.child import STAGES, Harm, Task, main
from evals.bench.faults.folder import NOTHING, State
from evals.bench.faults.outcome import Outcome, Say
from evals.bench.faults.run import Child, Told, run

_SLOW = 0.03
_NEW_HOME = 10
"""Every so many tries begin with no index at all."""
_MOST_ATTEMPTS = 5
_ASKED = "the old or the new index whole; no finished passage embedded again"
_AGAIN = 0.3
"""The share of tries whose second run is killed too."""


@dataclass(slots=True)
class Bench:
    """A folder that changes, the index over it, and every text whose vector was ever kept for it.

    A short one has few files, and runs without the trial and the doctor, each of which starts a process of its own.
    """

    work: Path
    short: bool = False
    home: Path = Path()
    number: int = 0
    kept: set[str] = field(default_factory=set)

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
        self.kept.clear()

    def task(self, harm: Harm | None = None, *, trial: bool = True) -> Task:
        """One run, with what is done to it."""
        return Task(self.home, self.documents, _SLOW, harm, trial=trial and not self.short)

    def grow(self, runs: int = 1) -> None:
        """Some runs that nothing is done to, so that there are generations to collect."""
        for _ in range(runs):
            self.change()
            self.kept |= run(self.task(trial=False)).kept

    def judge(self, told: Told, allowed: Sequence[State], *, doctor: bool = True) -> str | None:
        """What is wrong with a run that did not end well, or with the index after it."""
        twice = told.embedded & self.kept
        self.kept |= told.kept
        if twice:
            return f"{len(twice)} finished passages were embedded again"
        return folder.problem(self.home, allowed, doctor=doctor and not self.short)

    def finish(self) -> str | None:
        """What is wrong with one more run, to its end, or with the index after it."""
        told = run(self.task(trial=False))
        problem = told.complaint() or self.judge(told, [self.state])
        left = folder.left_behind(self.home)
        return problem or (f"{', '.join(left)} was left behind" if left else None)


def at_random(work: Path, times: int, say: Say, *, seed: int = 1, short: bool = False) -> Outcome:
    """Kill `times` runs, each at a random moment of one stage, the stages in turn; then let one finish."""
    outcome = Outcome("SIGKILL at a random moment", _ASKED)
    chance = random.Random(seed)
    bench = Bench(work, short)
    lengths = dict.fromkeys(STAGES, 0.1)
    for attempt in range(_MOST_ATTEMPTS * times):
        if outcome.tried >= times:
            break
        if attempt % _NEW_HOME == 0:
            bench.forget()
        allowed = bench.change()
        problem = _kill(bench, STAGES[attempt % len(STAGES)], chance, lengths, allowed, outcome)
        if not problem and chance.random() < _AGAIN and outcome.tried < times:
            problem = _kill(bench, chance.choice(STAGES), chance, lengths, allowed, outcome)
        at_last = bench.finish()
        if problem := problem or at_last:
            outcome.failures.append(f"kill {outcome.tried}: {problem}")
        say(f"{outcome.tried} of {times} killed, {len(outcome.failures)} failed")
    return outcome


def at_points(work: Path, points: Sequence[str], say: Say, *, short: bool = False) -> Outcome:
    """Kill a run before and after each of these steps."""
    outcome = Outcome("SIGKILL before and after each step", _ASKED)
    bench = Bench(work, short)
    bench.grow(1 if short else 3)
    for point in points:
        for after in (False, True):
            allowed = bench.change()
            told = run(bench.task(Harm("kill", point, after)))
            unkilled = None if told.killed else told.complaint() or "it was never reached"
            problem = unkilled or bench.judge(told, allowed)
            at_last = bench.finish()
            outcome.add(f"{'after' if after else 'before'} {point}", problem or at_last)
        say(f"killed before and after {point}, {len(outcome.failures)} failed")
    return outcome


def _kill(
    bench: Bench,
    stage: str,
    chance: random.Random,
    lengths: dict[str, float],
    allowed: Sequence[State],
    outcome: Outcome,
) -> str | None:
    """Kill one run at a random moment of `stage`, by how long it took before; what is wrong then.

    A run that has ended by then is no try.
    """
    with Child(bench.task(), main) as child:
        if child.listen(lambda event: event[:2] == ("stage", stage)):
            child.listen(seconds=chance.uniform(0, lengths[stage]))
        child.kill()
    told = child.told
    lengths.update(told.seconds())
    if told.killed:
        outcome.tried += 1
        outcome.by[f"in {told.stage}"] += 1
        return bench.judge(told, allowed)
    return told.complaint()
