"""What the Ask tab shows before the first question: how documents come in, and then what they hold."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from index.errors import NoIndex
from rag.app.library.jobs import Job
from rag.app.library.library import Library
from rag.app.page import files as progress
from rag.app.page.html import ACTIONS, message
from rag.app.page.overview import LISTED, overview, overview_of
from rag.app.page.tabs.documents import Rights
from rag.app.page.trouble import discreet, in_words
from rag.app.page.trying import Trials
from rag.app.workspace import Workspace

Updates = dict[object, object]
_BROKEN = "The documents could not be added; nothing was lost. Look at the log for the cause."
_LONGEST_PATH = 4096
_NOTHING_YET = "<p>Nothing is indexed here yet.</p>"
_WELCOME = (
    "<h2>Begin with your own documents</h2><p>They are read here, on this computer; nothing leaves it. "
    "Then ask, and every answer shows the exact words that it rests on.</p>"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the page wires: `refresh` takes the collection and gives `outputs`; `changed` changes with an index."""

    refresh: Callable[[str], Iterator[Updates]]
    look: Callable[[str, str], Iterator[Updates]]
    """The overview of one document of a collection."""
    outputs: list[object]
    listed: gr.HTML
    changed: gr.State


@dataclass(frozen=True, slots=True)
class _Parts:
    """The components."""

    way: gr.Column
    files: gr.File
    path: gr.Textbox
    add: gr.Button
    samples: gr.Button
    status: gr.HTML
    listed: gr.HTML
    changed: gr.State


def arrival(
    workspace: Workspace,
    library: Library,
    collection: gr.State,
    rights: Rights,
    samples: Path | None,
    trials: Trials | None = None,
) -> Arrival:
    """The drop zone, the field for a folder and the samples, where nothing is indexed; else the overview.

    What `rights` do not hold is not wired to anything.
    """
    parts = _drawn(rights, samples)
    handlers = _Handlers(workspace, library, parts, rights, samples, trials or Trials())
    outputs: list[object] = [getattr(parts, name) for name in _Parts.__dataclass_fields__]

    def on(listen: Callable[..., object], work: Callable[..., object], *given: object) -> None:
        listen(
            work, [collection, *given], outputs, trigger_mode="once", show_progress="hidden", api_visibility="private"
        )

    if rights != "look":
        on(parts.files.upload, handlers.add_files, parts.files)
    if rights == "all":
        on(parts.add.click, handlers.add_folder, parts.path)
        on(parts.path.submit, handlers.add_folder, parts.path)
        on(parts.samples.click, handlers.add_samples)
    return Arrival(handlers.refresh, handlers.look, outputs, parts.listed, parts.changed)


def _drawn(rights: Rights, samples: Path | None) -> _Parts:
    owner = rights == "all"
    with gr.Column(elem_id="arrival", visible=False) as way:
        gr.HTML(_WELCOME, js_on_load=None, apply_default_css=False)
        files = gr.File(
            label="Drop files here", show_label=False, file_count="multiple", height=150, visible=rights != "look"
        )
        with gr.Row(visible=owner, elem_id="arrival-folder"):
            path = gr.Textbox(
                label="or name a folder on this computer",
                max_lines=1,
                max_length=_LONGEST_PATH,
                placeholder="~/Documents",
            )
            add = gr.Button("Add", variant="primary")
        may_try = owner and samples is not None
        sampled = gr.Button("or try it with two sample documents", visible=may_try, elem_id="arrival-samples")
    status = gr.HTML(message(""), elem_id="arrival-status", js_on_load=None, apply_default_css=False)
    listed = gr.HTML("", elem_id="overview", js_on_load=ACTIONS, apply_default_css=False)
    return _Parts(way, files, path, add, sampled, status, listed, gr.State(""))


class _Handlers:
    """What the events do. None raises: what goes wrong is a sentence on the page."""

    def __init__(
        self,
        workspace: Workspace,
        library: Library,
        parts: _Parts,
        rights: Rights,
        samples: Path | None,
        trials: Trials,
    ) -> None:
        self._workspace = workspace
        self._library = library
        self._parts = parts
        self._rights = rights
        self._samples = samples
        self._trials = trials

    def refresh(self, collection: str) -> Iterator[Updates]:
        """The way in where nothing is indexed; else all documents, and questions as they are found."""
        yield from self._guarded(self._overview(collection))

    def look(self, collection: str, document_id: str) -> Iterator[Updates]:
        """One document, and questions that it answers."""
        yield from self._guarded(self._overview_of(collection, document_id))

    def add_files(self, collection: str, files: list[str] | None) -> Iterator[Updates]:
        """The files just uploaded."""
        paths = [Path(file) for file in files or ()]
        yield from self._guarded(self._added(collection, lambda: self._library.add_files(collection, paths)))

    def add_folder(self, collection: str, path: object) -> Iterator[Updates]:
        """The folder that was typed."""
        typed = path if isinstance(path, str) else ""
        yield from self._guarded(self._added(collection, lambda: self._library.add_folder(collection, typed)))

    def add_samples(self, collection: str) -> Iterator[Updates]:
        """The sample documents."""
        yield from self._guarded(
            self._added(collection, lambda: self._library.add_folder(collection, str(self._samples)))
        )

    def _added(self, collection: str, begin: Callable[[], Job]) -> Iterator[Updates]:
        yield from self._followed(collection, begin())

    def _followed(self, collection: str, job: Job) -> Iterator[Updates]:
        """How far the job is, until it has ended; then what there is."""
        parts = self._parts
        for stage in job.follow():
            yield {parts.status: progress.progress(stage), parts.add: gr.Button(interactive=False), parts.files: None}
        outcome = job.outcome
        sentence = outcome.sentence if self._rights == "all" else discreet(outcome.sentence)
        yield {
            parts.status: message(sentence, wrong=outcome.wrong),
            parts.add: gr.Button(interactive=True),
            parts.changed: secrets.token_hex(4),
        }
        yield from self._overview(collection)

    def _overview(self, collection: str) -> Iterator[Updates]:
        parts = self._parts
        try:
            pipeline = self._workspace.pipeline(collection)
            documents = pipeline.documents(LISTED)
        except NoIndex:
            way = gr.update(visible=self._rights != "look")
            yield {parts.way: way, parts.listed: _NOTHING_YET if self._rights == "look" else ""}
            if job := self._library.job(collection):  # as after a reload
                yield from self._followed(collection, job)
            return
        yield {parts.way: gr.update(visible=False), parts.listed: gr.skip()}
        for offered in self._trials.follow(collection, pipeline, documents):
            yield {parts.listed: overview(collection, documents, pipeline.state, offered)}

    def _overview_of(self, collection: str, document_id: str) -> Iterator[Updates]:
        pipeline = self._workspace.pipeline(collection)
        held = pipeline.held(document_id)
        if held is None:
            yield from self._overview(collection)
            return
        for offered in self._trials.follow(collection, pipeline, [held], document_id):
            yield {self._parts.listed: overview_of(collection, held, offered)}

    def _guarded(self, steps: Iterator[Updates]) -> Iterator[Updates]:
        """The steps; what ends them early becomes a sentence."""
        try:
            yield from steps
        except Exception as error:  # noqa: BLE001  (the page is a boundary)
            sentence = in_words(error, _BROKEN)
            yield {self._parts.status: message(sentence if self._rights == "all" else discreet(sentence), wrong=True)}
