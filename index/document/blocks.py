"""The blocks of a document, packed: a cell of a table takes a few bytes, and a block is made when it is asked for."""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np
import numpy.typing as npt

from index.types import Block, BlockKind, Cell, Span

_KINDS: tuple[BlockKind, ...] = ("heading", "paragraph", "item", "row", "furniture")
_NUMBERS: dict[BlockKind, int] = {kind: number for number, kind in enumerate(_KINDS)}
_FIXED = 6
"""Numbers that every record begins with: kind, start, end, level or table + 1, author + 1, date + 1. The start and the
end of each cell follow."""
_OF_TABLES = [_NUMBERS["row"], _NUMBERS["paragraph"]]
"""The kinds of blocks that a table is made of."""
_NONE = array("i")


class Blocks(Sequence[Block]):
    """Blocks in order, each made when it is asked for. Nothing changes after it is made."""

    __slots__ = ("_heads", "_names", "_numbers", "_places")

    def __init__(
        self,
        numbers: Sequence[int] = _NONE,
        places: Sequence[int] = (0,),
        heads: Sequence[Sequence[str]] = (),
        names: Sequence[str] = (),
    ) -> None:
        """Records of `numbers` that begin at `places`, whose last is the end; the heads of each table; all names."""
        self._numbers: npt.NDArray[np.int32] = np.array(numbers, dtype=np.int32)
        self._places: npt.NDArray[np.int32] = np.array(places, dtype=np.int32)
        self._heads = tuple(map(tuple, heads))
        self._names = tuple(names)

    def __len__(self) -> int:
        return len(self._places) - 1

    @overload
    def __getitem__(self, at: int) -> Block: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Block, ...]: ...

    def __getitem__(self, at: int | slice) -> Block | tuple[Block, ...]:
        if isinstance(at, slice):
            return tuple(map(self._block, range(*at.indices(len(self)))))
        if not -len(self) <= at < len(self):
            raise IndexError(f"There are {len(self)} blocks, and {at} is none of them.")
        return self._block(at % len(self))

    def __iter__(self) -> Iterator[Block]:
        return map(self._block, range(len(self)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Blocks({len(self)})"

    def starts(self) -> npt.NDArray[np.int32]:
        """Where each block starts."""
        return self._numbers[self._places[:-1] + 1]

    def places_of(self, kind: BlockKind) -> list[int]:
        """Which of the blocks are of `kind`, counted from 0."""
        places: list[int] = np.flatnonzero(self._numbers[self._places[:-1]] == _NUMBERS[kind]).tolist()
        return places

    def table(self, number: int) -> list[int]:
        """Which of the blocks are rows of the table of this number, counted from 0."""
        first = self._places[:-1]
        is_row = self._numbers[first] == _NUMBERS["row"]
        rows: list[int] = np.flatnonzero(is_row & (self._numbers[first + 3] == number + 1)).tolist()
        return rows

    def table_ends(self, places: Sequence[int]) -> list[int]:
        """Where the next table ends after each of these blocks, counted from 0; before them where none follows."""
        first = self._places[:-1]
        tables = np.where(np.isin(self._numbers[first], _OF_TABLES), self._numbers[first + 3], 0)
        inside = np.flatnonzero(tables)
        if not len(inside):
            return [0] * len(places)
        following = np.minimum(np.searchsorted(inside, places), len(inside) - 1)
        last = np.searchsorted(tables[inside], tables[inside[following]], side="right") - 1
        ends: list[int] = self._numbers[first[inside[last]] + 2].tolist()
        return ends

    def heads(self, number: int) -> tuple[str, ...]:
        """The heads of the columns of the table of this number."""
        return tuple(self._heads[number])

    def data(self, number: int) -> list[tuple[int, ...]]:
        """The rows of data of the table of this number: where each starts and ends, then each of its cells."""
        numbers, places = self._numbers.tolist(), self._places.tolist()
        records = (numbers[places[at] : places[at + 1]] for at in self.table(number))
        return [(*record[1:3], *record[_FIXED:]) for record in records if len(record) > _FIXED]

    def pack(self) -> bytes:
        """The blocks as bytes, for `unpack`."""
        head = json.dumps([len(self._numbers), self._heads, self._names]).encode()
        steps = np.concatenate((np.diff(self._numbers, prepend=0), np.diff(self._places, prepend=0))).astype("<i4")
        return head + b"\n" + zlib.compress(steps.tobytes(), 1)

    @classmethod
    def unpack(cls, packed: bytes) -> Blocks:
        """The blocks that `pack` made into `packed`; none where that is empty."""
        if not packed:
            return cls()
        head, _, body = packed.partition(b"\n")
        count, heads, names = json.loads(head)
        steps = np.frombuffer(zlib.decompress(body), dtype="<i4")
        numbers, places = (np.cumsum(part, dtype=np.int32) for part in (steps[:count], steps[count:]))
        return cls(numbers, places, heads, names)  # type: ignore[arg-type]

    def _block(self, at: int) -> Block:
        first, last = self._places[at : at + 2].tolist()
        kind, start, end, number, author, date, *cells = self._numbers[first:last].tolist()
        is_of_table = kind in _OF_TABLES
        heads = self._heads[number - 1] if cells else ()
        return Block(
            kind=_KINDS[kind],
            span=Span(start, end),
            level=0 if is_of_table else number,
            cells=tuple(
                Cell(heads[column] if column < len(heads) else "", Span(*cells[2 * column : 2 * column + 2]))
                for column in range(len(cells) // 2)
            ),
            table=number - 1 if is_of_table and number else None,
            author=self._names[author - 1] if author else None,
            date=self._names[date - 1] if date else None,
        )


class BlockWriter:
    """Takes the blocks of a text in order."""

    def __init__(self) -> None:
        """Nothing is there yet."""
        self._numbers = array("i")
        self._places = array("i", [0])
        self._heads: list[Sequence[str]] = []
        self._names: dict[str, int] = {}
        self._author = self._date = 0

    def attribute(self, author: str | None, date: str | None) -> None:
        """The blocks from here on are by `author`, of `date`."""
        self._author, self._date = self._name(author), self._name(date)

    def add(self, kind: BlockKind, start: int, end: int, level: int = 0) -> None:
        """Add a block that is no row."""
        self._numbers.extend((_NUMBERS[kind], start, end, level, self._author, self._date))
        self._places.append(len(self._numbers))

    def copy(self, blocks: Blocks, offset: int) -> None:
        """Add the blocks of a text that stands at `offset` in this one."""
        last: int | None = None
        for block in blocks:
            self.attribute(block.author, block.date)
            start, end = block.span.start + offset, block.span.end + offset
            if block.table is None:
                self.add(block.kind, start, end, block.level)
                continue
            if block.table != last:
                self.table(blocks.heads(block.table))
                last = block.table
            if block.kind != "row":
                self.note(start, end)
                continue
            self.row(start, end, [offset + at for cell in block.cells for at in (cell.span.start, cell.span.end)])
        self.attribute(None, None)

    def table(self, heads: Sequence[str]) -> None:
        """The rows from here on are of another table; `heads` are those of its columns."""
        self._heads.append(heads)

    def row(self, start: int, end: int, cells: Sequence[int] = ()) -> None:
        """Add a row of the table last begun; of a row of data with the start and the end of each of its `cells`."""
        self._numbers.extend((_NUMBERS["row"], start, end, len(self._heads), self._author, self._date))
        self._numbers.extend(cells)
        self._places.append(len(self._numbers))

    def note(self, start: int, end: int) -> None:
        """Add a paragraph that stands among the rows of the table last begun."""
        self.add("paragraph", start, end, len(self._heads))

    def done(self) -> Blocks:
        """All that was added."""
        return Blocks(self._numbers, self._places, self._heads, tuple(self._names))

    def _name(self, text: str | None) -> int:
        return self._names.setdefault(text, len(self._names) + 1) if text else 0
