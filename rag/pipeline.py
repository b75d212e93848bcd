"""From a question to a checked answer: resolve, retrieve, find evidence, answer, verify, decide.

`open_pipeline` is the one place that puts the parts together.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from threading import RLock

from index.corpus import Held
from index.open import Index, open_index
from index.types import Article, Embedder, IndexState, Passage
from index.within import Within
from rag.answering import decide
from rag.answering.evidence import find
from rag.answering.extract import ExtractAnswerer, attribution
from rag.answering.outcome import write
from rag.asking.asked import from_question
from rag.asking.filters import EVERY_ARTICLE, Entry, Filters, Search, matching, none_found
from rag.asking.question import split_parts
from rag.conversations.reopen import State, check
from rag.errors import QuestionInvalid
from rag.retrieval.reading import Reader
from rag.retrieval.retrieve import Retriever, as_pairs
from rag.settings import LanguageModel, Settings
from rag.types import (
    Answer,
    Answerer,
    AnswererName,
    Citation,
    Conflict,
    Filtering,
    Finding,
    Live,
    RetrievedPassage,
    Side,
    Turn,
)
from rag.verification.entail import CrossEncoderEntailment, Entailment


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
            spent = 1000 * (time.perf_counter() - start)
            self.spent[name] = round(self.spent.get(name, 0.0) + spent, 1)

    def told(self) -> dict[str, float]:
        return {**self.spent, "total": round(1000 * (time.perf_counter() - self.started), 1)}


@dataclass(frozen=True)
class _Parts:
    """What depends on one generation of the index."""

    index: Index
    reader: Reader
    retriever: Retriever

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every article with the paths of its document."""
        paths = lru_cache(maxsize=None)(self.index.paths_of)
        return tuple(Entry(article, paths(article.document_id)) for article in self.index.articles())

    def kept_to(self, search: Search) -> tuple[Within | None, Filtering]:
        """The passages that a search is kept to, None for all; and how that is told."""
        if not (search.set or search.asked):
            return None, Filtering()
        passed, filtering = matching(search, self.entries)
        return self.index.within({entry.key for entry in passed}) if search.in_force else None, filtering


@dataclass(frozen=True)
class _Found:
    """The passages and the evidence for a question, and in words why no article passes its filters."""

    passages: tuple[RetrievedPassage, ...]
    findings: tuple[Finding, ...]
    filtering: Filtering
    none: str | None

    @property
    def is_whole(self) -> bool:
        """Whether every part of the question has evidence."""
        return bool(self.findings) and all(finding.quotes for finding in self.findings)

    def told(self, answer: Answer) -> Answer:
        """The answer with the filters that it was found under, and where these left nothing, that as the reason."""
        if self.none is None:
            return replace(answer, filters=self.filtering)
        return replace(answer, filters=self.filtering, reason="no_evidence", missing=self.none)


@contextmanager
def open_pipeline(settings: Settings, answerer: Answerer | AnswererName | None = None) -> Iterator[Pipeline]:
    """A pipeline over the collection that `settings` name, closed at the end.

    Without an `answerer` the language model writes that `settings.llm` names; where it names none, the pipeline
    quotes, and no model writes anything.

    Raises: NoIndex, WrongModel, IndexDamaged, ModelUnavailable; SettingsInvalid, for "llm" where none is set.
    """
    from index.embed import embedder_of

    with ExitStack() as stack:
        writer = stack.enter_context(opened_answerer(settings.llm, answerer))
        entailment = CrossEncoderEntailment(settings.verify.model) if settings.verify.model else None
        pipeline = Pipeline(settings, embedder_of(settings.for_index()), writer, entailment)
        stack.callback(pipeline.close)
        yield pipeline


@contextmanager
def opened_answerer(settings: LanguageModel, wanted: Answerer | AnswererName | None = None) -> Iterator[Answerer]:
    """What `wanted` names, or else the model that `settings` name, or else quotes; let go of at the end.

    A model is reached or loaded when it is first asked. Raises: SettingsInvalid, for "llm" where none is set.
    """
    if wanted == "extract" or (wanted is None and settings.provider is None):
        yield ExtractAnswerer()
    elif wanted is None or isinstance(wanted, str):
        from rag.answering.llm import LLMAnswerer
        from rag.providers import open_llm

        with open_llm(settings) as llm:
            yield LLMAnswerer(llm)
    else:
        yield wanted


