"""The stages of a question, timed, and what is known of it besides: names, times and counts, and no text."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rag.settings import Settings
from rag.types import Answer

_NS = 1_000_000
"""Nanoseconds of a millisecond."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A stage of a question, from `start` to `end` in nanoseconds since 1970."""

    name: str
    start: int
    end: int

    @property
    def ms(self) -> float:
        """How long it took."""
        return (self.end - self.start) / _NS


@dataclass(frozen=True, slots=True)
class Trace:
    """One question: all of it, its stages in the order in which they began, and what came of it in numbers."""

    whole: Timed
    stages: tuple[Timed, ...]
    collection: str
    generation: str
    provider: str | None
    model: str | None
    status: str
    passages: int
    citations: int


@dataclass
class Clock:
    """Wall time by stage."""

    begun: int = field(default_factory=time.time_ns)
    stages: list[Timed] = field(default_factory=list)
    _started: float = field(default_factory=time.perf_counter)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Times what is done within."""
        start = self._now()
        try:
            yield
        finally:
            self.stages.append(Timed(name, start, self._now()))

    def timings(self) -> dict[str, float]:
        """Milliseconds spent by stage, and in all."""
        spent: dict[str, float] = {}
        for stage in self.stages:
            spent[stage.name] = round(spent.get(stage.name, 0.0) + stage.ms, 1)
        return {**spent, "total": round(Timed("", self.begun, self._now()).ms, 1)}

    def trace(self, answer: Answer, settings: Settings) -> Trace:
        """What is known of a question that was answered just now."""
        return Trace(
            whole=Timed("ask", self.begun, self._now()),
            stages=tuple(sorted(self.stages, key=lambda stage: stage.start)),
            collection=settings.collection,
            generation=answer.index.generation,
            provider=settings.llm.provider if answer.model else None,
            model=answer.model,
            status=answer.status,
            passages=len(answer.passages),
            citations=len(answer.citations),
        )

    def _now(self) -> int:
        """Nanoseconds since 1970, by a clock that is never set back."""
        return self.begun + int(1e9 * (time.perf_counter() - self._started))


def nested(stages: Sequence[Timed]) -> Iterator[tuple[int, Timed]]:
    """Each stage with how many others it lies in, outer ones first."""
    open_stages: list[Timed] = []
    for stage in sorted(stages, key=lambda stage: (stage.start, -stage.end)):
        while open_stages and stage.end > open_stages[-1].end:
            open_stages.pop()
        yield len(open_stages), stage
        open_stages.append(stage)
