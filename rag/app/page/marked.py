"""The whole text of a document as HTML, the quoted words in marks, cut so that a browser lays out what is in sight."""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from index.types import Span
from rag.app.page.html import safe

_GAP = re.compile(r"\n[ \t]*\n\s*")
_LONGEST = 4_000
"""Characters after which a paragraph is cut, at the end of a line or of a word: laying out a longer one takes long."""
_BLOCK = 8_000
"""Characters of a block, which is laid out when it comes near to sight."""
_LINE = 72
_MANY = 40
"""A text of no more blocks is sent in its order."""
_NEAR = 3
_BATCH = 12


@dataclass(frozen=True, slots=True)
class Highlight:
    """Words to be marked, and the numbers under which an answer cites them."""

    span: Span
    labels: tuple[int, ...] = ()


def blocks(text: str, highlights: Sequence[Highlight], anchors: Mapping[int, str]) -> Iterator[str]:
    """The text as blocks of paragraphs. Without its tags it is the text itself, as `safe` shows it.

    The words of `highlights`, which are in the order of their spans, are in marks: those of the K-th, counted from 1,
    in all marks with `data-hit="K"`, of which the first is `hit-K`. `anchors` are ids by offset.
    """
    for number, paragraphs in enumerate(_blocks(text)):
        yield _block(text, number, paragraphs, highlights, anchors)


def quoted_first(
    text: str, highlights: Sequence[Highlight], anchors: Mapping[int, str], headings: Sequence[Span] = ()
) -> tuple[str, Iterator[Sequence[str]]]:
    """The same blocks in the order in which they are to be sent: those with the quoted words before all others.

    `headings` are set as such, and the signs that a format has beside them are not seen.

    The first part has every block in its place, but for those that are far from any highlight, or from the top where
    there is none: an empty one of about its height. The second has these, in batches, the nearest first; each takes
    the place of the one that has its id.
    """
    groups = list(_blocks(text))
    spans = [Span(group[0].start, group[-1].end) for group in groups]
    quoted = [at for at, span in enumerate(spans) if any(one.span.overlap(span) for one in highlights)] or [0]
    near = {at + step for at in quoted for step in range(-_NEAR, _NEAR + 1)} if len(groups) > _MANY else range(_MANY)

    def block(at: int) -> str:
        return _block(text, at, groups[at], highlights, anchors, headings)

    first = "".join(block(at) if at in near else _frame(text, at, groups[at], "") for at in range(len(groups)))
    later = sorted(set(range(len(groups))).difference(near), key=lambda at: abs(at - quoted[0]))
    return first, ([block(at) for at in later[start : start + _BATCH]] for start in range(0, len(later), _BATCH))


def block_starts(text: str) -> tuple[int, ...]:
    """Where each block of the text begins."""
    return tuple(group[0].start for group in _blocks(text))


def shown_at(text: str, starts: Sequence[int], offsets: Sequence[int]) -> Iterator[tuple[int, int]]:
    """For each offset, which do not fall, its block and the place in what is shown of it, in units of UTF-16.

    So a browser counts, which is shown some characters as several.
    """
    block = before = units = 0
    for offset in offsets:
        number = bisect_right(starts, offset) - 1
        if number != block:
            block, before, units = number, starts[number], 0
        units += _units(text[before:offset])
        before = offset
        yield block, units


def _units(text: str) -> int:
    return len(html.unescape(safe(text)).encode("utf-16-le")) // 2


def _block(
    text: str,
    number: int,
    paragraphs: Sequence[Span],
    highlights: Sequence[Highlight],
    anchors: Mapping[int, str],
    headings: Sequence[Span] = (),
) -> str:
    span = Span(paragraphs[0].start, paragraphs[-1].end)
    near = [pair for pair in enumerate(highlights, 1) if pair[1].span.overlap(span)]
    ids = {at: name for at, name in anchors.items() if span.start <= at < span.end} if anchors else {}
    first = bisect_right(headings, span.start, key=lambda heading: heading.end)
    titles = headings[first : bisect_left(headings, span.end, key=lambda heading: heading.start)]
    body = "".join(f'<p dir="auto">{_inline(text, one, near, ids, titles)}</p>' for one in paragraphs)
    return _frame(text, number, paragraphs, body)


