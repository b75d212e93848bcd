"""The Documents tab: what is indexed, file by file, and adding, bringing in step and removing with a live progress."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import gradio as gr

from index.errors import RagError
from rag.app.library.jobs import Job, Stage
from rag.app.library.library import Library
from rag.app.page import files as html
from rag.app.page.files import PAGE, Look
from rag.app.page.html import ACTIONS, message
from rag.app.page.style import script
from rag.app.page.trouble import discreet, in_words

Updates = dict[object, object]
Rights = Literal["all", "give files", "look"]
"""What whoever reaches the page may do with the documents; only with all rights are folders of the machine told."""

_BROKEN = "The documents could not be shown or changed; nothing was lost. Look at the log for the cause."
_LONGEST_SEARCH, _LONGEST_PATH, _LONGEST_NAME = 200, 4096, 63


@dataclass(slots=True)
class Session:
    """What one browser tab looks at now. A run in another collection is not told of there any more."""

    collection: str = ""


@dataclass(frozen=True, slots=True)
class DocumentsTab:
    """What the page wires: `refresh` takes `inputs` and gives `outputs`; `changed` changes whenever an index does."""

    refresh: Callable[[str, Look, Session], Iterator[Updates]]
    inputs: list[object]
    outputs: list[object]
    changed: gr.State
    listing: gr.HTML


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components."""

    head: gr.HTML
    chosen: gr.Dropdown
    name: gr.Textbox
    create: gr.Button
    files: gr.File
    path: gr.Textbox
    add: gr.Button
    sync: gr.Button
    stop: gr.Button
    status: gr.HTML
    places: gr.HTML
    search: gr.Textbox
    listing: gr.HTML
    look: gr.State
    session: gr.State
    changed: gr.State
    collection: gr.State


def documents_tab(library: Library, collection: gr.State, rights: Rights = "all") -> DocumentsTab:
    """The tab over the collections of `library`; empty until the first refresh.

    What `rights` do not hold is not wired to anything: no request reaches it. Whoever may name a folder reads every
    file of the machine.
    """
    with gr.Column(elem_id="documents"):
        parts = _drawn(collection, rights)
    handlers = _Handlers(library, parts, rights)
    outputs: list[object] = [getattr(parts, name) for name in _Parts.__dataclass_fields__]
    given: list[object] = [collection, parts.look, parts.session]

    def on(listen: Callable[..., object], work: Callable[..., object], *more: object, mode: str = "once") -> None:
        listen(work, [*given, *more], outputs, trigger_mode=mode, show_progress="hidden", api_visibility="private")

    on(parts.chosen.input, handlers.choose, parts.chosen, mode="multiple")
    if rights == "all":
        on(parts.create.click, handlers.create, parts.name)
        on(parts.name.submit, handlers.create, parts.name)
        on(parts.add.click, handlers.add_folder, parts.path)
        on(parts.path.submit, handlers.add_folder, parts.path)
        on(parts.sync.click, handlers.sync)
    if rights != "look":
        on(parts.files.upload, handlers.add_files, parts.files)
    on(parts.search.input, handlers.find, parts.search, mode="always_last")
    for listed in (parts.status, parts.places, parts.listing):
        on(listed.act, handlers.act, mode="multiple")  # "once" loses a press that comes before the last is all done
    if rights != "look":
        parts.stop.click(
            handlers.stop, collection, parts.stop, trigger_mode="once", show_progress="hidden", api_visibility="private"
        )
    return DocumentsTab(handlers.refresh, given, outputs, parts.changed, parts.listing)


