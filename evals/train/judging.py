"""What the judge learns from: statements over their evidence, endless, with a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from evals.train import authored, public, written
from evals.train.examples import Group
from evals.train.mixture import HELD_EVERY, Stream, entailment

_ENTAILED = {
    "mnli": 16, "fm2": 6, "fever-sym": 4, "summedits": 4, "breaking-nli": 3, "halueval-qa": 2, "fm2-retrieved": 2,
    "wice-train": 1,
}  # fmt: skip
_AUTHORED, _WRITTEN, _ELSEWHERE, _COPIED = 15, 28, 12, 3
"""How often each is drawn; what was written in pairs gives two statements at once."""


def streams(data: Path) -> list[Stream]:
    """Every stream of statements over the sets under `data`. Raises: OSError, when one is missing."""
    folder = data / "reader"
    documents = [doc for n, doc in enumerate(authored.load(data / "authored")) if n % HELD_EVERY]
    contexts = written.load("train")
    spanned = public.rows(folder, "qed-train")
    return [
        Stream("authored", _AUTHORED, lambda rng: (authored.judged(rng, rng.choice(documents)),)),
        Stream("written", _WRITTEN, lambda rng: written.pair(rng, rng.choice(contexts))),
        Stream("elsewhere", _ELSEWHERE, lambda rng: written.elsewhere(rng, contexts, rng.randrange(len(contexts)))),
        Stream("copied", _COPIED, lambda rng: _copied(rng, rng.choice(spanned))),
        *(entailment(name, weight, public.rows(folder, name)) for name, weight in _ENTAILED.items()),
    ]


def _copied(rng: random.Random, row: public.Row) -> Group:
    """A sentence as it stands in a passage, and with a value of another in it."""
    reading = next(public.spanned(rng, row), None)
    return tuple(public.copied(rng, reading.units)) if reading else ()


def judgements(data: Path, seed: int) -> Iterator[Group]:
    """Groups without end, the same for the same seed."""
    rng = random.Random(seed)
    every = streams(data)
    weights = [stream.weight for stream in every]
    while True:
        group = rng.choices(every, weights)[0].draw(rng)
        if group:
            yield group
