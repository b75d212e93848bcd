"""Questions that a collection's documents suggest, each with the words that answer it, to be looked at one by one."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from index.store.corpus import Held
from index.types import IndexState, Span
from rag.app.conversations.feedback import can_be_named, id_of
from rag.asking.suggest import DocumentSpan, Suggestion, untried

DOCUMENTS = 60
"""Documents whose questions are looked at: the first by path."""
_LONGEST_QUOTE = 400
"""Characters that a person reads at a glance: words that are not among what is found first may be no longer."""
_COLLECTIONS = 8


@dataclass(frozen=True, slots=True)
class Proposed:
    """A question and a quote that may answer it: `text[span] == quote`, and `answer` are the words in it that answer.

    `is_first` says that the program finds them itself, plainly and first.
    """

    question: str
    document_id: str
    path: str
    span: Span
    quote: str
    answer: Span | None
    is_first: bool

    @property
    def id(self) -> str:
        """That of the case which it would make."""
        return id_of(self.question)

    @property
    def parts(self) -> tuple[str, str, str]:
        """The quote in three: what stands before the words that answer, these, and what follows."""
        if self.answer is None or not self.span.contains(self.answer):
            return self.quote, "", ""
        start, end = self.answer.start - self.span.start, self.answer.end - self.span.start
        return self.quote[:start], self.quote[start:end], self.quote[end:]


class Suggesting(Protocol):
    """What is needed of a pipeline."""

    @property
    def state(self) -> IndexState:
        """What is indexed now."""
        ...

    def documents(self, most: int) -> tuple[Held, ...]:
        """The first documents by path."""
        ...

    def text(self, document_id: str) -> str:
        """The text of a document."""
        ...

    def finds(self, question: str) -> DocumentSpan | None:
        """The words that plainly answer a question."""
        ...


class Reviews:
    """What there is to look at in each collection. Safe to use from several threads; no question is tried twice."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._lock = threading.Lock()
        self._of: OrderedDict[tuple[str, str], _Review] = OrderedDict()

    def upcoming(self, collection: str, pipeline: Suggesting, passed: Collection[str]) -> Proposed | None:
        """What to look at next, but for the ids in `passed`; None where there is nothing more.

        Raises: as what the pipeline does.
        """
        key = collection, pipeline.state.generation
        with self._lock:
            review = self._of.setdefault(key, _Review())
            self._of.move_to_end(key)
            if len(self._of) > _COLLECTIONS:
                self._of.popitem(last=False)
        return review.upcoming(pipeline, passed)


class _Review:
    """Of one collection and index."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._suggested: Sequence[Suggestion] | None = None
        self._paths: dict[str, str] = {}
        self._tried: dict[str, Proposed | None] = {}

    def upcoming(self, pipeline: Suggesting, passed: Collection[str]) -> Proposed | None:
        waiting = (one for one in self._suggestions(pipeline) if id_of(one.question) not in passed)
        return next(filter(None, (self._try(pipeline, one) for one in waiting)), None)

    def _suggestions(self, pipeline: Suggesting) -> Sequence[Suggestion]:
        with self._lock:
            if self._suggested is None:
                held = [one for one in pipeline.documents(DOCUMENTS) if can_be_named(one.files[0].path)]
                self._paths = {one.document.id: one.files[0].path for one in held}
                every = {one.question: one for one in untried([one.document for one in held])}
                self._suggested = list(every.values())
            return self._suggested

    def _try(self, pipeline: Suggesting, one: Suggestion) -> Proposed | None:
        with self._lock:
            if one.question not in self._tried:
                self._tried[one.question] = self._proposed(pipeline, one)
            return self._tried[one.question]

    def _proposed(self, pipeline: Suggesting, one: Suggestion) -> Proposed | None:
        """With the words that are found for it, else with those that it was made of, where they are few."""
        text, words = pipeline.text(one.document_id), pipeline.finds(one.question)
        path = self._paths[one.document_id]
        if words is not None and one.is_answered_by(words):
            quote = words.span.of(text)
            return Proposed(one.question, one.document_id, path, words.span, quote, words.answer, is_first=True)
        span = one.answer.trimmed(text)
        if not 0 < len(span) <= _LONGEST_QUOTE:
            return None
        return Proposed(one.question, one.document_id, path, span, span.of(text), None, is_first=False)
