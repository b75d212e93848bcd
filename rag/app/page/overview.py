"""What there is, at a glance: the documents with their own first words, and questions that were tried on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePath

from index.cut.sentences import sentences
from index.store.corpus import Held
from index.types import Document, IndexState
from rag.app.page import reader
from rag.app.page.html import byline, count, given, safe
from rag.asking.suggest import Suggestion

LISTED = 12
"""Documents that an overview lists; the Documents tab has them all."""
_HEADINGS = 8
_LONGEST = 240


@dataclass(frozen=True, slots=True)
class Offered:
    """The questions that were tried and can be answered, and whether more are still being tried."""

    questions: tuple[Suggestion, ...] = ()
    trying: bool = True


def overview(collection: str, documents: Sequence[Held], state: IndexState, offered: Offered) -> str:
    """All documents: questions first, then the first documents, each in its own words."""
    rows = "".join(_document(collection, held) for held in documents[:LISTED])
    more = state.documents - len(documents[:LISTED])
    rest = f'<p class="note">and {count(more, "more document")}, all under Documents</p>' if more > 0 else ""
    title = f"<h3>{count(state.documents, 'document')}</h3>"
    questions = _questions(offered, {held.document.id: _title(held) for held in documents})
    return f'{questions}<section class="glance">{title}<ul>{rows}</ul>{rest}</section>'


def overview_of(collection: str, held: Held, offered: Offered) -> str:
    """One document."""
    back = '<button type="button" data-do="all">All documents</button>'
    return (
        f'{_questions(offered, {})}<section class="glance one"><h3>This document</h3>'
        f"<ul>{_document(collection, held)}</ul>{back}</section>"
    )


def _questions(offered: Offered, titles: Mapping[str, str]) -> str:
    """What is offered, each question with the title of its document where there are several."""
    rows = "".join(_question(one, titles.get(one.document_id, "")) for one in offered.questions)
    waiting = '<p class="note" role="status">Trying questions that your documents can answer …</p>'
    if not rows:
        return waiting if offered.trying else ""
    note = "Each was tried: your documents answer it in their own words."
    return (
        f'<section class="offers"><h3>Questions to begin with</h3><ul>{rows}</ul><p class="note">{note}</p></section>'
    )


def _question(one: Suggestion, title: str) -> str:
    question, of = safe(one.question), f'<span class="of">{safe(title)}</span>' if title else ""
    return f'<li><button type="button" data-do="ask" data-id="{question}" dir="auto">{question}{of}</button></li>'


def _title(held: Held) -> str:
    """As it is printed, else the file's name."""
    printed = held.articles[0].title if len(held.articles) == 1 else None
    return printed or PurePath(held.files[0].path).name


def _document(collection: str, held: Held) -> str:
    """A document: what it is, who wrote it and when, how it begins, and its headings."""
    document, path = held.document, held.files[0].path
    article = held.articles[0] if len(held.articles) == 1 else None
    title = _title(held)
    printed = byline(replace(article, outlet=None)) if article else []
    sections = [count(len(held.articles), "section")] if len(held.articles) > 1 else []
    meta = " · ".join((given(PurePath(path).name), *printed, *sections))
    link = safe(reader.link(collection, document.id, (), ()))
    first, headings = _first_sentence(document), _headings(document, title)
    opening = f'<p class="first" dir="auto">“{safe(first)}”</p>' if first else ""
    outline = f'<p class="outline" dir="auto">{safe(" · ".join(headings))}</p>' if headings else ""
    return (
        f'<li><span class="kind" translate="no">{safe(_kind(path))}</span>'
        f'<div><h4 dir="auto"><a href="{link}" target="reader">'
        f'{safe(title)}</a></h4><p class="by">{meta}</p>{opening}{outline}</div></li>'
    )


def _kind(path: str) -> str:
    return PurePath(path).suffix.lstrip(".").upper()[:6] or "FILE"


def _first_sentence(document: Document) -> str:
    """The first sentence of the first paragraph, as it stands."""
    spans = (
        span
        for block in document.blocks
        if block.kind == "paragraph"
        for span in islice(sentences(document.text, block.span), 1)
    )
    first = next((span.of(document.text).strip() for span in spans), "")
    return first if len(first) <= _LONGEST else first[:_LONGEST] + " …"


def _headings(document: Document, title: str) -> list[str]:
    words = (" ".join(block.span.of(document.text).split()) for block in document.blocks if block.kind == "heading")
    return list(islice((heading for heading in words if heading != title), _HEADINGS))
