"""Ranking measures; the one home of ir-measures (MacAvaney et al. 2022)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet


def ranking_scores(
    rankings: Mapping[str, Sequence[str]], relevant: Mapping[str, AbstractSet[str]], measures: Sequence[str]
) -> dict[str, dict[str, float]]:
    """For each query of `relevant`, the value of each of `measures` (ir-measures notation: `nDCG@5`, `R@5`, `RR`).

    `rankings` lists document ids, best first and without repeats; binary relevance. A query without a ranking
    scores 0.
    """
    import ir_measures as ir

    # Its import adds a handler of its own that writes to whatever stderr was then.
    logging.getLogger("ir_measures").handlers.clear()
    parsed = {name: ir.parse_measure(name) for name in measures}
    names = {measure: name for name, measure in parsed.items()}
    judged = {query: dict.fromkeys(ids, 1) for query, ids in relevant.items()}
    # Scores fall by one a rank: pytrec_eval orders equal scores by id, so that the ranking must hold no ties.
    run = {q: {doc: float(len(ids) - rank) for rank, doc in enumerate(ids)} for q, ids in rankings.items()}
    out: dict[str, dict[str, float]] = {query: dict.fromkeys(measures, 0.0) for query in relevant}
    for metric in ir.iter_calc(list(parsed.values()), judged, run):
        out[metric.query_id][names[metric.measure]] = float(metric.value)
    return out


def shown_scores(hits: Sequence[bool], missed: int, measures: Sequence[str]) -> dict[str, float]:
    """The measures of one list of passages, of which `hits` says whether each holds gold evidence.

    The evidence parts that no passage holds count as `missed` relevant passages that were not returned, so
    that a list cannot be ideal by leaving some out. Needs one hit or one miss.
    """
    ids = [str(rank) for rank in range(len(hits))]
    wanted = {i for i, hit in zip(ids, hits, strict=True) if hit} | {f"missed {n}" for n in range(missed)}
    return ranking_scores({"q": ids}, {"q": wanted}, measures)["q"]
