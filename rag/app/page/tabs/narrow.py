"""What a search is kept to: documents to tick, fields for experts, and a chip above the box for each in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import gradio as gr

from index.errors import NoIndex, RagError
from rag.app.page import sources
from rag.app.page.html import ACTIONS_IN_TURN, message, safe
from rag.app.page.sources import Ticked
from rag.app.page.trouble import discreet
from rag.app.workspace import Workspace
from rag.asking.filters import Filters, iso_date
from rag.asking.listed import Listed

_LABELS = ("Outlet", "Author", "File", "Dated in or after", "Dated before")
_HINTS = ("any", "any", "any, or *.pdf", "2016 or 2016-09-07", "2017")
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Narrow:
    """What can be ticked and typed. `inputs` are in the order that `filters` takes their values."""

    ticked: gr.State
    fields: list[gr.Textbox]
    search: gr.Textbox
    listed: gr.HTML
    chips: gr.HTML

    @property
    def inputs(self) -> list[object]:
        """What a question is kept to."""
        return [self.ticked, *self.fields]

    @property
    def outputs(self) -> list[object]:
        """What a tick changes."""
        return [self.ticked, self.listed, self.chips]


def chip_line() -> gr.HTML:
    """The place above the box where the chips stand."""
    return gr.HTML("", elem_id="chips", js_on_load=ACTIONS_IN_TURN, apply_default_css=False)


def narrowing(chips: gr.HTML) -> Narrow:
    """The list and the fields; each tick and each field that is filled in has a chip in `chips`, which empties it."""
    search = gr.Textbox(
        label="Find by name, title or folder", max_lines=1, max_length=_LONGEST, elem_id="sources-search"
    )
    listed = gr.HTML("", elem_id="sources", js_on_load=ACTIONS_IN_TURN, apply_default_css=False)
    with gr.Accordion("By outlet, author, date or pattern", open=False, elem_id="typed"), gr.Row():
        fields = [
            gr.Textbox(label=label, placeholder=hint, max_length=_LONGEST, min_width=140)
            for label, hint in zip(_LABELS, _HINTS, strict=True)
        ]
    return Narrow(gr.State(Ticked()), fields, search, listed, chips)


def wire(
    narrow: Narrow,
    workspace: Workspace,
    collection: gr.State,
    evidence: gr.HTML,
    opened: Sequence[Callable[..., object]],
) -> None:
    """Keeps list, chips and fields in step; a card of `evidence` can keep the search to its document.

    `opened` are the events at which the list is shown anew.
    """
    handlers = _Handlers(workspace)
    given: list[object] = [collection, *narrow.inputs]
    for listen in opened:
        _on(listen, handlers.refresh, given, narrow.outputs)
    _on(collection.change, handlers.emptied, given, narrow.outputs)
    _on(narrow.search.change, handlers.find, [narrow.search, *given], narrow.outputs)
    for listed in (narrow.listed, narrow.chips, evidence):
        _on(listed.act, handlers.act, given, narrow.outputs)
    for field in narrow.fields:
        _on(field.change, _chips, narrow.inputs, narrow.chips)
    _on(narrow.chips.act, _emptied, None, narrow.fields)


def filters(values: Sequence[object]) -> Filters:
    """The filters that are set; an empty field asks for nothing. Raises: QuestionInvalid, when a date is none."""
    ticked, *fields = values
    outlet, author, file, after, before = map(_typed, fields)
    ticks = ticked.patterns if isinstance(ticked, Ticked) else ()
    return Filters(
        files=(*ticks, *([file] if file else [])),
        outlets=(outlet,) if outlet else (),
        authors=(author,) if author else (),
        after=(iso_date(after) or after) if after else None,
        before=(iso_date(before) or before) if before else None,
    )


class _Handlers:
    """What a tick, a search and another collection do. None raises."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def refresh(self, collection: str, ticked: Ticked, *fields: object) -> tuple[object, ...]:
        """The list as things are now."""
        return self._updates(collection, ticked, fields)

    def emptied(self, collection: str, ticked: Ticked, *fields: object) -> tuple[object, ...]:
        """Another collection, of which nothing is ticked."""
        return self._updates(collection, Ticked(), fields)

    def find(self, words: object, collection: str, ticked: Ticked, *fields: object) -> tuple[object, ...]:
        """What matches."""
        return self._updates(collection, replace(ticked, words=_typed(words)[:_LONGEST], limit=sources.PAGE), fields)

    def act(self, event: gr.EventData, collection: str, ticked: Ticked, *fields: object) -> tuple[object, ...]:
        """A press in the list, on a chip or on a card; what it says comes from the browser."""
        do, key = (getattr(event, name, "") for name in ("do", "id"))
        if do not in ("tick", "only", "none", "more") or not isinstance(key, str):
            return (gr.skip(), gr.skip(), gr.skip())
        try:
            after = sources.pressed(ticked, do, key, self._documents(collection))
        except RagError:  # the list says what is wrong
            after = ticked
        return self._updates(collection, after, fields)

    def _updates(self, collection: str, ticked: Ticked, fields: Sequence[object]) -> tuple[object, ...]:
        try:
            html = sources.listing(ticked, self._documents(collection))
        except RagError as error:
            html = message(discreet(str(error)), wrong=True)
        return ticked, html, _chips(ticked, *fields)

    def _documents(self, collection: str) -> Sequence[Listed]:
        """What is in the index now."""
        try:
            return self._workspace.pipeline(collection).listed()
        except NoIndex:
            return ()


def _on(listen: Callable[..., object], work: Callable[..., object], given: object, changed: object) -> None:
    """Wires one event. They go one after another: of two quick ticks, the second has to know of the first."""
    listen(
        work,
        given,
        changed,
        trigger_mode="multiple",
        show_progress="hidden",
        api_visibility="private",
        concurrency_limit=1,
        concurrency_id="narrow",
    )


def _chips(ticked: object, *values: object) -> str:
    """A chip for each tick and each field that is filled in, with a button that takes it back."""
    filled = [(place, _typed(value)) for place, value in enumerate(values) if _typed(value)]
    ticks = sources.chips(ticked) if isinstance(ticked, Ticked) else ""
    return ticks + "".join(_chip(place, value) for place, value in filled)


def _chip(place: int, value: str) -> str:
    kind, words = _LABELS[place], safe(value)
    button = f'<button type="button" data-do="drop" data-id="{place}" aria-label="Remove {kind}: {words}">×</button>'
    return f'<span class="chip"><span>{kind}: <bdi>{words}</bdi></span>{button}</span>'


def _emptied(event: gr.EventData) -> list[object]:
    place = str(getattr(event, "id", "")) if getattr(event, "do", "") == "drop" else ""
    return ["" if str(number) == place else gr.skip() for number in range(len(_LABELS))]


def _typed(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""  # Gradio passes on whatever was sent
