"""How likely evidence says all of a statement: the exact comparison and the judge's two readings, by fitted weights.

The weights and the thresholds lie in `verdicts.json` beside the reader, which `python -m evals.train.fit_verdicts` writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.reader.layout import Unit
from rag.reader.onnx_model import INSTALLED
from rag.reader.reader import Judgement, Reader
from rag.verification.exact import NAMES, Comparison, compare

WEIGHTS = INSTALLED / "verdicts.json"
SIGNALS = (*NAMES, "model", "model_denied", "model_silent", "near", "near_denied", "near_silent")
"""What is weighed: the features of the comparison, and the judgements in logits over what stands about the units that bear
on the statement, and over these units alone."""
_WINDOW = 150
"""Words of evidence that the reader is given at once, about as many as it was trained on."""
PAGE = 2 * _WINDOW
"""Words of evidence from which on it is a page, most of which the reader is not given: there what is said nowhere tells
more than its judgement, and other weights are fitted."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One statement's comparison with its evidence, and the probabilities that it is supported, and contradicted."""

    comparison: Comparison
    supported: float
    contradicted: float


@dataclass(frozen=True, slots=True)
class Weights:
    """A weight for each of `SIGNALS` and the bias last, of each probability, and the least of each for its verdict.

    `of_page` are those of "supported" where the evidence is a page.
    """

    supported: tuple[float, ...]
    of_page: tuple[float, ...]
    contradicted: tuple[float, ...]
    least_supported: float
    least_partly: float
    least_contradicted: float
    least_shared: float
    """The share of a statement's words that its evidence must have for "supported", whatever the judge thinks: hardly a
    statement has as many in common with a passage about something else."""

    def support(self, weighed: Weighed) -> bool:
        """Whether evidence is likely enough to say all of a statement, and has its identifiers."""
        features = weighed.comparison.features
        shares = weighed.comparison.verbatim or features.cover_all >= self.least_shared
        return weighed.supported >= self.least_supported and shares and not features.identifiers_missing


@lru_cache(maxsize=1)
def fitted() -> Weights:
    """The weights that the package was published with."""
    content = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    supported, of_page, contradicted = (
        (*(content[name]["weights"][signal] for signal in SIGNALS), content[name]["bias"])
        for name in ("supported", "of_page", "contradicted")
    )
    least = content["thresholds"]
    return Weights(
        supported, of_page, contradicted, least["supported"], least["partly"], least["contradicted"], least["shared"]
    )


def weigh(pairs: Sequence[tuple[str, Sequence[Unit]]], reader: Reader, weights: Weights) -> list[Weighed]:
    """Each statement weighed against its evidence; what is verbatim is supported. Raises: ModelUnavailable."""
    measured = zip(pairs, signals(pairs, reader), strict=True)
    return [_weighed(comparison, row, units, weights) for (_, units), (comparison, row) in measured]


def _weighed(comparison: Comparison, row: Sequence[float], units: Sequence[Unit], weights: Weights) -> Weighed:
    if comparison.verbatim:
        return Weighed(comparison, 1.0, 0.0)
    supported = weights.of_page if is_page(units) else weights.supported
    return Weighed(comparison, _probability(row, supported), _probability(row, weights.contradicted))


def is_page(units: Sequence[Unit]) -> bool:
    """Whether evidence is longer than what the reader is given of it by far."""
    return sum(len(unit.text.split()) for unit in units) > PAGE


def signals(pairs: Sequence[tuple[str, Sequence[Unit]]], reader: Reader) -> list[tuple[Comparison, tuple[float, ...]]]:
    """What is weighed of each statement; of what is verbatim nothing, and no model is asked. Raises: ModelUnavailable."""
    compared = [compare(statement, units) for statement, units in pairs]
    unsettled = [
        (comparison, units) for (_, units), comparison in zip(pairs, compared, strict=True) if not comparison.verbatim
    ]
    wide = [(comparison.restated, window(units, comparison.chosen)) for comparison, units in unsettled]
    near = [(comparison.restated, _near(units, comparison.chosen)) for comparison, units in unsettled]
    judged = zip(reader.judge(wide), reader.judge(near), strict=True)
    return [(item, () if item.verbatim else _row(item, next(judged))) for item in compared]


def _near(units: Sequence[Unit], chosen: Sequence[int]) -> list[Unit]:
    """The units chosen under the headings right above them; all where none is."""
    headings = {at for place in chosen if (at := _heading_of(units, place)) is not None}
    return [units[at] for at in sorted({*chosen, *headings})] or list(units)


def window(units: Sequence[Unit], chosen: Sequence[int]) -> list[Unit]:
    """The evidence as it stands; of a longer one the units chosen under their headings, and what stands beside them."""
    sizes = [len(unit.text.split()) for unit in units]
    if sum(sizes) <= _WINDOW:
        return list(units)
    read = set(chosen) | {at for place in chosen if (at := _heading_of(units, place)) is not None}
    if not units[0].candidate:
        read.add(0)
    beside = [place + step for away in (1, 2, 3) for place in chosen for step in (-away, away)]
    for at in beside:
        is_further = 0 <= at < len(units) and at not in read
        if is_further and sum(sizes[n] for n in read) + sizes[at] <= _WINDOW:
            read.add(at)
    return [units[at] for at in sorted(read)]


def _heading_of(units: Sequence[Unit], place: int) -> int | None:
    return next((at for at in range(place - 1, -1, -1) if not units[at].candidate), None)


def _row(comparison: Comparison, judged: tuple[Judgement, Judgement]) -> tuple[float, ...]:
    wide, near = judged
    return (*comparison.features.row(), *wide.logits(), *near.logits())


def _probability(row: Sequence[float], weights: Sequence[float]) -> float:
    score = sum(value * weight for value, weight in zip((*row, 1.0), weights, strict=True))
    return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))