class Pipeline:
    """Answers questions over one collection. Safe to use from several threads; questions are taken in turn.

    A newly published generation is noticed at the next question.
    """

    def __init__(
        self, settings: Settings, embedder: Embedder, answerer: Answerer, entailment: Entailment | None = None
    ) -> None:
        """Open the index; a model of `entailment`, where there is one, judges what is not quoted.

        Raises: NoIndex, WrongModel, IndexDamaged.
        """
        self._entailment = entailment
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

    def held(self, document_id: str) -> Held | None:
        """A document with its articles and files, as the index in use holds it; None where it holds none of this id.

        Raises: IndexDamaged.
        """
        with self._lock:
            return self._current().index.held(document_id)

    def check(self, citation: Citation) -> State:
        """Whether a citation of an earlier answer still stands in the index in use.

        Raises: IndexDamaged.
        """
        with self._lock:
            return check(citation, self._current().index)

    def retrieve(
        self, question: str, k: int | None = None, filters: Filters = EVERY_ARTICLE
    ) -> tuple[RetrievedPassage, ...]:
        """The passages for a question, of articles that pass `filters`, best first, labelled from 1.

        Raises: QuestionInvalid; SettingsInvalid, when a glob cannot be used; IndexDamaged.
        """
        asked = _clean(question, self._settings.answer.max_question_chars)
        parts = self._current()
        within, _ = parts.kept_to(Search(filters))
        return parts.retriever.retrieve(asked, k, within)

    def matching(self, filters: Filters) -> tuple[Filtering, str | None]:
        """How many articles pass `filters`, and in words why none does; None where one does.

        Raises: SettingsInvalid, when a glob cannot be used; IndexDamaged.
        """
        with self._lock:
            parts, search = self._current(), Search(filters)
            _, filtering = parts.kept_to(search)
            return filtering, none_found(search, parts.entries) if filters and not filtering.articles else None

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

    def let_go(self) -> None:
        """Take up the generation in use, where another has been published, so that the last one can be removed.

        A question being looked up is not waited for. Raises: WrongModel, IndexDamaged.
        """
        if self._lock.acquire(blocking=False):
            try:
                self._current()
            finally:
                self._lock.release()

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        force: bool = False,
        live: Live | None = None,
        filters: Filters = EVERY_ARTICLE,
        understand: bool = True,
    ) -> Answer:
        """The whole outcome of one question; `history` are the turns before it, oldest first.

        `live` hears a model's words as it writes them, before they are verified, and can stop it. Other questions
        are not held up while a model writes.

        Only articles that pass `filters` are searched and, where these have evidence for all that is asked, only those
        that the question's own words ask for, as "according to Forbes"; with `understand=False` its words ask for none.

        With `force` the best sentences are quoted even where they do not carry an answer, and no filter is taken from
        the question; it exists for the control rows of the eval report.

        Raises: QuestionInvalid; SettingsInvalid, when a glob cannot be used; IndexDamaged; Cancelled.
        """
        asked = _clean(question, self._settings.answer.max_question_chars)
        clock = _Clock()
        recent = history[max(0, len(history) - self._settings.answer.history_turns) :]
        with clock.stage("rewrite"):
            alone = self._answerer.standalone(asked, recent, live)
        with self._lock:
            parts = self._current()
            wanted = from_question(alone, lambda: parts.entries) if understand and not force else EVERY_ARTICLE
            search = Search(filters, wanted)
            found = self._search(parts, alone, search, clock, force=force)
            if wanted and not found.is_whole:
                why = found.none or "those articles do not hold the whole answer"
                found = self._search(parts, alone, search.without(why), clock, force=force)
        return found.told(self._answer(parts, asked, alone, found.passages, found.findings, clock, live))

    def _search(self, parts: _Parts, question: str, search: Search, clock: _Clock, *, force: bool) -> _Found:
        with clock.stage("retrieve"):
            within, filtering = parts.kept_to(search)
            passages = parts.retriever.retrieve(question, within=within)
        with clock.stage("evidence"):
            findings = self._find(parts, question, passages, force=force)
        nothing = filtering.filters and not filtering.articles
        return _Found(passages, findings, filtering, none_found(search, parts.entries) if nothing else None)

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
        live: Live | None,
    ) -> Answer:
        outcome = write(
            self._answerer, alone, passages, findings, stage=clock.stage, live=live,
            encode=parts.reader.encode, entailment=self._entailment,
        )  # fmt: skip
        return Answer(
            question=asked,
            standalone_question=alone,
            status="answered" if outcome.reason is None else "refused",
            reason=outcome.reason,
            text=outcome.text,
            statements=outcome.statements,
            citations=outcome.citations,
            passages=tuple(passages),
            conflicts=conflicts(findings, passages) if outcome.reason is None else (),
            answerer=outcome.answerer.name,
            model=outcome.answerer.model,
            settings_fingerprint=self._settings.fingerprint(),
            index=parts.index.state,
            timings_ms=clock.told(),
            missing=decide.lacking(findings),
            unknown_labels=outcome.unknown,
            unsent=outcome.unsent,
            notice=outcome.notice,
            quotes=outcome.quotes,
            withheld=outcome.withheld,
        )

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

        def columns(passage: Passage) -> str | None:
            return index.article(passage).columns

        reader = Reader(self._embedder, index.idf, article_text, columns=columns)
        return _Parts(index, reader, Retriever(index, reader, self._settings.retrieval))


@dataclass(frozen=True)
class KeptTo:
    """A pipeline whose every question is kept to the same articles, as a conversation takes it."""

    pipeline: Pipeline
    filters: Filters
    understand: bool = True

    def ask(self, question: str, *, history: Sequence[Turn] = (), live: Live | None = None) -> Answer:
        """The whole outcome of one question. Raises: as `Pipeline.ask`."""
        return self.pipeline.ask(question, history=history, live=live, filters=self.filters, understand=self.understand)


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
