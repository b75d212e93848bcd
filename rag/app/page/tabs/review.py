"""The part of the Evals view in which suggested questions are looked at one by one, beside one's own cases."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import gradio as gr

from index.errors import NoIndex
from rag.app.conversations.feedback import Feedback
from rag.app.conversations.review import Proposed, Reviews
from rag.app.page import review as drawn
from rag.app.page.html import ACTIONS, message
from rag.app.page.style import script
from rag.app.page.trouble import in_words
from rag.app.workspace import Workspace

_BROKEN = "It could not be kept or shown; nothing was lost. Look at the log for the cause."
_HEAD = (
    '<h3>Questions to check</h3><p class="soft">Does the quote answer the question, and are the words that answer '
    "the right ones? “Right” makes it a case of your own suite.</p>"
)
_NOT_THERE = "The words that answer have to stand in the quote; copy them from it, or leave the field empty."
_CASES = "<h3>Your own cases</h3>"
Updates = dict[object, object]


@dataclass(frozen=True, slots=True)
class ReviewPanel:
    """What the page wires: `refresh` takes `inputs` and gives `outputs`; `changed` changes with one's own suite."""

    refresh: Callable[..., Iterator[Updates]]
    inputs: list[object]
    outputs: list[object]
    changed: gr.State


@dataclass(frozen=True, slots=True)
class _Done:
    """What a person did last with the question of this id, and what takes it back."""

    what: str
    question: str
    key: str
    take_back: Callable[[], object]


@dataclass(slots=True)
class _Session:
    """What one browser tab looks at, what it passed over, and what it did last."""

    now: Proposed | None = None
    passed: set[str] = field(default_factory=set)
    done: _Done | None = None


def review_panel(workspace: Workspace, collection: gr.State) -> ReviewPanel:
    """The panel, made inside the blocks of the page."""
    session, changed = gr.State(_Session()), gr.State("")
    notice = gr.HTML(message(""), elem_id="review-notice", js_on_load=None, apply_default_css=False)
    with gr.Row(elem_id="review"):
        with gr.Column(elem_id="review-questions"):
            gr.HTML(_HEAD, js_on_load=None, apply_default_css=False)
            card = gr.HTML("", js_on_load=ACTIONS + script("review"), apply_default_css=False)
        with gr.Column(elem_id="review-cases"):
            gr.HTML(_CASES, js_on_load=None, apply_default_css=False)
            own = gr.HTML("", js_on_load=ACTIONS + script("review"), apply_default_css=False)
    handlers = _Handlers(workspace, notice, card, own, changed)
    inputs: list[object] = [collection, session]
    outputs: list[object] = [notice, card, own, changed]
    for listed in (card, own):
        listed.act(handlers.act, inputs, outputs, trigger_mode="once", show_progress="hidden", api_visibility="private")
    return ReviewPanel(handlers.refresh, inputs, outputs, changed)


class _Handlers:
    """What the events do. None raises: what goes wrong is a sentence on the page."""

    def __init__(self, workspace: Workspace, notice: gr.HTML, card: gr.HTML, own: gr.HTML, changed: gr.State) -> None:
        self._workspace = workspace
        self._reviews = Reviews()
        self._notice, self._card, self._own, self._changed = notice, card, own, changed

    def refresh(self, collection: str, session: _Session) -> Iterator[Updates]:
        """One's own cases as they are now, then a question to look at."""
        yield from self._guarded(self._shown_anew(collection, session))

    def act(self, event: gr.EventData, collection: str, session: _Session) -> Iterator[Updates]:
        """A press; what it says comes from the browser, and what makes no sense does nothing."""
        do, key, text = (str(getattr(event, name, "")) for name in ("do", "id", "text"))
        yield from self._guarded(self._step(do, key, text, collection, session))

    def _step(self, do: str, key: str, text: str, collection: str, session: _Session) -> Iterator[Updates]:
        feedback = self._feedback(collection)
        if do == "undo":
            _undo(session)
        elif do == "remove":
            _remove(feedback, key, session)
        elif session.now is not None and session.now.id == key:
            if do == "right" and not _stands(text, session.now.quote):
                yield {self._notice: message(_NOT_THERE, wrong=True)}
                return
            _judge(feedback, do, text, session.now, session)
        if do != "next":
            yield {self._changed: secrets.token_hex(4)}
        yield from self._shown_anew(collection, session)

    def _shown_anew(self, collection: str, session: _Session) -> Iterator[Updates]:
        feedback = self._feedback(collection)
        line = drawn.undo(session.done.what, session.done.question) if session.done else ""
        own = drawn.own_cases(feedback.cases())
        yield {self._notice: message(""), self._own: own, self._card: line + drawn.WAITING}
        session.now = None
        passed = feedback.judged() | session.passed
        try:
            pipeline = self._workspace.pipeline(collection)
            session.now = self._reviews.upcoming(collection, pipeline, passed)
        except NoIndex:
            yield {self._card: line + drawn.NOT_INDEXED}
            return
        card = drawn.proposal(collection, session.now) if session.now else drawn.NOTHING_LEFT
        yield {self._card: line + card}

    def _feedback(self, collection: str) -> Feedback:
        return Feedback(self._workspace.settings.home, collection)

    def _guarded(self, steps: Iterator[Updates]) -> Iterator[Updates]:
        try:
            yield from steps
        except Exception as error:  # noqa: BLE001  (the page is a boundary)
            yield {self._notice: message(in_words(error, _BROKEN), wrong=True)}


def _stands(words: str, quote: str) -> bool:
    """Whether these words are of the quote, whatever the white space between them."""
    return " ".join(words.split()) in " ".join(quote.split())


def _judge(feedback: Feedback, do: str, answer: str, one: Proposed, session: _Session) -> None:
    if do == "next":
        session.passed.add(one.id)
        session.done = _Done("Left for another time", one.question, one.id, lambda: None)
    if do == "right":
        feedback.approve(one.question, one.path, one.quote, answer.strip())
        session.done = _Done("A case of your own suite", one.question, one.id, partial(feedback.take_out, one.id))
    if do == "wrong":
        feedback.reject(one.question)
        session.done = _Done("Thrown out", one.question, one.id, partial(feedback.take_out, one.id))


def _remove(feedback: Feedback, key: str, session: _Session) -> None:
    case = feedback.take_out(key)
    if case is not None:
        session.passed.add(key)  # else the question would come again at once
        session.done = _Done("Removed", str(case.get("question", "")), key, partial(feedback.put_back, case))


def _undo(session: _Session) -> None:
    done, session.done = session.done, None
    if done is not None:
        done.take_back()
        session.passed.discard(done.key)
