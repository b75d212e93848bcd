"""The lines that go on with the sentence above, though they open as an item of a list does.

A text that was cut at a width may begin a line with a number and a full stop, "the\\n12. of May", or with a dash.
"""

from __future__ import annotations

import re
from collections import Counter

from index.types import Span

_OPENING = re.compile(r"^[ \t]*(?:(?P<sign>[-*+•–◦▪·])|\(?(?P<place>\d{1,3}|[A-Za-z])[.)])[ \t]+(?=\S)", re.MULTILINE)
_ENDS = re.compile(r"[.!?…:;。！？][”’\"'»)\]*_]*$")
_NARROWEST = 50
"""Characters of a line above that may have been cut at a width; what is shorter may only lead to a list."""
_FULL = 0.8
"""Of the longest line of its paragraph; words are not cut, and who breaks lines by hand does so a little early."""
_LETTERS = 1000
"""Letters and signs come after all the numbers."""


def going_on(text: str, paragraph: Span) -> frozenset[int]:
    """Where those lines of a paragraph start.

    They are told by form: the line above is full and ends no sentence, and no other line of the paragraph has the same
    mark, or the one before or after it.
    """
    inside = paragraph.of(text)
    openings = list(_OPENING.finditer(inside))
    counts = Counter(map(_place, openings))
    width = max(map(len, inside.split("\n")))
    return frozenset(
        paragraph.start + opening.start()
        for opening in openings
        if _is_alone(_place(opening), counts) and _is_cut(inside, opening, width)
    )


def _place(opening: re.Match[str]) -> int:
    """The place of an item's mark among all marks: `b` comes after `a`, and 12 after 11."""
    mark = opening["sign"] or opening["place"]
    return int(mark) if mark.isdecimal() else _LETTERS + ord(mark)


def _is_alone(place: int, counts: Counter[int]) -> bool:
    return counts[place - 1] + counts[place] + counts[place + 1] == 1


def _is_cut(inside: str, opening: re.Match[str], width: int) -> bool:
    """Whether the line above an opening is about as long as a line gets there, and ends no sentence."""
    line = inside[: opening.start()].rstrip().rpartition("\n")[2]
    longest = max(_NARROWEST, _FULL * width)
    return len(line) >= longest and _ENDS.search(line) is None
