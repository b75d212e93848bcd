"""RTF documents: paragraphs, lists, tables and headings, as their control words give them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, replace

from index.errors import UnreadableFile
from index.readers import grid
from index.readers.extracted import Composer, Extracted

_TOKEN = re.compile(
    rb"\\([A-Za-z]{1,32})(-?\d{1,10})? ?|\\'([0-9A-Fa-f]{2})|\\([^A-Za-z])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\"
)
_UNREAD = frozenset(
    "fonttbl colortbl stylesheet info pict object themedata colorschememapping datastore latentstyles listtable "
    "listoverridetable rsidtbl generator xmlnstbl header headerl headerr headerf footer footerl footerr footerf "
    "fldinst bkmkstart bkmkend annotation atnid atnauthor atntime atnref revtbl filetbl ftnsep ftnsepc aftnsep "
    "mmathPr wgrffmtfilter nonshppict listtext pntext".split()
)
"""Groups that hold no text of the document."""
_BOXES = frozenset({"shpinst", "shptxt"})
_LISTS = frozenset({"ls", "pnlvlblt", "pnlvlbody"})
_COVERS = {"clvmrg": grid.ABOVE, "clmrg": grid.LEFT}
_CHARACTERS = {
    "line": "\n", "tab": "\t", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ",
}  # fmt: skip
_CODE_PAGES = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_MOST_CELLS = 1_000
_DEEPEST = 10_000


@dataclass(frozen=True, slots=True)
class _Group:
    """What holds until a group ends."""

    is_unread: bool = False
    is_hidden: bool = False
    fallback: int = 1
    """Characters to pass over after one that is given by its number."""


@dataclass(slots=True)
class _Paragraph:
    pieces: list[str] = field(default_factory=list)
    level: int = 0
    is_item: bool = False
    in_table: bool = False


def read_rtf(data: bytes) -> Extracted:
    """The text of an RTF document; hidden text is left out and counted.

    Raises: UnreadableFile, when it is none, or nests deeper than any program writes.
    """
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableFile("named as an RTF document, but holds none")
    reading = _Reading()
    at = 0
    while match := _TOKEN.match(data, at):
        at = match.end() + reading.take(match)
    reading.finish()
    return reading.composer.done()


class _Reading:
    def __init__(self) -> None:
        self.composer = Composer()
        self._groups = [_Group()]
        self._encoding = "cp1252"
        self._bytes = bytearray()
        self._skip = 0
        self._is_optional = False
        self._paragraph = _Paragraph()
        self._after_item = False
        self._cells: list[str] = []
        self._covers: list[str] = []
        self._cover = ""
        self._rows: list[list[str]] = []
        self._marked = 0

    def take(self, match: re.Match[bytes]) -> int:
        """Take a token; how many bytes after it are no text."""
        word, number, code, symbol, brace, text = match.groups()
        if code is not None or text is not None:
            raw = bytes([int(code, 16)]) if code is not None else text
            self._bytes += raw[self._skip :]
            self._skip = max(0, self._skip - len(raw))
            return 0
        if word is None and symbol is None and brace is None:
            return 0  # the end of a line, which means nothing
        self._flush()
        if word == b"bin":
            return max(0, int(number or 0))
        if word is not None:
            self._word(word.decode("ascii"), None if number is None else int(number))
        elif symbol is not None:
            self._symbol(symbol)
        elif brace is not None:
            self._brace(brace)
        return 0

    def finish(self) -> None:
        """Place what is still open."""
        self._flush()
        self._end_paragraph()
        self._end_table()

    def _brace(self, brace: bytes) -> None:
        self._skip = 0
        self._is_optional = False
        if brace == b"{":
            if len(self._groups) > _DEEPEST:
                raise UnreadableFile("not read: its groups nest too deep")
            self._groups.append(self._groups[-1])
        elif len(self._groups) > 1:
            self._groups.pop()

    def _symbol(self, symbol: bytes) -> None:
        if symbol == b"*":
            self._is_optional = True
        elif self._skip:
            self._skip -= 1
        else:
            self._write(
                {b"~": "\u00a0", b"_": "-", b"-": "", b"\n": "\n", b"\r": "\n"}.get(symbol, symbol.decode("latin-1"))
            )

    def _word(self, word: str, number: int | None) -> None:
        if word in _UNREAD or (self._is_optional and word not in _BOXES):
            self._set(is_unread=True)
        elif word == "u" and number is not None:
            self._write(chr(number % 65_536))
            self._skip = self._groups[-1].fallback
        elif word == "uc":
            self._set(fallback=max(0, min(number or 0, 100)))
        elif word in ("v", "deleted"):
            self._set(is_hidden=number != 0)
        elif word == "plain":
            self._set(is_hidden=False)
        elif word in _CHARACTERS:
            self._write(_CHARACTERS[word])
        elif word == "ansicpg" or word in _CODE_PAGES:
            self._encoding = _known(_CODE_PAGES.get(word, f"cp{number}"))
        else:
            self._structure(word, number)
        self._is_optional = False

    def _structure(self, word: str, number: int | None) -> None:
        if self._groups[-1].is_unread:
            return
        if word in ("par", "sect", "page"):
            self._end_paragraph()
        elif word == "pard":
            self._paragraph = _Paragraph(self._paragraph.pieces)
        elif word == "outlinelevel" and number is not None:
            self._paragraph.level = min(number + 1, 6) if 0 <= number < 9 else 0
        elif word in _LISTS:
            self._paragraph.is_item = number != 0
        elif word == "intbl":
            self._paragraph.in_table = True
        else:
            self._table(word)

    def _table(self, word: str) -> None:
        if word == "trowd":
            self._covers, self._cover = [], ""
        elif word in _COVERS:
            self._cover = _COVERS[word]
        elif word == "cellx":
            self._covers.append(self._cover)
            self._cover = ""
        elif word == "trhdr" and self._marked == len(self._rows):
            self._marked += 1
        elif word == "cell" and len(self._cells) < _MOST_CELLS:
            self._cells.append(self._text())
        elif word in ("nestcell", "nestrow"):
            self._paragraph.pieces.append(" ")
        elif word == "row":
            covers = self._covers + [""] * len(self._cells)
            self._rows.append([cover or cell for cell, cover in zip(self._cells, covers, strict=False)])
            self._cells = []

    def _set(self, **changes: bool | int) -> None:
        self._groups[-1] = replace(self._groups[-1], **changes)  # type: ignore[arg-type]

    def _flush(self) -> None:
        if self._bytes:
            self._write(self._bytes.decode(self._encoding, "replace"))
            self._bytes.clear()

    def _write(self, text: str) -> None:
        group = self._groups[-1]
        if group.is_unread:
            return
        if group.is_hidden:
            self.composer.hide(text)
        else:
            self._paragraph.pieces.append(text)

    def _text(self) -> str:
        """The text of the paragraph, which is then empty; characters that are given as two halves made whole."""
        text = "".join(self._paragraph.pieces).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        self._paragraph.pieces = []
        return text.strip()

    def _end_paragraph(self) -> None:
        if self._paragraph.in_table or self._cells:
            self._paragraph.pieces.append("\n")
            return
        text = self._text()
        if not text:
            return
        self._end_table()
        level, is_item = self._paragraph.level, self._paragraph.is_item and not self._paragraph.level
        if is_item:
            self.composer.block(f"- {text}", "\n" if self._after_item else "\n\n", "item")
        else:
            self.composer.block(text, kind="heading" if level else "paragraph", level=level)
        self._after_item = is_item

    def _end_table(self) -> None:
        if self._cells:
            self._rows.append(self._cells)
        if self._rows:
            self.composer.table(self._rows, marked=self._marked or None)
            self._after_item = False
        self._rows, self._cells, self._marked = [], [], 0


def _known(encoding: str) -> str:
    try:
        return codecs.lookup(encoding).name
    except LookupError:
        return "cp1252"
