"""Parts of documents that were written for this project, each with statements that it supports and that it does not.

A third of both say it in the same words, and differ by one of them: a pair of these over one window teaches what a word
turns. `written.jsonl.gz` has a context a line; its `use` is "train", "fit" (what turns judgements into verdicts) or
"held" (reported on, and nothing else).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evals.train.authored import read_markdown
from evals.train.examples import CONTRADICTED, NOT_SAID, NOT_SUPPORTED, SUPPORTED, Group, Judged, Source, json_lines
from rag.reader.layout import Unit

WRITTEN = Path(__file__).parent / "written.jsonl.gz"
Use = Literal["train", "fit", "held"]
_LABELS = {"negation": CONTRADICTED, "number": CONTRADICTED, "swap": CONTRADICTED, "not_in_text": NOT_SAID}
"""What a kind of false statement makes of it, where it is known."""
_WHOLE = 0.35
"""Share of the pairs that are given all of the context."""
_TWINS = 0.7
"""Share of the pairs that are about the same sentences, where there are such."""
_NEXT = 0.5
"""Share of the contexts about something else that are the one before, often of the same document."""
_FEWEST, _MOST = 3, 6
"""Units of a context about something else."""
_BESIDE = 2
"""Units before and after its evidence that a pair is given at most."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement, the units that decide it, its label as in `evals.train.examples`, and of what kind it is."""

    text: str
    places: frozenset[int]
    label: int
    kind: str


@dataclass(frozen=True, slots=True)
class Context:
    """A part of a document as units, and what was written about it."""

    domain: str
    text: str
    source: Source
    statements: tuple[Stated, ...]

    def of(self, *, true: bool) -> list[Stated]:
        """The statements that it supports, or those that it does not."""
        return [item for item in self.statements if (item.label == SUPPORTED) == true]


def load(use: Use, path: Path = WRITTEN) -> list[Context]:
    """The contexts of one use, in their order. Raises: OSError, where there are none to read."""
    return [_context(row) for row in json_lines(path) if row["use"] == use]


def _context(row: dict[str, Any]) -> Context:
    source, raw = read_markdown(row["context"])
    true = [(item, SUPPORTED) for item in row["true"]]
    false = [(item, _LABELS.get(item["kind"], NOT_SUPPORTED)) for item in row["false"]]
    statements = (Stated(item["s"], _places(raw, item["e"]), label, item["kind"]) for item, label in (*true, *false))
    return Context(row["domain"], row["context"], source, tuple(statements))


def _places(raw: Sequence[str], evidence: str) -> frozenset[int]:
    """The units that stand in `evidence`, or a line of it in them."""
    lines = [line.strip() for line in evidence.splitlines() if line.strip()]
    return frozenset(
        at for at, written in enumerate(raw) if any(written.strip() in line or line in written for line in lines)
    )


def judged(context: Context) -> list[Judged]:
    """Every statement over all of the context."""
    units = tuple(context.source.units)
    return [Judged(item.text, units, item.label) for item in context.statements]


def pair(rng: random.Random, context: Context) -> Group:
    """A true statement and a false one over the same window, which holds what decides them."""
    true, others = rng.choice(context.of(true=True)), context.of(true=False)
    twins = [item for item in others if item.places & true.places]
    false = rng.choice(twins if twins and rng.random() < _TWINS else others)
    units = _window(rng, context.source, true.places | false.places)
    return tuple(Judged(item.text, units, item.label) for item in (true, false))


def elsewhere(rng: random.Random, contexts: Sequence[Context], at: int) -> Group:
    """A true statement of one of `contexts` over what decides it, and over a part of another that is about something
    else: without such pairs it is told from false ones by how it is written, whatever it stands over.
    """
    context = contexts[at]
    other = contexts[at - 1] if rng.random() < _NEXT else rng.choice(contexts)
    true = rng.choice(context.of(true=True))
    start = rng.randint(0, max(0, len(other.source.units) - _FEWEST))
    apart = tuple(other.source.units[start : start + rng.randint(2, _MOST)])
    own = _window(rng, context.source, true.places)
    return () if other is context else (Judged(true.text, own, SUPPORTED), Judged(true.text, apart, NOT_SAID))


def _window(rng: random.Random, source: Source, places: frozenset[int]) -> tuple[Unit, ...]:
    if not places or rng.random() < _WHOLE:
        return tuple(source.units)
    low = max(0, min(places) - rng.randint(0, _BESIDE))
    high = max(places) + 1 + rng.randint(0, _BESIDE)
    heading = [unit for unit in source.units[:low] if not unit.candidate][:1]
    return (*heading, *source.units[low:high])
