"""The values that pass between the parts of the index. All offsets count characters of decoded text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
"""Unit-length float32 rows, shape (n, dimension)."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters, `text[start:end]`."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """The exact characters of `text` in this range."""
        return text[self.start : self.end]

    def __len__(self) -> int:
        return self.end - self.start

    def trimmed(self, text: str) -> Span:
        """This span without the white space at both ends; empty at its start, where there is nothing else."""
        inside = self.of(text)
        start = self.start + (len(inside) - len(inside.lstrip())) * bool(inside.strip())
        return Span(start, start + len(inside.strip()))

    def contains(self, other: Span) -> bool:
        """Whether `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlap(self, other: Span) -> int:
        """How many characters the two spans share."""
        return max(0, min(self.end, other.end) - max(self.start, other.start))


@dataclass(frozen=True, slots=True)
class Word:
    """A word as it stands, where it stands, the stem it is matched by, and whether it means nothing by itself."""

    text: str
    span: Span
    stem: str
    is_stop: bool


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document that its format marks, as a sheet, a slide, a chapter or a message, and what it says of it.

    `columns` are the heads of a table's columns, empty where it has none, and None where the part is no table.
    """

    span: Span
    title: str | None = None
    outlet: str | None = None
    author: str | None = None
    date: str | None = None
    columns: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle on a page, in parts of its width and height, from its left upper corner."""

    left: float
    top: float
    width: float
    height: float

    def is_beside(self, other: Frame) -> bool:
        """Whether `other` stands right of this one on the same line."""
        middle = other.top + other.height / 2
        return self.top <= middle <= self.top + self.height and other.left >= self.left

    def around(self, other: Frame) -> Frame:
        """The smallest one that holds both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        right = max(self.left + self.width, other.left + other.width)
        foot = max(self.top + self.height, other.top + other.height)
        return Frame(left, top, right - left, foot - top)


@dataclass(frozen=True, slots=True)
class ScannedSpan:
    """A word of a document's text that was read by OCR: how sure that is, 0 to 1, and where it stands on its page."""

    span: Span
    confidence: float
    frame: Frame


