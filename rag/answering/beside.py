"""Which sentences are quoted beside the likeliest: those whose chance of adding an answer is worth reading them."""

from __future__ import annotations

from collections.abc import Iterator

from index.words.tokens import content_stems
from rag.answering.decide import OF_BESIDE, Decision, Ranked
from rag.answering.reading import FEATURES, Candidate

MOST = 4
"""Sentences that are looked at, the likeliest among them."""
_SHARE = FEATURES.index("share")


def chosen(ranked: Ranked, question: str, decision: Decision, max_words: int) -> list[Candidate]:
    """The likeliest candidate, however long, and of the next those worth their words, as far as `max_words` go.

    One that says nothing but words of the question, as the name below a mail does, is worth none.
    """
    first, *others = distinct(ranked)
    candidates, total = [first[1]], length(first[1])
    for (_, candidate), features in zip(others, of_beside([first, *others], question), strict=True):
        fits = total + length(candidate) <= max_words and not _is_repeated(candidate, question)
        if fits and decision.is_worth_quoting(features, length(candidate)):
            candidates.append(candidate)
            total += length(candidate)
    return candidates


def distinct(ranked: Ranked) -> Ranked:
    """The first candidates whose words are not those of one before, `MOST` at most."""
    texts: dict[str, tuple[float, Candidate]] = {}
    for pair in ranked:
        texts.setdefault(" ".join(pair[1].unit.unit.text.split()).casefold(), pair)
        if len(texts) == MOST:
            break
    return list(texts.values())


def of_beside(ranked: Ranked, question: str) -> Iterator[tuple[float, ...]]:
    """The features named by `OF_BESIDE` of each candidate but the first, held against those before it."""
    best, first = ranked[0]
    wanted = content_stems(question)
    before = content_stems(first.unit.unit.text)
    for place, (score, candidate) in enumerate(ranked[1:], start=1):
        own = content_stems(candidate.unit.unit.text)
        features = {
            "behind": best - score,
            "best": best,
            "before": float(place),
            "share": candidate.features[_SHARE],
            "share_of_best": first.features[_SHARE],
            "new": _portion(own & wanted - before, wanted),
            "again": _portion(own & before, own),
        }
        yield tuple(features[name] for name in OF_BESIDE)
        before |= own


def _is_repeated(candidate: Candidate, question: str) -> bool:
    """Whether a candidate is a line of prose without a word that the question does not have."""
    return candidate.unit.kind == "paragraph" and content_stems(candidate.unit.unit.text) <= content_stems(question)


def length(candidate: Candidate) -> int:
    """The words of a candidate."""
    return len(candidate.unit.unit.text.split())


def _portion(part: frozenset[str], whole: frozenset[str]) -> float:
    return len(part) / len(whole) if whole else 0.0
