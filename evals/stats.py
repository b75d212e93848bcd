"""Intervals and paired tests. Every random number is seeded, so that equal data give equal intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95
RESAMPLES = 10_000
_BLOCK, _SEED = 1_000, 0

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided confidence interval, `low <= high`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Paired:
    """Two systems on the same n cases: `difference` is mean B less mean A; a win is a case where B is higher."""

    n: int
    mean_a: float
    mean_b: float
    difference: float
    interval: Interval
    p: float
    wins: int
    losses: int


def wilson(successes: int, n: int) -> Interval:
    """The score interval of a proportion, within [0, 1]; `n` is at least 1.

    Wilson 1927, JASA 22:209-212; Brown, Cai and DasGupta 2001 advise it for small n.
    """
    z = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    p, scale = successes / n, 1 + z * z / n
    centre = (p + z * z / (2 * n)) / scale
    half = z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5 / scale
    # At the ends the bound is p itself; rounding must not push it past.
    return Interval(min(p, max(0.0, centre - half)), max(p, min(1.0, centre + half)))


def bootstrap_mean(values: Sequence[float], *, resamples: int = RESAMPLES) -> Interval:
    """The percentile bootstrap interval of the mean of at least one value (Efron and Tibshirani 1993, ch. 13)."""
    return bootstrap_ratio(values, [1.0] * len(values), resamples=resamples)


def bootstrap_ratio(
    numerators: Sequence[float], denominators: Sequence[float], *, resamples: int = RESAMPLES
) -> Interval:
    """The percentile bootstrap interval of `sum(numerators) / sum(denominators)`, cases drawn whole.

    F1 is such a ratio: 2 tp over 2 tp + fp + fn. Resamples without a denominator are left out; the sum of all
    denominators is not 0.
    """
    top, bottom = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    tops, bottoms = _resampled_sums(top, bottom, resamples=resamples)
    ratios = tops[bottoms != 0] / bottoms[bottoms != 0]
    return _percentiles(ratios)


def interval(values: Sequence[float]) -> Interval:
    """The interval of the mean: Wilson where every value is 0 or 1, else the bootstrap."""
    if all(value in (0.0, 1.0) for value in values):
        return wilson(int(sum(values)), len(values))
    return bootstrap_mean(values)


def paired(a: Sequence[float], b: Sequence[float], *, resamples: int = RESAMPLES) -> Paired:
    """The difference of two systems on the same cases, in the same order; at least one case.

    The interval is a paired percentile bootstrap; `p` is two-sided, from randomly flipping the sign of each
    case's difference (Smucker, Allan and Carterette 2007), with the observed one counted among the flips so
    that it is never 0 (Phipson and Smyth 2010).
    """
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if first.shape != second.shape:
        raise ValueError(f"paired needs equal lengths, got {len(a)} and {len(b)}")
    difference = second - first
    return Paired(
        n=len(difference),
        mean_a=float(first.mean()),
        mean_b=float(second.mean()),
        difference=float(difference.mean()),
        interval=bootstrap_mean(difference.tolist(), resamples=resamples),
        p=_sign_flip_p(difference, resamples=resamples),
        wins=int((difference > 0).sum()),
        losses=int((difference < 0).sum()),
    )


def _resampled_sums(top: Values, bottom: Values, *, resamples: int) -> tuple[Values, Values]:
    rng, n = np.random.default_rng(_SEED), len(top)
    tops, bottoms = [], []
    for start in range(0, resamples, _BLOCK):  # in blocks, so that memory stays bounded
        drawn = rng.integers(0, n, size=(min(_BLOCK, resamples - start), n))
        tops.append(top[drawn].sum(axis=1))
        bottoms.append(bottom[drawn].sum(axis=1))
    return np.concatenate(tops), np.concatenate(bottoms)


def _percentiles(values: Values) -> Interval:
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(values, [tail, 100 - tail])
    return Interval(float(low), float(high))


def _sign_flip_p(difference: Values, *, resamples: int) -> float:
    moved = difference[difference != 0]
    if not len(moved):
        return 1.0
    rng, observed, extreme = np.random.default_rng(_SEED), abs(moved.sum()), 0
    for start in range(0, resamples, _BLOCK):
        signs = rng.choice([-1.0, 1.0], size=(min(_BLOCK, resamples - start), len(moved)))
        # A hair below the observed sum, for equal sums that were added in another order.
        extreme += int((np.abs(signs @ moved) >= observed * (1 - 1e-9)).sum())
    return (extreme + 1) / (resamples + 1)
