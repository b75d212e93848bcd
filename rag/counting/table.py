"""A table of a document, read whole and column by column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import takewhile
from pathlib import PurePosixPath

import numpy as np

from index.document.blocks import Blocks
from index.types import Span, Word
from index.words.tokens import fold, stem, words
from rag.counting.amounts import Amounts, Mask, amounts_of, unit_of
from rag.lexicon import NEGATIONS

_TOTALS = frozenset(map(stem, ("total", "totals", "sum", "subtotal", "grand")))
_GENERIC = frozenset(map(stem, ("id", "name", "no", "nr", "number", "code", "ref", "title", "item", "key")))
"""Heads of the column that tells the rows apart which do not say what a row is."""
_IN_BRACKETS = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_SIGNS = re.compile(r"[£$€¥₹%]")
_PREAMBLE = 1_500
"""Characters above a table that may name it."""
_YES = frozenset(("yes", "y", "true", "x", "✓", "✔", "☑"))
_NO = frozenset((*NEGATIONS, "n", "n/a", "na", "false", "0", "-", "–", "—", "✗", "✘", "☐"))


@dataclass(frozen=True)
class Column:
    """A column of a table; `values` are those of its rows, with one space for each run of white space."""

    at: int
    head: str
    values: tuple[str, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """The stems of its head, without the unit, or what stands in brackets, that ends it."""
        *first, last = stems(_IN_BRACKETS.sub("", self.head)) or stems(self.head) or ("",)
        return frozenset(first if first and unit_of(last) else (*first, last))

    @cached_property
    def spoken(self) -> str:
        """Its head as it would be said: `loans_2024` as two words."""
        return _apart(self.head)

    @cached_property
    def is_label(self) -> bool:
        """Whether it is of words, each row's its own."""
        return self.kind == "words" and max(self.counted.values(), default=0) == 1

    @cached_property
    def counted(self) -> Counter[str]:
        """How often each value stands in it."""
        return Counter(self.values)

    @cached_property
    def amounts(self) -> Amounts | None:
        """Its cells as numbers or dates of one kind; None where they are not."""
        in_brackets = [text.strip(" ()[]") for text in _IN_BRACKETS.findall(self.head)]
        last = [word.text for word in _parts(self.head)[-1:]]
        units = (text for text in (*_SIGNS.findall(self.head), *in_brackets, *last) if unit_of(text))
        return amounts_of(self.values, next(units, ""))

    @cached_property
    def kind(self) -> str:
        """What its cells are: "words", "date", a kind of unit, or empty for plain numbers."""
        return "words" if self.amounts is None else self.amounts.kind

    @cached_property
    def is_partly_read(self) -> bool:
        """Whether some of its cells are no amounts, though most are: "free" among prices."""
        return self.amounts is not None and not np.all(self.amounts.has_one | self.where({""}))

    @property
    def is_date(self) -> bool:
        """Whether its cells are dates."""
        return self.kind == "date"

    @property
    def tells_when(self) -> bool:
        """Whether its cells are dates or years."""
        return self.amounts is not None and (self.is_date or self.amounts.have_years)

    @property
    def is_number(self) -> bool:
        """Whether its cells are numbers, and no dates."""
        return self.kind not in ("words", "date")

    def where(self, values: Collection[str]) -> Mask:
        """The rows whose value is one of `values`."""
        return np.array([value in values for value in self.values], dtype=bool)

    def denied(self) -> frozenset[str]:
        """The values that say no: "no", "none", "not renewable"."""
        return frozenset(filter(denies, self.counted))

    def affirmed(self) -> frozenset[str]:
        """The values that say yes: those that are no more than that, where there are any, else all that do not deny."""
        plain = frozenset(value for value in self.counted if _first_word(value) in _YES)
        return plain or frozenset(value for value in self.counted if value) - self.denied()


