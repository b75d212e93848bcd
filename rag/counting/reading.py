"""What each word of a question is, while it is read against one table. Pure but for likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.asking.phrases import Token
from rag.counting.asks import KINDS, Asks
from rag.counting.columns import Like
from rag.counting.opposites import denies_what_follows
from rag.counting.plan import Condition
from rag.counting.table import Column, Table


@dataclass
class Reading:
    """What each word of a question is, while it is read."""

    question: str
    line: Sequence[Token]
    asks: Asks
    table: Table
    like: Like
    taken: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    """Words that name what is counted, or set a condition."""
    conditions: list[Condition] = field(default_factory=list)
    negations: list[int] = field(default_factory=list)
    column: Column | None = None
    group: Column | None = None
    with_figures: Column | None = None
    """A column that is named with the figures in its head."""
    by_likeness: bool = False
    has_date: bool = False
    """Whether a date is compared with a column that no word names: what is flagged besides may be of another day."""
    verbs: set[int] = field(default_factory=set)
    """Words right before what is compared with, as in "paid less than £50": they may say what no column does."""
    measured: set[int] = field(default_factory=set)
    """Words right after what is compared with, as in "more than 7 windows": they say of what it is."""
    flags: set[int] = field(default_factory=set)
    """Words for a column that a row has or has not."""

    def __post_init__(self) -> None:
        self.taken |= self.asks.used
        pairs = zip(self.line, [*self.line[1:], self.line[-1]], strict=True)
        denying = [at for at, (token, after) in enumerate(pairs) if denies_what_follows(token, after)]
        self.negations = [at for at in denying if self.line[at].form != "out" or self._is_of_head(at + 2)]
        self.taken |= set(self.negations)

    def _is_of_head(self, at: int) -> bool:
        """Whether the word at a place is of a head that is not what a row is called: "out of stock"."""
        return at < len(self.line) and self.line[at].stem in self.table.heads - self.table.nouns

    @property
    def free(self) -> frozenset[int]:
        """The places of words that mean something and are not accounted for."""
        places = (at for at, token in enumerate(self.line) if token.has_content and token.form not in KINDS)
        return frozenset(places) - self.taken

    def is_title(self, at: int) -> bool:
        """Whether a word with content is of a title of the table."""
        return self.line[at].has_content and self.line[at].stem in self.table.named
