"""What a question asks of one table: an operation, and the conditions that its words set. Pure but for likeness.

Every word of the question that means something has to be accounted for, as an operation, the noun that a row is called
by, a cell, a head, an amount, or a name of the table. Where one is not, the question is not understood, and is answered
as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rag.asking.filters import same_word
from rag.asking.phrases import BE, Token
from rag.counting.amounts import Mask
from rag.counting.asks import KINDS, Asks
from rag.counting.cells import Named, named_cells, named_heads
from rag.counting.columns import NEAR, Like, compared_column, measured_column, nearest
from rag.counting.compared import compared
from rag.counting.table import Column, Table
from rag.lexicon import AUXILIARIES, EXCLUSIVES, NEGATIONS, PREPOSITIONS

ALIKE = 0.6
"""From this likeness on a word and a head mean one thing: "kids" and "Children" have .88, "kids" and "Leaders" .35."""
_FEW = 2
"""Values that say yes which a condition names; of more it names those that say no."""
_THINGS = frozenset("table list file document sheet spreadsheet row entry entries rows".split())
"""What this program calls a table and what it is made of."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a row must be, in words, and the rows that are; `is_choice` says that another of its column may hold too."""

    words: str
    rows: Mask
    column: int
    is_choice: bool = False
    is_part: bool = False
    """Whether the words of the question are but a part of what the cells hold."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An operation over the rows of a table that meet the conditions; `column` is what it adds up, compares or names.

    `unused` is a word of the question that nothing in the table stands for; `is_sure` says that there is none, and that
    every word was found as it stands.
    """

    table: Table
    asks: Asks
    conditions: tuple[Condition, ...]
    column: Column | None
    unused: str | None
    is_sure: bool

    @property
    def rows(self) -> Mask:
        """The rows that meet every condition; of several values of one column, any."""
        mask = np.ones(len(self.table.rows), dtype=bool)
        for condition in self.conditions:
            mask &= condition.rows if not condition.is_choice else self._any_of(condition.column)
        return mask

    def _any_of(self, column: int) -> Mask:
        chosen = [c.rows for c in self.conditions if c.is_choice and c.column == column]
        return np.asarray(np.any(chosen, axis=0), dtype=np.bool_)


def understand(question: str, line: Sequence[Token], asks: Asks, table: Table, like: Like) -> Plan | None:
    """What a question asks of a table; None where one of its words is not accounted for."""
    if any(token.form in EXCLUSIVES for token in line) or (asks.operation in ("sum", "average") and table.is_totalled):
        return None
    reading = _Reading(line, asks, table, like)
    steps = (
        reading.take_nouns, reading.take_cells, reading.take_heads, reading.take_measure, reading.take_names,
        reading.take_likes,
    )  # fmt: skip
    is_understood = reading.take_amounts(question) and all(step() for step in steps)
    return reading.plan() if is_understood else None


