"""The reader: what it gives, and the one thing that needs a session of onnxruntime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.reader.layout import Unit

_SURE = 1e-4
"""What probabilities are kept away from 0 and 1 by, as logits."""


@dataclass(frozen=True, slots=True)
class PassageReading:
    """One question over one passage, in logits: of nothing, and of each unit (minus infinity for what is no candidate).

    `answers` gives for each unit the characters of its text that answer, None where there are none.
    """

    nothing: float
    units: tuple[float, ...]
    answers: tuple[tuple[int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What evidence says of a statement, as probabilities that sum to 1."""

    contradicted: float
    not_said: float
    supported: float

    def logits(self) -> tuple[float, float, float]:
        """Of "supported", "contradicted" and "not said", bounded."""
        return _logit(self.supported), _logit(self.contradicted), _logit(self.not_said)


class Reader(Protocol):
    """Reads. Safe to use from several threads; bounded in time by the length of what it is given."""

    @property
    def fingerprint(self) -> str:
        """What tells this model from another."""
        ...

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        """`question` over the units of each passage, in order. Raises: ModelUnavailable."""
        ...

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        """Each statement over the units of its evidence, in order. Raises: ModelUnavailable."""
        ...


def _logit(share: float) -> float:
    return math.log((share + _SURE) / (1 - share + _SURE))
