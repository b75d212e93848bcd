"""From a question to a checked answer: resolve, retrieve, find evidence, answer, verify, decide.

`open_pipeline` is the one place that puts the parts together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Condition

from index.cores import cores
from index.document.structure import Structure
from index.store.corpus import Held
from index.store.open import Index, open_index
from index.types import Embedder, IndexState
from index.vectors.remembered import Remembered
from rag.admission import Admission
from rag.answering.decide import Decision, load_decision
from rag.answering.extract import QuotesAnswerer
from rag.answering.outcome import Outcome, write
from rag.answering.overview import Overview
from rag.asking.filters import EVERY_ARTICLE, Entry, Filters, Search, none_found
from rag.asking.listed import Listed
from rag.asking.question import asked_by_themselves
from rag.asking.suggest import DocumentSpan
from rag.checking.sources import IndexSources
from rag.counting.answer import Counting
from rag.errors import QuestionInvalid
from rag.plugins import judged_by, open_answerer
from rag.reader.reader import Reader
from rag.retrieval.retrieve import Retriever
from rag.searching import READ, Parts, Searched, Searcher, conflicts
from rag.settings import LanguageModel, Settings
from rag.stages import Clock
from rag.tracing import record
from rag.types import (
    Answer,
    Answerer,
    AnswererName,
    Citation,
    Filtering,
    Live,
    RetrievedPassage,
    Turn,
)
from rag.verification.reopen import State, check
from rag.verification.verify import verify


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
    if wanted == "quotes" or (wanted is None and settings.provider is None and settings.answerer is None):
        yield QuotesAnswerer()
    elif settings.answerer is not None and (wanted is None or wanted == "llm"):
        yield open_answerer(settings.answerer)
    elif wanted is None or isinstance(wanted, str):
        from rag.answering.llm import LLMAnswerer
        from rag.providers import open_llm

        with open_llm(settings) as llm:
            yield LLMAnswerer(llm, settings.max_words)
    else:
        yield wanted


def reader_of(settings: Settings) -> Reader:
    """The trained reader that `settings` name; the installed one where they name none. It loads at its first use.

    Raises: SettingsInvalid, PluginBroken, for a verifier that is not there or does not load.
    """
    from rag.reader.onnx_model import INSTALLED, OnnxReader

    reader = OnnxReader(settings.reader.path or INSTALLED)
    return judged_by(reader, settings.reader.verifier) if settings.reader.verifier else reader


class Pipeline:
    """Answers questions over one collection. Safe to use from several threads; as many questions are looked up at
    once as there are cores.

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
        self._searcher = Searcher(reader, self._decision, self._limit, settings.answer.max_words)
        self._settings = settings
        self._embedder = Remembered(embedder)
        self._answerer = answerer
        self._admission = Admission(cores())
        self._changed = Condition()
        self._users: Counter[Parts] = Counter()
        self._parts = self._open()

    @property
    def state(self) -> IndexState:
        """Which generation answers, and how much it holds."""
        return self._parts.index.state

    def documents(self, most: int) -> tuple[Held, ...]:
        """The first documents by path, at most so many. Raises: IndexDamaged."""
        with self._using() as parts:
            index = parts.index
            ids = list(dict.fromkeys(file.document_id for file in index.files()))[:most]
            return tuple(held for document_id in ids if (held := index.held(document_id)))

    def entries(self) -> tuple[Entry, ...]:
        """Every article of the index in use, with the paths of its document. Raises: IndexDamaged."""
        with self._using() as parts:
            return parts.entries

    def listed(self) -> tuple[Listed, ...]:
        """Each document of the index in use once, by folder and name, listed once for all. Raises: IndexDamaged."""
        with self._using() as parts:
            return parts.listed

    def finds(self, question: str) -> DocumentSpan | None:
        """The words that come first for a question and plainly answer it, found without a model; None where none do.

        Raises: as `ask`, but for Cancelled.
        """
        with self._using() as parts, self._admission.taken():
            search = self._searcher.search(parts, question, EVERY_ARTICLE, True, Clock())
        if self._searcher.status(search) != "answered":
            return None
        first = search.evidence.quotes[0]
        sources = {item.label: item.source for item in search.passages}
        return DocumentSpan(sources[first.label].document_id, first.span, first.answer)

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
        with self._using() as parts:
            return parts.index.held(document_id)

    @property
    def reader(self) -> Reader:
        """The trained reader that judges sentences."""
        return self._reader

    def sources(self) -> IndexSources:
        """The documents of the index in use, for what is held against them at once.

        Raises: WrongModel, IndexDamaged.
        """
        with self._using() as parts:
            return IndexSources(parts.index)

    def check(self, citation: Citation) -> State:
        """Whether a citation of an earlier answer still stands in the index in use.

        Raises: IndexDamaged.
        """
        with self._using() as parts:
            return check(citation, parts.index)

    def retrieve(
        self, question: str, k: int | None = None, filters: Filters = EVERY_ARTICLE
    ) -> tuple[RetrievedPassage, ...]:
        """The passages for a question, of articles that pass `filters`, best first, labelled from 1.

        Raises: QuestionInvalid; SettingsInvalid, when a glob cannot be used; IndexDamaged.
        """
        clean = _clean(question, self._settings.answer.max_question_chars)
        with self._using() as parts, self._admission.taken():
            within, _ = parts.kept_to(Search(filters))
            wanted = k or self._settings.retrieval.top_k
            return self._searcher.read(parts, clean, within, wanted, max(READ, wanted))[0].passages

    def matching(self, filters: Filters) -> tuple[Filtering, str | None]:
        """How many articles pass `filters`, and in words why none does; None where one does.

        Raises: SettingsInvalid, when a glob cannot be used; IndexDamaged.
        """
        search = Search(filters)
        with self._using() as parts:
            _, filtering = parts.kept_to(search)
            return filtering, none_found(search, parts.entries) if filters and not filtering.articles else None

    def warm(self) -> None:
        """Load the model and every part of the index now, so that no question has to wait for them.

        Raises: IndexDamaged; ModelUnavailable.
        """
        with self._using() as parts, self._admission.taken():
            self._searcher.read(parts, "What is this about?", None, 1, 2)

    def close(self) -> None:
        """Let go of the index, once the question being answered is done."""
        with self._changed:
            self._changed.wait_for(lambda: not self._users)
            self._parts.index.close()

    def let_go(self) -> None:
        """Take up the generation in use, where another has been published, so that the last one can be removed.

        A question being looked up is not waited for. Raises: WrongModel, IndexDamaged.
        """
        with self._changed:
            self._current()

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
        with self._using() as parts, self._admission.taken(1 + len(asked_by_themselves(cleaned))):
            search = self._searcher.in_conversation(
                parts, cleaned, turns, filters, understand, clock, partial(self._rewritings, live)
            )
        outcome = self._write(parts, search, clock, live)
        answer = self._answer(parts, cleaned, search, outcome, clock)
        record(clock, answer, self._settings)
        return answer

    def _limit(self) -> int:
        """How many passages are kept: a model is given all that were read, as far as they fit."""
        return READ if self._answerer.name == "llm" else self._settings.retrieval.top_k

    def _write(self, parts: Parts, search: Searched, clock: Clock, live: Live | None) -> Outcome:
        return write(
            self._answerer, search.question, search.passages, search.evidence,
            partial(verify, evidence_units=parts.retriever.units, reader=self._reader), self._decision.status,
            stage=clock.stage, live=live,
        )  # fmt: skip

    def _answer(self, parts: Parts, question: str, search: Searched, outcome: Outcome, clock: Clock) -> Answer:
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
            missing=None if outcome.status == "answered" else missing,
            unknown_labels=outcome.unknown,
            unsent=outcome.unsent,
            notice=outcome.notice,
            quotes=outcome.quotes,
            computed=search.evidence.computed,
        )

    def _rewritings(self, live: Live | None, question: str, history: Sequence[Turn]) -> Sequence[str]:
        """The answerer's forms of a question; others are looked up while a model thinks of them."""
        with self._admission.lent():
            return self._answerer.rewritings(question, history, live)

    @contextmanager
    def _using(self) -> Iterator[Parts]:
        """The parts over the generation in use, which are not closed meanwhile. Raises: WrongModel, IndexDamaged."""
        with self._changed:
            parts = self._current()
            self._users[parts] += 1
        try:
            yield parts
        finally:
            with self._changed:
                self._users -= Counter([parts])
                self._changed.notify_all()
                if parts is not self._parts and parts not in self._users:
                    parts.index.close()

    def _current(self) -> Parts:
        """The parts over the generation in use, opened anew when another has been published."""
        before = self._parts
        if before.index.stale():
            self._parts = self._open(before.index)
            if before not in self._users:
                before.index.close()
        return self._parts

    def _open(self, before: Index | None = None) -> Parts:
        index = open_index(self._settings.for_index(), self._embedder.fingerprint, before)
        retriever = Retriever(index, self._embedder, self._settings.retrieval)
        return Parts(index, retriever, Counting(index, retriever, self._embedder), Overview(index, retriever))


@dataclass(frozen=True)
class KeptTo:
    """A pipeline whose every question is kept to the same articles, as a conversation takes it."""

    pipeline: Pipeline
    filters: Filters
    understand: bool = True

    def ask(self, question: str, *, history: Sequence[Turn] = (), live: Live | None = None) -> Answer:
        """The whole outcome of one question. Raises: as `Pipeline.ask`."""
        return self.pipeline.ask(question, history=history, live=live, filters=self.filters, understand=self.understand)


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
