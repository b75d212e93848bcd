"""From a question to a checked answer: resolve, retrieve, find evidence, answer, verify, decide.

`open_pipeline` is the one place that puts the parts together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from threading import RLock

from index.document.structure import Structure
from index.store.corpus import Held
from index.store.open import Index, open_index
from index.store.within import Within
from index.types import Embedder, IndexState
from rag.answering.decide import Decision, in_order, load_decision
from rag.answering.extract import QuotesAnswerer
from rag.answering.lookup import with_empty_cell
from rag.answering.outcome import Outcome, write
from rag.answering.overview import Overview, asks_for_overview
from rag.answering.quotes import evidence_of, with_parts
from rag.answering.reading import Reading, read, reordered
from rag.asking.asked import ParsedQuestion, from_question
from rag.asking.filters import EVERY_ARTICLE, Entry, Filters, Search, matching, none_found
from rag.asking.followup import leans
from rag.asking.named import Known
from rag.asking.question import asked_by_themselves
from rag.asking.suggest import DocumentSpan
from rag.checking.sources import IndexSources
from rag.counting.answer import Counting
from rag.errors import QuestionInvalid
from rag.reader.reader import Reader
from rag.retrieval.retrieve import Retriever
from rag.settings import LanguageModel, Settings
from rag.stages import Clock
from rag.tracing import record
from rag.types import (
    Answer,
    Answerer,
    AnswererName,
    Citation,
    Conflict,
    Evidence,
    Filtering,
    Live,
    Quote,
    RetrievedPassage,
    Side,
    Status,
    Turn,
)
from rag.verification.reopen import State, check
from rag.verification.verify import verify
from rag.wording import attribution

READ = 8
"""Passages that are read for a question. On the tuning half of the everyday suite the answer stands in them for as many
questions as in twelve."""
_MOST_FORMS = 4
"""Rewritings of a follow-up that are tried."""


@dataclass(frozen=True)
class _Parts:
    """What depends on one generation of the index."""

    index: Index
    retriever: Retriever
    counting: Counting
    overview: Overview

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every article with the paths of its document."""
        paths = lru_cache(maxsize=None)(self.index.paths_of)
        return tuple(Entry(article, paths(article.document_id)) for article in self.index.articles())

    @cached_property
    def known(self) -> Known:
        """The names that the articles carry."""
        return Known(self.entries)

    def kept_to(self, search: Search) -> tuple[Within | None, Filtering]:
        """The passages that a search is kept to, None for all; and how that is told."""
        if not (search.set or search.parsed):
            return None, Filtering()
        passed, filtering = matching(search, self.entries)
        return self.index.within({entry.key for entry in passed}) if search.in_force else None, filtering


@dataclass(frozen=True)
class _Search:
    """What one form of a question found: its passages in order, the words that answer, and under which filters."""

    question: str
    passages: tuple[RetrievedPassage, ...]
    evidence: Evidence
    filtering: Filtering
    none: str | None
    """In words why no article passes the filters."""


@contextmanager
def open_pipeline(settings: Settings, answerer: Answerer | AnswererName | None = None) -> Iterator[Pipeline]:
    """A pipeline over the collection that `settings` name, closed at the end.

    Without an `answerer` the language model writes that `settings.llm` names; where it names none, the pipeline
    quotes, and no model writes anything.

    Raises: NoIndex, WrongModel, IndexDamaged, ModelUnavailable; SettingsInvalid, for "llm" where none is set.
    """
    from index.vectors.embedder import embedder_of

    with ExitStack() as stack:
        writer = stack.enter_context(opened_answerer(settings.llm, answerer))
        pipeline = Pipeline(settings, embedder_of(settings.for_index()), writer, reader_of(settings))
        stack.callback(pipeline.close)
        yield pipeline


