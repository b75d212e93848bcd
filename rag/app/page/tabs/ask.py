"""The Ask tab: past conversations, the one going on, the evidence for it, and the document over that when it is opened.

What an answer says is shown in `gr.HTML`, not in `gr.Chatbot`: the chatbot reads its content as Markdown and HTML and
fetches remote images from it even with `render_markdown=False`, while `rag.app.page` writes every element itself and
escapes every character of a document. It also keeps our own anchors, so a `[n]` is a plain link to its card. Gradio
evaluates a `gr.HTML` template, never the value put into it, and changes only what differs in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import gradio as gr

from index.errors import RagError
from rag.app.conversations.feedback import NOT_THERE, Feedback
from rag.app.conversations.keeping import Keeper
from rag.app.conversations.notebook import Notebooks
from rag.app.conversations.store import ConversationStore
from rag.app.library.library import Library
from rag.app.page import answer as render
from rag.app.page import evidence as panel
from rag.app.page.html import ACTIONS, message, safe
from rag.app.page.pinning import pinning
from rag.app.page.style import script
from rag.app.page.tabs.arrival import Arrival, arrival
from rag.app.page.tabs.conversations import ConversationList, conversation_list
from rag.app.page.tabs.documents import Rights
from rag.app.page.tabs.narrow import Narrow, chip_line, filters, narrowing, wire
from rag.app.page.talk import LONGEST_QUESTION, Exchange, Question, Talk, answering, echo, in_one_sentence, reopened
from rag.app.page.trouble import discreet
from rag.app.page.trying import Trials
from rag.app.workspace import Workspace

Updates = dict[object, object]
_AT_ONCE = 16
"""How many questions are answered side by side; further ones wait in turn."""
_LONGEST_CORRECTION = 2000


@dataclass(frozen=True, slots=True)
class AskTab:
    """What the shell needs of the tab: to open a kept conversation in it, and to hear that a turn was answered."""

    answered: gr.HTML
    saved: gr.HTML
    """It tells the page, after a reload, to `open` the conversation that was shown."""
    talk: gr.State
    reopen: Callable[[str, Talk], Updates]
    clear: Callable[[Talk], Updates]
    outputs: list[object]
    arrival: Arrival
    past: ConversationList


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components that change."""

    chat: gr.HTML
    live: gr.HTML
    evidence: gr.HTML
    box: gr.Textbox
    send: gr.Button
    stop: gr.Button
    saved: gr.HTML
    collection: gr.State
    talk: gr.State

    @property
    def all(self) -> list[object]:
        """What a question may change."""
        return [self.chat, self.live, self.evidence, self.box, self.send, self.stop, self.saved]


def ask_tab(
    workspace: Workspace,
    library: Library,
    store: ConversationStore | None,
    collection: gr.State,
    rights: Rights = "all",
    samples: Path | None = None,
    notebooks: Notebooks | None = None,
    trials: Trials | None = None,
) -> AskTab:
    """The tab over the collection that `collection` names.

    Conversations are kept in `store`, and what is pinned in `notebooks`, if there are any.
    """
    talk = gr.State(Talk())
    with gr.Row(elem_id="desk"):
        past = conversation_list(workspace, store)
        with gr.Column(elem_id="talk"):
            with gr.Row(elem_id="chat-tools"):
                fold = gr.Button("Conversations", elem_id="past", visible=store is not None)
                saved = gr.HTML(
                    _saved(Talk()), elem_classes="saved", js_on_load=script("saved"), apply_default_css=False
                )
                new = gr.Button("New chat", elem_id="new")
            with gr.Column(elem_id="scroll"):
                chat = gr.HTML(_log(()), elem_id="chat", js_on_load=ACTIONS + script("chat"), apply_default_css=False)
                live = gr.HTML("", elem_id="live", js_on_load=script("chat"), apply_default_css=False)
                arrived = arrival(workspace, library, collection, rights, samples, trials)
            chips = chip_line()
            with gr.Row(elem_id="ask"):
                box = gr.Textbox(
                    label="Your question",
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=6,
                    autofocus=True,
                    placeholder="Ask about your documents",
                    max_length=LONGEST_QUESTION,
                )
                send = gr.Button("Send", elem_id="send", variant="primary")
                stop = gr.Button("Stop", elem_id="stop", variant="stop", visible=False)
            with gr.Accordion("Search only some documents", open=False, elem_id="narrow") as sources:
                narrow = narrowing(chips)
        with gr.Column(elem_id="evidence-panel"):
            evidence = gr.HTML(_shelf(()), js_on_load=ACTIONS, apply_default_css=False)
    parts = _Parts(chat, live, evidence, box, send, stop, saved, collection, talk)
    desk = _Desk(workspace, store, notebooks, parts)
    _wire(desk, parts, narrow, new, arrived)
    wire(narrow, workspace, collection, evidence, [sources.expand, arrived.changed.change])
    _on(fold.click, past.refresh, past.inputs, past.outputs, js=script("past"))
    _on(saved.change, past.refresh, past.inputs, past.outputs)
    return AskTab(evidence, saved, talk, desk.reopen, desk.clear, [*parts.all, talk, collection], arrived, past)