def _frame(text: str, number: int, paragraphs: Sequence[Span], body: str) -> str:
    """A block with about as many lines as it will have when it is laid out."""
    start, end = paragraphs[0].start, paragraphs[-1].end
    lines = text.count("\n", start, end) + (end - start) // _LINE + 1
    return f'<div class="block" id="block-{number}" style="--lines:{lines}">{body}</div>\n'


def _blocks(text: str) -> Iterator[list[Span]]:
    """The paragraphs, in groups of about as many characters."""
    group: list[Span] = []
    for paragraph in _paragraphs(text):
        group.append(paragraph)
        if paragraph.end - group[0].start >= _BLOCK:
            yield group
            group = []
    if group:
        yield group


def _paragraphs(text: str) -> Iterator[Span]:
    """The paragraphs, each with the blank lines after it; a very long one in several pieces."""
    at = 0
    while at < len(text):
        gap = _GAP.search(text, at, at + _LONGEST)
        end = gap.end() if gap else _cut(text, at)
        yield Span(at, end)
        at = end


def _cut(text: str, at: int) -> int:
    """Where to end a piece that begins at `at` and has no blank line."""
    end = at + _LONGEST
    if end >= len(text):
        return len(text)
    return (text.rfind("\n", at, end) + 1) or (text.rfind(" ", at, end) + 1) or end


def _inline(
    text: str,
    span: Span,
    near: Sequence[tuple[int, Highlight]],
    anchors: Mapping[int, str],
    headings: Sequence[Span],
) -> str:
    """One paragraph, cut wherever a highlight or a heading begins or ends, and at the anchors."""
    if not (near or anchors or headings):
        return safe(span.of(text))
    beside = [one for heading in headings for one in _beside(text, heading)]
    signs = [one for one in beside if not any(map(str.isalnum, one.of(text)))]  # a speaker's name is no sign
    spans = [*(one.span for _, one in near), *headings, *signs]
    edges = {edge for one in spans for edge in (one.start, one.end)} | set(anchors)
    cuts = sorted({span.start, span.end, *(edge for edge in edges if span.start < edge < span.end)})
    pieces = [Span(*cut) for cut in pairwise(cuts)]
    return "".join(_set(_piece(text, piece, near, anchors), piece, headings, signs) for piece in pieces)


def _beside(text: str, heading: Span) -> tuple[Span, Span]:
    """What stands before a heading on its line, and what stands after it."""
    end = text.find("\n", heading.end)
    return Span(text.rfind("\n", 0, heading.start) + 1, heading.start), Span(heading.end, len(text) if end < 0 else end)


def _set(content: str, piece: Span, headings: Sequence[Span], signs: Sequence[Span]) -> str:
    """A piece of a heading, or of the signs beside one, as such."""
    if any(heading.contains(piece) for heading in headings):
        return f"<b>{content}</b>"
    return f'<span class="sign">{content}</span>' if any(sign.contains(piece) for sign in signs) else content


def _piece(text: str, piece: Span, near: Sequence[tuple[int, Highlight]], anchors: Mapping[int, str]) -> str:
    """A run of characters that lies whole inside each of its highlights, in one mark for each."""
    content = safe(piece.of(text))
    for number, highlight in reversed([pair for pair in near if pair[1].span.contains(piece)]):
        begins = _begins(number, highlight) if highlight.span.start == piece.start else ""
        content = f'<mark{begins} data-hit="{number}">{content}</mark>'
    anchor = f'<a id="{safe(anchors[piece.start])}"></a>' if piece.start in anchors else ""
    return anchor + content


def _begins(number: int, highlight: Highlight) -> str:
    labels = ", ".join(map(str, highlight.labels))
    return f' id="hit-{number}"' + (f' data-labels="{labels}"' if labels else "")
