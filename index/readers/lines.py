"""The blocks of a text kept as it is written, Markdown, notes, the plain form of a mail: by form, never by words.

A heading is what Markdown makes one; where a text has none of those, a short line of its own: above a blank line, or
right above a list or a line that is far longer. A table is lines between bars, or lines whose columns stand under each
other with at least two blanks between them.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

from index.document.blocks import Blocks, BlockWriter
from index.document.wrapped import going_on
from index.readers import grid
from index.readers.rows import write_row
from index.types import Span

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HASHED = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*?)(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,}|~{3,})[ \t]*$")
_BOLD = re.compile(r"[ \t]*(\*\*|__)(?![\s*_])([^*_\n]+?)\1[ \t]*$")
ITEM = re.compile(r"[ \t]*(?:[-*+•–◦▪·] |[-*+•]\t|\(?(?:\d{1,3}|[A-Za-z])[.)][ \t]+)(?=\S)")
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,4}[.)]?|[A-Z][.)]|[IVX]{1,5}[.)]|§ ?\d+[a-z]?)[ \t]+(?=\S)")
_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_BARRED = re.compile(r"[ \t]*\|.*\|[ \t]*$")
_CUT = re.compile(r"(?<!\\)\|")
_GAP = re.compile(r"(?: {2,}|[ ]*\t[ \t]*)")
_CODE = re.compile(r"[={}<>;\[\]|\\]|\w\(|^\W*$|://")
_NO_HEADING_ENDS = frozenset(".,;:!?…。！？，；：-")
_LONGEST, _MOST_WORDS = 80, 12
_LONG_LINE = 60
_SIGNS_OF_A_RULE = 2
_FEWEST_ROWS = 3
_LARGEST_ALIGNED = 2000
"""Rows of a table by columns of blanks that are judged together."""
_FIRST, _SHOUTED, _COUNTED, _PLAIN, _EMPHASISED = 1, 2, 3, 5, 6
"""The levels of headings that have no mark of their level."""

_Line = tuple[int, str]
"""Where a line starts, and its characters."""


def blocks_of(text: str) -> Blocks:
    """The blocks of a whole document."""
    writer = BlockWriter()
    write_blocks(text, writer)
    return writer.done()


def write_blocks(text: str, writer: BlockWriter, offset: int = 0) -> None:
    """Add the blocks of `text`, which stands at `offset` in its document, to `writer`."""
    _Reading(text, writer, offset).read()


class _Reading:
    def __init__(self, text: str, writer: BlockWriter, offset: int) -> None:
        self._text = text
        self._writer = writer
        self._offset = offset
        self._fence = ""
        self._begun = False
        self._is_marked = False
        self._inside: Container[int] = ()

    def read(self) -> None:
        groups = list(_groups(self._text))
        self._is_marked = any(_has_marks(group) for group in groups)
        for at, group in enumerate(groups):
            self._group(group, groups[at + 1] if at + 1 < len(groups) else None)
            self._begun = True

    def _group(self, lines: Sequence[_Line], following: Sequence[_Line] | None) -> None:
        """The blocks of the lines between two blank ones."""
        at = 0
        self._inside = going_on(self._text, Span(lines[0][0], lines[-1][0] + len(lines[-1][1])))
        waiting: list[_Line] = []
        while at < len(lines):
            taken = self._special(lines, at, waiting, following)
            if taken:
                waiting = []
                at += taken
            else:
                waiting.append(lines[at])
                at += 1
        self._flush(waiting)

    def _special(self, lines: Sequence[_Line], at: int, waiting: list[_Line], following: Sequence[_Line] | None) -> int:
        """Write what begins at a line, after all that waits; how many lines that took, 0 for one of a paragraph."""
        line = lines[at][1]
        if fence := _FENCE.match(line):
            self._fence = "" if self._fence and fence[1].startswith(self._fence) else self._fence or fence[1]
            return 0
        if self._fence:
            return 0
        if hashed := _HASHED.match(line):
            self._flush(waiting)
            self._heading(lines[at][0], hashed.span(2), len(hashed[1]))
            return 1
        if table := _table(lines, at):
            self._flush(waiting)
            self._write_table(*table)
            return table[2]
        if not waiting and (level := self._level(lines, at, following)):
            bold = _BOLD.match(line)
            inside = bold.span(2) if bold else (len(line) - len(line.lstrip()), len(line.rstrip()))
            self._heading(lines[at][0], inside, level)
            return 2 if at + 1 < len(lines) and _UNDERLINE.match(lines[at + 1][1]) else 1
        if waiting and ITEM.match(line) and lines[at][0] not in self._inside:
            self._flush(waiting)
            waiting.clear()
        return 0

    def _level(self, lines: Sequence[_Line], at: int, following: Sequence[_Line] | None) -> int:
        """The level of the heading that a line is, 0 where it is none."""
        line = lines[at][1].strip()
        below = lines[at + 1][1] if at + 1 < len(lines) else None
        if below is not None and (mark := _UNDERLINE.match(below)) and len(line) <= _LONGEST and not ITEM.match(line):
            return 1 if mark[1][0] == "=" else 2
        if len(lines) == 1 and following is not None and _BOLD.match(line):
            return _EMPHASISED
        if self._is_marked or at or not _may_head(line):
            return 0
        level = _level_by_form(line)
        if below is None:
            stands_alone = (
                following is not None and _is_body(following, line) and not (self._begun and _is_rule(following))
            )
            return (_FIRST if not self._begun else level) if stands_alone else 0
        if level == _COUNTED and _NUMBERED.match(below):
            return 0
        return level if _is_far_longer(below, line) or (level < _COUNTED and _is_shouted(line, below)) else 0

    def _flush(self, lines: Sequence[_Line]) -> None:
        if not lines:
            return
        start = self._offset + lines[0][0] + len(lines[0][1]) - len(lines[0][1].lstrip())
        end = self._offset + lines[-1][0] + len(lines[-1][1].rstrip())
        if _is_rule(lines):
            self._writer.add("furniture", start, end)
            return
        is_item = ITEM.match(lines[0][1]) is not None and not self._fence
        self._writer.add("item" if is_item else "paragraph", start, end)

    def _heading(self, start: int, inside: tuple[int, int], level: int) -> None:
        place = self._offset + start
        self._writer.add("heading", place + inside[0], place + inside[1], min(6, level))

    def _write_table(self, rows: Sequence[tuple[Span, Sequence[Span]]], has_heads: bool, _: int) -> None:
        text = self._text
        values = [[grid.plain(cell.of(text)) for cell in cells] for _, cells in rows]
        layout = grid.judge(values[: grid.ROWS_JUDGED], 1 if has_heads else None)
        if has_heads and not layout.end:
            layout = grid.Heads(0, 1, tuple(values[0]))
        labels = grid.label_columns(values[layout.end : grid.ROWS_JUDGED])
        self._writer.table(layout.names)
        above: list[int] = []
        for place, ((span, cells), places) in enumerate(zip(rows, grid.covered(values, labels), strict=True)):
            start, end = self._offset + span.start, self._offset + span.end
            inside = (min(max(edge, span.start), span.end) for cell in cells for edge in (cell.start, cell.end))
            edges = [self._offset + edge for edge in inside]
            if place > layout.end:
                grid.cover(edges, places, above)
            edges += [end] * (2 * len(layout.names) - len(edges))
            write_row(self._writer, Span(start, end), edges, places, place, layout)
            above = edges


def _groups(text: str) -> Iterator[list[_Line]]:
    """The runs of lines between blank ones."""
    group: list[_Line] = []
    start = 0
    for line in text.split("\n"):
        if line and not line.isspace():
            group.append((start, line))
        elif group:
            yield group
            group = []
        start += len(line) + 1
    if group:
        yield group


def _has_marks(lines: Sequence[_Line]) -> bool:
    """Whether a line is a heading by Markdown's marks."""
    if _HASHED.match(lines[0][1]):
        return len(lines) == 1 or not _HASHED.match(lines[1][1])
    return len(lines) > 1 and _UNDERLINE.match(lines[1][1]) is not None and _may_head(lines[0][1].strip())


