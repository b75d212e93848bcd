"""What the reader learns from: readings (a question over a window of units) and statements (over their evidence)."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.reader.layout import Unit

CONTRADICTED, NOT_SAID, SUPPORTED, NOT_SUPPORTED = 0, 1, 2, 3
"""Labels of a statement; the last where it is not known which of the first two holds."""
_PIECE = re.compile(r"(?<=[.?!。])\s+(?=\S)")
_TOKEN = re.compile(r"\w+(?:['’.-]\w+)*|[£$€]?\d[\d,.:]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """A question over a window. `gold` are the units that answer, none where nothing does.

    `anywhere` says that something in the window answers, and not what. `answer` is a unit and the characters of it
    that are the answer.
    """

    question: str
    units: tuple[Unit, ...]
    gold: tuple[int, ...] = ()
    anywhere: bool = False
    answer: tuple[int, int, int] | None = None

    @property
    def answerable(self) -> bool:
        """Whether anything in the window answers."""
        return bool(self.gold) or self.anywhere


@dataclass(frozen=True, slots=True)
class Judged:
    """A statement, the units of its evidence, and what they say of it."""

    statement: str
    units: tuple[Unit, ...]
    label: int


Example = Reading | Judged
Group = tuple[Example, ...]
"""Examples that belong in one batch: a question and its near miss over one window come one after the other."""


@dataclass
class Source:
    """Texts of one article or document as units, for windows and for near misses made of them."""

    units: list[Unit]
    headings: dict[int, str] = field(default_factory=dict)
    """The heading path at a unit, where there is one."""


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The rows of a packed file with one a line. Raises: OSError, where there is none to read."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def pieces(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of tokenised or plain text, good enough to train on."""
    spans, start = [], 0
    for match in _PIECE.finditer(text):
        if match.start() - start > 20:
            spans.append((start, match.start()))
            start = match.end()
    if start < len(text):
        spans.append((start, len(text)))
    return spans


def words(text: str) -> list[str]:
    """The words and numbers of a text, in lower case."""
    return [word.lower() for word in _TOKEN.findall(text)]


def window(rng: random.Random, sizes: Sequence[int], centre: int, budget: int) -> range:
    """Neighbours of unit `centre`, itself included, grown at random to either side until `budget` words are full."""
    low, high, total = centre, centre + 1, sizes[centre]
    while low > 0 or high < len(sizes):
        down = high >= len(sizes) or (low > 0 and rng.random() < 0.5)
        at = low - 1 if down else high
        if total + sizes[at] > budget:
            break
        total += sizes[at]
        low, high = (at, high) if down else (low, at + 1)
    return range(low, high)


def cut(
    rng: random.Random, source: Source, centre: int, *, shortest: int = 30, longest: int = 150
) -> tuple[tuple[Unit, ...], dict[int, int]]:
    """A window about unit `centre` under its heading path, and where each unit of the source stands in it."""
    sizes = [len(unit.text.split()) for unit in source.units]
    chosen = window(rng, sizes, centre, rng.randint(shortest, longest))
    heading = source.headings.get(chosen.start)
    prefix = [Unit(heading, candidate=False)] if heading and rng.random() < 0.9 else []
    places = {at: number + len(prefix) for number, at in enumerate(chosen)}
    return (*prefix, *(source.units[at] for at in chosen)), places


class Edits:
    """Near misses made of answerable questions: one word or name exchanged for one that the window does not have."""

    def __init__(self, swaps: dict[str, list[str]], names: Sequence[str]) -> None:
        """`swaps` are the one-word edits that people made; `names` are names and numbers of other questions."""
        self._swaps = swaps
        self._names = list(names)

    def near_miss(self, rng: random.Random, question: str, units: Sequence[Unit]) -> str | None:
        """`question` with one word exchanged so that the window no longer answers it; None where none can be."""
        present = set(words(" ".join(unit.text for unit in units)))
        spots = [match for match in _TOKEN.finditer(question) if match.start()]
        rng.shuffle(spots)
        for spot in spots:
            word = spot.group()
            other = self._other(rng, word)
            if other is None or word.lower() not in present or not present.isdisjoint(words(other)):
                continue
            return question[: spot.start()] + other + question[spot.end() :]
        return None

    def _other(self, rng: random.Random, word: str) -> str | None:
        if word[:1].isupper() or word[:1].isdigit():
            drawn = rng.sample(self._names, min(40, len(self._names)))
            return next((name for name in drawn if name[:1].isdigit() == word[:1].isdigit()), None)
        swaps = self._swaps.get(word.lower())
        return rng.choice(swaps) if swaps else None