@contextmanager
def opened_answerer(settings: LanguageModel, wanted: Answerer | AnswererName | None = None) -> Iterator[Answerer]:
    """What `wanted` names, or else the model that `settings` name, or else quotes; let go of at the end.

    A model is reached or loaded when it is first asked. Raises: SettingsInvalid, for "llm" where none is set.
    """
    if wanted == "quotes" or (wanted is None and settings.provider is None):
        yield QuotesAnswerer()
    elif wanted is None or isinstance(wanted, str):
        from rag.answering.llm import LLMAnswerer
        from rag.providers import open_llm

        with open_llm(settings) as llm:
            yield LLMAnswerer(llm, settings.max_words)
    else:
        yield wanted


def reader_of(settings: Settings) -> Reader:
    """The trained reader that `settings` name; the installed one where they name none. It loads at its first use."""
    from rag.reader.onnx_model import INSTALLED, OnnxReader

    return OnnxReader(settings.reader.path or INSTALLED)


class Pipeline:
    """Answers questions over one collection. Safe to use from several threads; questions are taken in turn.

    A newly published generation is noticed at the next question.
    """

    def __init__(
        self,
        settings: Settings,
        embedder: Embedder,
        answerer: Answerer,
        reader: Reader,
        decision: Decision | None = None,
    ) -> None:
        """Open the index; `decision` is the one that is installed, where none is given.

        Raises: NoIndex, WrongModel, IndexDamaged; RagError, when the decision cannot be read.
        """
        self._reader = reader
        self._decision = decision or load_decision()
        self._settings = settings
        self._embedder = embedder
        self._answerer = answerer
        self._lock = RLock()
        self._parts = self._open()

    @property
    def state(self) -> IndexState:
        """Which generation answers, and how much it holds."""
        return self._parts.index.state

    def documents(self, most: int) -> tuple[Held, ...]:
        """The first documents by path, at most so many. Raises: IndexDamaged."""
        with self._lock:
            index = self._current().index
            ids = list(dict.fromkeys(file.document_id for file in index.files()))[:most]
            return tuple(held for document_id in ids if (held := index.held(document_id)))

    def entries(self) -> tuple[Entry, ...]:
        """Every article of the index in use, with the paths of its document. Raises: IndexDamaged."""
        with self._lock:
            return self._current().entries

    def finds(self, question: str) -> DocumentSpan | None:
        """The words that come first for a question and plainly answer it, found without a model; None where none do.

        Raises: as `ask`, but for Cancelled.
        """
        with self._lock:
            search = self._search(self._current(), question, EVERY_ARTICLE, True, Clock())
        if self._status(search) != "answered":
            return None
        first = search.evidence.quotes[0]
        sources = {item.label: item.source for item in search.passages}
        return DocumentSpan(sources[first.label].document_id, first.span)

    def text(self, document_id: str) -> str:
        """The decoded text of a document; offsets of citations and passages count in it."""
        return self._parts.index.text(document_id)

    def structure(self, document_id: str) -> Structure:
        """What a document is made of, by offsets in its text."""
        return self._parts.index.structure(document_id)

    def held(self, document_id: str) -> Held | None:
        """A document with its articles and files, as the index in use holds it; None where it holds none of this id.

        Raises: IndexDamaged.
        """
        with self._lock:
            return self._current().index.held(document_id)

    @property
    def reader(self) -> Reader:
        """The trained reader that judges sentences."""
        return self._reader

    def sources(self) -> IndexSources:
        """The documents of the index in use, for what is held against them at once.

        Raises: WrongModel, IndexDamaged.
        """
        with self._lock:
            return IndexSources(self._current().index)

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
        clean = _clean(question, self._settings.answer.max_question_chars)
        with self._lock:
            parts = self._current()
            within, _ = parts.kept_to(Search(filters))
            wanted = k or self._settings.retrieval.top_k
            return self._read(parts, clean, within, wanted, max(READ, wanted))[0].passages

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
            self._read(self._current(), "What is this about?", None, 1, 2)

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
        live: Live | None = None,
        filters: Filters = EVERY_ARTICLE,
        understand: bool = True,
    ) -> Answer:
        """The whole outcome of one question; `history` are the turns before it, oldest first.

        A question that stands alone is asked alone. Where it leans on the turns before it, or alone finds nothing,
        forms that stand alone are tried, and the shortest that finds an answer is taken. `live` hears a model's words
        as it writes them, before they are verified, and can stop it. Other questions are not held up while a model
        writes.

        Only articles that pass `filters` are searched and, where these hold an answer, only those that the question's
        own words ask for, as "according to Forbes"; with `understand=False` its words ask for none.

        Raises: QuestionInvalid; SettingsInvalid, when a glob cannot be used; IndexDamaged; ModelUnavailable; Cancelled.
        """
        cleaned = _clean(question, self._settings.answer.max_question_chars)
        clock = Clock()
        turns = history[max(0, len(history) - self._settings.answer.history_turns) :]
        with self._lock:
            parts = self._current()
            search = self._in_conversation(parts, cleaned, turns, filters, understand, clock, live)
        outcome = self._write(parts, search, clock, live)
        answer = self._answer(parts, cleaned, search, outcome, clock)
        record(clock, answer, self._settings)
        return answer

    def _in_conversation(
        self,
        parts: _Parts,
        question: str,
        turns: Sequence[Turn],
        filters: Filters,
        understand: bool,
        clock: Clock,
        live: Live | None,
    ) -> _Search:
        """The search for a question alone, or for the shortest form of it that finds an answer after the turns."""
        alone = self._search(parts, question, filters, understand, clock)
        leaning = bool(turns) and leans(question)
        if not turns or not (leaning or self._status(alone) == "refused"):
            return alone
        with clock.stage("rewrite"):
            forms = self._answerer.rewritings(question, turns, live)[:_MOST_FORMS]
        searches: list[_Search] = []
        for form in forms:
            searches.append(self._search(parts, form, filters, understand, clock))
            if self._status(searches[-1]) == "answered":
                return searches[-1]
        if not leaning:
            return alone
        return max(searches, key=lambda search: search.evidence.probability, default=alone)

    def _status(self, search: _Search) -> Status:
        return self._decision.status(search.evidence.probability)

    def _search(self, parts: _Parts, question: str, filters: Filters, understand: bool, clock: Clock) -> _Search:
        """What is found under the filters that are set and those that the question asks for; the latter are let go
        where nothing is found under them.
        """
        wanted = from_question(question, lambda: parts.known) if understand else ParsedQuestion(EVERY_ARTICLE, question)
        search = Search(filters, wanted.filters)
        if understand and asks_for_overview(question, parts.known, parts.counting.like):
            passed, filtering = matching(search, parts.entries)
            overview = parts.overview.of(passed)
            if overview:
                return _Search(question, *overview, filtering, None)
        result = self._search_within(parts, wanted.text, search, clock)
        if wanted.filters and self._status(result) != "answered":
            why = result.none or "those documents do not hold the answer"
            wider = self._search_within(parts, question, search.without(why), clock)
            if wider.evidence.probability > result.evidence.probability:
                result = wider
        return replace(result, question=question)

    def _search_within(self, parts: _Parts, text: str, search: Search, clock: Clock) -> _Search:
        with clock.stage("retrieve"):
            within, filtering = parts.kept_to(search)
        with clock.stage("count"):
            worked_out = parts.counting.answer(text, within)
        if worked_out:
            return _Search(text, *worked_out, filtering, None)
        reading, rest = self._read(parts, text, within, self._limit(), READ, clock)
        chosen = evidence_of(reading, self._decision, self._settings.answer.max_words)
        chosen = with_empty_cell(chosen, reading, self._decision, self._reader)
        if rest:
            chosen = with_parts(chosen, reading, rest, self._decision, self._settings.answer.max_words)
        nothing = filtering.filters and not filtering.articles
        none = none_found(search, parts.entries) if nothing else None
        return _Search(text, reading.passages, chosen, filtering, none)

    def _limit(self) -> int:
        """How many passages are kept: a model is given all that were read, as far as they fit."""
        return READ if self._answerer.name == "llm" else self._settings.retrieval.top_k

    def _read(
        self, parts: _Parts, question: str, within: Within | None, limit: int, many: int, clock: Clock | None = None
    ) -> tuple[Reading, tuple[Reading, ...]]:
        """The question read against its passages, the best first, and each part of it where it has several."""
        clock = clock or Clock()
        several = asked_by_themselves(question)
        with clock.stage("retrieve"):
            passages = parts.retriever.retrieve([question, *several], many, within)
        with clock.stage("read"):
            units = [parts.retriever.units(item) for item in passages]
            readings = [read(text, passages, units, self._reader, parts.index.idf) for text in (question, *several)]
        best = [self._decision.ranked(reading.candidates) for reading in readings]
        order = in_order(best, [item.label for item in passages])[:limit]
        renewed = tuple(reordered(reading, order) for reading in readings)
        return renewed[0], renewed[1:]

    def _write(self, parts: _Parts, search: _Search, clock: Clock, live: Live | None) -> Outcome:
        return write(
            self._answerer, search.question, search.passages, search.evidence,
            partial(verify, evidence_units=parts.retriever.units, reader=self._reader), self._decision.status,
            stage=clock.stage, live=live,
        )  # fmt: skip

    def _answer(self, parts: _Parts, question: str, search: _Search, outcome: Outcome, clock: Clock) -> Answer:
        refused = outcome.status == "refused"
        is_filled = outcome.reason == "empty_index" and parts.index.state.documents > 0
        missing = search.none or search.evidence.missing
        return Answer(
            question=question,
            standalone_question=search.question,
            status=outcome.status,
            probability=round(search.evidence.probability, 4),
            reason="no_evidence" if is_filled or (refused and search.none) else outcome.reason,
            text=outcome.text,
            statements=outcome.statements,
            citations=outcome.citations,
            passages=search.passages,
            conflicts=() if refused else conflicts(search),
            answerer=outcome.answerer.name,
            model=outcome.answerer.model,
            settings_fingerprint=self._settings.fingerprint(),
            index=parts.index.state,
            timings_ms=clock.timings(),
            filters=search.filtering,
            missing=missing if refused else None,
            unknown_labels=outcome.unknown,
            unsent=outcome.unsent,
            notice=outcome.notice,
            quotes=outcome.quotes,
            computed=search.evidence.computed,
        )

    def _current(self) -> _Parts:
        """The parts over the generation in use, opened anew when another has been published."""
        with self._lock:
            if self._parts.index.stale():
                fresh = self._open(self._parts.index)
                self._parts.index.close()
                self._parts = fresh
            return self._parts

    def _open(self, before: Index | None = None) -> _Parts:
        index = open_index(self._settings.for_index(), self._embedder.fingerprint, before)
        retriever = Retriever(index, self._embedder, self._settings.retrieval)
        return _Parts(index, retriever, Counting(index, retriever, self._embedder), Overview(index, retriever))


@dataclass(frozen=True)
class KeptTo:
    """A pipeline whose every question is kept to the same articles, as a conversation takes it."""

    pipeline: Pipeline
    filters: Filters
    understand: bool = True

    def ask(self, question: str, *, history: Sequence[Turn] = (), live: Live | None = None) -> Answer:
        """The whole outcome of one question. Raises: as `Pipeline.ask`."""
        return self.pipeline.ask(question, history=history, live=live, filters=self.filters, understand=self.understand)


def conflicts(search: _Search) -> tuple[Conflict, ...]:
    """The quotes whose answers are other numbers, as sides of a disagreement; none where they agree."""
    if not search.evidence.differing:
        return ()
    by_label = {item.label: item for item in search.passages}
    numbered = [quote for quote in search.evidence.quotes if _has_number(quote)]
    sides = tuple(Side(q.label, f"{attribution(by_label[q.label].source)}: {q.text}") for q in numbered)
    return (Conflict(search.question, sides),) if len(sides) > 1 else ()


def _has_number(quote: Quote) -> bool:
    """Whether the words of a quote that answer have a number."""
    answer = quote.answer
    words = quote.text[answer.start - quote.span.start : answer.end - quote.span.start] if answer else ""
    return any(character.isdigit() for character in words)


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
