"""Gold evidence as places in files. Parts are all needed; the places of one part are alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index.types import Span

ENOUGH = 0.9
"""A place counts as held when this share of its characters is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A run of characters of one file; `file` is the path within the indexed folder."""

    file: str
    span: Span


Part = tuple[Place, ...]
Gold = tuple[Part, ...]


def occurrences(text: str, quote: str) -> tuple[Span, ...]:
    """Every span of `text` that equals `quote`, overlapping ones included, in order."""
    spans, start = [], text.find(quote)
    while start >= 0:
        spans.append(Span(start, start + len(quote)))
        start = text.find(quote, start + 1)
    return tuple(spans)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The union of `spans` as disjoint spans, in order."""
    out: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if out and span.start <= out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return tuple(out)


def shared(one: Iterable[Span], other: Iterable[Span]) -> int:
    """How many characters lie in both unions."""
    right = merged(other)
    return sum(a.overlap(b) for a in merged(one) for b in right)


def covered(place: Place, places: Iterable[Place]) -> float:
    """The share of the characters of `place` that the union of `places` holds, in [0, 1]."""
    return shared([place.span], [p.span for p in places if p.file == place.file]) / len(place.span)


def holds(holder: Place, gold: Gold) -> bool:
    """Whether `holder` alone has `ENOUGH` of any place of `gold`."""
    return any(covered(place, [holder]) >= ENOUGH for part in gold for place in part)


def found_singly(part: Part, holders: Sequence[Place]) -> bool:
    """Whether one of `holders` alone has `ENOUGH` of one of the alternatives of `part`."""
    return any(covered(place, [holder]) >= ENOUGH for place in part for holder in holders)


def found_jointly(part: Part, holders: Sequence[Place]) -> bool:
    """Whether `holders` together have `ENOUGH` of one of the alternatives of `part`."""
    return any(covered(place, holders) >= ENOUGH for place in part)
