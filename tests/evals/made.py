"""Answers, passages and cases made by hand, over documents given as text."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from evals.cases import Case, Evidence, gold_of
from evals.gold import Gold
from index.readers import read
from index.settings import IndexSettings
from index.types import IndexState, Passage, Source, Span, passage_id
from rag.types import Answer, Citation, Ranks, RetrievedPassage, Statement, Turn, Verdict

WARSAW = "The river is the Vistula. It runs north. The city was rebuilt after 1945. Trams came in 1866."
PARIS = "The river is the Seine. It runs west. The tower was built in 1889."
TEXTS = {"warsaw.txt": WARSAW, "paris.txt": PARIS}


def source(path: str) -> Source:
    return Source(f"id-{path}", path, hashlib.sha256(path.encode()).hexdigest(), None, None, None, None)


def text_of(document_id: str) -> str:
    return TEXTS[document_id.removeprefix("id-")]


def span_of(path: str, quote: str) -> Span:
    start = TEXTS[path].index(quote)
    return Span(start, start + len(quote))


def passage(label: int, path: str, words: str) -> RetrievedPassage:
    span = span_of(path, words)
    named = passage_id(f"id-{path}", span)
    made = Passage(named, f"id-{path}", 0, span.start, span.end, words)
    return RetrievedPassage(label, made, source(path), 1.0 / label, Ranks(dense=label))


def citation(label: int, path: str, quote: str, verdict: Verdict = "supported") -> Citation:
    return Citation(label, verdict, source(path), None, span_of(path, quote), quote)


def statement(text: str, *labels: int, verdict: Verdict = "supported") -> Statement:
    return Statement(text, labels, verdict)


def answer(
    text: str = "",
    *,
    passages: Sequence[RetrievedPassage] = (),
    statements: Sequence[Statement] = (),
    citations: Sequence[Citation] = (),
    question: str = "?",
    timings: Mapping[str, float] | None = None,
    probability: float = 0.9,
    quotes: Sequence[Citation] = (),
) -> Answer:
    """An answer; a refusal where there is no text."""
    return Answer(
        question=question,
        standalone_question=question,
        status="answered" if text else "refused",
        probability=probability,
        reason=None if text else "no_evidence",
        text=text,
        statements=tuple(statements),
        citations=tuple(citations),
        passages=tuple(passages),
        conflicts=(),
        answerer="quotes",
        model=None,
        settings_fingerprint="f" * 12,
        index=IndexState("g1", 2, 4),
        timings_ms=timings or {"retrieve": 3.0, "total": 5.0},
        quotes=tuple(quotes),
    )


def case(
    quotes: Mapping[str, Sequence[str]] | None = None,
    *,
    id: str = "c1",
    kind: str = "fact",
    question: str = "?",
    answerable: bool = True,
    answers: Sequence[str] = (),
    answers_all: Sequence[Sequence[str]] = (),
) -> Case:
    """A case whose evidence is, for each file, a part a quote."""
    pairs = [(file, quote) for file, found in (quotes or {}).items() for quote in found]
    return Case(
        id=id,
        kind=kind,
        question=question,
        answerable=answerable,
        answers=tuple(answers),
        answers_all=tuple(tuple(part) for part in answers_all),
        evidence=tuple(Evidence(file=file, quote=quote, part=at) for at, (file, quote) in enumerate(pairs)),
    )


class Scripted:
    """A system that gives the answer written for a question, or raises the error written for it."""

    def __init__(self, replies: Mapping[str, Answer | Exception]) -> None:
        self.replies = replies
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        self.asked.append((question, tuple(history)))
        reply = self.replies[question]
        if isinstance(reply, Exception):
            raise reply
        return reply

    def text(self, document_id: str) -> str:
        return text_of(document_id)


def check_evidence(cases: Sequence[Case], folder: Path) -> Mapping[str, Gold]:
    """The gold places of every case by its id; every quote is an exact substring of its file, decoded as for the index.

    Raises: EvalError, naming the case, the file and the quote.
    """

    @cache
    def decoded(file: str) -> str:
        return read(folder / file, IndexSettings(home=folder).max_file_bytes).text

    return {case.id: gold_of(case, decoded) for case in cases}
