"""Parts of documents that were written for this project, each with questions that it answers, and a near miss of each.

The near miss is worded as the question is and has as many of its words in the part, which does not answer it.
`asked.jsonl.gz` has a context a line; its `use` is "train" or "fit" (what turns readings into a decision). So does
`reworded.jsonl.gz`, whose questions are by people who do not know the document's words: they share none with what
answers them, and some of their near misses share more.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evals.train.authored import answered, read_markdown, unit_of
from evals.train.examples import Group, Reading, Source, cut, json_lines

CONTEXTS = Path(__file__).parent / "asked.jsonl.gz"
REWORDED = Path(__file__).parent / "reworded.jsonl.gz"
Use = Literal["train", "fit"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, the sentence that answers it, the unit of this and the words in it that do, and a near miss."""

    question: str
    evidence: str
    place: int
    words: str
    miss: str


@dataclass(frozen=True, slots=True)
class Context:
    """A part of a document as units, and what was asked about it."""

    domain: str
    text: str
    source: Source
    pairs: tuple[Pair, ...]


def load(use: Use, path: Path = CONTEXTS) -> list[Context]:
    """The contexts of one use, in their order. Raises: OSError, where there are none to read."""
    contexts = [_context(row) for row in json_lines(path) if row["use"] == use]
    return [context for context in contexts if context.pairs]


def _context(row: dict[str, Any]) -> Context:
    source, raw = read_markdown(row["context"])
    placed = [(item, unit_of(raw, item["e"])) for item in row["pairs"]]
    pairs = [Pair(item["q"], item["e"], place, item["a"], item["miss"]) for item, place in placed if place is not None]
    return Context(row["domain"], row["context"], source, tuple(pairs))


def pair(rng: random.Random, context: Context) -> Group:
    """A question and its near miss over one window, which holds the answer."""
    return readings(rng, context, rng.choice(context.pairs))


def readings(rng: random.Random, context: Context, item: Pair) -> Group:
    """One question of the context and its near miss over one window."""
    units, where = cut(rng, context.source, item.place)
    return answered(item.question, units, where[item.place], item.words), Reading(item.miss, units)
