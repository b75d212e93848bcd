"""What a document is made of, by place: its headings, blocks and tables."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from index.document.blocks import Blocks, BlockWriter
from index.types import TITLE_LEVEL, Article, Block, Document, ScannedSpan, Span


@dataclass(frozen=True)
class Structure:
    """The blocks of one document, in order. `breaks` are places at which headings end: where another part begins."""

    blocks: Blocks
    breaks: tuple[int, ...] = ()
    scanned: tuple[ScannedSpan, ...] = ()

    def headings(self, at: int) -> tuple[Span, ...]:
        """The headings above the character `at` that hold for it, outermost first; none holds for itself.

        The title of a table holds for its rows, and for the notes among them.
        The marks before a block, as `##`, and the white space are of the block, and not of the part before.
        """
        at = self._into_block(at)
        begun = self.breaks[bisect_right(self.breaks, at) - 1] if self.breaks and self.breaks[0] <= at else 0
        starts, blocks, parents = self._headings
        place = bisect_right(starts, at) - 1
        if place >= 0 and blocks[place].span.end > at:
            place = parents[place]
        path: list[Span] = []
        while place >= 0 and starts[place] >= begun:
            if at < self._ends.get(place, at + 1):
                path.append(blocks[place].span)
            place = parents[place]
        return tuple(reversed(path))

    def _into_block(self, at: int) -> int:
        """The character `at` where it stands in a block; else where the next one begins, if there is one."""
        place = bisect_left(self._starts, at)
        is_between = self.block(at) is None and place < len(self._starts)
        return self._starts[place] if is_between else at

    def block(self, at: int) -> Block | None:
        """The block in which the character `at` stands; None for the white space and the marks between blocks."""
        place = bisect_right(self._starts, at) - 1
        block = self.blocks[place] if place >= 0 else None
        return block if block is not None and block.span.end > at else None

    def following(self, at: int) -> Iterator[Block]:
        """The blocks that begin at or after the character `at`, in order, each made when it is asked for."""
        return (self.blocks[place] for place in range(bisect_left(self._starts, at), len(self.blocks)))

    def within(self, span: Span) -> tuple[Block, ...]:
        """The blocks that share a character with `span`, in order."""
        first = max(0, bisect_right(self._starts, span.start) - 1)
        last = bisect_left(self._starts, span.end)
        return tuple(block for block in self.blocks[first:last] if block.span.overlap(span))

    def scanned_in(self, span: Span) -> tuple[ScannedSpan, ...]:
        """The words in `span` that were read by OCR, in order."""
        return tuple(word for word in self.scanned if word.span.overlap(span))

    def rows(self, table: int) -> tuple[Block, ...]:
        """The rows of one table of the document, its heads first; none where there is no such table."""
        return tuple(self.blocks[place] for place in self.blocks.table(table))

    def tables(self, span: Span) -> tuple[int, ...]:
        """The tables of which rows share a character with `span`, in order."""
        rows = (block.table for block in self.within(span) if block.kind == "row")
        return tuple(dict.fromkeys(number for number in rows if number is not None))

    def heading_blocks(self) -> tuple[Block, ...]:
        """Every heading, in order; no other block is made for it."""
        return tuple(self._headings[1])

    def heading_spans(self) -> tuple[Span, ...]:
        """Where each heading stands, in order."""
        return tuple(block.span for block in self._headings[1])

    @cached_property
    def _starts(self) -> list[int]:
        starts: list[int] = self.blocks.starts().tolist()
        return starts

    @cached_property
    def _headings(self) -> tuple[list[int], list[Block], list[int]]:
        """Where each heading starts, the headings, and which is the next further out of each; -1 for none."""
        blocks = [self.blocks[place] for place in self.blocks.places_of("heading")]
        parents: list[int] = []
        for place, heading in enumerate(blocks):
            outer = place - 1
            while outer >= 0 and blocks[outer].level >= heading.level:
                outer = parents[outer]
            parents.append(outer)
        return [block.span.start for block in blocks], blocks, parents

    @cached_property
    def _ends(self) -> dict[int, int]:
        """Where those of the headings end to hold that are titles of tables."""
        titles = [place for place, block in enumerate(self._headings[1]) if block.level >= TITLE_LEVEL]
        among_blocks = self.blocks.places_of("heading")
        return dict(zip(titles, self.blocks.table_ends([among_blocks[place] for place in titles]), strict=True))


def structure_of(document: Document, articles: Sequence[Article]) -> Structure:
    """The structure of `document`, which is made of `articles`."""
    return Structure(packed(document.blocks), breaks(articles))


def breaks(articles: Sequence[Article]) -> tuple[int, ...]:
    """Where each article begins, and where its byline does: no heading holds beyond its article, and what stands
    between title and byline, a picture's credit or a kicker, heads nothing below.
    """
    return tuple(sorted(place for article in articles for place in _begins(article)))


def _begins(article: Article) -> tuple[int, ...]:
    begin = article.span.start
    return (begin, article.byline.start) if article.byline and article.byline.start > begin else (begin,)


def packed(blocks: Sequence[Block]) -> Blocks:
    """`blocks` themselves where they are packed, else packed."""
    if isinstance(blocks, Blocks):
        return blocks
    writer = BlockWriter()
    table = -1
    for block in blocks:
        writer.attribute(block.author, block.date)
        if block.table is None:
            writer.add(block.kind, block.span.start, block.span.end, block.level)
            continue
        if block.table != table:
            table = block.table
            cells = next((other.cells for other in blocks if other.table == table and other.cells), ())
            writer.table([cell.head for cell in cells])
        if block.kind != "row":
            writer.note(block.span.start, block.span.end)
            continue
        edges = [edge for cell in block.cells for edge in (cell.span.start, cell.span.end)]
        writer.row(block.span.start, block.span.end, edges)
    return writer.done()
