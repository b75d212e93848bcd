"""The conversations beside the chat: find, open, rename, export, delete what is kept, and undo that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

import gradio as gr

from index.errors import RagError
from rag.app.conversations.store import ConversationStore, StoredConversation
from rag.app.page import shelf
from rag.app.page.html import ACTIONS, count, message
from rag.app.page.shelf import PAGE, View
from rag.app.page.style import script
from rag.app.page.trouble import discreetly
from rag.app.workspace import Workspace
from rag.errors import NoConversation

_T = TypeVar("_T")
Update = tuple[View, str, str]
"""What a handler gives the page: the view, the sentence about what was done, and the list."""

_BROKEN = "The conversations could not be shown; nothing was lost. Look at the log for the cause."
_GONE = "This conversation is not there any more; it was deleted elsewhere."
_CLOSE = '<button type="button" data-past="close" aria-label="Close the list">×</button>'
_HEAD = f"<header><h2>Conversations</h2>{_CLOSE}</header>"
_LONGEST_SEARCH = 200
_LONGEST_SENT = 1000


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a press in the list asks for, as the browser tells it: none of it is to be trusted."""

    do: str
    id: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class ConversationList:
    """What the page wires: `refresh` takes `inputs` and gives `outputs`; `listing.act` tells `open` with an id."""

    listing: gr.HTML
    refresh: Callable[[View, str], Update]
    inputs: list[gr.components.Component]
    outputs: list[gr.components.Component]


def conversation_list(workspace: Workspace, store: ConversationStore | None) -> ConversationList:
    """The list over `store`; without one it says that nothing is kept. It is empty until the first refresh."""
    with gr.Column(elem_id="conversations", elem_classes="past"):
        gr.HTML(_HEAD, js_on_load=None, apply_default_css=False)
        search = gr.Textbox(
            label="Search in titles, questions and answers",
            lines=1,
            max_lines=1,
            max_length=_LONGEST_SEARCH,
            visible=store is not None,
            elem_id="conversations-search",
        )
        notice = gr.HTML(message(""), js_on_load=None, apply_default_css=False, elem_id="conversations-notice")
        listed = gr.HTML(
            shelf.not_kept() if store is None else "",
            js_on_load=ACTIONS + script("conversations"),
            apply_default_css=False,
        )
    view = gr.State(View())
    outputs: list[gr.components.Component] = [view, notice, listed]

    def refresh(view: View, search: str) -> Update:
        return view, message(""), shelf.not_kept()

    tab = ConversationList(listed, refresh, [view, search], outputs)
    return tab if store is None else _wired(tab, workspace, store, search)


def _wired(tab: ConversationList, workspace: Workspace, store: ConversationStore, box: gr.Textbox) -> ConversationList:
    def keep() -> bool:
        return workspace.settings.conversations.keep

    def refresh(view: View, search: str) -> Update:
        return show(store, View(view.limit, deleted=view.deleted), search, keep=keep())

    def find(search: str) -> Update:
        return show(store, View(), search, keep=keep(), tell=True)

    def act(view: View, search: str, event: gr.EventData) -> Update | object:
        button = pressed(event)
        return gr.skip() if button.do == "open" else press(store, view, search, button, keep=keep())

    # Not `input`, which Gradio sends for keys that print alone: neither for a backspace nor for what is pasted.
    box.change(find, box, tab.outputs, trigger_mode="always_last", show_progress="hidden", api_visibility="private")
    # Not "once": that loses a press that comes before the last is all done.
    tab.listing.act(
        act, tab.inputs, tab.outputs, trigger_mode="multiple", show_progress="hidden", api_visibility="private"
    )
    return replace(tab, refresh=refresh)


def pressed(event: gr.EventData) -> Pressed:
    """What an event of the list holds; what is missing or no text is empty."""
    return Pressed(*(_sent(event, name) for name in ("do", "id", "title")))


def _sent(event: gr.EventData, name: str) -> str:
    try:
        value = getattr(event, name)
    except (AttributeError, TypeError):  # its data may be anything
        return ""
    return value[:_LONGEST_SENT] if isinstance(value, str) else ""


def press(store: ConversationStore, view: View, search: str, button: Pressed, *, keep: bool = True) -> Update:
    """The page after a press. It raises nothing: what goes wrong is a sentence in it."""
    (view, sentence), trouble = _tried(lambda: step(store, view, search, button), (view, ""))
    return show(store, view, search, sentence, trouble, keep=keep)


def show(
    store: ConversationStore,
    view: View,
    search: str,
    sentence: str = "",
    trouble: str = "",
    *,
    keep: bool = True,
    tell: bool = False,
) -> Update:
    """The list as it is now below `sentence`, or below `trouble`; `tell` says how many were found."""
    search = _words(search)
    matches, unread = _tried(lambda: store.summaries(search), None)
    html, unshown = _tried(lambda: shelf.listing(view, matches or (), search, datetime.now(), keep=keep), "")
    if tell and matches and search:
        sentence = f"{count(len(matches), 'conversation')} found."
    trouble = trouble or unread or unshown
    return view, message(trouble or sentence, wrong=bool(trouble)), "" if matches is None else html


def _words(search: str) -> str:
    return search.strip()[:_LONGEST_SEARCH] if isinstance(search, str) else ""  # Gradio passes on whatever was sent


def step(store: ConversationStore, view: View, search: str, button: Pressed) -> tuple[View, str]:
    """What a press does: the view after it, and what there is to say. What makes no sense now does nothing.

    Raises: RagError, when the title is empty; ConversationsUnusable; NoConversation.
    """
    rest = View(view.limit)
    match button.do:
        case "rename" | "clear" | "back":
            back = replace(rest, focus=(view.doing, view.id))
            return (back if button.do == "back" else replace(rest, doing=button.do, id=button.id)), ""
        case "more":
            first = store.summaries(_words(search))[view.limit :][:1]
            return View(view.limit + PAGE, focus=("open", first[0].id if first else "")), ""
        case "title" if (view.doing, view.id) == ("rename", button.id):
            return _rename(store, rest, button)
        case "delete":
            return replace(rest, deleted=_deleted(store, button.id)), ""
        case "undo" if view.deleted:
            return _restored(store, rest, view.deleted)
        case "all" if view.doing == "clear":
            return View(), f"{count(store.delete_all(), 'conversation')} deleted."
    return view, ""


def _rename(store: ConversationStore, rest: View, button: Pressed) -> tuple[View, str]:
    if not button.title.strip():
        raise RagError("The title is empty; type one, or cancel.")
    summary = store.rename(button.id, button.title)
    return replace(rest, focus=("rename", button.id)), f"Renamed to “{summary.title}”."


def _deleted(store: ConversationStore, key: str) -> StoredConversation:
    deleted = store.get(key)
    store.delete(key)
    return deleted


def _restored(store: ConversationStore, rest: View, deleted: StoredConversation) -> tuple[View, str]:
    store.restore(deleted)
    return replace(rest, focus=("open", deleted.summary.id)), "The conversation is back."


def _tried(work: Callable[[], _T], otherwise: _T) -> tuple[_T, str]:
    """What `work` returns; or `otherwise`, and what went wrong in one sentence."""
    try:
        return work(), ""
    except NoConversation:
        return otherwise, _GONE
    except Exception as error:  # noqa: BLE001  (the page is a boundary)
        return otherwise, discreetly(error, _BROKEN)
