"""The Notebook tab: what was pinned in the collection, put in order, with notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from index.errors import NoIndex
from rag.app.conversations.notebook import Notebooks
from rag.app.page import pins
from rag.app.page.html import ACTIONS, message
from rag.app.page.pins import Check, Removed
from rag.app.page.style import script
from rag.app.page.trouble import discreetly
from rag.app.workspace import Workspace
from rag.verification.reopen import GONE

_BROKEN = "The notebook could not be shown or changed; nothing was lost. Look at the log for the cause."
_SAVED = "The note is saved."
_STEPS = {"up": -1, "down": 1}
Update = tuple[Removed | None, str, str]
"""What was taken out last, the sentence on what was done, and the pins."""


@dataclass(frozen=True, slots=True)
class NotebookTab:
    """What the page wires: `refresh` takes `inputs` and gives `outputs`."""

    refresh: Callable[[str, Removed | None], Update]
    inputs: list[object]
    outputs: list[object]


def notebook_tab(workspace: Workspace, notebooks: Notebooks | None, collection: gr.State) -> NotebookTab:
    """The tab over `notebooks`; without any it says that nothing can be pinned."""
    with gr.Column(elem_id="notebook"):
        gr.HTML("<h2>Notebook</h2>", js_on_load=None, apply_default_css=False)
        notice = gr.HTML(message(""), js_on_load=None, apply_default_css=False)
        listed = gr.HTML("", js_on_load=ACTIONS + script("documents"), apply_default_css=False)
    removed = gr.State(None)
    outputs: list[object] = [removed, notice, listed]
    inputs: list[object] = [collection, removed]
    handlers = _Handlers(workspace, notebooks)
    if notebooks is not None:
        listed.act(
            handlers.act, inputs, outputs, trigger_mode="multiple", show_progress="hidden", api_visibility="private"
        )
    return NotebookTab(handlers.refresh, inputs, outputs)


def checking(workspace: Workspace, collection: str) -> Check:
    """What tells whether a quote still stands; where nothing is indexed any more, none does."""
    try:
        return workspace.pipeline(collection).check
    except NoIndex:
        return lambda _: GONE


class _Handlers:
    """What the events do. None raises: what goes wrong is a sentence on the page."""

    def __init__(self, workspace: Workspace, notebooks: Notebooks | None) -> None:
        self._workspace = workspace
        self._notebooks = notebooks

    def refresh(self, collection: str, removed: Removed | None) -> Update:
        """The notebook as it is now."""
        return self._guarded(collection, removed, lambda _: removed)

    def act(self, event: gr.EventData, collection: str, removed: Removed | None) -> Update:
        """A press in the list; what it says comes from the browser."""
        do, key, text = (getattr(event, name, "") for name in ("do", "id", "text"))
        if not all(isinstance(value, str) for value in (do, key, text)):
            return self.refresh(collection, removed)
        outcome = _SAVED if do == "note" else ""
        return self._guarded(collection, removed, lambda notebooks: _step(notebooks, do, key, text, removed), outcome)

    def _guarded(
        self, collection: str, removed: Removed | None, work: Callable[[Notebooks], Removed | None], outcome: str = ""
    ) -> Update:
        if self._notebooks is None:
            return None, message(pins.NOT_KEPT), ""
        try:
            removed, notice = work(self._notebooks), message(outcome)
        except Exception as error:  # noqa: BLE001  (the page is a boundary)
            notice = message(discreetly(error, _BROKEN), wrong=True)
        try:
            there = self._notebooks.pins(collection)
            return removed, notice, pins.notebook(collection, there, checking(self._workspace, collection), removed)
        except Exception as error:  # noqa: BLE001  (the page is a boundary)
            return removed, message(discreetly(error, _BROKEN), wrong=True), ""


def _step(notebooks: Notebooks, do: str, key: str, text: str, removed: Removed | None) -> Removed | None:
    """What a press does; what was taken out by it. What makes no sense does nothing."""
    if do in _STEPS:
        notebooks.move(key, _STEPS[do])
    if do == "note":
        notebooks.annotate(key, text)
    if do == "undo" and removed:
        notebooks.restore(removed.pin, removed.place)
    return Removed(*notebooks.remove(key)) if do == "remove" else None
