"""Where the sentences and paragraphs of a text lie. Spans only: the text itself is never rebuilt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.document.dates import AFTER_A_DAY
from index.document.wrapped import going_on
from index.types import Span

MAX_SENTENCE = 1200
"""Characters after which a run without any full stop is cut, at a line's end or else at a space."""

_MARK = re.compile(r"\S")
_BLANK_LINE = re.compile(r"\n(?=[ \t]*(?:\n|$))")
_ITEM = re.compile(
    r"""\n(?=[ \t]*(?:[-*+•]\s|\#{1,6}\s|\||>|\d{1,3}[.)]\s|```
        |\[?\d{4}-\d\d-\d\d[T\ ]\d\d:\d\d|[A-Z][a-z]{2}\ [\ \d]\d\ \d\d:\d\d:\d\d\ |\d{1,3}(?:\.\d{1,3}){3}\ -\ ))""",
    re.VERBOSE,
)
"""Where a list item, a heading, a row, a quotation or an entry of a log begins."""
_STOP = re.compile(
    rf"""(?P<stop>[.!?…]+|[。！？])          # the full stop itself, but not that of a day before its month
        (?!(?:(?<=\b\d\.)|(?<=\b\d\d\.))\s+(?:{"|".join(AFTER_A_DAY)})\b)
        (?P<close>[”’"'»)\]]*(?:\[\d+\])*)   # closing quotes, brackets, footnote marks
        (?P<gap>\s+|(?<=[。！？])|(?<=\])(?=[A-Z])|$)""",
    re.VERBOSE,
)
_OPENS = re.compile(r"""[“‘"'«(\[]*[A-Z\d\u00C0-\u00DE\u0370-\u1FFF\u2E80-\uFFEF]|[“‘«]|[-–—]\s""")
_ABBREVIATION = re.compile(
    r"""(?:^|[\s(“"'‘\[])(?:
        Mr|Mrs|Ms|Dr|Prof|Gen|Lt|Col|Maj|Capt|Cmdr|Sgt|Adm|Sen|Rep|Gov|Rev|Hon|Pres|Amb|St|Jr|Sr|Mt|Ft|
        Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|
        No|Nos|Vol|vs|v|etc|approx|ca|cf|al|Fig|Figs|Eq|Sec|Ch|pp?|ed|eds|Inc|Ltd|Co|Corp|Dept|Univ|
        e\.g|i\.e|a\.m|p\.m|[A-Z]|(?:[A-Z]\.)+[A-Z])$""",
    re.VERBOSE,
)
_SHORT = re.compile(r"(?<!\w)[^\W\d_]{1,3}$")
_NUMBERED = re.compile(r"[^\s]*\d")
"""After so short a word what has digits is more often what it shortens than a sentence: "dep. 10:35", "ref. KY-7"."""
_CAN_END = re.compile(r"(?:etc|Inc|Ltd|Co|Corp|Jr|Sr|a\.m|p\.m|(?:[A-Z]\.)+[A-Z])$")
_STARTER = re.compile(
    r"(?:The|This|That|These|Those|It|In|On|At|But|And|He|She|They|We|A|An|As|If|When|While|After|Before|However|There)\b"
)


def paragraphs(text: str, within: Span | None = None) -> list[Span]:
    """Spans of the runs between blank lines, outer white space excluded, in order."""
    lo, hi = (within.start, within.end) if within else (0, len(text))
    spans = []
    while first := _MARK.search(text, lo, hi):
        blank = _BLANK_LINE.search(text, first.end(), hi)
        lo = blank.start() if blank else hi
        spans.append(_trim(text, first.start(), lo))
    return spans


def sentences(text: str, within: Span | None = None) -> list[Span]:
    """Spans of the sentences, outer white space excluded, in order and without overlap.

    No sentence crosses a blank line, a heading, a list item, a table's row or a log's entry, and none is much
    longer than `MAX_SENTENCE`. Everything that is not white space lies in exactly one span.
    """
    return [piece for block in paragraphs(text, within) for line in _items(text, block) for piece in _split(text, line)]


def _items(text: str, block: Span) -> Iterator[Span]:
    start = block.start
    inside = going_on(text, block)
    for match in _ITEM.finditer(text, block.start, block.end):
        if match.end() not in inside:
            yield _trim(text, start, match.start())
            start = match.end()
    yield _trim(text, start, block.end)


def _split(text: str, span: Span) -> Iterator[Span]:
    start = span.start
    for match in _STOP.finditer(text, span.start, span.end):
        if match.start() < start or not _is_boundary(text, match, span):
            continue
        yield from _bounded(text, _trim(text, start, match.start("gap")))
        start = match.end()
    if start < span.end:
        yield from _bounded(text, _trim(text, start, span.end))


def _is_boundary(text: str, match: re.Match[str], span: Span) -> bool:
    if match.end() >= span.end:
        return True
    if match["stop"] in "。！？":
        return True
    if not _OPENS.match(text, match.end()):
        return False
    if match["stop"] != "." or match["close"]:
        return True
    if _SHORT.search(text, max(span.start, match.start() - 8), match.start()) and _NUMBERED.match(text, match.end()):
        return False
    before = text[max(span.start, match.start() - 16) : match.start()]
    if not _ABBREVIATION.search(before):
        return True
    return bool(_CAN_END.search(before) and _STARTER.match(text, match.end()))


def _bounded(text: str, span: Span) -> Iterator[Span]:
    """The span itself, or pieces of it cut at spaces where it runs on for too long."""
    start = span.start
    while span.end - start > MAX_SENTENCE:
        half, whole = start + MAX_SENTENCE // 2, start + MAX_SENTENCE
        cut = text.rfind("\n", half, whole)
        cut = cut if cut > start else max(text.rfind(blank, half, whole) for blank in " \t")
        cut = cut if cut > start else whole
        yield _trim(text, start, cut)
        start = _trim(text, cut, span.end).start
    if start < span.end:
        yield Span(start, span.end)


def _trim(text: str, start: int, end: int) -> Span:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
