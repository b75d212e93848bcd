"""A notebook as a page to be printed, or saved as a PDF by the browser's own means.

No library that is installed here writes PDF with the letters of every script, their order and joins; every browser
does. So this is the document as it is to be on paper, and its one button opens the browser's dialogue. All that it
fetches is the script that puts it into German.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rag import wording
from rag.app.conversations.export import Checked, parts_of_place
from rag.app.conversations.notebook import Pin
from rag.app.page.answer import emphasised
from rag.app.page.html import given, safe
from rag.app.page.language import IN_HEAD
from rag.app.page.style import script, stylesheet
from rag.types import Citation
from rag.verification.reopen import State, in_words


def notebook_as_page(collection: str, pins: Sequence[Pin], check: Callable[[Citation], State]) -> str:
    """The pins in their order, each under its question; the title is what a browser names the file by."""
    title = f"Notebook of the collection {collection}"
    body = "".join(part for pin in pins for part in _pin(pin, check))
    return (
        f'<!doctype html><html lang="en" class="printed"><head><meta charset="utf-8"><title>{safe(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"{IN_HEAD}<style>{stylesheet('printed')}</style></head><body>"
        '<p class="tools"><button type="button">Print or save as PDF</button></p>'
        f"<main><h1>{safe(title)}</h1>{body}</main><script>{script('printed')}</script></body></html>"
    )


def _pin(pin: Pin, check: Callable[[Citation], State]) -> Iterator[str]:
    yield f'<section><h2 dir="auto">{safe(pin.answer.question)}</h2><p class="place">Pinned {safe(pin.pinned)}.</p>'
    if pin.note:
        yield f'<p class="note" dir="auto">{safe(pin.note)}</p>'
    if pin.kind == "answer" and (outcome := wording.outcome(pin.answer)):
        yield f"<p>{safe(outcome)}</p>"
    if computed := wording.computed(pin.answer):
        yield f'<p dir="auto"><b>{safe(computed)}</b></p>'
    yield from (_statement(Checked.of(statement)) for statement in wording.written(pin.answer))
    yield from (_quote(quote, check(quote)) for quote in pin.quotes)
    yield "</section>"


def _statement(one: Checked) -> str:
    """A sentence with its labels, and below it the verdict, why, and what it was checked against."""
    places = ", ".join(f"{label} <span>characters</span> {place}" for label, place in one.places)
    against = f"<span>checked against</span> {places}" if places else ""
    parts = (f"<span>{one.verdict.capitalize()}</span>", f"<span>{safe(one.note)}</span>" if one.note else "", against)
    text = safe(f"{one.text} {one.labels}".rstrip())
    return f'<p dir="auto">{text}</p><p class="place">{"; ".join(filter(None, parts))}</p>'


def _quote(quote: Citation, state: State) -> str:
    """The words, those that answer bold; of a table's row the values under their heads too; and where they stand."""
    rows = "".join(_cell(head, value) for head, value, _ in wording.row(quote))
    cells = f'<dl dir="auto">{rows}</dl>' if rows else ""
    parts = parts_of_place(quote.source, quote.headings, quote.page, quote.span)
    where = ", ".join(f"<span>{name} {given(value)}</span>" for name, value in parts)
    digest = f'<code translate="no">sha256 {quote.source.sha256}</code>'
    since = "" if state.standing == "same" else f'<p class="since">Since then: {safe(in_words(quote, state))}.</p>'
    return (
        f'<figure><blockquote dir="auto">{emphasised(quote)}</blockquote>{cells}'
        f'<figcaption class="place">[{quote.label}] {where}, {digest}</figcaption>{since}</figure>'
    )


def _cell(head: str, value: str) -> str:
    return f"<dt>{safe(head.strip()) or '&nbsp;'}</dt><dd>{safe(value)}</dd>"