QUESTION_LEVEL = 7
"""The level of a question that heads what answers it in a conversation: below all headings that a format has."""
TITLE_LEVEL = 8
"""The level of a table's title, which holds for that table alone; a second row of a title is one level below."""
BlockKind = Literal["heading", "paragraph", "item", "row", "furniture"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table's row."""

    head: str
    """The heads of its column, joined from top to bottom with ` · `; empty where there are none."""
    span: Span
    """Where the value stands in the document's text; that of a merged cell may stand in an earlier row. Empty where
    the cell is."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a document's text as its format marks it: `span` is exact, and no two blocks overlap."""

    kind: BlockKind
    span: Span
    """A heading's is of its words, without the marks around them."""
    level: int = 0
    """Of a heading, 1 to 6, `QUESTION_LEVEL`, or from `TITLE_LEVEL` on."""
    cells: tuple[Cell, ...] = ()
    """Of a row of data, in the order of the columns, merged cells repeated into every row that they span. The rows of
    heads, and a row that is one cell as wide as the table, have none."""
    table: int | None = None
    """Which table of the document a row is of, or a note among its rows, from 0."""
    author: str | None = None
    """Of a quoted or forwarded part of a mail, or of a turn in a conversation, where it is printed."""
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One file's text as it was read, known by its content: equal bytes make one document, whatever the paths.

    `sha256` is the digest of the file's bytes. `id` is its first 16 hex digits, or where the bytes are no plain text,
    those of the digest of the reader's name and `sha256`, since another reader would find another text in them.
    """

    id: str
    sha256: str
    text: str
    encoding: str
    replaced: int = 0
    """Characters that could not be decoded, or were dropped (NUL), while reading."""
    hidden: int = 0
    """Characters left out because a person who opens the file does not see them."""
    pages: tuple[int, ...] = ()
    """Where each page or slide begins, the first at 0; empty where the format has none."""
    sections: tuple[Section, ...] = ()
    """In order and apart; empty where the text alone tells its articles."""
    notes: tuple[str, ...] = ()
    """What else was not read of the file, in words for a person."""
    scanned: tuple[ScannedSpan, ...] = ()
    """The words that were read by OCR, in order."""
    blocks: Sequence[Block] = ()
    """In order and apart. What stands between two is white space, or marks such as the rule below a table's heads."""


@dataclass(frozen=True, slots=True)
class Article:
    """One article of a document. Fields that the document does not print are empty, never guessed."""

    document_id: str
    ordinal: int
    span: Span
    title: str | None = None
    outlet: str | None = None
    author: str | None = None
    date: str | None = None
    """ISO, as exact as printed: `2017-09-07`, `2017-09` or `2017`."""
    headline: Span | None = None
    byline: Span | None = None
    columns: str | None = None
    """The heads of a table's columns, as `Section` has them; None for what is no table."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one article: `document.text[start:end] == text`.

    `page` is the one, from 1, on which every sentence of it begins; None where the format has no pages.
    """

    id: str
    document_id: str
    article: int
    start: int
    end: int
    text: str
    page: int | None = None

    @property
    def span(self) -> Span:
        """Where the passage lies in its document."""
        return Span(self.start, self.end)


def passage_id(document_id: str, span: Span) -> str:
    """The one name of a passage: `document:start-end`."""
    return f"{document_id}:{span.start}-{span.end}"


def document_of(passage: str) -> str:
    """The document in the name of a passage."""
    return passage.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a passage comes from, as shown to a person. Paths are relative to the indexed folder."""

    document_id: str
    path: str
    sha256: str
    title: str | None
    outlet: str | None
    author: str | None
    date: str | None
    also: tuple[str, ...] = ()
    """The other paths where the same content lies, sorted; `path` is the first of them all."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that one search leg returned. `rank` counts from 1; a larger `score` is better."""

    passage_id: str
    score: float
    rank: int


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was not indexed, and why, in words for a person."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What was left out of a file that was indexed, in words for a person."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class IndexState:
    """Which generation of an index answers, and how much it holds."""

    generation: str
    documents: int
    passages: int


Change = Literal["new", "changed", "moved", "deleted", "unchanged", "kept"]


@dataclass(frozen=True, slots=True)
class FileChange:
    """What became of one file since the last run; `was` is the path that a moved one had before."""

    path: str
    change: Change
    was: str | None = None


@dataclass(frozen=True, slots=True)
class Loss:
    """A folder or file that was indexed and below which too much is gone at once: so many of the files known."""

    place: str
    """Its path, as shown."""
    gone: int
    known: int


@dataclass(frozen=True, slots=True)
class Report:
    """What one indexing run did. `embedded` counts passages embedded anew, `reused` those that were not."""

    generation: str
    files: dict[Change, int]
    skipped: tuple[Skipped, ...]
    documents: int
    articles: int
    passages: int
    embedded: int
    reused: int
    seconds: dict[str, float]
    """Wall seconds by stage: read, embed, store, publish, total."""
    remarks: tuple[Remark, ...] = ()
    hidden: int = 0
    """Hidden characters left out, in all files together; `remarks` has those of each."""
    hidden_files: int = 0
    """Dot files and dot folders passed over."""
    excluded: int = 0
    """Files and folders that the patterns leave out."""
    lost: tuple[Loss, ...] = ()
    """Where files are gone, and were kept all the same."""
    owed: str | None = None
    """What could not be done after all this was in use, and is done by the next run."""


class Embedder(Protocol):
    """Turns text into unit vectors. Deterministic for one fingerprint."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text would get another vector."""
        ...

    @property
    def dimension(self) -> int:
        """The width of every vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit row a text, in order; shape (len(texts), dimension)."""
        ...
