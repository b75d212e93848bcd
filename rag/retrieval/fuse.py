"""One ranking out of several, by rank alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from index.types import Hit

RRF_K = 5
"""Small, because our lists are short and their heads are good; 60 is the published constant for long runs."""
Ranked = TypeVar("Ranked")


def fuse(*legs: Sequence[Hit], k: int = RRF_K) -> dict[str, float]:
    """Passage ids by reciprocal rank fusion (Cormack, Clarke and Buettcher 2009), best first, ties by id.

    A passage scores the sum over legs of 1 / (k + rank). A hit without a positive score is never fused: a
    leg that found nothing has no vote.
    """
    scores: dict[str, float] = {}
    for leg in legs:
        for hit in leg:
            if hit.score > 0:
                scores[hit.passage_id] = scores.get(hit.passage_id, 0.0) + 1.0 / (k + hit.rank)
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def interleave(*rankings: Sequence[Ranked]) -> list[Ranked]:
    """Items taken in turn from each ranking, each once: the firsts of all, then the seconds, and so on."""
    longest = max((len(ranking) for ranking in rankings), default=0)
    turns = (ranking[i] for i in range(longest) for ranking in rankings if i < len(ranking))
    return list(dict.fromkeys(turns))