@dataclass(frozen=True)
class Table:
    """The rows of data of one table, but for rows of totals. `titles` name it: its file, title and headings."""

    document_id: str
    number: int
    text: str
    titles: tuple[str, ...]
    rows: tuple[Span, ...]
    columns: tuple[Column, ...]

    @cached_property
    def is_totalled(self) -> bool:
        """Whether one of its rows is of totals itself."""
        return any(_TOTALS & frozenset(stems(label)) for label in self.columns[0].counted)

    @cached_property
    def key(self) -> Column:
        """The column that tells the rows apart: the first whose values differ, else the first."""
        return next((column for column in self.columns if column.is_label), self.columns[0])

    @cached_property
    def labels(self) -> tuple[Column, ...]:
        """The columns at the table's beginning that each tell the rows apart, as a number and a name; else its key."""
        return tuple(takewhile(lambda column: column.is_label, self.columns)) or (self.key,)

    @cached_property
    def nouns(self) -> frozenset[str]:
        """Stems of what a row is called: the heads of its labels, or where they say nothing the words of its titles;
        and the last word of its file's name, where that is a plural.
        """
        heads = frozenset[str]().union(*(column.names for column in (self.key, *self.labels)))
        own = heads - _GENERIC
        name = [word for word in _parts(PurePosixPath(self.titles[0]).stem) if word.text.isalpha()][-1:]
        plural = {word.stem for word in name if word.text.endswith("s") and word.stem != fold(word.text)}
        return heads | plural | (frozenset() if own or plural else self.named)

    @cached_property
    def named(self) -> frozenset[str]:
        """Stems of the words of its titles."""
        return frozenset(word for title in self.titles for word in stems(title))

    @cached_property
    def above(self) -> tuple[str, ...]:
        """The words of its titles, and of the text above it."""
        start = self.rows[0].start
        texts = (*self.titles, self.text[max(0, start - _PREAMBLE) : start])
        return tuple(dict.fromkeys(word.text for text in texts for word in words(text)))

    def is_of(self, year: str) -> bool:
        """Whether its titles have a year that none of its rows has: all of them are of it."""
        amounts = filter(None, (column.amounts for column in self.columns))
        return stem(year) in self.named and not any(one.have_years for one in amounts)

    @cached_property
    def heads(self) -> frozenset[str]:
        """Stems of the heads of its columns, without their units."""
        return frozenset[str]().union(*(column.names for column in self.columns))

    @cached_property
    def names(self) -> frozenset[str]:
        """Stems of its titles and of all its heads."""
        return self.named.union(*(stems(column.head) for column in self.columns))

    def ledger_sum(self) -> Column | None:
        """The one column of money in a table of dated rows; None where it has none, or several."""
        kinds = [column.kind.partition(":")[0] for column in self.columns]
        is_ledger = "date" in kinds and kinds.count("money") == 1
        return self.columns[kinds.index("money")] if is_ledger else None


def read_table(document_id: str, number: int, text: str, blocks: Blocks, titles: tuple[str, ...]) -> Table | None:
    """The table of this number among the blocks of a text; None where it has no rows of data."""
    heads, data = blocks.heads(number), blocks.data(number)
    rows: list[Span] = []
    once: dict[str, str] = {}
    cells: list[list[str]] = []
    for start, end, *edges in data:
        read = (text[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
        values = [once.get(value) or once.setdefault(value, _even(value)) for value in read]
        if any(values) and not _is_subtotal(values):
            rows.append(Span(start, end))
            cells.append(values[: len(heads)] + [""] * (len(heads) - len(values)))
    if len(rows) > 1 and _is_total(cells[-1]):
        rows, cells = rows[:-1], cells[:-1]
    if not rows or not heads:
        return None
    columns = [
        Column(at, _even(head), values)
        for at, (head, values) in enumerate(zip(heads, zip(*cells, strict=True), strict=True))
    ]
    return Table(document_id, number, text, titles, tuple(rows), tuple(columns))


@lru_cache(maxsize=65536)
def stems(text: str) -> tuple[str, ...]:
    """The stems of a name, `price_gbp` and `inStock` by their parts."""
    return tuple(word.stem for word in _parts(text))


def only(columns: Sequence[Column]) -> Column | None:
    """The one column there is; None of several."""
    return columns[0] if len(columns) == 1 else None


def denies(value: str) -> bool:
    """Whether a cell says no by its first word: "no", "none", "not renewable"."""
    return _first_word(value) in _NO


def _first_word(value: str) -> str:
    return value.casefold().split(maxsplit=1)[0].strip(".,;:") if value else ""


def _parts(text: str) -> list[Word]:
    return words(_apart(text))


def _apart(text: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", text)


def _is_total(values: list[str]) -> bool:
    label = next((value for value in values if value), "")
    return bool(_TOTALS & frozenset(stems(label)))


def _is_subtotal(values: list[str]) -> bool:
    """Whether a row is of a total and of numbers, and has no words of its own."""
    own = {word for word in stems(" ".join(values)) if word.isalpha()}
    return _is_total(values) and own <= _TOTALS


def _even(text: str) -> str:
    return " ".join(text.split())
