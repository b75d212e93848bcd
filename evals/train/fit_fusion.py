"""Fits how what is known of a passage is weighed, so that those that answer a question are among those read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np

from evals.train.domains import domains
from evals.train.logistic import Floats, balanced, fitted_within
from evals.train.reads import answers, opened
from rag.retrieval.fuse import Signals
from rag.searching import READ

_SHARES = (1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
"""Of the fitted weight of words, as it is tried."""
_ALIKE = 0.001
"""Shares of the questions that differ by no more than this are one; then words have the greater weight, as they need
where there are many more passages than in these folders.
"""
Group = tuple[Floats, Floats]
"""The signals of a question's passages, a row each, and which of them answer."""


def fitted_fusion(data: Path, work: Path) -> dict[str, object]:
    """The weights fitted on every domain, as their file holds them."""
    groups: list[Group] = []
    names: list[str] = []
    for name, folder, questions in domains(data, work):
        with opened(work, name, folder) as (index, retriever):
            for question in questions:
                signals = retriever.signals(question.text) if question.evidence else {}
                passages = index.passages(signals)
                wanted = [answers(passages[key].text, index.source(passages[key]).path, question) for key in signals]
                if any(wanted):
                    groups.append(_group(signals, [bool(parts) for parts in wanted]))
                    names.append(question.domain)
    weights = fitted_weights(groups, balanced(names))
    return {
        "command": "python -m evals.train fusion DATA",
        **dict(zip(Signals.__slots__, weights.tolist(), strict=True)),
    }


def fitted_weights(groups: Sequence[Group], counts: Floats) -> Floats:
    """The weights by which passages that answer are likeliest to come first; `counts` weigh the questions.

    But words have the share of theirs by which most questions have an answer among the first `READ`. Where questions
    have the words of what answers them, these would put it first, and find no more; where they do not, they put others
    before it.
    """
    fitted = fitted_within(groups, counts, ridge=3.0)
    tried = [fitted * [1, 1, share] for share in _SHARES]
    shares = [_among_read(groups, counts, weights) for weights in tried]
    return next(weights for weights, share in zip(tried, shares, strict=True) if share >= max(shares) - _ALIKE)


def _among_read(groups: Sequence[Group], counts: Floats, weights: Floats) -> float:
    """The share of the questions, by `counts`, with a passage that answers among the first `READ`."""
    ahead = [(rows @ weights > (rows @ weights)[labels > 0].max()).sum() for rows, labels in groups]
    return float(np.average(np.array(ahead) < READ, weights=counts))


def _group(signals: Mapping[str, Signals], is_right: list[bool]) -> Group:
    return np.array([astuple(one) for one in signals.values()]), np.array(is_right, dtype=np.float64)
