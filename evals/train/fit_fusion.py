"""Fits how what is known of a passage is weighed, so that those that answer a question are among those read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path

import numpy as np

from evals.train.domains import domains, large
from evals.train.logistic import Floats, balanced, fitted_within
from evals.train.reads import answers, opened
from rag.retrieval.fuse import Signals

Group = tuple[Floats, Floats]
"""The signals of a question's passages, a row each, and which of them answer."""


def fitted_fusion(data: Path, work: Path) -> dict[str, object]:
    """The weights by which passages that answer are likeliest to come first, as their file holds them.

    They are fitted on every domain, and on a folder of some thousand passages: there a rare word tells more.
    """
    groups: list[Group] = []
    names: list[str] = []
    for name, folder, questions in (*domains(data, work), large(data, work)):
        with opened(work, name, folder) as (index, retriever):
            for question in questions:
                signals = retriever.signals(question.text) if question.evidence else {}
                passages = index.passages(signals)
                wanted = [answers(passages[key].text, index.source(passages[key]).path, question) for key in signals]
                if any(wanted):
                    groups.append(_group(signals, [bool(parts) for parts in wanted]))
                    names.append(question.domain)
    weights = fitted_within(groups, balanced(names), ridge=3.0)
    return {
        "command": "python -m evals.train fusion DATA",
        **dict(zip(Signals.__slots__, weights.tolist(), strict=True)),
    }


def _group(signals: Mapping[str, Signals], is_right: list[bool]) -> Group:
    return np.array([astuple(one) for one in signals.values()]), np.array(is_right, dtype=np.float64)
