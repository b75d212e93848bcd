"""The turns of an interview, of minutes or a chat that is kept as a text: who says which words.

A turn begins with a line that opens with a name and a colon. Form alone tells a conversation from a list of labels:
names take turns, nearly all of them again, one asks and another goes on, and what they say is written in sentences.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from index.types import QUESTION_LEVEL, Block, Span

_OPENING = re.compile(
    r"""^[ \t]*+(?P<time>\[?\d[\d:./,\ -]{2,24}(?:[AaPp][Mm])?\]?[ \t]*+(?:[-–—][ \t]*+)?)?  # when it was, in a chat
        (?:\*\*|__)?(?P<name>[^\W\d_][\w.’'-]{0,30}(?:\ [^\W\d_][\w.’'-]{0,30}){0,3})(?:\ ?\([^()\n]{1,40}\))?
        (?:\*\*|__)?:(?:\*\*|__)?(?:[ \t]+|[ \t]*\n[ \t]*)(?=\S)""",
    re.MULTILINE | re.VERBOSE,
)
_ENDS = re.compile(r"[.!?…。！？][”’\"')\]*_]*$")
_ASKS = re.compile(r"[?？][”’\"')\]*_]*$")
_ASKS_ALONE = re.compile(r"[^,;:.!?…。！？–—]+[?？][”’\"')\]*_]*")
"""A question and nothing else: what is stated before one, as in "It leaves at 9:40, can you come?", is to be quoted."""
_FEWEST_TURNS, _FEWEST_NAMES = 4, 2
_AGAIN, _IN_SENTENCES = 0.8, 0.5
"""Of the turns, at least so many are by who speaks more than once, and so many end as sentences do, or are
of a chat, which prints the time of each."""
_LONGEST_QUESTION = 200
"""Characters of a turn that stands as a heading above its answer."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """A line that opens a turn, and the words up to the next or to the end of its paragraph."""

    name: str
    is_timed: bool
    begin: int
    words: Span

    @property
    def author(self) -> str | None:
        """Whose the words are; a letter, as in `Q:` and `A:`, is nobody's name."""
        return self.name if len(self.name) > 1 else None


def with_turns(text: str, blocks: Sequence[Block]) -> Sequence[Block]:
    """The blocks of a conversation by its turns: each is its speaker's, and a short question heads what answers it.

    What is no conversation comes back as it is.
    """
    turns = [turn for block in blocks if block.kind == "paragraph" for turn in _turns(text, block.span)]
    names = _speaking_again(turns)
    if not _is_conversation(text, turns, names):
        return blocks
    alone = (turn.begin for turn in _answered(text, turns) if _is_question_alone(turn.words.of(text)))
    return tuple(_by_turns(text, blocks, names, frozenset(alone)))


def _turns(text: str, paragraph: Span, names: Collection[str] | None = None) -> list[_Turn]:
    """The turns of a paragraph; of those `names` alone, where they are known."""
    openings = [
        opening
        for opening in _OPENING.finditer(text, paragraph.start, paragraph.end)
        if (_is_name(opening["name"]) if names is None else opening["name"].casefold() in names)
    ]
    begins = [opening.start() for opening in openings]
    ends = [*begins[1:], paragraph.end]
    return [
        _Turn(opening["name"], opening["time"] is not None, begin, Span(opening.end(), end).trimmed(text))
        for opening, begin, end in zip(openings, begins, ends, strict=False)  # no line opens a turn: no end is taken
    ]


def _is_name(words: str) -> bool:
    """Whether words are written as names are; one alone may begin with a small letter, as people in chats do."""
    *before, last = words.split()
    return not before or not last[0].islower()


def _speaking_again(turns: Sequence[_Turn]) -> frozenset[str]:
    """The names, in small letters, of who speaks more than once; what stands once before a colon may be no name."""
    counts = Counter(turn.name.casefold() for turn in turns)
    return frozenset(name for name, count in counts.items() if count > 1)


def _is_conversation(text: str, turns: Sequence[_Turn], names: Collection[str]) -> bool:
    again = sum(turn.name.casefold() in names for turn in turns)
    if len(turns) < _FEWEST_TURNS or len(names) < _FEWEST_NAMES or again < _AGAIN * len(turns):
        return False
    in_sentences = sum(turn.is_timed or _ENDS.search(turn.words.of(text)) is not None for turn in turns)
    return bool(_answered(text, turns)) and in_sentences >= _IN_SENTENCES * len(turns)


def _answered(text: str, turns: Sequence[_Turn]) -> list[_Turn]:
    """The turns that end by asking, where another goes on."""
    asking = ((one, other) for one, other in pairwise(turns) if _ASKS.search(one.words.of(text)))
    return [one for one, other in asking if one.name.casefold() != other.name.casefold()]


def _is_question_alone(words: str) -> bool:
    return len(words) <= _LONGEST_QUESTION and _ASKS_ALONE.fullmatch(words) is not None


def _by_turns(text: str, blocks: Sequence[Block], names: Collection[str], questions: frozenset[int]) -> Iterator[Block]:
    begins = [place for place, block in enumerate(blocks) if block.kind == "heading"]
    for start, end in pairwise(sorted({0, *begins, len(blocks)})):
        yield from _of_section(text, blocks[start:end], names, questions)


def _of_section(
    text: str, blocks: Sequence[Block], names: Collection[str], questions: frozenset[int]
) -> Iterator[Block]:
    """The blocks from one heading to the next. A paragraph between two turns is the earlier speaker's; whose the words
    after the last turn are, nothing tells, and no question is made a heading above them.
    """
    turns = [_turns(text, block.span, names) if block.kind == "paragraph" else [] for block in blocks]
    last = max((place for place, of_block in enumerate(turns) if of_block), default=-1)
    asking = [turn.begin for of_block in turns for turn in of_block if turn.begin in questions]
    heads = frozenset(asking[:-1] if last < len(blocks) - 1 else asking)
    author: str | None = None
    for place, (block, of_block) in enumerate(zip(blocks, turns, strict=True)):
        if block.kind != "paragraph":
            yield block
            continue
        before = Span(block.span.start, of_block[0].begin if of_block else block.span.end).trimmed(text)
        if len(before):
            yield replace(block, span=before, author=author if place <= last else None)
        for turn in of_block:
            author = turn.author
            if turn.begin in heads:
                yield Block("heading", turn.words, QUESTION_LEVEL, author=author)
            else:
                yield Block("paragraph", Span(turn.begin, turn.words.end).trimmed(text), author=author)
