"""How likely evidence says all of a statement: the exact comparison and the reader's judgement, weighed by fitted weights.

The weights and the thresholds lie in `verdicts.json` beside the reader, which `python -m evals.train.fit_verdicts` writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.reader.layout import Unit
from rag.reader.reader import Judgement, Reader
from rag.reader.session import INSTALLED
from rag.verification.exact import NAMES, Comparison, compare

WEIGHTS = INSTALLED / "verdicts.json"
SIGNALS = (*NAMES, "model", "model_denied", "model_silent")
"""What is weighed: the features of the comparison, and the reader's judgement in logits."""
_WINDOW = 150
"""Words of evidence that the reader is given at once, about as many as it was trained on."""
_SURE = 1e-4


@dataclass(frozen=True, slots=True)
class Weighed:
    """One statement's comparison with its evidence, and the probabilities that it is supported, and contradicted."""

    comparison: Comparison
    supported: float
    contradicted: float


@dataclass(frozen=True, slots=True)
class Weights:
    """A weight for each of `SIGNALS` and the bias last, of both probabilities, and the least of each for its verdict."""

    supported: tuple[float, ...]
    contradicted: tuple[float, ...]
    least_supported: float
    least_partly: float
    least_contradicted: float


@lru_cache(maxsize=1)
def fitted() -> Weights:
    """The weights that the package was published with."""
    told = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    supported, contradicted = (
        (*(told[name]["weights"][signal] for signal in SIGNALS), told[name]["bias"])
        for name in ("supported", "contradicted")
    )
    least = told["thresholds"]
    return Weights(supported, contradicted, least["supported"], least["partly"], least["contradicted"])


def weigh(pairs: Sequence[tuple[str, Sequence[Unit]]], reader: Reader, weights: Weights) -> list[Weighed]:
    """Each statement weighed against its evidence; what is verbatim is supported. Raises: ModelUnavailable."""
    return [
        Weighed(found, 1.0, 0.0)
        if found.verbatim
        else Weighed(found, _probability(row, weights.supported), _probability(row, weights.contradicted))
        for found, row in signals(pairs, reader)
    ]


def signals(pairs: Sequence[tuple[str, Sequence[Unit]]], reader: Reader) -> list[tuple[Comparison, tuple[float, ...]]]:
    """What is weighed of each statement; of what is verbatim nothing, and no model is asked. Raises: ModelUnavailable."""
    compared = [compare(statement, units) for statement, units in pairs]
    unsettled = [
        (statement, window(units, found.chosen))
        for (statement, units), found in zip(pairs, compared, strict=True)
        if not found.verbatim
    ]
    judged = iter(reader.judge(unsettled))
    return [(found, () if found.verbatim else _row(found, next(judged))) for found in compared]


def window(units: Sequence[Unit], chosen: Sequence[int]) -> list[Unit]:
    """The evidence as it stands; of a longer one the units chosen under their headings, and what stands beside them."""
    sizes = [len(unit.text.split()) for unit in units]
    if sum(sizes) <= _WINDOW:
        return list(units)
    kept = set(chosen) | {at for place in chosen if (at := _heading_of(units, place)) is not None}
    if not units[0].candidate:
        kept.add(0)
    beside = [place + step for away in (1, 2, 3) for place in chosen for step in (-away, away)]
    for at in beside:
        if 0 <= at < len(units) and at not in kept and sum(sizes[n] for n in kept) + sizes[at] <= _WINDOW:
            kept.add(at)
    return [units[at] for at in sorted(kept)]


def _heading_of(units: Sequence[Unit], place: int) -> int | None:
    return next((at for at in range(place - 1, -1, -1) if not units[at].candidate), None)


def _row(found: Comparison, judged: Judgement) -> tuple[float, ...]:
    model = (_logit(judged.supported), _logit(judged.contradicted), _logit(judged.not_said))
    return (*found.features.row(), *model)


def _logit(share: float) -> float:
    return math.log((share + _SURE) / (1 - share + _SURE))


def _probability(row: Sequence[float], weights: Sequence[float]) -> float:
    score = sum(value * weight for value, weight in zip((*row, 1.0), weights, strict=True))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))
