"""What one browser tab asks, turn after turn: each question is answered apart, heard while it is written, and kept."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from index.document.structure import Structure
from index.errors import RagError
from index.types import IndexState
from rag.app.conversations.keeping import Keeper
from rag.app.conversations.store import StoredConversation
from rag.app.page import answer as render
from rag.app.page.evidence import Mark, as_it_was, evidence, nothing_read
from rag.app.page.html import safe
from rag.app.page.shelf import standing
from rag.app.page.trouble import discreetly
from rag.asking.filters import EVERY_ARTICLE, Filters
from rag.errors import Cancelled, QuestionInvalid
from rag.types import Answer, Citation, Live, Turn
from rag.verification.reopen import State, answer_of

LONGEST_QUESTION = 4000
_BROKEN = "Something went wrong while answering; nothing was lost. Ask again, or look at the log for the cause."
_STOPPED = "You stopped this answer. What was written of it had not been checked, so it is not shown."
_PACE = 0.06
"""Seconds between two looks at what a model writes; the first word is shown at once."""
_BREATH = 1.0
"""Seconds after which a model that is silent is looked at again."""
_T = TypeVar("_T")
_log = logging.getLogger(__name__)


class Asks(Protocol):
    """What the page needs of a pipeline. It is called from several threads."""

    @property
    def state(self) -> IndexState:
        """What is indexed now."""
        ...

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        live: Live | None = None,
        filters: Filters = EVERY_ARTICLE,
        understand: bool = True,
    ) -> Answer:
        """The checked answer to `question`, read as a follow-up of `history`."""
        ...

    def text(self, document_id: str) -> str:
        """The decoded text of an indexed document."""
        ...

    def structure(self, document_id: str) -> Structure:
        """What an indexed document is made of."""
        ...

    def check(self, citation: Citation) -> State:
        """Whether a citation of an earlier answer still stands."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn as it is shown; `answer` is None where there is none."""

    question: str
    answer: Answer | None
    chat: str
    evidence: str

    @property
    def turn(self) -> Turn | None:
        """What a follow-up is read against."""
        return Turn(self.question, self.answer.text) if self.answer else None

    def judged(self, number: int, sentence: str) -> Exchange:
        """The same, saying what became of a person's verdict on it."""
        opening, _, rest = self.chat.partition(f'<span class="kept" id="judged-{number}" role="status">')
        if not rest:
            return self
        status = f'<span class="kept" id="judged-{number}" role="status">{safe(sentence)}'
        return replace(self, chat=opening + status + rest[rest.index("</span>") :])


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: its words as they came, and the articles it is kept to.

    `alone` says that it is read as it stands, without the turns before it.
    """

    text: object
    filters: Filters = EVERY_ARTICLE
    understand: bool = True
    alone: bool = False


@dataclass(slots=True)
class Talk:
    """The conversation of one browser tab; `stop` is set while a question is answered, `ended` after New chat."""

    past: tuple[Exchange, ...] = ()
    keeper: Keeper | None = None
    stop: threading.Event | None = None
    ended: bool = False
    troubles: list[str] = field(default_factory=list)
    """What went wrong in keeping it, in sentences."""

    @property
    def turns(self) -> list[Turn]:
        """The turns that were answered, oldest first."""
        return [turn for exchange in self.past if (turn := exchange.turn)]

    def leave(self) -> None:
        """End it: what is being answered is stopped, and not shown."""
        self.ended = True
        if self.stop:
            self.stop.set()


def answering(pipeline: Asks, question: Question, talk: Talk, collection: str) -> Iterator[str | Exchange]:
    """What a model has written so far, again and again, and at last the turn that `talk` then has one more of.

    It raises nothing: what goes wrong is a sentence in the turn. Where it is closed early, the question is stopped.
    """
    stop = talk.stop = threading.Event()
    heard: queue.SimpleQueue[str | Exchange] = queue.SimpleQueue()
    live = Live(heard.put, stop.is_set)

    def work() -> None:
        heard.put(exchange(pipeline, question, talk.past, collection, live))

    threading.Thread(target=work, name="answer", daemon=True).start()
    try:
        yield from _as_it_comes(heard)
    finally:
        stop.set()
        talk.stop = None


def _as_it_comes(heard: queue.SimpleQueue[str | Exchange]) -> Iterator[str | Exchange]:
    """The text so far whenever there is more of it, and now and then where there is not: only then can it be closed."""
    written = ""
    while True:
        try:
            piece = heard.get(timeout=_BREATH)
            while isinstance(piece, str):
                written += piece
                piece = heard.get_nowait()
        except queue.Empty:
            yield written
            time.sleep(_PACE)
        else:
            yield piece
            return


def exchange(
    pipeline: Asks, question: Question, past: Sequence[Exchange], collection: str, live: Live | None = None
) -> Exchange:
    """The next turn of a conversation. It raises nothing: what goes wrong is a sentence in it."""
    number = len(past) + 1
    try:
        text = readable(question.text)
        history = [] if question.alone else [turn for earlier in past if (turn := earlier.turn)]
        answer = pipeline.ask(
            text, history=history, live=live, filters=question.filters, understand=question.understand
        )
        return _answered(pipeline, number, text, answer, collection)
    except Cancelled:
        sentence = _STOPPED
    except Exception as error:  # noqa: BLE001  (the page is a boundary)
        sentence = discreetly(error, _BROKEN)
    text = echo(question.text)
    reply = render.turn(number, text, render.trouble(number, sentence))
    return Exchange(text, None, reply, nothing_read(number))


def _answered(
    pipeline: Asks, number: int, text: str, answer: Answer, collection: str, mark: Mark = as_it_was
) -> Exchange:
    reply = render.turn(number, text, render.reply(number, answer, collection))
    cited = {citation.source.document_id for citation in (*answer.citations, *answer.quotes)}
    texts = _readable(pipeline.text, cited)
    structures = _readable(pipeline.structure, cited | {item.source.document_id for item in answer.passages})
    return Exchange(text, answer, reply, evidence(number, answer, texts, collection, mark, structures))


def reopened(pipeline: Asks, stored: StoredConversation) -> tuple[Exchange, ...]:
    """The turns of a kept conversation, each citation marked whose source is not as it was.

    Raises: ConversationsUnusable, when an answer does not read; IndexDamaged.
    """

    def mark(citation: Citation) -> str:
        return standing(citation, pipeline.check(citation))

    collection = stored.summary.collection
    return tuple(
        _answered(pipeline, number, turn.question, answer_of(turn.answer), collection, mark)
        for number, turn in enumerate(stored.turns, start=1)
    )


def readable(question: object) -> str:
    """The question as text. Raises: QuestionInvalid."""
    if not isinstance(question, str):
        raise QuestionInvalid(f"A question has to be text, and this is {type(question).__name__!r}; type it in words.")
    if not question.strip():
        raise QuestionInvalid("The question is empty; type what you want to know.")
    if len(question) > LONGEST_QUESTION:
        raise QuestionInvalid(
            f"The question has {len(question):,} characters; shorten it to {LONGEST_QUESTION:,} or fewer."
        )
    return question.strip()


def echo(question: object) -> str:
    """What is shown of whatever was asked."""
    return question if isinstance(question, str) and question.strip() else "(no question)"


def _readable(read: Callable[[str], _T], documents: Iterable[str]) -> Mapping[str, _T]:
    """What is read of each document. One that is gone since is left out: its passage is in the answer itself."""
    readable = {}
    for document_id in documents:
        try:
            readable[document_id] = read(document_id)
        except RagError as error:
            _log.warning("a document of an answer cannot be read again: %s", error)
    return readable


def in_one_sentence(work: Callable[[], str]) -> str:
    """What `work` says, or the one sentence of what went wrong in it."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001  (the page is a boundary)
        return discreetly(error, _BROKEN)
