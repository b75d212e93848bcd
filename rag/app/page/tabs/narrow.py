"""What a search is kept to: fields that a person fills in, and a chip above the box for each that is in force."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr

from rag.app.page.html import ACTIONS, safe
from rag.asking.filters import Filters, iso_date

_LABELS = ("Outlet", "Author", "File", "Dated in or after", "Dated before")
_HINTS = ("any", "any", "any, or *.pdf", "2016 or 2016-09-07", "2017")
_FILE = _LABELS.index("File")
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Narrow:
    """The fields, in the order that `filters` takes them, and the chips that tell of them."""

    fields: list[gr.Textbox]
    chips: gr.HTML


def chip_line() -> gr.HTML:
    """The place above the box where the chips stand."""
    return gr.HTML("", elem_id="chips", js_on_load=ACTIONS, apply_default_css=False)


def narrowing(chips: gr.HTML) -> Narrow:
    """The fields; each that is filled in has a chip in `chips`, which empties it."""
    with gr.Row():
        fields = [
            gr.Textbox(label=label, placeholder=hint, max_length=_LONGEST, min_width=140)
            for label, hint in zip(_LABELS, _HINTS, strict=True)
        ]
    return Narrow(fields, chips)


def wire(narrow: Narrow, evidence: gr.HTML) -> None:
    """Keeps the chips in step with the fields; a card of `evidence` can keep the search to its document."""
    for field in narrow.fields:
        _on(field.change, _chips, narrow.fields, narrow.chips)
    _on(narrow.chips.act, _emptied, None, narrow.fields)
    _on(evidence.act, _only, None, narrow.fields[_FILE])


def filters(values: Sequence[object]) -> Filters:
    """The filters that are typed; an empty field asks for nothing. Raises: QuestionInvalid, when a date is none."""
    outlet, author, file, after, before = map(_typed, values)
    return Filters(
        files=(file,) if file else (),
        outlets=(outlet,) if outlet else (),
        authors=(author,) if author else (),
        after=(iso_date(after) or after) if after else None,
        before=(iso_date(before) or before) if before else None,
    )


def _on(listen: Callable[..., object], work: Callable[..., object], given: object, changed: object) -> None:
    listen(work, given, changed, trigger_mode="multiple", show_progress="hidden", api_visibility="private")


def _chips(*values: object) -> str:
    """A chip for each field that is filled in, with a button that empties it."""
    filled = [(place, _typed(value)) for place, value in enumerate(values) if _typed(value)]
    return "".join(_chip(place, value) for place, value in filled)


def _chip(place: int, value: str) -> str:
    words = f"{_LABELS[place]}: {safe(value)}"
    button = f'<button type="button" data-do="drop" data-id="{place}" aria-label="Remove {words}">×</button>'
    return f'<span class="chip"><bdi>{words}</bdi>{button}</span>'


def _emptied(event: gr.EventData) -> list[object]:
    place = str(getattr(event, "id", ""))
    return ["" if str(number) == place else gr.skip() for number in range(len(_LABELS))]


def _only(event: gr.EventData) -> object:
    path = getattr(event, "id", "")
    return path[:_LONGEST] if getattr(event, "do", "") == "only" and isinstance(path, str) else gr.skip()


def _typed(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""  # Gradio passes on whatever was sent