def _is_rule(lines: Sequence[_Line]) -> bool:
    """Whether lines only divide one part from another: one or two signs again and again, and no letter or digit."""
    signs = {character for _, line in lines for character in line if not character.isspace()}
    return len(signs) <= _SIGNS_OF_A_RULE and not any(map(str.isalnum, signs))


def _may_head(line: str) -> bool:
    if len(line) > _LONGEST or line[-1] in _NO_HEADING_ENDS or len(line.split()) > _MOST_WORDS:
        return False
    words = _NUMBERED.sub("", line, count=1)
    first = next((character for character in words if character.isalnum()), "")
    return bool(first) and not first.islower() and not _CODE.search(line) and not words.startswith(("- ", "* ", "> "))


def _level_by_form(line: str) -> int:
    number = _NUMBERED.match(line)
    if number:
        return _COUNTED + number[0].strip(" .\t)").count(".")
    return _SHOUTED if line.upper() == line and line.lower() != line else _PLAIN


def _is_shouted(line: str, below: str) -> bool:
    return _level_by_form(line) == _SHOUTED and below.upper() != below


def _is_body(lines: Sequence[_Line], heading: str) -> bool:
    """Whether lines are what may stand under a heading: more than another short line of the same kind."""
    first = lines[0][1].strip()
    if len(lines) > 1 or ITEM.match(first) or len(first) > _LONG_LINE:
        return True
    return not _may_head(first) or _level_by_form(first) > _level_by_form(heading)


