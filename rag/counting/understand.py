"""What a question asks of one table: an operation, and the conditions that its words set. Pure but for likeness.

Every word of the question that means something has to be accounted for, as an operation, the noun that a row is called
by, a cell, a head, an amount, or a name of the table. Where one is not, the question is not understood, and is answered
as any other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from index.words.tokens import stem
from rag.asking.filters import same_word
from rag.asking.phrases import BE, Token
from rag.counting.amounts import unit_of
from rag.counting.asks import KINDS, Asks
from rag.counting.cells import Named, named_cells, named_heads
from rag.counting.columns import NEAR, Like, compared_column, is_measured, measured_column, nearest
from rag.counting.compared import BOUNDS, Compared, compared
from rag.counting.grouped import grouping
from rag.counting.opposites import denies_what_follows, flagged, opposites
from rag.counting.plan import Condition, Plan
from rag.counting.table import Column, Table, only, stems
from rag.lexicon import AUXILIARIES, DETERMINERS, EXCLUSIVES, LIGHT_VERBS, MEASURED, PREPOSITIONS

ALIKE = 0.6
"""From this likeness on a word and a head mean one thing: "kids" and "Children" have .88, "kids" and "Leaders" .35."""
_APART = frozenset("outside beyond besides beside near around before after above below against except".split())
"""Prepositions that set a row apart from what they stand before, which is in no column."""
_DATES = frozenset(map(stem, ("date", "day")))
_BESIDE = 2
"""How many words before a superlative the head may stand that it is of: "paid the most"."""
_POSSESSIVE = re.compile(r"['’]s?$")
_SENTENCE = 4
"""Words of a cell that one word of the question may stand for; of more, it is but mentioned in a sentence."""
_THINGS = frozenset("table list register log file document sheet spreadsheet row entry entries rows".split())
"""What this program calls a table and what it is made of."""


def understand(question: str, line: Sequence[Token], asks: Asks, table: Table, like: Like) -> Plan | None:
    """What a question asks of a table; None where one of its words is not accounted for."""
    if any(token.form in EXCLUSIVES for token in line) or (asks.operation in ("sum", "average") and table.is_totalled):
        return None
    reading = _Reading(line, asks, table, like)
    steps = (
        reading.take_group, reading.take_figures, partial(reading.take_amounts, question), reading.take_light_verbs,
        reading.take_nouns, reading.take_cells, reading.take_heads, reading.take_opposites, reading.take_kinds,
        reading.take_measure, reading.take_names, reading.take_likes,
    )  # fmt: skip
    is_understood = all(step() for step in steps)
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

    def take_group(self) -> bool:
        """The column of which a result is asked for each value."""
        grouped = grouping(self.line, self.table, self.asks.group) if self.asks.group is not None else None
        if grouped is None:
            return all(token.form != "each" for token in self.line)
        self.group, places = grouped
        self.taken |= places
        return True

    def take_figures(self) -> bool:
        """Figures that stand in a head, as the year of "loans 2024", with the other words of that head."""
        for at in sorted(self.free):
            column = self._with_figures(at) if self.line[at].text.isdigit() else None
            if column is None:
                continue
            places = [place for place in self.free if self.line[place].stem in column.names]
            is_condition = self.asks.operation in ("count", "list") and not set(places) & set(self.asks.noun)
            if is_condition:  # which amount it is compared with is still to be read
                self.with_figures = column
                self.taken.add(at)
                continue
            if not self._take_head(column, places):
                return False
            self.taken |= set(places)
        return True

    def _with_figures(self, at: int) -> Column | None:
        """The column whose head has the figures at a place: all of its words are asked for, or no other has them."""
        stems_asked = {token.stem for token in self.line}
        holding = [column for column in self.table.columns if self.line[at].stem in column.names]
        whole = [column for column in holding if column.names <= stems_asked]
        if whole or self.asks.operation in ("count", "list"):
            return only(whole)
        is_date_asked = any(column.is_date and column.names & stems_asked for column in self.table.columns)
        return None if is_date_asked else only(holding)

    def take_light_verbs(self) -> bool:
        """Verbs that say nothing beside their noun."""
        self.taken |= {at for at in self.free if self.line[at].form in LIGHT_VERBS}
        return True

    def take_amounts(self, question: str) -> bool:
        """Amounts and dates that are compared with, each with the one column that it can be compared with."""
        for one in compared(question, self.line):
            if self.taken & set(one.places):
                continue
            if one.is_year and self.table.is_of(one.words):
                self.taken |= set(one.places)
                continue
            column = self._compared_with(one)
            if column is None or not self._take_amount(one, column):
                return False
        return not any(token.form in ("than", "between") for at, token in enumerate(self.line) if at not in self.taken)

    def _compared_with(self, one: Compared) -> Column | None:
        """The one column that an amount can be compared with."""
        if self.with_figures is not None and one.fits(self.with_figures):
            return self.with_figures
        return compared_column(self.table, one, self.line, self.free - set(self.asks.noun[:1]), self.like)

    def _take_amount(self, one: Compared, column: Column) -> bool:
        named = {at for at in self.free if self.line[at].stem in stems(column.head)}
        if one.is_plain_range and not named:  # "from 9 to 5" may be hours
            return False
        self.conditions.append(Condition(f"{column.head} {one.sign} {one.words}", one.rows(column), column.at))
        self.verbs |= {min(one.places) - 1} - set(self.asks.noun[:1])
        self.measured.add(max(one.places) + 1)
        is_dated = one.kind in ("date", "month") and not named
        self.by_likeness |= column.is_partly_read or one.is_edged(column)
        self.by_likeness |= is_dated and not _DATES & column.names
        self.has_date |= is_dated
        self.named |= named & set(self.asks.noun)
        self.taken |= {*one.places, *named}
        return True

    def take_nouns(self) -> bool:
        """What a row is called, and what the table is called where that stands beside it."""
        self._take_things()
        nouns = {at for at in self.free if self.line[at].stem in self.table.nouns}
        last = max(nouns, default=0)
        beside = {at for at in self.asks.noun if at < last and at in self.free and self._is_title(at)}
        self.taken |= nouns | beside
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
            if not named.is_whole and self._is_rate(named.place[0]):
                self.taken |= set(range(*named.place))
            elif (named.is_whole or not self._is_mentioned(named)) and not self._take_cell(named):
                return False
        return True

    def _is_mentioned(self, named: Named) -> bool:
        """Whether words of the question that are a part of cells are likelier something else: the head of a column, or
        a word in a sentence about what has the highest value.
        """
        words_named = self.line[slice(*named.place)]
        if {token.stem for token in words_named} <= self.table.heads:
            return True
        if self.asks.operation in ("count", "list"):
            return False
        return min(len(stems(value)) for value in named.values) > _SENTENCE * len(words_named)

    def _is_rate(self, at: int) -> bool:
        """Whether a word is what something is reckoned by: the month of "per month"."""
        return at > 0 and self.line[at - 1].form == "per"

    def _take_cell(self, named: Named) -> bool:
        places = range(*named.place)
        denied = self._denied(named.place[0], named.column)
        if _before(self.line, named.place[0]) in _APART:
            return False
        verb = "is" if named.is_whole else "has"
        text = " ".join(token.text for token in self.line[slice(*named.place)])
        value = next(iter(named.values)) if len(named.values) == 1 else text
        longest = max(map(len, map(stems, named.values)))
        self.conditions.append(
            Condition(
                words=f"{named.column.head} {verb}{' not' * denied} “{value}”",
                rows=named.column.where(named.values) ^ denied,
                column=named.column.at,
                is_choice=not denied,
                is_part=not named.is_whole,
            )
        )
        self.taken |= set(places)
        self.named |= set(places) if named.is_whole else set()
        self.by_likeness |= longest > max(_SENTENCE, len(places))
        return True

    def take_heads(self) -> bool:
        """Words of heads: a column beside its value, one that is empty or says no, or what is added up or named."""
        heads = named_heads(self.line, self.table, self.free)
        for column in dict.fromkeys(heads.values()):
            places = sorted(at for at, other in heads.items() if other is column)
            if self.asks.of_ledger and not column.is_number:
                continue
            if not self._take_head(column, places):
                return False
            self.taken |= set(places)
        return True

    def _take_head(self, column: Column, places: Sequence[int]) -> bool:
        if any(condition.column == column.at for condition in self.conditions):
            return True
        if self.asks.operation not in ("count", "list") and self.column is None and column.amounts:
            self.column = column
            self.named |= set(places)
            self.by_likeness |= column.is_partly_read
            return self._is_compared(places) and is_measured(column, self.asks)
        is_quality = bool(column.denied()) and max(places) < max(self.asks.noun, default=0)  # "heated huts"
        if set(places) & set(self.asks.noun) and not is_quality:  # different values are counted; numbers are added up
            self.named |= set(places)
            self.column = None if column is self.table.key else column
            return True
        return self._flag(column, places[0])

    def _is_compared(self, places: Sequence[int]) -> bool:
        """Whether a superlative is of the head at these places: not the rent of "the rent of the largest flat"."""
        return self.asks.operation not in ("max", "min") or max(places) >= min(self.asks.used) - _BESIDE

    def take_opposites(self) -> bool:
        """Words that deny what a head says: "unheated" of a column of what is heated."""
        for at, column in opposites(self.line, self.free, self.table).items():
            if not self._flag(column, at, turned=True):
                return False
            self.taken.add(at)
        return True

    def _flag(self, column: Column, at: int, *, turned: bool = False) -> bool:
        """A column that is empty or not, or says yes or no; `turned` by the word itself, as "unheated" is."""
        denied = self._denied(at, column) != turned
        condition = flagged(column, denied=denied, may_be_empty=self._is_had(at))
        if condition is None:
            return False
        self.conditions.append(condition)
        self.named.add(at)
        self.flags.add(at)
        return True

    def _is_had(self, at: int) -> bool:
        """Whether a noun is said to be there or not: "no clerk", "without a clerk", "have a clerk"."""
        before = {token.form for token in self.line[max(0, at - 3) : at]}
        return bool(before & {"no", "with", "without", "have", "has", "had"})

    def _denied(self, at: int, column: Column) -> bool:
        """Whether a negation that is not used up yet stands before a place, and no word of another column between
        them; it is used up then.
        """
        heads = named_heads(self.line, self.table, self.free) | opposites(self.line, self.free, self.table)
        start = max((place + 1 for place, other in heads.items() if place < at and other is not column), default=0)
        before = [place for place in self.negations if start <= place < at]
        self.negations = [place for place in self.negations if place not in before]
        return len(before) % 2 == 1

    def take_kinds(self) -> bool:
        """Words for what a unit measures, as the price of a column in euros."""
        for at in {at for at in self.free if self.line[at].form in MEASURED}:
            kind = MEASURED[self.line[at].form]
            column = self.column or only([column for column in self.table.columns if column.kind.startswith(kind)])
            if column and column.kind.startswith(kind) and self.asks.operation not in ("count", "list"):
                self.column = column
                self.taken.add(at)
        return True

    def take_measure(self) -> bool:
        """What a superlative compares."""
        is_counted = self.asks.operation == "difference" and bool(self.asks.noun)
        if self.asks.operation in ("count", "list") or is_counted or self.column is not None:
            return True
        measure = measured_column(self.table, self.asks, [self.line[at].text for at in sorted(self.free)], self.like)
        self.column = measure.column
        self.by_likeness |= measure.by_likeness
        self.taken |= {at for at in self.free if self.line[at].text == measure.word}
        wanted = (self.table.ledger_sum(),) if self.asks.of_ledger else self.table.columns
        return self.column in wanted

    def take_names(self) -> bool:
        """Words that name the table or its document, names in any spelling."""
        for at in self.free:
            token = self.line[at]
            near = token.is_named and any(same_word(token.text, word) for word in self.table.above)
            if token.stem in self.table.names or near:
                self.taken.add(at)
                self.by_likeness |= at in self.asks.noun
        return True

    def take_likes(self) -> bool:
        """Nouns that mean what a row is called, and words beside a name of the table that together mean it."""
        noun = [at for at in self.asks.noun if at in self.free]
        if self._take_unit(noun):
            return True
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
        self._take_titles()
        return True

    def _take_titles(self) -> None:
        """Possessives beside a name of the table that together mean it: "the print shop's" of print-orders.csv."""
        for at in sorted(self.free):
            names = [place for place in (at - 1, at + 1) if 0 <= place < len(self.line) and self._is_title(place)]
            if not names or not _POSSESSIVE.search(self.line[at].text):
                continue
            text = " ".join(self.line[place].text for place in sorted((*names, at)))
            if max(self.like(text, self.table.titles), default=0.0) >= NEAR:
                self.taken.add(at)

    def _is_title(self, at: int) -> bool:
        return self.line[at].has_content and self.line[at].stem in self.table.named

    def _take_unit(self, noun: Sequence[int]) -> bool:
        """A unit that is asked for, as in "how many kilometres": the one column of it is added up."""
        unit = unit_of(self.line[noun[0]].form) if len(noun) == 1 else None
        column = only([column for column in self.table.columns if unit and column.kind == unit[0]])
        if column is None or self.asks.operation != "count" or self.column is not None:
            return False
        self.column = column
        self.taken |= set(noun)
        self.named |= set(noun)
        return True

    def plan(self) -> Plan | None:
        """All that was read, where it is enough."""
        left = sorted(self.free)
        unused = self.line[left[0]].text if left else None
        is_read = len(left) < 2 and all(map(self._is_light, left)) and not self.negations
        is_meant = self._is_called_so() or self._is_in_title()
        if not (is_read and is_meant and self._is_one_choice() and len(self.conditions) >= self._fewest()):
            return None
        is_elsewhere = self.has_date and bool(self.flags)
        is_bare = self.group is not None and not (self.asks.noun or self.column)
        doubts = (left, self.by_likeness, self.asks.of_ledger, is_elsewhere, is_bare)
        is_sure = self._is_called_so() and not any(doubts)
        return Plan(self.table, self.asks, tuple(self.conditions), self.column, self.group, unused, is_sure)

    def _fewest(self) -> int:
        """Conditions that are needed, at least: of numbers that are counted one, unless a total is asked for."""
        if self.asks.between or self.asks.operation == "difference":
            return 2
        if self.group is not None:
            return 0
        is_added = self.column is not None and self.column.is_number and not self.asks.total
        is_bare = self.column is None and not self.asks.noun
        is_needed = self.asks.operation == "list" or self.asks.of_ledger
        return int(is_needed or (self.asks.operation == "count" and (is_added or is_bare)))

    def _is_one_choice(self) -> bool:
        """Whether "or", where it joins no amount, stands between values of one column of which none is denied."""
        pairs = pairwise(self.line)
        joins = any(token.form in ("or", "nor") and after.form not in BOUNDS for token, after in pairs)
        choices = {condition.column if condition.is_choice else -1 for condition in self.conditions}
        return not joins or (len(choices) < 2 and -1 not in choices)

    def _is_called_so(self) -> bool:
        """Whether what is asked for is what a row is called."""
        return not self.asks.noun or bool(self.named & set(self.asks.noun))

    def _is_in_title(self) -> bool:
        """Whether what is asked for, under a condition, is a word of the table's title: it may be what a row is."""
        return bool(self.conditions) and any(map(self._is_title, self.asks.noun))

    def _is_light(self, at: int) -> bool:
        """Whether a word is but the verb that ties a condition to what is counted: at the end, as in "does the shop
        sell" and "have no clerk entered", or after its subject, as in "singers live in Leck".
        """
        token, last = self.line[at], at == len(self.line) - 1
        if (
            token.is_named or at in self.measured or {at + 1, at + 2} & self.flags
        ):  # "lack a phone" turns round what is flagged
            return False
        if at in self.verbs:
            return True
        if self.asks.operation in ("max", "min"):
            return at > 1 and self.column is not None and not self.by_likeness
        if self.asks.of_ledger or not self.conditions:
            return self.asks.of_ledger
        if self.asks.noun[1:2] == (at,):
            before = at - 2 if self.line[at - 1].form in KINDS else at - 1
            return not token.form.endswith("ed") and not last and before in self.named
        helped = any(other.form in AUXILIARIES - BE for other in self.line[:at])
        return last and helped and self.line[at - 1].form not in BE | PREPOSITIONS


def _before(line: Sequence[Token], at: int) -> str:
    """The form of the word before a place, determiners passed over."""
    return next((line[place].form for place in range(at - 1, -1, -1) if line[place].form not in DETERMINERS), "")
