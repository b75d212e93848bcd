"""Logistic regression with a ridge, by Newton's method: small, exact, the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def fitted(rows: Floats, labels: Floats, weights: Floats | None = None, *, ridge: float = 1.0) -> tuple[float, Floats]:
    """The bias and the weights, one a column of `rows`, that make `labels` (0 or 1) likeliest.

    `weights` count each row; their mean is made 1. Columns are scaled to unit deviation before the ridge is laid on
    them, and the bias bears none.
    """
    scale = rows.std(axis=0)
    scale[scale < 1e-9] = 1.0
    centre = rows.mean(axis=0)
    design = np.hstack([np.ones((len(rows), 1)), (rows - centre) / scale])
    counts = np.ones(len(rows)) if weights is None else weights / weights.mean()
    penalty = ridge * np.eye(design.shape[1])
    penalty[0, 0] = 1e-9
    beta = np.zeros(design.shape[1])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -40, 40)))
        slope = design.T @ (counts * (labels - chance)) - penalty @ beta
        curve = (design * (counts * chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(curve, slope)
        beta += step
        if float(np.abs(step).max()) < 1e-8:
            break
    slopes = beta[1:] / scale
    return float(beta[0] - slopes @ centre), slopes


def fitted_within(groups: Sequence[tuple[Floats, Floats]], counts: Floats, *, ridge: float = 1.0) -> Floats:
    """The weights, one a column, by which the labelled rows of each group are likeliest to be chosen among its rows.

    A group is its rows and their labels, of which one at least is 1; `counts` weigh the groups. What all rows of a
    group share has no part in it.
    """
    scale = np.vstack([rows for rows, _ in groups]).std(axis=0)
    scale[scale < 1e-9] = 1.0
    scaled = [(rows / scale, labels / labels.sum()) for rows, labels in groups]
    shares = counts / counts.mean()
    beta = np.zeros(len(scale))
    for _ in range(60):
        slope, curve = -ridge * beta, ridge * np.eye(len(beta))
        for (rows, wanted), weight in zip(scaled, shares, strict=True):
            chance = np.exp(rows @ beta - (rows @ beta).max())
            chance /= chance.sum()
            mean = chance @ rows
            slope += weight * ((wanted - chance) @ rows)
            curve += weight * ((rows * chance[:, None]).T @ rows - np.outer(mean, mean))
        step = np.linalg.solve(curve, slope)
        beta += step / max(1.0, float(np.abs(step).max()))
        if float(np.abs(step).max()) < 1e-8:
            break
    return np.asarray(beta / scale, dtype=np.float64)


def balanced(groups: Sequence[str]) -> Floats:
    """A weight for each row so that every group weighs the same."""
    names, inverse, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    return np.asarray(len(groups) / (len(names) * sizes[inverse]), dtype=np.float64)


def quantile(values: Floats, weights: Floats, share: float) -> float:
    """The least of `values` such that those up to it have at least `share` of the weight."""
    order = np.argsort(values)
    passed = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(len(order) - 1, int(np.searchsorted(passed, share)))])
