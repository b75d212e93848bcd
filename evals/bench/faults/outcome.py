"""How often what was asked for held, and what failed where it did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evals.markdown import NOTHING, table

Say = Callable[[str], None]
_MOST_SHOWN = 3


@dataclass(slots=True)
class Outcome:
    """One row: what was done, what was asked for, how often it was tried, and each failure in words.

    `notes` are what else was seen, `by` how many tries fell into each of some kinds.
    """

    what: str
    asked: str
    tried: int = 0
    failures: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    by: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, problem: str | None) -> None:
        """One more try, which held unless there was a problem."""
        self.tried += 1
        if problem:
            self.failures.append(f"{name}: {problem}")

    @property
    def held(self) -> int:
        """How many tries held."""
        return self.tried - len(self.failures)


def render(outcomes: Sequence[Outcome]) -> str:
    """The outcomes as a Markdown table, with notes below it."""
    rows = [
        (outcome.what, outcome.asked, f"{outcome.tried:,}", f"{outcome.held:,}", _failed(outcome.failures))
        for outcome in outcomes
    ]
    notes = [f"- {outcome.what}: {note}" for outcome in outcomes for note in (*_kinds(outcome), *outcome.notes)]
    return "\n\n".join(
        filter(None, [table(("fault", "asked for", "tried", "held", "what failed"), rows), "\n".join(notes)])
    )


def _kinds(outcome: Outcome) -> Sequence[str]:
    return [", ".join(f"{kind} {count}" for kind, count in outcome.by.items())] if outcome.by else []


def _failed(failures: Sequence[str]) -> str:
    shown = "; ".join(failures[:_MOST_SHOWN]).replace("\n", " ")
    more = f"; and {len(failures) - _MOST_SHOWN} more" if len(failures) > _MOST_SHOWN else ""
    return shown + more or NOTHING
