"""Words that are looked for in an opened document: where they stand, whatever their case, accents and line breaks."""

from __future__ import annotations

import re
import unicodedata
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from threading import Lock

from index.store.page_image import page_at
from index.types import Document, Span
from index.words.tokens import fold
from rag.app.page.marked import block_starts, shown_at

MOST = 2_000
"""Places that are listed; a text that has more of them says so."""
LONGEST = 200
"""Characters that can be looked for."""
_READY = 4


class FoldedText:
    """A text made ready to be looked through. It is folded once, whatever is looked for afterwards."""

    def __init__(self, text: str) -> None:
        """Reads all of `text`."""
        self._text = text
        folds = {ord(char): _folded(char) for char in set(text)}
        # What does not become one character: where it begins and ends, and where what it became ends.
        self._starts, self._ends, self._after = array("Q"), array("Q"), array("Q")
        parts: list[str] = []
        at = size = 0
        for match in _uneven(folds).finditer(text):
            start, end = match.span()
            form = folds[ord(text[start])] if end == start + 1 else " "
            parts += (text[at:start].translate(folds), form)
            size += start - at + len(form)
            at = end
            self._starts.append(start)
            self._ends.append(end)
            self._after.append(size)
        self._folded = "".join((*parts, text[at:].translate(folds)))

    def find(self, words: str) -> list[Span]:
        """Where `words` stand, in order and apart; any white space between two of them is as good as any other.

        One more than `MOST` where there are more.
        """
        form = " ".join("".join(map(_folded, words)).split())
        return list(islice(self._apart(form), MOST + 1)) if form else []

    def _apart(self, form: str) -> Iterator[Span]:
        """The places in the text itself; a letter that is folded to several is taken whole, and once."""
        before, at = 0, self._folded.find(form)
        while at >= 0:
            start, end = self._origin(at), self._origin(at + len(form) - 1) + 1
            while end < len(self._text) and unicodedata.combining(self._text[end]):
                end += 1
            if start >= before:
                yield Span(start, end)
                before = end
            at = self._folded.find(form, at + len(form))

    def _origin(self, at: int) -> int:
        """Which character of the text became the folded one at `at`."""
        passed = bisect_right(self._after, at)
        origin = int(self._ends[passed - 1]) + at - int(self._after[passed - 1]) if passed else at
        return min(origin, int(self._starts[passed])) if passed < len(self._starts) else origin


def _folded(char: str) -> str:
    """A character as it is compared; nothing of one that is not seen, as a soft hyphen."""
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) == "Cf" else fold(char)


def _uneven(folds: Mapping[int, str]) -> re.Pattern[str]:
    """What finds runs of white space, whatever is not seen among it, and the characters that do not become one."""
    unseen = "".join(re.escape(chr(code)) for code, form in folds.items() if not form)
    several = "".join(re.escape(chr(code)) for code, form in folds.items() if len(form) > 1)
    runs = rf"\s[\s{unseen}]*\s"
    return re.compile(rf"{runs}|[{unseen}{several}]" if unseen + several else runs)


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was found: where it begins and ends, as `shown_at` counts, and its page from 1, if it has any."""

    start: tuple[int, int]
    end: tuple[int, int]
    page: int | None = None


class Finder:
    """Looks through documents, and keeps the last few ready. Safe to use from several threads."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._reading = Lock()  # else a text is made ready by each who waits for it
        self._folded = lru_cache(_READY)(FoldedText)
        self._starts = lru_cache(_READY)(block_starts)

    def spans(self, document: Document, words: str) -> list[Span]:
        """As `FoldedText.find`."""
        with self._reading:
            folded = self._folded(document.text)
        return folded.find(words)

    def places(self, document: Document, spans: Sequence[Span]) -> list[Place]:
        """Where these spans, which are in order and apart, stand on the page that shows the whole text."""
        offsets = [edge for span in spans for edge in (span.start, span.end)]
        with self._reading:
            starts = self._starts(document.text)
        edges = list(shown_at(document.text, starts, offsets))
        pages = [page_at(document, span.start) if document.pages else None for span in spans]
        return [Place(*place) for place in zip(edges[::2], edges[1::2], pages, strict=True)]