@dataclass
class _Reading:
    """What each word of a question is, while it is read. A step says whether the question may still be understood."""

    line: Sequence[Token]
    asks: Asks
    table: Table
    like: Like
    taken: set[int] = field(default_factory=set)
    named: set[int] = field(default_factory=set)
    """Words that name what is counted, or set a condition."""
    heads: dict[int, Column] = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)
    negations: list[int] = field(default_factory=list)
    column: Column | None = None
    by_likeness: bool = False

    def __post_init__(self) -> None:
        self.taken |= self.asks.used
        pairs = zip(self.line, [*self.line[1:], self.line[-1]], strict=True)
        self.negations = [at for at, (token, after) in enumerate(pairs) if _denies(token, after)]

    @property
    def free(self) -> frozenset[int]:
        """The places of words that mean something and are not accounted for."""
        places = (at for at, token in enumerate(self.line) if token.has_content and token.form not in KINDS)
        return frozenset(places) - self.taken

    def take_amounts(self, question: str) -> bool:
        """Amounts and dates that are compared with, each with the one column that it can be compared with."""
        for one in compared(question, self.line):
            column = compared_column(self.table, one, self.line, self.free - set(self.asks.noun[:1]), self.like)
            if column is None:
                return False
            words_of = f"{column.head} {one.sign} {one.words}"
            self.conditions.append(Condition(words_of, one.rows(column), column.at))
            verb = {min(one.places) - 1} - set(self.asks.noun[:1])
            self.taken |= {*one.places, *verb, *(at for at in self.free if self.line[at].stem in column.names)}
        return not any(self.line[at].form == "than" for at in range(len(self.line)) if at not in self.taken)

    def take_nouns(self) -> bool:
        """What a row is called, and what the table is called where that stands beside it."""
        self._take_things()
        nouns = {at for at in self.free if self.line[at].stem in self.table.nouns}
        beside = {at for at in self.asks.noun if at in self.free and self.line[at].stem in self.table.named}
        self.taken |= nouns | (beside if nouns else set())
        self.named |= nouns
        return True

    def _take_things(self) -> None:
        """ "The loan table": words of the table's own before what this program calls it."""
        for at in sorted(self.free, reverse=True):
            after = at + 1 < len(self.line) and at + 1 in self.taken and self.line[at + 1].form in _THINGS
            if self.line[at].form in _THINGS or (after and self.line[at].stem in self.table.names):
                self.taken.add(at)

    def take_cells(self) -> bool:
        """Words that stand in cells of one column."""
        cells = named_cells(self.line, self.table, self.free)
        if cells is None:
            return False
        for named in cells:
            if named.is_whole or not self._is_rate(named.place[0]):
                self._take_cell(named)
            else:
                self.taken |= set(range(*named.place))
        return True

    def _is_rate(self, at: int) -> bool:
        """Whether a word is what something is reckoned by: the month of "per month"."""
        return at > 0 and self.line[at - 1].form == "per"

    def _take_cell(self, named: Named) -> None:
        places = range(*named.place)
        denied = self._denied(named.place[0])
        rows = named.column.where(named.values)
        verb = "is" if named.is_whole else "has"
        text = " ".join(token.text for token in self.line[slice(*named.place)])
        value = next(iter(named.values)) if len(named.values) == 1 else text
        words_of = f"{named.column.head} {verb}{' not' if denied else ''} “{value}”"
        rows = ~rows if denied else rows
        self.conditions.append(
            Condition(words_of, rows, named.column.at, is_choice=not denied, is_part=not named.is_whole)
        )
        self.taken |= set(places)
        self.named |= set(places) if named.is_whole else set()

    def take_heads(self) -> bool:
        """Words of heads: a column beside its value, one that is empty or says no, or what is added up or named."""
        heads = named_heads(self.line, self.table, self.free)
        for column in dict.fromkeys(heads.values()):
            places = sorted(at for at, other in heads.items() if other is column)
            if not self._take_head(column, places):
                return False
            self.taken |= set(places)
        return True

    def _take_head(self, column: Column, places: Sequence[int]) -> bool:
        if any(condition.column == column.at for condition in self.conditions):
            return True
        if self.asks.operation in ("sum", "average", "max", "min") and self.column is None and column.amounts:
            self.column = column
            return True
        if set(places) & set(self.asks.noun):
            self.named |= set(places)
            return self._name(column)
        return self._flag(column, places[0])

    def _name(self, column: Column) -> bool:
        """A column whose values are asked for: different ones are counted; numbers are added up."""
        if column.is_number and self.asks.operation == "count" and not self.asks.total:
            return False
        self.column = None if column is self.table.key else column
        return True

    def _flag(self, column: Column, at: int) -> bool:
        """A column that is empty or not, or says yes or no."""
        denied = self._denied(at)
        empty = column.where({""})
        if empty.any() and self._is_had(at):
            words_of = f"{column.head} is {'empty' if denied else 'not empty'}"
            rows = empty if denied else ~empty
        elif column.denied():
            values = column.denied() if denied else column.affirmed()
            few = values if len(values) <= _FEW else column.denied()
            verb = "is" if few is values else "is not"
            words_of = f"{column.head} {verb} {' or '.join(f'“{value}”' for value in sorted(few))}"
            rows = column.where(values)
        else:
            return False
        self.conditions.append(Condition(words_of, rows, column.at))
        self.named.add(at)
        return True

    def _is_had(self, at: int) -> bool:
        """Whether a noun is said to be there or not: "no clerk", "without a clerk", "have a clerk"."""
        before = {token.form for token in self.line[max(0, at - 3) : at]}
        return bool(before & {"no", "with", "without", "have", "has", "had"})

    def _denied(self, at: int) -> bool:
        """Whether a negation that is not used up yet stands before a place; it is used up then."""
        before = [place for place in self.negations if place < at]
        self.negations = [place for place in self.negations if place >= at]
        return len(before) % 2 == 1

    def take_measure(self) -> bool:
        """What a superlative compares."""
        if self.asks.operation not in ("max", "min", "sum", "average") or self.column is not None:
            return True
        measure = measured_column(self.table, self.asks, [self.line[at].text for at in sorted(self.free)], self.like)
        self.column = measure.column
        self.by_likeness |= measure.by_likeness
        self.taken |= {at for at in self.free if self.line[at].text == measure.word}
        return self.column is not None

    def take_names(self) -> bool:
        """Words that name the table or its document, names in any spelling."""
        for at in self.free:
            token = self.line[at]
            near = token.is_named and any(same_word(token.text, word) for word in self.table.above)
            if token.stem in self.table.names or near:
                self.taken.add(at)
        return True

    def take_likes(self) -> bool:
        """Nouns that mean what a row is called, and words beside a name of the table that together mean it."""
        noun = [at for at in self.asks.noun if at in self.free]
        if noun and not self.named:
            key = [self.table.key.head, *self.table.titles]
            text = " ".join(self.line[at].text for at in noun)
            added = (
                nearest(text, [c for c in self.table.columns if c.is_number], self.like) if self.asks.total else None
            )
            if added or max(self.like(text, key), default=0.0) >= ALIKE:
                self.column = added
                self.taken |= set(noun)
                self.named |= set(noun)
                self.by_likeness = True
        for at in sorted(self.free):
            phrase = [place for place in (at - 1, at, at + 1) if 0 <= place < len(self.line)]
            beside = [
                p for p in phrase if p == at or (self.line[p].has_content and self.line[p].stem in self.table.named)
            ]
            text = " ".join(self.line[place].text for place in beside)
            if len(beside) > 1 and max(self.like(text, self.table.titles), default=0.0) >= NEAR:
                self.taken.add(at)
        return True

    def plan(self) -> Plan | None:
        """All that was read, where it is enough."""
        left = sorted(self.free)
        unused = self.line[left[0]].text if left else None
        if self.negations or len(left) > 1 or (left and not (self.conditions and self._is_light(left[0]))):
            return None
        if self.asks.noun and not self.named & set(self.asks.noun):
            return None
        if self.asks.operation == "list" and not self.conditions:
            return None
        if self.asks.between and len(self.conditions) < 2:
            return None
        sure = not (left or self.by_likeness)
        return Plan(self.table, self.asks, tuple(self.conditions), self.column, unused, sure)

    def _is_light(self, at: int) -> bool:
        """Whether a word is but the verb that ties a condition to what is counted: at the end, as in "does the shop
        sell" and "have no clerk entered", or after its subject, as in "singers live in Leck".
        """
        token, last = self.line[at], at == len(self.line) - 1
        if token.is_named:
            return False
        if self.asks.noun[1:2] == (at,):
            before = at - 2 if self.line[at - 1].form in KINDS else at - 1
            return not token.form.endswith("ed") and not last and before in self.named
        helped = any(other.form in AUXILIARIES - BE for other in self.line[:at])
        return last and helped and self.line[at - 1].form not in BE | PREPOSITIONS


def _denies(token: Token, after: Token) -> bool:
    if (token.form, after.form) == ("out", "of"):
        return True
    return token.form in NEGATIONS or token.text.lower().replace("’", "'").endswith("n't")
