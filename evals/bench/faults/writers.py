"""Two processes that index into one home at the same moment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from evals.bench.faults import folder
from evals.bench.faults.child import main
from evals.bench.faults.kills import Bench
from evals.bench.faults.outcome import Outcome, Say
from evals.bench.faults.run import Child, Told

_REFUSAL = re.compile(r"The index in '.+' is being written( by process \d+ on \S+ since [^;]+)?; wait until .+\.")


def measure(work: Path, times: int, say: Say, *, short: bool = False) -> Outcome:
    """Start two writers at once, `times` times."""
    outcome = Outcome("two writers", "one refused at once with a sentence; index whole")
    bench = Bench(work, short)
    bench.grow()
    waited = [0.0]
    for number in range(1, times + 1):
        bench.change()
        told = _together(bench)
        outcome.add(f"try {number}", _judge(told, outcome, waited) or _whole(bench))
        say(f"two writers, try {number} of {times}, {len(outcome.failures)} failed")
    outcome.notes.append(f"the one refused was so within {max(waited):.2f} s of the start")
    return outcome


def _together(bench: Bench) -> tuple[Told, Told]:
    """What two told that were set off together."""
    task = replace(bench.task(), waits=True)
    with Child(task, main) as one, Child(task, main) as other:
        for child in (one, other):
            child.listen(lambda event: event[0] == "ready")
        for child in (one, other):
            child.connection.send("go")
        return one.finish(), other.finish()


def _judge(told: Sequence[Told], outcome: Outcome, waited: list[float]) -> str | None:
    done = [one for one in told if one.report is not None]
    refused = [one for one in told if one.busy]
    if len(done) == 2:
        first, second = sorted(done, key=lambda one: one.stages["read"])
        outcome.by["one after the other"] += 1
        apart = first.stages.get("collect", first.ended) <= second.stages["read"]
        return None if apart else "both wrote at the same time"
    if len(done) != 1 or len(refused) != 1:
        return next((str(one.complaint()) for one in told if one.report is None and not one.busy), "both were refused")
    outcome.by["one refused"] += 1
    waited.append(refused[0].ended - refused[0].stages["lock"])
    if refused[0].ended >= done[0].ended:
        return "the second was refused only when the first had ended"
    return None if _REFUSAL.fullmatch(refused[0].busy) else f"the refusal is no such sentence: {refused[0].busy!r}"


def _whole(bench: Bench) -> str | None:
    left = folder.left_behind(bench.home)
    wrong = folder.problem(bench.home, [bench.state], doctor=not bench.short)
    return wrong or (f"{', '.join(left)} was left behind" if left else None)
