"""The document reader: the whole text of a document, or a page of it as a picture, at the words that are quoted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

from index.document.structure import structure_of
from index.readers.drawing import Drawn
from index.store.corpus import Held
from index.store.page_image import drawn_as, page_at
from index.types import Article, Block, Span
from rag.app.page.finding import LONGEST
from rag.app.page.html import byline, count, safe
from rag.app.page.language import IN_HEAD
from rag.app.page.marked import Highlight, quoted_first
from rag.app.page.style import script, stylesheet

MOST = 50
"""Spans that a link may carry."""
LISTED = 500
"""Parts of a document that are listed, and can be gone to."""
_FILL = (
    "<script>const fill = () => { const script = document.currentScript, sent = script.previousElementSibling; "
    "for (const block of [...sent.content.children]) document.getElementById(block.id).replaceWith(block); "
    "sent.remove(); script.remove(); };</script>"
)
_HERE = "\0"  # which no escaped text holds
_SPAN = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")
Theme = Literal["light", "dark"]
View = Literal["text", "page"]


def link(collection: str, document_id: str, spans: Sequence[Span], labels: Sequence[int]) -> str:
    """Where the document is read with `spans` marked, each cited under its label; it opens at the first of them.

    Spans beyond the first `MOST` are left out.
    """
    marks = Marks.of(list(zip(spans, labels, strict=True))[:MOST])
    address = f"/document/{quote(collection, safe='')}/{quote(document_id, safe='')}"
    return f"{address}?{marks.query()}#hit-{marks.first}" if marks.given else address


@dataclass(frozen=True, slots=True)
class Marks:
    """What a link asks to be marked: spans and labels as given, the first of which is where the reader opens."""

    given: tuple[tuple[Span, int | None], ...] = ()

    @classmethod
    def of(cls, pairs: Sequence[tuple[Span, int | None]]) -> Marks:
        """These spans with their labels, each pair once."""
        return cls(tuple(dict.fromkeys(pairs)))

    @classmethod
    def parse(cls, at: str, labels: str) -> Marks:
        """What `at=120-180.300-350` and `n=1.2` ask. Raises: ValueError, when they are not of this form."""
        if not at:
            return cls()
        matches = [_SPAN.fullmatch(part) for part in at.split(".", MOST)]
        numbers = [_label(part) for part in labels.split(".", MOST)] if labels else [None] * len(matches)
        if len(matches) > MOST or len(numbers) != len(matches):
            raise ValueError("too many spans, or not a label for each")
        return cls.of([(_span(match), number) for match, number in zip(matches, numbers, strict=True)])

    @property
    def highlights(self) -> tuple[Highlight, ...]:
        """The spans in the order of the document, each once with all its labels."""
        labels: dict[Span, list[int]] = {}
        for span, label in sorted(self.given, key=lambda pair: (pair[0].start, pair[0].end)):
            labels.setdefault(span, []).extend([] if label is None else [label])
        return tuple(Highlight(span, tuple(sorted(numbers))) for span, numbers in labels.items())

    @property
    def first(self) -> int:
        """Which highlight, from 1, the reader opens at."""
        return 1 + [one.span for one in self.highlights].index(self.given[0][0])

    def query(self, **more: str | int | None) -> str:
        """The query that asks for this, and for what else is given, in a URL."""
        params: dict[str, str | int] = {}
        if self.given:
            params["at"] = ".".join(f"{span.start}-{span.end}" for span, _ in self.given)
        if self.given and all(label is not None for _, label in self.given):
            params["n"] = ".".join(str(label) for _, label in self.given)
        return urlencode(params | {name: value for name, value in more.items() if value is not None})


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that is open in the reader, what is marked in it, and the theme that is asked for."""

    held: Held
    marks: Marks
    theme: Theme | None = None

    def address(self, view: View, hit: int | None = None, page: int | None = None) -> str:
        """Another view of the same document, relative to this one."""
        query = self.marks.query(view="page" if view == "page" else None, page=page, theme=self.theme)
        return f"?{query}" + ("" if hit is None else f"#hit-{hit}")

    def page_of(self, hit: int) -> int:
        """The page, from 1, that the hit begins on."""
        return page_at(self.held.document, self.marks.highlights[hit - 1].span.start)

    @property
    def article(self) -> Article | None:
        """The article of the words that the reader opens at, or the only one."""
        articles = self.held.articles
        if not self.marks.given:
            return articles[0] if len(articles) == 1 else None
        at = self.marks.given[0][0].start
        return next((one for one in articles if one.span.start <= at < one.span.end), None)


