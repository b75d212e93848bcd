"""Words that are parted at the end of a line: which hyphens are of the word, and which only of the line."""

from __future__ import annotations

import re
from collections.abc import Iterable

from index.vectors.model_files import known_words

BREAK = "\ufffe"
"""How PDFium marks a hyphen at which a word is broken at a line's end."""
_WORD = re.compile(r"[^\W_]+(?:[-'’./@][^\W_]+)*")
_LEFT = re.compile(r"\S+$")
_RIGHT = re.compile(r"^\S+")


class Hyphens:
    """Judges by the words of one document, then by those that the embedding model knows whole."""

    def __init__(self, lines: Iterable[str]) -> None:
        """`lines` are all those of the document."""
        self._lines = lines
        self._words: frozenset[str] | None = None

    def joined(self, before: str, after: str) -> str | None:
        """Two lines as one, where the first ends in a hyphen that parts a word; None where it does not."""
        before, after = before.rstrip(), after.lstrip()
        if before[-1:] not in (BREAK, "-"):
            return None
        left, right = _LEFT.search(before[:-1]), _RIGHT.search(after)
        if not left or not right or not left[0][-1].isalnum():
            return None
        if not right[0][0].isalnum():
            return None
        return before[:-1] + ("-" if self._is_of_the_word(left[0], right[0]) else "") + after

    def within(self, line: str) -> str:
        """A line in which PDFium has joined what stood on two."""
        whole, *rest = line.split(BREAK)
        for piece in rest:
            whole = self.joined(whole + BREAK, piece) or f"{whole}-{piece}"
        return whole

    def _is_of_the_word(self, left: str, right: str) -> bool:
        """Kept beside digits, capitals, addresses and another hyphen; dropped where the whole is a word."""
        if not right[0].islower() or not left[-1].islower() or any(mark in left for mark in "-@/_"):
            return True
        if "@" in right or "/" in right or re.search(r"\.\w", right):
            return True
        first, last = _WORD.findall(left)[-1].casefold(), _WORD.findall(right)[0].casefold()
        if len(first) == 1:
            return True
        if self._knows(first + last):
            return False
        return self._knows(f"{first}-{last}") or self._knows(first)

    def _knows(self, word: str) -> bool:
        if self._words is None:
            self._words = frozenset(
                match.casefold() for line in self._lines for match in _WORD.findall(line.replace(BREAK, " "))
            )
        return word in self._words or word in known_words()