def _drawn(collection: gr.State, rights: Rights) -> _Parts:
    """The components, from top to bottom."""
    owner = rights == "all"

    def listed(name: str, js: str | None = None, value: str = "") -> gr.HTML:
        return gr.HTML(value, js_on_load=js, apply_default_css=False, elem_id=f"documents-{name}")

    presses = ACTIONS + script("documents")
    with gr.Row(elem_id="documents-top"):
        head = listed("head", value="<h2>Documents</h2>")
        chosen = gr.Dropdown([], label="Collection", interactive=True, elem_id="documents-chosen")
        with gr.Accordion("New collection", open=False, elem_id="documents-new", visible=owner):
            name = gr.Textbox(label="Name", max_lines=1, max_length=_LONGEST_NAME, placeholder="letters, digits, . _ -")
            create = gr.Button("Create", variant="secondary")
    with gr.Row(elem_id="documents-add", visible=rights != "look"):
        files = gr.File(
            label="Add files", file_count="multiple", height=132, elem_id="documents-files"
        )  # fmt: skip
        with gr.Column(elem_id="documents-folder"):
            with gr.Row(visible=owner):
                path = gr.Textbox(
                    label="Add a folder or file on this computer",
                    max_lines=1,
                    max_length=_LONGEST_PATH,
                    placeholder="~/Documents",
                    elem_id="documents-path",
                )
                add = gr.Button("Add", variant="primary", elem_id="documents-add-folder")
            with gr.Row():
                sync = gr.Button("Check for changes", variant="secondary", visible=owner, elem_id="documents-sync")
                stop = gr.Button("Stop", variant="stop", visible=False, elem_id="documents-stop")
    status = listed("status", presses, message(""))
    places = listed("places", presses)
    search = gr.Textbox(
        label="Find by name, title or author",
        max_lines=1,
        max_length=_LONGEST_SEARCH,
        visible=False,
        elem_id="documents-search",
    )
    listing = listed("listing", presses)
    return _Parts(
        *(head, chosen, name, create, files, path, add, sync, stop, status, places, search, listing),
        look=gr.State(Look(may_change=owner)),
        session=gr.State(Session()),
        changed=gr.State(""),
        collection=collection,
    )