def text_page(reading: Reading) -> Iterator[str]:
    """The whole text with the asked words marked, as a complete page in parts, to be sent as they are made.

    Of a long text the blocks with these words come first, so that they are seen before the rest is there.
    """
    highlights, document = reading.marks.highlights, reading.held.document
    structure = structure_of(document, reading.held.articles)
    parts = _parts(reading, structure.heading_blocks())
    anchors = {part.start: part.anchor for part in parts[:LISTED]}
    hits = [f"#hit-{number}" for number in range(1, len(highlights) + 1)]
    header = _header(reading, "text", hits, reading.marks.first if hits else 0, _contents(parts))
    before, after = _whole(reading, header, f'<main class="text" translate="no">{_HERE}</main>').split(_HERE)
    first, later = quoted_first(document.text, highlights, anchors, structure.heading_spans())
    yield before + first + _scripts() + _FILL
    for batch in later:
        yield f"<template>{''.join(batch)}</template><script>fill()</script>"
    yield after


def picture_page(reading: Reading, number: int, drawn: Drawn | None, trouble: str = "") -> str:
    """One page as a picture with the asked words boxed, as a complete page; `trouble` says why there is none."""
    pages = len(reading.held.document.pages)
    numbers = range(1, len(reading.marks.highlights) + 1)
    hits = [reading.address("page", hit, reading.page_of(hit)) for hit in numbers]
    here = [hit for hit in numbers if reading.page_of(hit) == number]
    first = reading.marks.first if hits else 0
    current = first if first in here or not here else here[0]
    turn = _turn(reading, number, pages)
    picture = _picture(reading, number, drawn) if drawn else f'<p class="said" role="status">{safe(trouble)}</p>'
    body = f'<main class="picture">{turn}{picture}</main>{_scripts()}'
    return _whole(reading, _header(reading, "page", hits, current, ""), body)


def said_page(title: str, sentence: str, theme: Theme | None = None, onward: str | None = None) -> str:
    """A complete page that says one thing; `onward` is where the document can be read from its start."""
    more = f'<p><a href="{safe(onward)}">Read the document from its start</a></p>' if onward else ""
    body = f'<main class="alone"><h1>{safe(title)}</h1><p>{safe(sentence)}</p>{more}</main>'
    return _frame(f"<title>{safe(title)}</title>", theme, body)


def _whole(reading: Reading, header: str, body: str) -> str:
    title = f'<title translate="no">{safe(_title(reading))}</title>'
    return _frame(title, reading.theme, header + body)


def _scripts() -> str:
    return f"<script>{script('reader')}</script><script>{script('find')}</script>"


def _frame(title: str, theme: Theme | None, body: str) -> str:
    chosen = f' data-theme="{theme}"' if theme else ""
    return (
        f'<!doctype html><html lang="en" class="reader"{chosen}><head><meta charset="utf-8">'
        f'{title}<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"{IN_HEAD}"
        f"<style>{stylesheet('reader')}</style></head><body>{body}</body></html>"
    )


def _title(reading: Reading) -> str:
    article = reading.article
    return (article.title if article else None) or reading.held.files[0].path


def _header(reading: Reading, view: View, hits: Sequence[str], current: int, contents: str) -> str:
    parts = byline(reading.article) if reading.article else []
    by = f'<p class="by">{" · ".join(parts)}</p>' if parts else ""
    about = (
        f'<div class="about"><h1 dir="auto">{safe(_title(reading))}</h1>{by}<p class="place">{_path(reading)}</p></div>'
    )
    tools = _views(reading, view) + _hits(hits, current) + _find(reading)
    return f'<header class="top">{about}{contents}<div class="tools">{tools}</div></header>'


def _path(reading: Reading) -> str:
    on_page = reading.held.document.pages and reading.marks.given
    page = f" · page {page_at(reading.held.document, reading.marks.given[0][0].start)}" if on_page else ""
    return f"<bdi>{safe(reading.held.files[0].path)}</bdi>{page}"


def _views(reading: Reading, view: View) -> str:
    """The two ways to see a PDF or a picture."""
    if drawn_as(reading.held.document) is None:
        return ""
    hit = reading.marks.first if reading.marks.given else None
    rows = ((name, reading.address(name, hit)) for name in ("text", "page"))
    links = "".join(
        f'<a href="{safe(address)}"{" aria-current=page" if name == view else ""}>{name.capitalize()}</a>'
        for name, address in rows
    )
    return f'<nav class="views" aria-label="View">{links}</nav>'


