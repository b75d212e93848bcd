"""The articles of a document: where each begins and ends, and the headline, outlet, author and date it prints.

A file is one article unless it prints bylines. A byline is a short line, or a few short lines, that holds a
date and nothing but names: `Outlet, by Author, May 1, 2020:`, `Outlet, May 1, 2020:`, `By Author, Outlet, 1 May
2020`, or author, outlet and date on lines of their own. The headline is the nearest line above it that reads
like one, past picture captions, credits and standfirsts. Nothing is guessed: what is not printed stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from index.cut.sentences import paragraphs
from index.document.dates import Dated, find_dates, printed_date
from index.types import Article, Document, Section, Span

_SEPARATOR = re.compile(r"\s*(?:[*_=~#•·-]\s*){3,}\s*|\s*(?:also see|see also|related|read more|more)\s*:\s*", re.I)
_CREDIT = re.compile(
    r"\b(?:photo(?:graph)?s? by|getty|afp|reuters|ap photo|epa|file photo|handout|image:|credit:)\b", re.I
)
_GLUED_SLUG = re.compile(r"^[a-z0-9]+(?:[-_][a-z0-9]+)+(?=[A-Z])")
_BY = re.compile(r"\bby\s+(?=[A-Z\u00C0-\u00DE])", re.I)
_SPECIAL = re.compile(r"^(?:special to|exclusive to|for)\s+(?:the\s+)?(?=[A-Z])", re.I)
_PUBLISHED = re.compile(r"^(?:published|updated|posted|date|dated)\b[\s:]*(?:on\s+)?", re.I)
_NAME = re.compile(r"[A-Z\u00C0-\u00DE0-9“‘\"'][^.!?:;]{0,79}")
_REACH = 6  # paragraphs between a byline and its headline: captions, credits, a standfirst
_MAX_LINE = 160
_DATE_LABEL = re.compile(
    r"[*_]*(?:dated?|(?:last )?(?:published|updated|revised|issued)(?: on)?|datum|stand|fecha)[*_]*\s*:[*_]*\s*(.+)",
    re.I,
)
_DATED_BLOCKS, _DATED_LINES, _LONGEST_DATE, _DATE_WORDS = 5, 6, 40, 2
_FRONT_MATTER = re.compile(r"---\n(?P<body>(?:[\w-]+:.*\n)+)---(?:\n|$)")


@dataclass(frozen=True, slots=True)
class _Byline:
    span: Span
    outlet: str | None
    author: str | None
    date: str


@dataclass(frozen=True, slots=True)
class _Head:
    start: int
    headline: Span | None
    byline: _Byline


def split_articles(document: Document) -> tuple[Article, ...]:
    """The articles of `document` in order, without overlap.

    Together they hold all its text but separator lines (`***`, `Also see:`) and white space. A document of
    white space alone has none. Where the format marks sections, no article crosses them, and a section that prints
    no more than one article gives it what it knows and the text does not say.
    """
    found: list[Article] = []
    for section in document.sections or (Section(Span(0, len(document.text))),):
        if section.columns is None:
            inside = _printed(document, section.span, len(found))
            found += [_told(inside[0], section)] if len(inside) == 1 else inside
        else:
            found.append(_told(Article(document.id, len(found), section.span, columns=section.columns), section))
    return tuple(found)


def _told(article: Article, section: Section) -> Article:
    """The article with what its section says: of the title before what was found in the text, else after it."""
    return replace(
        article,
        title=section.title or article.title,
        outlet=article.outlet or section.outlet,
        author=article.author or section.author,
        date=article.date or section.date,
    )


def _printed(document: Document, within: Span, number: int) -> list[Article]:
    """The articles that the text itself tells, counted on from `number`."""
    text = document.text
    blocks = paragraphs(text, within)
    heads = _heads(text, blocks)
    starts = [head.start for head in heads]
    spans: list[tuple[Span, _Head | None]] = []
    first = starts[0] if starts else within.end
    if (before := _without_separators(text, blocks, within.start, first)) is not None:
        spans.append((before, None))
    for head, end in zip(heads, [*starts, within.end][1:], strict=True):
        body = _without_separators(text, blocks, head.start, end)
        if body is not None:
            spans.append((body, head))
    return [_article(document, ordinal, span, head) for ordinal, (span, head) in enumerate(spans, start=number)]


def _article(document: Document, ordinal: int, span: Span, head: _Head | None) -> Article:
    text = document.text
    if head is None:
        return _plain(document, ordinal, span)
    title = _title(head.headline.of(text)) if head.headline else None
    line = head.byline
    return Article(
        document.id, ordinal, span, title, line.outlet, line.author, line.date, headline=head.headline, byline=line.span
    )


def _plain(document: Document, ordinal: int, span: Span) -> Article:
    """An article without a byline: its headline if the first line is one, and Markdown front matter."""
    text = document.text
    told = _front_matter(text) if span.start == 0 else {}
    blocks = paragraphs(text, span)
    if told and len(blocks) > 1:
        blocks = paragraphs(text, Span(_FRONT_MATTER.match(text).end(), span.end))  # type: ignore[union-attr]
    headline = blocks[0] if len(blocks) > 1 and _is_headline(text, blocks[0]) else None
    date = printed_date(told["date"]) if "date" in told else _dated(text, blocks)
    return Article(
        document.id,
        ordinal,
        span,
        title=told.get("title") or (_title(headline.of(text)) if headline else None),
        outlet=told.get("outlet") or told.get("source") or told.get("publisher"),
        author=told.get("author"),
        date=date,
        headline=headline,
    )


def _dated(text: str, blocks: Sequence[Span]) -> str | None:
    """The date that a line near the beginning gives, by itself or after a word that says so; none where two do."""
    head = [line.strip() for block in blocks[:_DATED_BLOCKS] for line in block.of(text).split("\n")[:_DATED_LINES]]
    labelled = [date for line in head if (label := _DATE_LABEL.match(line)) and (date := _only_date(label[1]))]
    if labelled:
        return labelled[0]
    alone = [date for block in blocks if (date := _only_date(block.of(text).strip("# \t")))]
    near = {_only_date(line) for line in head} & set(alone)
    return alone[0] if len(alone) == 1 and near else None


def _only_date(line: str) -> str | None:
    """The day that a line gives and nothing else but perhaps its name; None for any other line."""
    if len(line) > _LONGEST_DATE or not any(character.isdigit() for character in line):
        return None
    date = printed_date(line)
    words = re.findall(r"[^\W\d_]{3,}", line)
    return date if date is not None and date.count("-") == 2 and len(words) <= _DATE_WORDS else None


def _front_matter(text: str) -> dict[str, str]:
    match = _FRONT_MATTER.match(text)
    if not match:
        return {}
    pairs = (line.split(":", 1) for line in match["body"].splitlines())
    return {key.strip().lower(): value.strip().strip("\"'") for key, value in pairs if value.strip().strip("\"'")}


def _title(headline: str) -> str:
    return re.sub(r"^#{1,6}\s+|\s+#+$", "", headline).strip()


def _heads(text: str, blocks: Sequence[Span]) -> list[_Head]:
    heads: list[_Head] = []
    for at, block in enumerate(blocks):
        byline = _byline(text, block)
        if byline is None:
            continue
        floor = heads[-1].byline.span.end if heads else 0
        head = _head(text, blocks, at, byline, floor)
        if head is not None:
            heads.append(head)
    return heads


def _head(text: str, blocks: Sequence[Span], at: int, byline: _Byline, floor: int) -> _Head | None:
    """The headline above a byline; a byline without one counts only at the top or after a separator."""
    above = byline.span.start
    for index in range(at - 1, max(-1, at - 1 - _REACH), -1):
        block = blocks[index]
        if block.start < floor or _SEPARATOR.fullmatch(block.of(text)):
            return _Head(above, None, byline)
        if _is_headline(text, block):
            return _Head(block.start, block, byline)
        above = block.start
    return _Head(above, None, byline) if at == 0 else None


def _is_headline(text: str, block: Span) -> bool:
    line = block.of(text)
    words = line.split()
    if "\n" in line or len(line) > _MAX_LINE + 40 or _SEPARATOR.fullmatch(line):
        return False
    if line.startswith("#"):
        return len(words) > 1
    shouted = line.upper() == line and len(words) <= 4
    return len(words) >= 3 and not shouted and line[-1] not in ".;,:" and not _CREDIT.search(line)


def _byline(text: str, block: Span) -> _Byline | None:
    lines = [line.strip() for line in block.of(text).split("\n")]
    if len(lines) > 4 or any(len(line) > _MAX_LINE for line in lines):
        return None
    return _one_line(lines[0], block) if len(lines) == 1 else _many_lines(lines, block)


def _one_line(line: str, span: Span) -> _Byline | None:
    dates = find_dates(line)
    full = [date for date in dates if date.year and date.month]
    if len(full) != 1 or line[full[0].span.end :].strip() not in ("", ":", "."):
        return None
    names = line[: full[0].span.start].rstrip(" ,|–—-·")
    names = _PUBLISHED.sub("", _GLUED_SLUG.sub("", names)).strip()
    by = _BY.search(names)
    if by:
        outlet, author = names[: by.start()].rstrip(" ,|–—-·"), names[by.end() :]
        if not outlet:
            author, _, outlet = author.partition(",")
    elif line.endswith(":"):
        outlet, author = names, ""
    else:
        return None
    return _named(span, outlet, author, full[0])


def _many_lines(lines: Sequence[str], span: Span) -> _Byline | None:
    """Author, outlet and date, each on a line of its own; an author and a date are needed."""
    author, outlet, date = "", "", None
    for line in lines:
        found = find_dates(_PUBLISHED.sub("", line))
        if _BY.match(line) and not author:
            author = _BY.sub("", line, count=1)
        elif len(found) == 1 and found[0].month and len(line) - len(found[0].span) <= 14 and date is None:
            date = found[0]
        elif not outlet:
            outlet = line
        else:
            return None
    return _named(span, outlet, author, date) if author and date else None


def _named(span: Span, outlet: str, author: str, date: Dated) -> _Byline | None:
    outlet = _SPECIAL.sub("", outlet.strip(" ,:"))
    author = author.strip(" ,:")
    if not (outlet or author) or date.iso is None:
        return None
    if any(name and not _NAME.fullmatch(name) for name in (outlet, author)):
        return None
    return _Byline(span, outlet or None, author or None, date.iso)


def _without_separators(text: str, blocks: Sequence[Span], start: int, end: int) -> Span | None:
    """The part of `start:end` from its first to its last paragraph that is not a separator."""
    inside = [b for b in blocks if start <= b.start < end and not _SEPARATOR.fullmatch(b.of(text))]
    return Span(inside[0].start, inside[-1].end) if inside else None
