"""A notebook as HTML: each pin with its words, where they stand, what became of the source since, and its note."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag import wording
from rag.app.conversations.notebook import LONGEST_NOTE, Pin
from rag.app.page import reader
from rag.app.page.answer import emphasised, row
from rag.app.page.html import attributed, badge, count, safe
from rag.app.page.shelf import standing
from rag.types import Citation
from rag.verification.reopen import State

Check = Callable[[Citation], State]
NOT_KEPT = "Nothing can be pinned while this page is open to others."
_EMPTY = (
    '<div class="doc-empty"><h3>Nothing is pinned yet</h3><p>“Pin” under an answer keeps it here, '
    "and “Pin quote” one of its quotes, with the exact place it stands at. "
    "Put them in order, add notes, and export all of it.</p></div>"
)


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out last, and where it stood."""

    pin: Pin
    place: int


def notebook(collection: str, pins: Sequence[Pin], check: Check, removed: Removed | None = None) -> str:
    """The pins in their order, below the way to export them."""
    undo = _undo(removed) if removed else ""
    if not pins:
        return undo + _EMPTY
    links = " · ".join(
        f'<a href="/notebook/{safe(collection)}.{suffix}" download>Export as {form}</a>'
        for suffix, form in (("docx", "Word"), ("md", "Markdown"))
    )
    printed = f'<a href="/notebook/{safe(collection)}.html" target="_blank" rel="noopener">Export as PDF</a>'
    export = f'<p class="note">{count(len(pins), "pin")} · {links} · {printed}</p>'
    rows = "".join(_pin(pin, place, len(pins), check) for place, pin in enumerate(pins))
    return f'{undo}{export}<ol class="pins">{rows}</ol>'


def _pin(pin: Pin, place: int, total: int, check: Check) -> str:
    name = f"{place + 1}"
    question = (
        f'<h3 dir="auto"><span class="unseen" translate="yes">Pin {name}: </span>{safe(pin.answer.question)}</h3>'
    )
    outcome = wording.outcome(pin.answer) if pin.kind == "answer" else ""
    note = f'<p class="note">{safe(outcome)}</p>' if outcome else ""
    computed = wording.computed(pin.answer)
    result = f'<p class="statement" dir="auto"><strong>{safe(computed)}</strong></p>' if computed else ""
    sentences = "".join(
        f'<li dir="auto">{safe(sentence.text)} {badge(sentence.verdict)}</li>'
        for sentence in wording.written(pin.answer)
    )
    written = f'<ul class="statements">{sentences}</ul>' if sentences else ""
    quotes = "".join(_quote(pin.collection, quote, check(quote)) for quote in pin.quotes)
    listed = f'<ul class="quotes">{quotes}</ul>' if quotes else ""
    return f'<li class="pin">{question}{note}{result}{written}{listed}{_note(pin, name)}{_does(pin, place, total)}</li>'


def _quote(collection: str, quote: Citation, state: State) -> str:
    """A quote with its place; the way into its document where that is there, else the word that it is not."""
    path = f'<p class="heading" dir="auto">{safe(wording.path(quote.headings))}</p>' if quote.headings else ""
    cells = wording.row(quote)
    words = row(cells) if cells else f'<blockquote dir="auto">{emphasised(quote)}</blockquote>'
    on_page = f" · page {quote.page}" if quote.page is not None else ""
    span, digest = quote.span, quote.source.sha256
    where = (
        f'<span class="path">{safe(quote.source.path)}</span>{on_page} · characters {span.start:,}–{span.end:,} · '
        f'SHA-256 <span class="path" title="{safe(digest)}">{safe(digest[:12])}…</span>'
    )
    who = f'<span class="who">[{quote.label}] {attributed(quote.source)}</span>'
    by = f'<p class="by">{who} {_open(collection, quote, state)}</p>'
    return f'<li class="quote">{path}{words}{by}<p class="where">{where}</p>{standing(quote, state)}</li>'


def _open(collection: str, quote: Citation, state: State) -> str:
    if state.standing != "same":
        return ""
    link = safe(reader.link(collection, quote.source.document_id, [quote.span], [quote.label]))
    return f'<a class="open" href="{link}" target="reader">Open in document</a>'


def _note(pin: Pin, name: str) -> str:
    about = f'rows="2" maxlength="{LONGEST_NOTE}" dir="auto" aria-label="Note on pin {name}"'
    area = f"<textarea {about}>{safe(pin.note)}</textarea>"
    return f'<div class="annotate" data-form>{area}{_button("Save note", "note", pin, name)}</div>'


def _does(pin: Pin, place: int, total: int) -> str:
    name = f"{place + 1}"
    up = _button("Up", "up", pin, name) if place else ""
    down = _button("Down", "down", pin, name) if place + 1 < total else ""
    return f'<p class="does">{up}{down}{_button("Remove", "remove", pin, name, "data-once")}</p>'


def _button(words: str, do: str, pin: Pin, name: str, more: str = "") -> str:
    return (
        f'<button type="button" data-do="{do}" data-id="{safe(pin.id)}" {more} '
        f'aria-label="{words}: pin {name}">{words}</button>'
    )


def _undo(removed: Removed) -> str:
    button = '<button type="button" data-do="undo" data-focus>Undo</button>'
    return (
        f'<div class="undo" role="status"><p>Removed: <bdi dir="auto">{safe(removed.pin.answer.question)}</bdi></p>'
        f"{button}</div>"
    )
