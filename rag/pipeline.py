"""From a question to a checked answer: resolve, retrieve, find evidence, answer, verify, decide.

`open_pipeline` is the one place that puts the parts together.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock

from index.open import Index, open_index
from index.types import Article, Embedder, IndexState, Passage
from rag import decide
from rag.cite import parse
from rag.errors import LLMFailed, QuestionInvalid
from rag.evidence import find
from rag.extract import ExtractAnswerer, attribution
from rag.followup import standalone
from rag.question import split_parts
from rag.reading import Reader
from rag.retrieve import Retriever, as_pairs
from rag.settings import Settings
from rag.types import (
    Answer,
    Answerer,
    Citation,
    Conflict,
    Draft,
    Finding,
    Reason,
    RetrievedPassage,
    Side,
    Statement,
    Turn,
)
from rag.verify import verify


@dataclass
class _Clock:
    """Wall milliseconds by stage."""

    started: float = field(default_factory=time.perf_counter)
    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.spent[name] = round(1000 * (time.perf_counter() - start), 1)

    def told(self) -> dict[str, float]:
        return {**self.spent, "total": round(1000 * (time.perf_counter() - self.started), 1)}


@dataclass(frozen=True)
class _Parts:
    """What depends on one generation of the index."""

    index: Index
    reader: Reader
    retriever: Retriever


@contextmanager
def open_pipeline(settings: Settings, answerer: Answerer | None = None) -> Iterator[Pipeline]:
    """A pipeline over the collection that `settings` name, closed at the end.

    Without an `answerer` it quotes, and no model writes anything.

    Raises: NoIndex, WrongModel, IndexDamaged, ModelUnavailable.
    """
    from index.embed import SentenceTransformerEmbedder

    pipeline = Pipeline(settings, SentenceTransformerEmbedder(settings.index.model), answerer or ExtractAnswerer())
    try:
        yield pipeline
    finally:
        pipeline.close()


class Pipeline:
    """Answers questions over one collection. Safe to use from several threads; questions are taken in turn.

    A newly published generation is noticed at the next question.
    """

    def __init__(self, settings: Settings, embedder: Embedder, answerer: Answerer) -> None:
        """Open the index. Raises: NoIndex, WrongModel, IndexDamaged."""
        self._settings = settings
        self._embedder = embedder
        self._answerer = answerer
        self._lock = RLock()
        self._parts = self._open()

    @property
    def state(self) -> IndexState:
        """Which generation answers, and how much it holds."""
        return self._parts.index.state

    def text(self, document_id: str) -> str:
        """The decoded text of a document; offsets of citations and passages count in it."""
        return self._parts.index.text(document_id)

    def retrieve(self, question: str, k: int | None = None) -> tuple[RetrievedPassage, ...]:
        """The passages for a question, best first, labelled from 1.

        Raises: QuestionInvalid; IndexDamaged.
        """
        return self._current().retriever.retrieve(_clean(question, self._settings.answer.max_question_chars), k)

    def warm(self) -> None:
        """Load the model and every part of the index now, so that no question has to wait for them.

        Raises: IndexDamaged; ModelUnavailable.
        """
        with self._lock:
            self._current().retriever.retrieve("What is this about?")

    def close(self) -> None:
        """Let go of the index, once the question being answered is done."""
        with self._lock:
            self._parts.index.close()

    def ask(self, question: str, *, history: Sequence[Turn] = (), force: bool = False) -> Answer:
        """The whole outcome of one question; `history` are the turns before it, oldest first.

        With `force` the best sentences are quoted even where they do not carry an answer; it exists for the
        control rows of the eval report.

        Raises: QuestionInvalid; IndexDamaged.
        """
        asked = _clean(question, self._settings.answer.max_question_chars)
        clock = _Clock()
        with self._lock:
            parts = self._current()
            alone = standalone(asked, history[max(0, len(history) - self._settings.answer.history_turns) :])
            with clock.stage("retrieve"):
                passages = parts.retriever.retrieve(alone)
            with clock.stage("evidence"):
                findings = self._find(parts, alone, passages, force=force)
            return self._answer(parts, asked, alone, passages, findings, clock)

    def _find(
        self, parts: _Parts, question: str, passages: Sequence[RetrievedPassage], *, force: bool
    ) -> tuple[Finding, ...]:
        if not passages:
            return ()
        articles: list[Article | None] = [parts.index.article(item.passage) for item in passages]
        words = self._settings.answer.max_words
        return tuple(
            find(parts.reader.read(part, as_pairs(passages)), articles, words, force=force)
            for part in split_parts(question)
        )

    def _answer(
        self,
        parts: _Parts,
        asked: str,
        alone: str,
        passages: Sequence[RetrievedPassage],
        findings: Sequence[Finding],
        clock: _Clock,
    ) -> Answer:
        reason: Reason | None = decide.before(len(passages), findings)
        draft, answerer = Draft("", declined=True), self._answerer
        statements: tuple[Statement, ...] = ()
        citations: tuple[Citation, ...] = ()
        if reason is None:
            with clock.stage("answer"):
                draft, answerer = self._draft(alone, passages, findings)
            with clock.stage("verify"):
                checked = verify(parse(draft.text), passages)
            statements = tuple(item.statement for item in checked)
            citations = tuple(dict.fromkeys(c for item in checked for c in item.citations))
            reason = decide.after(draft, statements)
        known = {item.label for item in passages}
        return Answer(
            question=asked,
            standalone_question=alone,
            status="answered" if reason is None else "refused",
            reason=reason,
            text=draft.text if reason is None else "",
            statements=statements,
            citations=citations,
            passages=tuple(passages),
            conflicts=conflicts(findings, passages) if reason is None else (),
            answerer=answerer.name,
            model=answerer.model,
            settings_fingerprint=self._settings.fingerprint(),
            index=parts.index.state,
            timings_ms=clock.told(),
            missing=decide.lacking(findings),
            unknown_labels=tuple(dict.fromkeys(n for s in statements for n in s.labels if n not in known)),
        )

    def _draft(
        self, question: str, passages: Sequence[RetrievedPassage], findings: Sequence[Finding]
    ) -> tuple[Draft, Answerer]:
        """The answerer's draft; the quotes themselves where a model fails."""
        try:
            return self._answerer.draft(question, passages, findings), self._answerer
        except LLMFailed:
            plain = ExtractAnswerer()
            return plain.draft(question, passages, findings), plain

    def _current(self) -> _Parts:
        """The parts over the generation in use, opened anew when another has been published."""
        with self._lock:
            if self._parts.index.stale():
                fresh = self._open()
                self._parts.index.close()
                self._parts = fresh
            return self._parts

    def _open(self) -> _Parts:
        index = open_index(self._settings.for_index(), self._embedder.fingerprint)

        def article_text(passage: Passage) -> str:
            return index.article(passage).span.of(index.text(passage.document_id))

        reader = Reader(self._embedder, index.idf, article_text)
        return _Parts(index, reader, Retriever(index, self._embedder, reader, self._settings.retrieval))


def conflicts(findings: Sequence[Finding], passages: Sequence[RetrievedPassage]) -> tuple[Conflict, ...]:
    """The findings whose quotes are sides of a disagreement, each side with its label and exact words."""
    by_label = {item.label: item for item in passages}
    return tuple(
        Conflict(
            finding.question,
            tuple(Side(q.label, f"{attribution(by_label[q.label].source)}: {q.text}") for q in finding.quotes),
        )
        for finding in findings
        if finding.differing and len(finding.quotes) > 1
    )


def _clean(question: str, longest: int) -> str:
    """The question as text that can be searched for.

    Raises: QuestionInvalid, when it is empty, longer than allowed, or not text.
    """
    if not isinstance(question, str):
        raise QuestionInvalid("A question must be text; type it in words.")
    if len(question) > longest:
        raise QuestionInvalid(f"The question is longer than the {longest:,} characters that are allowed; shorten it.")
    text = question.encode("utf-8", errors="replace").decode("utf-8").replace("\x00", " ")
    text = " ".join(text.split())
    if not any(char.isalnum() for char in text):
        raise QuestionInvalid("The question is empty; type one.")
    return text
