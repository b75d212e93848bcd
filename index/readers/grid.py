"""Rows of a table as lines of text: `| Name | Age |`. A sentence never crosses them, so a row can be quoted alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

ROWS_JUDGED = 10
_LONGEST_NAME = 80
_MOST_HEADS = 300
"""Characters of heads that are repeated for the embedding model, which reads little more than a page."""
_MOST_HEAD_ROWS = 3
_FEWEST_GAPS, _SHARE_OF_GAPS = 2, 1 / 3
"""So many rows, and such a share of those judged, have no label of their own where one label stands for several."""
_FEWEST_WORDS = 4
_ENDS_OF_SENTENCES = frozenset(".!?。！？")
"""A note has so many words, and ends as sentences do."""
JOINT = " · "
"""Between the heads of a column that stand above each other."""

LEFT, ABOVE = "\0left", "\0above"
"""What stands in a row at a place that the merged cell left of it, or above it, covers."""
COVERED = (LEFT, ABOVE)


@dataclass(frozen=True, slots=True)
class Heads:
    """Which rows of a table are its heads, from `start` to before `end`, and the name that they give each column.

    Rows before `start` are a title. `start == end` where there are no heads, and then no names.
    """

    start: int
    end: int
    names: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """The names as a row, shortened where it is long; empty where there are none."""
        return row(self.names)[:_MOST_HEADS]


def plain(cell: str) -> str:
    """A cell's text with white space made one blank."""
    return " ".join(cell.split())


def row(cells: Sequence[str]) -> str:
    """One line for a row, white space inside a cell made one blank; empty where every cell is."""
    return line([plain(cell) for cell in cells])


def line(cells: Sequence[str]) -> str:
    """`row` for cells that have no white space but blanks."""
    last = len(cells)
    while last and not cells[last - 1]:
        last -= 1
    return f"| {' | '.join(cells[:last])} |" if last else ""


def spread(rows: Iterable[Sequence[tuple[str, int, int]]], most: int) -> Iterator[list[str]]:
    """Rows of cells, each with the columns and the rows that it spans, as rows of places. Beyond `most` places a
    cell spans no more than its own.

    Where two cells claim a place, the one from the row above has it.
    """
    below: dict[int, int] = {}  # for how many rows more each column is covered from above
    for cells in rows:
        if not below and all(wide == high == 1 for _, wide, high in cells):
            yield [text for text, _, _ in cells]
            continue
        places: list[str] = []
        begun: dict[int, int] = {}
        for text, wide, high in cells:
            while len(places) in below:
                places.append(ABOVE)
            first = len(places)
            places += [text, *[LEFT] * (min(wide, most - first) - 1)]
            begun |= {column: high for column in range(first, len(places)) if high > 1}
        for column in sorted(column for column in below if column >= len(places)):
            places += [""] * (column - len(places)) + [ABOVE]
        yield places
        covered = {column: rest for column, rest in below.items() if column not in begun}
        below = {column: rest - 1 for column, rest in (covered | begun).items() if rest > 1}


def judged(rows: Iterable[Sequence[str]], marked: int | None = None) -> tuple[Heads, Iterator[Sequence[str]]]:
    """The heads of a table, and its rows again without those that are blank; labels that stand once cover the gaps
    below them."""
    filled = (places for places in rows if any(_own(places)))
    first = list(islice(filled, ROWS_JUDGED))
    heads = judge(first, marked)
    whole = chain(first, filled)
    labels = label_columns(first[heads.end :])
    return heads, chain(islice(whole, heads.end), covered(whole, labels) if labels else whole)


