"""A statement and the sentence of its source, set side by side; and what a check says of the two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from index.tokens import words
from rag.language.parts import Change, Part, cut, set_beside, unmatched

MEANING = ("word", "name", "number", "date")
"""The kinds of parts that mean something by themselves."""


def stems(text: str) -> set[str]:
    """The stems of the words of `text` that mean something."""
    return {word.stem for word in words(text) if not word.is_stop}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """What is wrong, in words. `grave` when the source says otherwise, not only nothing of it."""

    note: str
    grave: bool


@dataclass(frozen=True)
class Pair:
    """A statement, or a clause of one, and the sentence of the source that it is held against.

    `around` is what else bears on it: the sentences beside and the source's own names; `before` and `after` are what of
    it stands before and after the sentence, `heading` is the source's outlet, author and title. `names` are stems that
    the source writes with a capital.
    """

    said: str
    source: str
    around: str
    names: frozenset[str]
    year: int | None = None
    before: str = ""
    after: str = ""
    heading: str = ""

    @cached_property
    def said_parts(self) -> list[Part]:
        """The statement's parts."""
        return cut(self.said, self.names)

    @cached_property
    def source_parts(self) -> list[Part]:
        """The source's parts."""
        return cut(self.source, self.names)

    @cached_property
    def changes(self) -> list[Change]:
        """Where the statement departs from the source."""
        return set_beside(self.said_parts, self.source_parts)

    @cached_property
    def new(self) -> list[Part]:
        """Parts that the statement alone has."""
        return unmatched(self.said_parts, self.source_parts)

    @cached_property
    def gone(self) -> list[Part]:
        """Parts that the source alone has."""
        return unmatched(self.source_parts, self.said_parts)

    @cached_property
    def around_parts(self) -> list[Part]:
        """The parts of what else bears on it."""
        return cut(self.around, self.names)

    def opposite(self, part: Part) -> list[Part]:
        """What the source says in the place of `part`, as far as the statement does not say it elsewhere."""
        gone = {item.key for item in self.gone}
        at = next((change for change in self.changes if part in change.said), None)
        return [item for item in at.source if item.key in gone] if at else []
