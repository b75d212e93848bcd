"""What the judge learns from: statements over their evidence, endless, with a fixed seed.

Some are a question with the words that the reader read for an answer: it judges whether they are one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from evals.train import asked, authored, public, written
from evals.train.examples import NOT_SUPPORTED, SUPPORTED, Group, Judged, Reading
from evals.train.mixture import HELD_EVERY, Stream, drawn, squad_taught
from rag.reader.reader import Reader
from rag.reader.units import claim_of

_ENTAILED = {
    "mnli": 10, "fm2": 4, "fever-sym": 3, "summedits": 4, "breaking-nli": 2, "halueval-qa": 2, "fm2-retrieved": 2,
    "wice-train": 1,
}  # fmt: skip
_AUTHORED, _WRITTEN, _ELSEWHERE, _COPIED = 15, 32, 12, 3
"""How often each is drawn; what was written in pairs gives two statements at once."""
_READ = {"asked": 8, "everyday": 14, "human": 8, "squad": 7}
"""How often a question is drawn whose answer the reader read, of each set; near misses come beside it."""


def streams(data: Path, reader: Reader) -> list[Stream]:
    """Every stream of statements over the sets under `data`. Raises: OSError, when one is missing."""
    folder = data / "reader"
    documents = [doc for n, doc in enumerate(authored.load(data / "authored")) if n % HELD_EVERY]
    contexts, questions = written.load("train"), [*asked.load("train"), *asked.load("train", asked.REWORDED)]
    spanned, human, squad = public.rows(folder, "qed-train"), public.rows(folder, "unansq-dev"), squad_taught(data)
    readings: dict[str, Callable[[random.Random], Group]] = {
        "asked": lambda rng: asked.pair(rng, rng.choice(questions)),
        "everyday": lambda rng: authored.reading(rng, rng.choice(documents)),
        "human": lambda rng: drawn(rng, public.human_pairs(rng, rng.choice(human))),
        "squad": lambda rng: drawn(rng, public.squad_pairs(rng, rng.choice(squad))),
    }
    return [
        Stream("authored", _AUTHORED, lambda rng: (authored.judged(rng, rng.choice(documents)),)),
        Stream("written", _WRITTEN, lambda rng: written.pair(rng, rng.choice(contexts))),
        Stream("elsewhere", _ELSEWHERE, lambda rng: written.elsewhere(rng, contexts, rng.randrange(len(contexts)))),
        Stream("copied", _COPIED, lambda rng: _copied(rng, rng.choice(spanned))),
        *(_read(name, draw, reader) for name, draw in readings.items()),
        *(_entailment(name, weight, public.rows(folder, name)) for name, weight in _ENTAILED.items()),
    ]


def _read(name: str, draw: Callable[[random.Random], Group], reader: Reader) -> Stream:
    return Stream(name, _READ[name], lambda rng: as_read(draw(rng), reader))


def _entailment(name: str, weight: float, rows: Sequence[public.Row]) -> Stream:
    """The statements of one set of premises and hypotheses."""
    unsure = public.is_unsure(name)
    return Stream(name, weight, lambda rng: (public.entailment(rng.choice(rows), unsure),))


def as_read(group: Group, reader: Reader) -> Group:
    """Each question with the words that the reader read for an answer, as a statement that is true where they are.

    Where it misread the first, which is answerable, the others are left out: they would be no pairs with it.
    """
    judged = [_of_reading(item, reader) for item in group if isinstance(item, Reading)]
    return tuple(judged) if judged and judged[0].label == SUPPORTED else tuple(judged[:1])


def _of_reading(item: Reading, reader: Reader) -> Judged:
    (reading,) = reader.read(item.question, [item.units])
    best = int(np.argmax(reading.units))
    claim = claim_of(item.question, item.units[best].text, reading.answers[best])
    return Judged(claim, item.units, SUPPORTED if best in item.gold else NOT_SUPPORTED)


def _copied(rng: random.Random, row: public.Row) -> Group:
    """A sentence as it stands in a passage, and with a value of another in it."""
    reading = next(public.spanned(rng, row), None)
    return tuple(public.copied(rng, reading.units)) if reading else ()


def judgements(data: Path, seed: int, reader: Reader) -> Iterator[Group]:
    """Groups without end, the same for the same seed."""
    rng = random.Random(seed)
    every: Sequence[Stream] = streams(data, reader)
    weights = [stream.weight for stream in every]
    while True:
        group = rng.choices(every, weights)[0].draw(rng)
        if group:
            yield group
