"""Comma-separated values and their kin: a row a line, the first row's names kept as the heads of the columns."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from index.readers import grid
from index.readers.decode import decode
from index.readers.extracted import Composer, Extracted

_DELIMITERS = ",;\t|"
_LINES_JUDGED = 50
_LARGEST_CELL = 100_000_000
_RUNAWAY = 200
"""Lines in one cell: a quotation mark that was never closed has swallowed the rows below it."""


def read_table(data: bytes) -> Extracted:
    """The rows of a table in text form, whatever separates its cells.

    Raises: UnreadableFile, when the bytes are not text.
    """
    decoded = decode(data)
    csv.field_size_limit(_LARGEST_CELL)
    text, delimiter = _delimiter(decoded.text)
    composer = Composer(decoded.encoding)
    quoted = not any(cell.count("\n") > _RUNAWAY for cells in _rows(text, delimiter) for cell in cells)
    heads, rows = grid.judged(_rows(text, delimiter, quoted=quoted))
    composer.section(columns=heads.line)
    composer.table(rows, heads)
    return composer.done(replaced=decoded.replaced)


def _rows(text: str, delimiter: str, *, quoted: bool = True) -> Iterator[list[str]]:
    return csv.reader(
        (line + "\n" for line in text.split("\n")),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skipinitialspace=True,
    )


def _delimiter(text: str) -> tuple[str, str]:
    """The text without Excel's own first line, and the character that cuts the most rows into equally many cells."""
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first) == 5:
        return rest, first[4]
    head = "".join(islice((line + "\n" for line in text.split("\n", _LINES_JUDGED)), _LINES_JUDGED))
    return text, max(_DELIMITERS, key=lambda delimiter: _fit(head, delimiter))


def _fit(text: str, delimiter: str) -> tuple[int, int]:
    widths = Counter(len(cells) for cells in _rows(text, delimiter) if cells)
    width, rows = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(0, 0))
    return (rows if width > 1 else 0), width
