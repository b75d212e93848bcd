"""What is drawn from which set, and how often: an endless stream of groups with a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from evals.train import asked, authored, public
from evals.train.examples import Edits, Group, Reading

HELD_EVERY = 6
"""Of the authored documents each sixth is held back: the fused decision is fitted on them."""
SQUAD_TUNE = range(0, 16, 2)
"""Articles of the tuning half, in order of title, as `evals.loaders` halves them."""
SQUAD_HELD = range(12, 16, 2)
"""Of these, what is not trained on."""
_EDITED = 0.25
"""Share of answerable readings that get a near miss by one word exchanged."""


@dataclass(frozen=True)
class Stream:
    """One kind of example: how often it is drawn, and how to draw one."""

    name: str
    weight: float
    draw: Callable[[random.Random], Group]


def squad_taught(data: Path) -> list[tuple[str, list[public.Row], list[str]]]:
    """The paragraphs of SQuAD 2's tuning half that are trained on. Raises: OSError, when the set is missing."""
    taught = range(SQUAD_TUNE.start, SQUAD_HELD.start, SQUAD_TUNE.step)
    return public.squad_groups(data / "squad2-cs224n" / "dev-v2.0.json", taught)


def streams(data: Path) -> list[Stream]:
    """Every stream over the sets under `data`. Raises: OSError, when one is missing."""
    folder = data / "reader"
    documents = [doc for n, doc in enumerate(authored.load(data / "authored")) if n % HELD_EVERY]
    spanned = {name: public.rows(folder, name) for name in public.SPANS}
    schematic = {name: public.rows(folder, name) for name in (*public.SCHEMATIC, "qasrl-invalid", "qamr-invalid")}
    ordered = public.neighbours(folder)
    questions = [row["q"] for rows in spanned.values() for row in rows] + [
        item["q"] for doc in documents for item in doc.questions
    ]
    edits = public.edits(folder, questions)
    squad, parts = squad_taught(data), [*asked.load("train"), *asked.load("train", asked.REWORDED)]
    human = public.rows(folder, "unansq-dev")
    made = [
        Stream("authored", 24, lambda rng: _edited(rng, authored.reading(rng, rng.choice(documents)), edits)),
        Stream("human", 12, lambda rng: drawn(rng, public.human_pairs(rng, rng.choice(human)))),
        Stream("asked", 30, lambda rng: asked.pair(rng, rng.choice(parts))),
        Stream("squad", 14, lambda rng: drawn(rng, public.squad_pairs(rng, rng.choice(squad)))),
        _ordered("nqg", 2, public.rows(folder, "nqg-squadtrain"), ordered, edits),
        _ordered("unansq", 3, public.rows(folder, "unansq-train-nqg"), ordered, edits),
        _selected(2, public.rows(folder, "selqa")),
        _yes_or_no(1, public.rows(folder, "boolq-yesno")),
        _conditions(1, public.rows(folder, "condaqa")),
    ]
    made += [_spanned(name, weight, spanned[name], edits) for name, weight in _SPANNED.items()]
    made += [_spanned(name, 0.2, rows, edits) for name, rows in schematic.items()]
    return made


_SPANNED = {
    "qed-train": 4, "qed-dev": 0.8, "nq-oracle": 1.5, "timeqa": 0.8, "covidqa": 0.8, "onestopqa": 0.8,
    "quoref-ni": 0.5, "molweni": 0.5,
}  # fmt: skip


def mixture(data: Path, seed: int) -> Iterator[Group]:
    """Groups without end, the same for the same seed: more than half of them pairs of a question and its near miss,
    which are learnt slowest.
    """
    rng = random.Random(seed)
    every = streams(data)
    weights = [stream.weight for stream in every]
    while True:
        group = rng.choices(every, weights)[0].draw(rng)
        if group:
            yield group


def drawn(rng: random.Random, groups: Iterator[Group]) -> Group:
    """One of the groups, at random; empty where there is none."""
    every = list(groups)
    return rng.choice(every) if every else ()


def _edited(rng: random.Random, group: Group, edits: Edits) -> Group:
    """The group with at most one near miss: one that people wrote, or else perhaps one made by an exchanged word."""
    if not group or not isinstance(group[0], Reading) or not group[0].answerable:
        return group
    first, others = group[0], list(group[1:])
    if others and rng.random() > _EDITED:
        return first, rng.choice(others)
    if rng.random() > 2 * _EDITED:
        return (first,)
    miss = edits.near_miss(rng, first.question, first.units)
    return (first, Reading(miss, first.units)) if miss else (first,)


def _spanned(name: str, weight: float, rows: Sequence[public.Row], edits: Edits) -> Stream:
    def draw(rng: random.Random) -> Group:
        reading = next(public.spanned(rng, rng.choice(rows)), None)
        return _edited(rng, (reading,), edits) if reading else ()

    return Stream(name, weight, draw)


def _ordered(
    name: str, weight: float, rows: Sequence[public.Row], ordered: Sequence[public.Row], edits: Edits
) -> Stream:
    places = [int(row["pos"]) for row in ordered]
    nearest = {place: number for number, place in enumerate(places)}

    def draw(rng: random.Random) -> Group:
        row = rng.choice(rows)
        at = nearest.get(int(row["pos"]))
        if at is None:
            at = min(range(len(places)), key=lambda n: abs(places[n] - int(row["pos"])))
        reading = public.in_order(rng, row, ordered, places, at)
        return (reading, Reading(row["uq"], reading.units)) if "uq" in row else _edited(rng, (reading,), edits)

    return Stream(name, weight, draw)


def _selected(weight: float, rows: Sequence[public.Row]) -> Stream:
    groups: dict[str, list[public.Row]] = {}
    for row in rows:
        groups.setdefault(row["q"], []).append(row)
    every = list(groups.values())
    return Stream("selqa", weight, lambda rng: (public.selected(rng, rng.choice(every)),))


def _yes_or_no(weight: float, rows: Sequence[public.Row]) -> Stream:
    def draw(rng: random.Random) -> Group:
        group = drawn(rng, public.yes_or_no(rng, rng.choice(rows)))
        other = next(islice(public.yes_or_no(rng, rng.choice(rows)), 1), ())
        if group and other and isinstance(group[0], Reading) and isinstance(other[0], Reading):
            return group[0], Reading(other[0].question, group[0].units)
        return group

    return Stream("boolq", weight, draw)


def _conditions(weight: float, rows: Sequence[public.Row]) -> Stream:
    groups: dict[str, list[public.Row]] = {}
    for row in rows:
        groups.setdefault(row["sentence1"], []).append(row)
    unsettled = [group for group in groups.values() if any(row["label"] == "DON'T KNOW" for row in group)]
    every = list(groups.values())

    def draw(rng: random.Random) -> Group:
        return drawn(rng, public.conditions(rng.choice(unsettled if rng.random() < 0.7 else every)))

    return Stream("condaqa", weight, draw)