def _is_far_longer(below: str, line: str) -> bool:
    below = below.strip()
    if ITEM.match(below):
        return True
    return len(below) > _LONG_LINE and len(below) > 2 * len(line) and not below[0].islower()


_Table = tuple[list[tuple[Span, list[Span]]], bool, int]
"""The rows with their cells, whether the first is marked as the heads, and how many lines it all takes."""


def _table(lines: Sequence[_Line], at: int) -> _Table | None:
    line = lines[at][1]
    if "|" in line:
        return _barred(lines, at)
    return _aligned(lines, at) if at == 0 and _GAP.search(line.strip()) else None


def _barred(lines: Sequence[_Line], at: int) -> _Table | None:
    """A table between bars: heads over a rule, or at least two lines that begin and end with one."""
    has_rule = at + 1 < len(lines) and "-" in lines[at + 1][1] and _RULE.match(lines[at + 1][1]) is not None
    if not has_rule and not (at + 1 < len(lines) and all(_BARRED.match(line) for _, line in lines[at : at + 2])):
        return None
    end = at
    while end < len(lines) and "|" in lines[end][1] and (has_rule or _BARRED.match(lines[end][1])):
        end += 1
    first = [lines[at]] if has_rule else []
    rows = first + list(lines[at + 2 * has_rule : end])
    return [_cells(start, line) for start, line in rows], has_rule, max(end, at + 1 + has_rule) - at


def _cells(start: int, line: str) -> tuple[Span, list[Span]]:
    left, right = len(line) - len(line.lstrip()), len(line.rstrip())
    first = left + line.startswith("|", left)
    last = right - (right > first and line.endswith("|", 0, right) and line[right - 2 : right - 1] != "\\")
    edges = [first, *(mark.start() for mark in _CUT.finditer(line, first, last)), last]
    begins = [first, *(edge + 1 for edge in edges[1:-1])]
    cells = [_trimmed(line, begin, end, start) for begin, end in zip(begins, edges[1:], strict=True)]
    return Span(start + left, start + right), cells


def _trimmed(line: str, begin: int, end: int, start: int) -> Span:
    inside = line[begin:end]
    left = begin + len(inside) - len(inside.lstrip()) if inside.strip() else begin
    return Span(start + left, start + left + len(inside.strip()))


def _aligned(lines: Sequence[_Line], at: int) -> _Table | None:
    """A table by columns: lines cut by tabs into equally many cells, or with blanks at the same places in all."""
    rows = lines[at : at + _LARGEST_ALIGNED]
    if len(rows) < _FEWEST_ROWS or len(rows) < len(lines) - at:
        return None
    cut = _by_tabs(rows) if all("\t" in line.strip() for _, line in rows) else _by_blanks(rows)
    return None if cut is None else (cut, False, len(rows))


def _by_tabs(rows: Sequence[_Line]) -> list[tuple[Span, list[Span]]] | None:
    if len({line.count("\t") for _, line in rows}) > 1:
        return None
    cut: list[tuple[Span, list[Span]]] = []
    for start, line in rows:
        cells, begin = [], 0
        for cell in line.split("\t"):
            cells.append(_trimmed(line, begin, begin + len(cell), start))
            begin += len(cell) + 1
        cut.append((_trimmed(line, 0, len(line), start), cells))
    return cut


def _by_blanks(rows: Sequence[_Line]) -> list[tuple[Span, list[Span]]] | None:
    width = max(len(line) for _, line in rows)
    if width > _LONGEST * 4:
        return None
    filled = {place for _, line in rows for place, character in enumerate(line) if character != " "}
    begins = [place for place in sorted(filled) if place - 1 not in filled]
    starts = begins[:1] + [place for place in begins[1:] if place - 2 not in filled]
    if len(starts) < 2 or not all(_fits(line, starts) for _, line in rows):
        return None
    edges = [*starts[1:], width]
    return [
        (
            _trimmed(line, 0, len(line), start),
            [_trimmed(line, begin, end, start) for begin, end in zip(starts, edges, strict=True)],
        )
        for start, line in rows
    ]


def _fits(line: str, starts: Sequence[int]) -> bool:
    """Whether a line has at least two cells, and each of them begins at one of the places, or ends before the next."""
    begun = [gap.end() for gap in _GAP.finditer(line.rstrip()) if gap.start() > 0]
    return bool(begun) and len(line) > starts[1]