def _hits(hits: Sequence[str], current: int) -> str:
    """Where the quoted words are, with the way to those before and after."""
    if not hits:
        return ""
    before, after = hits[max(1, current - 1) - 1], hits[min(len(hits), current + 1) - 1]
    return (
        f'<nav class="hits" aria-label="Quotes" data-hits="{safe(" ".join(hits))}" data-now="{current}">'
        f'<a href="{safe(before)}" data-step="-1" aria-label="Previous quote" aria-keyshortcuts="p">‹</a>'
        f'<span role="status">{current} of {len(hits)}</span>'
        f'<a href="{safe(after)}" data-step="1" aria-label="Next quote" aria-keyshortcuts="n">›</a></nav>'
    )


def _find(reading: Reading) -> str:
    """The field for words that are looked for in the whole document, and the ways to the places."""
    address = f"{quote(reading.held.document.id, safe='')}/find"
    return (
        f'<form class="find" role="search" data-find="{address}">'
        f'<input type="search" maxlength="{LONGEST}" placeholder="Find in this document" '
        'aria-label="Find in this document" aria-keyshortcuts="/" autocomplete="off" spellcheck="false" dir="auto">'
        '<output role="status"></output>'
        '<button type="button" data-to="-1" aria-label="Find previous" disabled>‹</button>'
        '<button type="button" data-to="1" aria-label="Find next" disabled>›</button></form>'
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the document that can be gone to; `level` is 1 for the outermost."""

    start: int
    anchor: str
    title: str
    level: int = 1


def _parts(reading: Reading, headings: Sequence[Block]) -> list[_Part]:
    """The articles of a document that has several, else what stands under its headings."""
    articles, text = reading.held.articles, reading.held.document.text
    if len(articles) > 1:
        return [
            _Part(one.span.start, f"article-{one.ordinal}", one.title or f"Part {place}")
            for place, one in enumerate(articles, 1)
        ]
    return [
        _Part(one.span.start, f"heading-{place}", " ".join(one.span.of(text).split()), one.level)
        for place, one in enumerate(headings, 1)
    ]


def _contents(parts: Sequence[_Part]) -> str:
    """The parts of a document that has several, each a link to its place; the first of many, and how many more."""
    if len(parts) < 2:
        return ""
    rows = "".join(
        f'<li style="--level:{part.level}"><a href="#{part.anchor}" dir="auto">{safe(part.title)}</a></li>'
        for part in parts[:LISTED]
    )
    more = f'<p class="place">and {len(parts) - LISTED:,} more</p>' if len(parts) > LISTED else ""
    summary = count(len(parts), "section")
    return f'<details class="contents"><summary>{summary}</summary><ol>{rows}</ol>{more}</details>'


def _turn(reading: Reading, number: int, pages: int) -> str:
    """The pages before and after."""
    before = f'<a href="{safe(reading.address("page", page=number - 1))}" rel="prev">‹ Page {number - 1}</a>'
    after = f'<a href="{safe(reading.address("page", page=number + 1))}" rel="next">Page {number + 1} ›</a>'
    parts = (before if number > 1 else "<span></span>", f"<span>Page {number} of {pages}</span>")
    links = "".join((*parts, after if number < pages else "<span></span>"))
    return f'<nav class="turn" aria-label="Pages" data-page="{number}">{links}</nav>'


def _picture(reading: Reading, number: int, drawn: Drawn) -> str:
    address = f"{quote(reading.held.document.id, safe='')}/page/{number}.png?{reading.marks.query()}"
    seen: set[int] = set()
    boxes = ""
    for box in drawn.boxes:
        begins = "" if box.quote in seen else f' id="hit-{box.quote + 1}"'
        seen.add(box.quote)
        place = ";".join(
            f"{side}:{100 * part:.3f}%"
            for side, part in (("left", box.left), ("top", box.top), ("width", box.width), ("height", box.height))
        )
        boxes += f'<span class="box"{begins} data-hit="{box.quote + 1}" style="{place}"></span>'
    words = f"Page {number} of {reading.held.files[0].path}" + (", the quoted words boxed" if boxes else "")
    here = any(reading.page_of(hit) == number for hit in range(1, len(reading.marks.highlights) + 1))
    lost = (
        '<p class="said" role="status">The quoted words could not be placed on this page.</p>'
        if here and not boxes
        else ""
    )
    image = f'<img src="{safe(address)}" width="{drawn.width}" height="{drawn.height}" alt="{safe(words)}">'
    return f"{lost}<figure>{image}{boxes}</figure>"


def _span(match: re.Match[str] | None) -> Span:
    if match is None or int(match[1]) >= int(match[2]):
        raise ValueError("not a span")
    return Span(int(match[1]), int(match[2]))


def _label(part: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", part):
        raise ValueError("not a label")
    return int(part)