def _wire(desk: _Desk, parts: _Parts, narrow: Narrow, new: gr.Button, arrived: Arrival) -> None:
    inputs = [parts.talk, parts.collection, *narrow.inputs]
    for listen in (parts.send.click, parts.box.submit):
        _on(listen, desk.ask, [parts.box, *inputs], parts.all, limit=_AT_ONCE, js=script("send"))
    _on(arrived.listed.act, desk.offered, inputs, parts.all, limit=_AT_ONCE)
    _on(parts.chat.act, desk.act, inputs, parts.all, limit=_AT_ONCE)
    _on(parts.stop.click, desk.stop, parts.talk, None)
    _on(new.click, desk.clear, parts.talk, [*parts.all, parts.talk])


def _on(
    listen: Callable[..., object],
    answer: Callable[..., object],
    given: object,
    changed: object,
    limit: int | None = None,
    js: str | None = None,
) -> None:
    """Wires one event; those with a `limit` share it, the others never wait for one another."""
    shared = None if limit is None else "ask"
    listen(
        answer,
        given,
        changed,
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=limit,
        concurrency_id=shared,
        js=js,
    )


class _Desk:
    """What happens when something in the tab is used."""

    def __init__(
        self, workspace: Workspace, store: ConversationStore | None, notebooks: Notebooks | None, parts: _Parts
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._notebooks = notebooks
        self._parts = parts

    def ask(self, question: object, talk: Talk, collection: str, *narrow: object) -> Iterator[Updates]:
        """The question in its place, what is written of the answer as it comes, and the checked answer."""
        yield from self._ask(question, talk, collection, narrow)

    def offered(self, event: gr.EventData, talk: Talk, collection: str, *narrow: object) -> Iterator[Updates]:
        """A question that the overview offers."""
        if getattr(event, "do", "") == "ask":
            yield from self._ask(getattr(event, "id", ""), talk, collection, narrow)
        else:
            yield gr.skip()

    def _ask(
        self,
        text: object,
        talk: Talk,
        collection: str,
        narrow: Sequence[object],
        *,
        understand: bool = True,
        alone: bool = False,
    ) -> Iterator[Updates]:
        parts = self._parts
        if talk.stop is not None:  # one question at a time; this one stays in its box
            yield gr.skip()
            return
        number = len(talk.past) + 1
        pending = render.turn(number, echo(text), render.waiting())
        yield {
            parts.live: _now(pending),
            parts.send: gr.Button(visible=False),
            parts.stop: gr.Button(visible=True),
            **({parts.chat: ""} if number == 1 else {}),
        }
        try:
            pipeline = self._workspace.pipeline(collection)
            question = Question(text, filters(narrow), understand, alone)
        except RagError as error:
            yield self._ended(talk, collection, _failed(number, text, discreet(str(error))))
            return
        for piece in answering(pipeline, question, talk, collection):
            if isinstance(piece, Exchange):
                yield gr.skip() if talk.ended else self._ended(talk, collection, piece)
            elif piece:
                yield {parts.live: _now(render.turn(number, echo(text), render.writing(piece)))}
            else:
                yield gr.skip()

    def _ended(self, talk: Talk, collection: str, turn: Exchange) -> Updates:
        """What is shown once a turn is whole; it is kept then."""
        parts = self._parts
        talk.past += (turn,)
        if turn.answer is not None and self._keeps():
            talk.keeper = talk.keeper or Keeper(self._store, collection, talk.troubles.append)  # type: ignore[arg-type]
            talk.keeper.keep(turn.question, turn.answer)
        return {
            parts.live: "",
            parts.chat: _log(talk.past),
            parts.evidence: _shelf(talk.past),
            parts.saved: _saved(talk),
            parts.send: gr.Button(visible=True),
            parts.stop: gr.Button(visible=False),
        }

    def _keeps(self) -> bool:
        return self._store is not None and self._workspace.settings.conversations.keep

    def act(self, event: gr.EventData, talk: Talk, collection: str, *narrow: object) -> Iterator[Updates]:
        """What a button inside the conversation does. What it says comes from the browser, and is not trusted."""
        what, pressed, typed = (str(getattr(event, name, "")) for name in ("do", "id", "text"))
        number, _, of_quote = pressed.partition("-")
        turn = next((turn for place, turn in enumerate(talk.past, start=1) if str(place) == number), None)
        if turn is None:
            yield gr.skip()
        elif what in ("retry", "anywhere", "alone"):
            anywhere, alone = what == "anywhere", what == "alone"
            yield from self._ask(turn.question, talk, collection, narrow, understand=not anywhere, alone=alone)
        elif what == "edit" and turn.answer:
            yield {self._parts.box: turn.answer.standalone_question}
        elif what == "pin" and turn.answer:
            sentence = in_one_sentence(partial(pinning, self._notebooks, collection, turn.answer, of_quote))
            yield self._judged(talk, int(number), turn, sentence)
        elif what in ("good", "bad", "absent") and turn.answer:
            correction = {"good": "", "absent": NOT_THERE}.get(what, typed[:_LONGEST_CORRECTION])
            feedback = Feedback(self._workspace.personal, collection)
            yield self._judge(talk, int(number), turn, feedback, good=what == "good", correction=correction)
        else:
            yield gr.skip()

    def _judge(
        self, talk: Talk, number: int, turn: Exchange, feedback: Feedback, *, good: bool, correction: str
    ) -> Updates:
        before = [earlier.turn for earlier in talk.past[: number - 1] if earlier.turn]
        answer = turn.answer
        assert answer is not None
        return self._judged(talk, number, turn, in_one_sentence(lambda: feedback.add(answer, before, good, correction)))

    def _judged(self, talk: Talk, number: int, turn: Exchange, sentence: str) -> Updates:
        """The same turn, with what became of it in a sentence."""
        talk.past = (*talk.past[: number - 1], turn.judged(number, sentence), *talk.past[number:])
        return {self._parts.chat: _log(talk.past)}

    def stop(self, talk: Talk) -> None:
        """Stops the question that is being answered; its turn then says so."""
        if talk.stop:
            talk.stop.set()

    def clear(self, talk: Talk) -> Updates:
        """An empty conversation; the one before it stays kept."""
        talk.leave()
        return self._showing(Talk())

    def reopen(self, conversation_id: str, talk: Talk) -> Updates:
        """A kept conversation in place of the one that is shown. Raises: RagError, when it cannot be had."""
        assert self._store is not None
        stored = self._store.get(conversation_id)
        collection = stored.summary.collection
        past = reopened(self._workspace.pipeline(collection), stored)
        talk.leave()
        again = Talk(past)
        again.keeper = Keeper(self._store, collection, again.troubles.append, conversation_id)
        return self._showing(again) | {
            self._parts.collection: collection,
        }

    def _showing(self, talk: Talk) -> Updates:
        parts = self._parts
        return {
            parts.talk: talk,
            parts.chat: _log(talk.past),
            parts.live: "",
            parts.evidence: _shelf(talk.past),
            parts.box: "",
            parts.saved: _saved(talk),
            parts.send: gr.Button(visible=True),
            parts.stop: gr.Button(visible=False),
        }


def _failed(number: int, text: object, sentence: str) -> Exchange:
    question = echo(text)
    reply = render.turn(number, question, render.trouble(number, sentence))
    return Exchange(question, None, reply, panel.nothing_read(number))


def _log(past: Sequence[Exchange]) -> str:
    inner = "".join(earlier.chat for earlier in past)
    return f'<div role="log" aria-label="Conversation">{inner or render.welcome()}</div>'


def _now(turn: str) -> str:
    return f'<div class="now" aria-live="off">{turn}</div>'


def _shelf(past: Sequence[Exchange]) -> str:
    return f'<div class="shelf">{"".join(earlier.evidence for earlier in past) or panel.no_evidence_yet()}</div>'


def _saved(talk: Talk) -> str:
    """Where the conversation can be had as a file, and what went wrong in keeping it."""
    troubles = "".join(message(sentence, wrong=True) for sentence in talk.troubles)
    key = talk.keeper.conversation_id if talk.keeper else None
    if key is None:
        return troubles
    links = " · ".join(
        f'<a href="/conversation/{safe(key)}.{kind}" download>{words}</a>'
        for kind, words in (("md", "Markdown"), ("json", "JSON"))
    )
    return f"<span>Save this chat: {links}</span>{troubles}"
