"""The blocks and tables of an HTML page, and the text that they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from index.readers import grid
from index.readers.extracted import Composer
from index.types import TITLE_LEVEL, BlockKind

MOST_ROWS = 65_534
_MOST_COLUMNS = 1_000
"""What browsers read of a cell's span."""
_LONG_CELL = 400
_SENTENCE_ENDS, _LONG_BLOCK = frozenset(".!?…。！？:"), 120


@dataclass(slots=True)
class PageBlock:
    """A run of text that stands by itself."""

    text: str
    kind: BlockKind = "paragraph"
    level: int = 0
    quoted: int = 0
    """In how many quotations it stands."""
    zone: int = 0
    """The number of the aside, head or foot of the page that it is in, from 1; 0 for the page itself."""

    @property
    def is_spoken(self) -> bool:
        """Whether it seems to hold a sentence, as menus and lists of links do not."""
        return self.text[-1] in _SENTENCE_ENDS or len(self.text) > _LONG_BLOCK


@dataclass(slots=True)
class PageCell:
    """A cell of a table, with the columns and the rows that it spans."""

    columns: int = 1
    rows: int = 1
    is_head: bool = False
    blocks: list[PageBlock | PageTable] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """The text of each of its blocks; tables inside have none here."""
        return [block.text for block in self.blocks if isinstance(block, PageBlock)]


@dataclass(slots=True)
class PageTable:
    """A table, or a frame of one that lays out a page."""

    rows: list[list[PageCell]] = field(default_factory=list)
    quoted: int = 0
    captions: list[PageBlock] = field(default_factory=list)
    holds_tables: bool = False
    in_head: int = 0
    """How many rows stand in the part that is marked as the table's head."""

    @property
    def is_frame(self) -> bool:
        """Whether it but lays out a page: of one column, around other tables, or around long text without heads."""
        cells = [cell for row in self.rows for cell in row]
        is_long = any(len(cell.texts) > 1 or sum(map(len, cell.texts)) > _LONG_CELL for cell in cells)
        is_narrow = all(len(row) <= 1 for row in self.rows)
        return is_narrow or self.holds_tables or (is_long and not any(cell.is_head for cell in cells))

    def titled(self) -> Iterator[PageBlock]:
        """Its captions, as headings of its rows where they may be."""
        is_headed = not self.is_frame and bool(self.as_text())
        for caption in self.captions:
            if is_headed and not grid.is_note([caption.text]):
                caption.kind, caption.level = "heading", TITLE_LEVEL
            yield caption

    @property
    def marked(self) -> int | None:
        """How many of the first rows are marked as heads, blank ones left out; None where nothing is marked."""
        if not (self.in_head or any(cell.is_head for row in self.rows for cell in row)):
            return None
        count = next((at for at, row in enumerate(self.rows) if not row or not _is_head(row)), len(self.rows))
        first = self.rows[: max(count, self.in_head) if count < len(self.rows) else 0]
        return sum(any("".join(cell.texts).strip() for cell in row) for row in first)

    def as_text(self) -> str:
        """Its rows, a line each."""
        return "\n".join(filter(None, map(grid.row, self.places())))

    def places(self) -> Iterator[list[str]]:
        """Its rows as places, for `grid`."""
        cells = ([(" ".join(cell.texts), cell.columns, cell.rows) for cell in row] for row in self.rows)
        return grid.spread(cells, _MOST_COLUMNS)


def _is_head(row: Sequence[PageCell]) -> bool:
    return all(cell.is_head or not "".join(cell.texts).strip() for cell in row) and any(cell.is_head for cell in row)


@dataclass(slots=True)
class Page:
    """The blocks and tables of a page, in order, and what its head says. `heading` is its first."""

    blocks: list[PageBlock | PageTable] = field(default_factory=list)
    hidden: int = 0
    furniture: int = 0
    """How many blocks are left out as navigation and the like, which stand on every page of a site."""
    meta: dict[str, str] = field(default_factory=dict)
    title: str = ""
    heading: str = ""

    def hide(self, text: str) -> None:
        """Count text that is left out because nobody sees it."""
        self.hidden += len("".join(text.split()))

    def leave_out_zones(self) -> None:
        """Leave out the asides, heads and feet of the page in which nothing is a sentence."""
        blocks = [block for block in self.blocks if isinstance(block, PageBlock)]
        silent = {block.zone for block in blocks} - {block.zone for block in blocks if block.is_spoken} - {0}
        rest = [block for block in self.blocks if not (isinstance(block, PageBlock) and block.zone in silent)]
        if rest:
            self.furniture += len(self.blocks) - len(rest)
            self.blocks = rest

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines of the blocks, with a blank one between, each with how many quotations it stands in."""
        for block, following in zip(self.blocks, [*self.blocks[1:], None], strict=True):
            text = block.text if isinstance(block, PageBlock) else block.as_text()
            yield from ((block.quoted, line) for line in text.split("\n"))
            if not (_is_item(block) and _is_item(following)):
                yield block.quoted, ""

    def compose(self, composer: Composer) -> None:
        """Add the blocks, and count what is hidden or left out."""
        composer.hide_count(self.hidden)
        if self.furniture:
            composer.note(f"{self.furniture:,} menus, notices on cookies and the like left out")
        before: PageBlock | PageTable | None = None
        for block in self.blocks:
            if isinstance(block, PageTable):
                composer.table(block.places(), marked=block.marked)
            else:
                gap = "\n" if _is_item(block) and _is_item(before) else "\n\n"
                composer.block(block.text, gap, block.kind, block.level)
            before = block


def _is_item(block: PageBlock | PageTable | None) -> bool:
    return isinstance(block, PageBlock) and block.kind == "item"