def label_columns(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first columns hold labels that stand once for several rows of data, with gaps below them."""
    width = max(map(len, rows), default=0)
    for column in range(width):
        values = [places[column] if column < len(places) else "" for places in rows]
        labels = [value.strip() for value in values if value.strip()]
        gaps = len(values) - len(labels)
        is_clear = gaps >= _FEWEST_GAPS and gaps >= _SHARE_OF_GAPS * len(values) and ABOVE not in values
        if not (is_clear and values[0].strip() and (column or len(set(labels)) == len(labels))):
            return column
    return 0


def covered(rows: Iterable[Sequence[str]], labels: int) -> Iterator[Sequence[str]]:
    """The rows, with `ABOVE` where one of the first `labels` columns has a gap that the label above it covers."""
    for places in rows:
        own = next((at for at, place in enumerate(places) if place.strip()), 0)  # 0 for a row that is blank
        gaps = min(own, labels)
        yield [*[ABOVE] * gaps, *places[gaps:]] if gaps else places


def is_note(places: Sequence[str]) -> bool:
    """Whether a row of a table of several columns is a note: a sentence that stands in its first place alone, and is of
    no column.
    """
    first, *others = ["", ""] if not places else [*_own(places), ""]
    if any(others) or ABOVE in places or len(first.split()) < _FEWEST_WORDS:
        return False
    return first[-1] in _ENDS_OF_SENTENCES


def is_label(places: Sequence[str]) -> bool:
    """Whether a row is one merged cell, as wide as the table."""
    return len(places) > 1 and all(place == LEFT for place in places[1:])


def only_cell(places: Sequence[str]) -> int | None:
    """The place of the only cell of a row that has something in it; None where there are several, or none."""
    filled = [at for at, text in enumerate(_own(places)) if text]
    return filled[0] if len(filled) == 1 else None


def cover(edges: list[int], places: Sequence[str], above: Sequence[int]) -> None:
    """Give the places that a merged cell covers the start and the end of that cell's value."""
    for at, place in enumerate(places):
        cell = slice(2 * at, 2 * at + 2)
        if place == LEFT and at:
            edges[cell] = edges[2 * at - 2 : 2 * at]
        elif place == ABOVE and 2 * at < len(above):
            edges[cell] = above[cell]


def judge(rows: Sequence[Sequence[str]], marked: int | None = None) -> Heads:
    """The heads of the table that begins with `rows`; the first `marked` of them are known to be heads or a title.

    Without that, or where the marked ones are but a title above heads that stand over numbers or dates, heads are the
    first row of more than one cell. They hold words, none is empty but perhaps the first,
    and no two are alike. They are two rows, where cells of the first stand over several columns that the second names.
    """
    width = max((sum(map(bool, _own(places))) for places in rows), default=0)
    start = next((at for at, places in enumerate(rows) if sum(map(bool, _own(places))) > 1 or width == 1), 0)
    if marked is not None and not (0 < marked <= start and _stands_over_values(rows[start:])):
        end = min(marked, _MOST_HEAD_ROWS + start, len(rows))
        if end == start + 1 and (names := _names_of_two(rows[start : start + 2])) and _is_sure(rows[start : start + 2]):
            return Heads(start, start + 2, names)
        return Heads(start, end, _joined(rows[start:end])) if start < end else Heads(0, 0)
    if len(rows) < 2 or width == 0:
        return Heads(0, 0)
    if names := _names_of_two(rows[start : start + 2]):
        return Heads(start, start + 2, names)
    names = _joined(rows[start : start + 1])
    is_head = _are_names(names, [rows[start]]) and not _begins_as_those_below(rows[start:])
    return Heads(start, start + 1, names) if is_head else Heads(0, 0)


def _begins_as_those_below(rows: Sequence[Sequence[str]]) -> bool:
    """Whether every row begins with a number or a date among words, the first as well: `Mon 12 May`, `15-18 May`."""
    firsts = (next(_own(places), "").split() for places in rows)
    return all(any(word[0].isdigit() for word in words) for words in firsts)


def _stands_over_values(rows: Sequence[Sequence[str]]) -> bool:
    """Whether below a name in the first row there are values in all others that are not empty."""
    heads, *others = map(tuple, map(_own, rows))
    below = ([row[at] for row in others if row[at : at + 1] not in ((), ("",))] for at in range(len(heads)))
    return any(head and values and all(map(_is_value, (values))) for head, values in zip(heads, below, strict=True))


def _names_of_two(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The names that two rows of heads give the columns; none where they are not such."""
    if len(rows) < 2 or not _stands_over(*rows):
        return ()
    names = _joined(_filled(*rows))
    return names if _are_names(names, rows) else ()


def _is_sure(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a second row of heads is one though only the first is marked: it repeats, or stands below bare gaps."""
    below = [text for text in _own(rows[1]) if text]
    return len(set(below)) < len(below) or LEFT not in rows[0]


def _own(places: Sequence[str]) -> Iterator[str]:
    """What stands in a row itself, without what other cells cover."""
    return ("" if place in COVERED else place.strip() for place in places)


def _stands_over(above: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a row has cells over several columns, and the one below it names those and no others.

    Where no cells are merged, a gap right of a cell is taken for such, if there are two cells or more.
    """
    top = list(_own(above)) + [""] * (len(below) - len(above))
    named = [column for column, text in enumerate(_own(below)) if text]
    gaps = {column for column in range(1, len(top)) if not top[column]}
    if not gaps or len(named) < 2 or (LEFT not in above and sum(map(bool, top)) < 2):
        return False
    return all(column in gaps or column + 1 in gaps or not top[column] for column in named)


def _filled(above: Sequence[str], below: Sequence[str]) -> list[Sequence[str]]:
    """Two rows of heads, the gaps of the first taken for merged cells where it has none."""
    if LEFT in above:
        return [above, below]
    begun = next((column for column, text in enumerate(_own(above)) if text), 0)
    padded = [*above, *[""] * (len(below) - len(above))]
    return [[LEFT if column > begun and not text else text for column, text in enumerate(padded)], below]


def _joined(rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The name of each column: what stands over it, from top to bottom."""
    width = max(map(len, rows))
    names: list[list[str]] = [[] for _ in range(width)]
    last: list[str] = [""] * width
    for places in rows:
        values: list[str] = []
        for at in range(width):
            place = places[at] if at < len(places) else ""
            covered = {LEFT: values[-1] if values else "", ABOVE: last[at]}
            values.append(covered.get(place, plain(place)))
        for at, value in enumerate(values):
            if value and names[at][-1:] != [value]:
                names[at].append(value)
        last = values
    while names and not names[-1]:
        names.pop()
    return tuple(JOINT.join(parts) for parts in names)


def _are_names(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    named = names if names and names[0] else names[1:]
    own = [text for places in rows for text in _own(places) if text]
    return (
        bool(named)
        and all(named)
        and len(set(named)) == len(named)
        and not any(map(_is_value, own))
        and max(map(len, own)) <= _LONGEST_NAME
    )


def _is_value(cell: str) -> bool:
    """Whether a cell holds a number, an amount or a date and no name."""
    digits = sum(character.isdigit() for character in cell)
    letters = sum(character.isalpha() for character in cell)
    return digits > letters and not (cell.isdigit() and len(cell) == 4)  # a year may head a column