class _Handlers:
    """What the events of the tab do. None raises: what goes wrong is a sentence on the page."""

    def __init__(self, library: Library, parts: _Parts, rights: Rights) -> None:
        self._library = library
        self._parts = parts
        self._owner = rights == "all"

    def refresh(self, collection: str, look: Look, session: Session) -> Iterator[Updates]:
        """The tab as things are now; a change that is being made is followed to its end."""
        yield from self._guarded(self._refreshed(collection, replace(look, removing="", focus=""), session))

    def choose(self, collection: str, look: Look, session: Session, chosen: object) -> Iterator[Updates]:
        """Another collection."""
        yield from self._guarded(self._chosen(chosen if isinstance(chosen, str) else collection, session))

    def create(self, collection: str, look: Look, session: Session, name: object) -> Iterator[Updates]:
        """A collection that is empty until something is added to it."""
        yield from self._guarded(self._chosen(_text(name), session))

    def add_files(self, collection: str, look: Look, session: Session, files: list[str] | None) -> Iterator[Updates]:
        """The files just uploaded."""
        paths = [Path(file) for file in files or ()]
        yield from self._guarded(
            self._run(lambda: self._library.add_files(collection, paths), collection, look, session)
        )

    def add_folder(self, collection: str, look: Look, session: Session, path: object) -> Iterator[Updates]:
        """The folder that was typed."""
        yield from self._guarded(
            self._run(lambda: self._library.add_folder(collection, _text(path)), collection, look, session)
        )

    def sync(self, collection: str, look: Look, session: Session) -> Iterator[Updates]:
        """Bring the index in step."""
        yield from self._guarded(self._run(lambda: self._library.sync(collection), collection, look, session))

    def stop(self, collection: str) -> object:
        """End what is being done, at its next step."""
        if job := self._library.job(collection):
            job.cancel()
        return gr.Button(interactive=False)

    def find(self, collection: str, look: Look, session: Session, words: object) -> Iterator[Updates]:
        """The files that match."""
        yield from self._guarded(
            self._listed(collection, Look(words=_text(words)[:_LONGEST_SEARCH], may_change=self._owner))
        )

    def act(self, collection: str, look: Look, session: Session, event: gr.EventData) -> Iterator[Updates]:
        """What a button in the lists asks for."""
        do, key = _sent(event, "do"), _sent(event, "id")
        still = replace(look, removing="", focus="")
        match do:
            case "more":
                steps = self._listed(collection, replace(still, limit=look.limit + PAGE))
            case "more-left":
                steps = self._listed(collection, replace(still, left=look.left + PAGE))
            case _ if not self._owner:
                steps = iter(())
            case "remove":
                steps = self._listed(collection, replace(still, removing=key))
            case "back":
                steps = self._listed(collection, replace(still, focus=look.removing))
            case "yes" if key and key == look.removing:
                steps = self._run(lambda: self._removed(collection, key), collection, still, session)
            case "let-go":
                steps = self._run(lambda: self._library.sync(collection, let_go=True), collection, still, session)
            case "repair":
                steps = self._run(lambda: self._library.repair(collection), collection, still, session)
            case _:
                steps = iter(())
        yield from self._guarded(steps)

    def _listed(self, collection: str, look: Look) -> Iterator[Updates]:
        yield self._show(collection, look)

    def _removed(self, collection: str, key: str) -> Job:
        return self._library.remove(collection, self._library.removal(collection, key))

    def _refreshed(self, collection: str, look: Look, session: Session) -> Iterator[Updates]:
        session.collection = collection
        job = self._library.job(collection)
        choices = self._library.names(collection)
        now: Updates = {self._parts.chosen: gr.Dropdown(choices=list(choices), value=collection)}
        if job is None:
            yield now | self._idle() | self._show(collection, look)
            return
        yield now | self._show(collection, look)
        yield from self._followed(job, collection, look, session)

    def _chosen(self, name: str, session: Session) -> Iterator[Updates]:
        """Raises: SettingsInvalid, when no collection can have this name."""
        name = name.strip()
        choices = self._library.names(name)
        session.collection = name  # before anything is shown: who follows a run elsewhere must not write over it
        parts = self._parts
        yield {
            parts.collection: name,
            parts.chosen: gr.Dropdown(choices=list(choices), value=name),
            parts.name: "",
            parts.status: message(""),
            parts.search: gr.Textbox(value=""),
        }
        yield from self._refreshed(name, Look(may_change=self._owner), session)

    def _run(self, begin: Callable[[], Job], collection: str, look: Look, session: Session) -> Iterator[Updates]:
        session.collection = collection
        still = replace(look, removing="", focus="")
        try:
            job = begin()
        finally:
            yield {self._parts.files: None, self._parts.look: still}
        yield from self._followed(job, collection, still, session)

    def _followed(self, job: Job, collection: str, look: Look, session: Session) -> Iterator[Updates]:
        """How far the job is, until it has ended or the person looks at another collection."""
        parts = self._parts
        for stage in job.follow():
            if session.collection != collection:
                break
            yield self._busy(stage)  # the buttons each time: a page that is still being built loses the first
        if session.collection != collection:
            yield {parts.status: gr.skip()}  # Gradio gives what was yielded last once more at the end
            return
        outcome = job.outcome if self._owner else replace(job.outcome, sentence=discreet(job.outcome.sentence))
        done: Updates = {parts.status: html.ended(outcome), parts.changed: secrets.token_hex(4)}
        if not outcome.wrong:
            done[parts.path] = ""
        yield done | self._idle() | self._show(collection, look)

    def _busy(self, stage: Stage) -> Updates:
        parts = self._parts
        busy: Updates = {button: gr.Button(interactive=False) for button in (parts.add, parts.sync)}
        stop = gr.Button(visible=True, interactive=not stage.stopping)
        return busy | {parts.stop: stop, parts.status: html.progress(stage)}

    def _idle(self) -> Updates:
        parts = self._parts
        idle: Updates = {button: gr.Button(interactive=True) for button in (parts.add, parts.sync)}
        return idle | {parts.stop: gr.Button(visible=False)}

    def _show(self, collection: str, look: Look) -> Updates:
        """The lists as they are now; a collection that cannot be read says why.

        Raises: SettingsInvalid; IndexFault, when what is to be removed is not there any more.
        """
        parts = self._parts
        try:
            holdings = self._library.holdings(collection)
        except RagError as error:
            emptied: Updates = {parts.places: "", parts.search: gr.Textbox(visible=False), parts.look: look}
            return emptied | {
                parts.head: "<h2>Documents</h2>",
                parts.listing: html.damaged(self._sentence(error), may_change=self._owner),
            }
        question = self._library.removal(collection, look.removing).sentence if look.removing else ""
        return {
            parts.look: look,
            parts.head: html.head(holdings),
            parts.places: html.places(holdings, look, question),
            parts.search: gr.Textbox(visible=bool(holdings.entries)),
            parts.listing: html.listing(holdings, look, question),
        }

    def _guarded(self, steps: Iterator[Updates]) -> Iterator[Updates]:
        """The steps; what ends them early becomes a sentence."""
        try:
            yield from steps
        except Exception as error:  # noqa: BLE001  (the page is a boundary)
            yield {self._parts.status: message(self._sentence(error), wrong=True)}

    def _sentence(self, error: Exception) -> str:
        sentence = in_words(error, _BROKEN)
        return sentence if self._owner else discreet(sentence)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""  # Gradio passes on whatever was sent


def _sent(event: gr.EventData, name: str) -> str:
    """What an event of a list holds under `name`; what is missing or no text is empty."""
    try:
        return _text(getattr(event, name))
    except (AttributeError, TypeError):
        return ""
