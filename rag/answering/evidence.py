"""Which sentences carry the answer, or what is lacking: the one decision both answerers rest on.

Pure. The thresholds were set on the tuning half of the seeds suite; `make eval` reports the other half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial

import numpy as np

from index.types import Article, Span
from rag.answering.checks import Fault, faults
from rag.answering.identity import asks_letters
from rag.language.quantities import find_quantities
from rag.retrieval.reading import Candidate, Reading
from rag.types import Finding, Quote

FLOOR = 1.15
"""A best sentence that scores less has nothing to do with the question."""
_BESIDE = 0.6
"""How far below the best a sentence may be and still stand in for it, when the best only lacks a number or the like."""
_INSTEAD = 0.2
"""The same, when the best is about someone or something else."""
_CLOSE = 0.8
"""Sentences nearer than this to the best are quoted with it: the score cannot tell them apart."""
_MOST = 3
"""Sentences quoted for a fact, at most."""
_ASIDE = 0.6
"""How far below the best the best sentence of another article may be and still be set against it."""
_LOOK = 10
_POOL, _SIDES = 14, 4
_GAIN, _ALIKE, _ELSEWHERE = 1.0, 0.3, 0.1
"""What a further side gains by saying more of the question, loses by repeating, and gains by another article."""
_Judge = Callable[[Candidate], Sequence[Fault]]
"""Says what a sentence lacks, and looks at each once."""


def find(reading: Reading, articles: Sequence[Article | None], max_words: int, *, force: bool = False) -> Finding:
    """The evidence for one question among its passages.

    `articles` are those of `reading.reads`, in the same order. At most about `max_words` words are chosen, or
    twice that where both sides are asked for; the first sentence always is, however long. With `force` the top
    sentences are chosen, whatever their faults.
    """
    question = reading.question
    candidates = reading.candidates
    judge = cache(partial(faults, reading))
    if force:
        return Finding(question.text, _within(reading, candidates[:2], max_words))
    if not candidates or candidates[0].score < FLOOR:
        return Finding(question.text, (), "the passages do not speak of this")
    if question.field in ("author", "date"):
        return _from_byline(reading, articles)
    if question.both_sides:
        sides = _within(reading, _sides(reading, judge), 2 * max_words)
        return Finding(question.text, sides, differing=_articles(reading, sides) > 1, both_sides=True)
    best, missing = _best(candidates, judge, anywhere=asks_letters(question))
    if best is None:
        return Finding(question.text, (), missing)
    chosen = [best]
    differing = False
    if (other := _contradicting(reading, best, judge)) is not None:
        chosen.append(other)
        differing = True
    else:
        chosen += _beside(candidates, best, judge)
    return Finding(question.text, _within(reading, chosen, max_words), differing=differing)


def _best(candidates: Sequence[Candidate], judge: _Judge, *, anywhere: bool) -> tuple[Candidate | None, str | None]:
    """The first candidate without a fault that is near enough to the top (or `anywhere`), else what the top lacks."""
    top = candidates[0]
    wrong = judge(top)
    if not wrong:
        return top, None
    reach = _INSTEAD if any(fault.hard for fault in wrong) else _BESIDE
    for candidate in candidates[1 : None if anywhere else _LOOK]:
        near = top.score - candidate.score <= reach and candidate.score >= FLOOR
        if (near or anywhere) and not judge(candidate):
            return candidate, None
    return None, _telling(candidates, judge) or wrong[0].text


def _telling(candidates: Sequence[Candidate], judge: _Judge) -> str | None:
    """What a sentence near the top gives instead of the asked thing, which says more than that it lacks it."""
    told = (fault.text for c in candidates[:_LOOK] if c.score >= FLOOR for fault in judge(c))
    return next((text for text in told if "but not" in text), None)


def _beside(candidates: Sequence[Candidate], best: Candidate, judge: _Judge) -> list[Candidate]:
    """The next sentences that the score can hardly tell from the best."""
    near = [c for c in candidates[:_LOOK] if c is not best and best.score - c.score < _CLOSE]
    return [c for c in near if not judge(c)][: _MOST - 1]


def _contradicting(reading: Reading, best: Candidate, judge: _Judge) -> Candidate | None:
    """The best sentence of another article that gives another number for the same thing."""
    if reading.question.kind not in ("number", "percent", "length", "money", "age"):
        return None
    told = _numbers(best)
    for candidate in reading.candidates[:_LOOK]:
        if _article(candidate) == _article(best) or best.score - candidate.score > _ASIDE:
            continue
        if not judge(candidate) and _numbers(candidate) and not (_numbers(candidate) & told):
            return candidate
    return None


def _numbers(candidate: Candidate) -> set[float]:
    return {round(q.value, 6) for q in find_quantities(candidate.text) if q.unit != "ordinal"}


def _sides(reading: Reading, judge: _Judge) -> list[Candidate]:
    """Sentences that between them say most of what is asked: new words of the question, another article, other words.

    Maximal marginal relevance (Carbonell and Goldstein 1998), with the question's own words as a third term.
    """
    kept = [c for c in reading.candidates if not any(not fault.hard for fault in judge(c))]
    pool = (kept or list(reading.candidates))[:_POOL]
    chosen = [pool.pop(0)]
    while pool and len(chosen) < _SIDES:
        chosen.append(max(pool, key=lambda c: _merit(reading, c, chosen)))
        pool.remove(chosen[-1])
    return chosen


def _merit(reading: Reading, candidate: Candidate, chosen: Sequence[Candidate]) -> float:
    said = np.maximum.reduce([c.said for c in chosen])
    gain = reading.covers(np.maximum(said, candidate.said)) - reading.covers(said)
    alike = max(float(candidate.encoded.vector @ c.encoded.vector) for c in chosen)
    elsewhere = all(_article(candidate) != _article(c) for c in chosen)
    return candidate.score + _GAIN * gain - _ALIKE * alike + (_ELSEWHERE if elsewhere else 0.0)


def _articles(reading: Reading, quotes: Sequence[Quote]) -> int:
    """How many articles are quoted."""
    passages = [reading.reads[quote.label - 1].passage for quote in quotes]
    return len({(passage.document_id, passage.article) for passage in passages})


def _article(candidate: Candidate) -> tuple[str, int]:
    return candidate.read.passage.document_id, candidate.read.passage.article


def _within(reading: Reading, chosen: Sequence[Candidate], max_words: int) -> tuple[Quote, ...]:
    """The chosen sentences that fit, the first always; neighbours become one quote."""
    labels = {read.passage.id: n for n, read in enumerate(reading.reads, start=1)}
    kept: list[Candidate] = []
    total = 0
    for candidate in chosen:
        count = len(candidate.text.split())
        if kept and total + count > max_words:
            continue
        kept.append(candidate)
        total += count
    return _joined([Quote(labels[c.read.passage.id], c.span, c.text) for c in kept], reading)


def _joined(quotes: Sequence[Quote], reading: Reading) -> tuple[Quote, ...]:
    """Quotes in order, those that follow each other in one passage as one."""
    joined: list[Quote] = []
    for quote in quotes:
        for i, before in enumerate(joined):
            text = reading.reads[quote.label - 1].passage.text
            start, end = min(before.span.start, quote.span.start), max(before.span.end, quote.span.end)
            gap = end - start - len(before.span) - len(quote.span)
            offset = reading.reads[quote.label - 1].passage.start
            between = text[
                min(before.span.end, quote.span.end) - offset : max(before.span.start, quote.span.start) - offset
            ]
            if before.label == quote.label and 0 <= gap <= 1 and "\n" not in between:
                joined[i] = Quote(quote.label, Span(start, end), text[start - offset : end - offset])
                break
        else:
            joined.append(quote)
    return tuple(joined)


def _from_byline(reading: Reading, articles: Sequence[Article | None]) -> Finding:
    """The byline of the article that the question is about, if it prints what is asked."""
    question = reading.question
    nearest = max(range(len(reading.reads)), key=lambda i: (reading.score(reading.reads[i]), -i))
    article = articles[nearest]
    name = (article.outlet or article.title) if article else None
    asked = "author" if question.field == "author" else "date"
    value = (article.author if asked == "author" else article.date) if article else None
    missing = f"{name or 'the nearest document'} prints no {asked} for this"
    if article is None or value is None or article.byline is None:
        return Finding(question.text, (), missing)
    for n, read in enumerate(reading.reads, start=1):
        passage = read.passage
        if passage.document_id == article.document_id and passage.span.contains(article.byline):
            start = article.byline.start - passage.start
            text = passage.text[start : start + len(article.byline)]
            return Finding(question.text, (Quote(n, article.byline, text),))
    return Finding(question.text, (), missing)
