"""The conditions that the words of a question set: amounts, cells, and heads of columns that have something or not.

Each function takes the words that it accounts for, and says whether the question may still be understood.
"""

from __future__ import annotations

from collections.abc import Sequence

from index.words.tokens import stem
from rag.asking.phrases import Token
from rag.counting.asks import MOST
from rag.counting.cells import Named, named_cells, named_heads
from rag.counting.columns import compared_column, is_measured
from rag.counting.compared import Compared, compared
from rag.counting.opposites import flagged, opposites
from rag.counting.plan import Condition
from rag.counting.reading import Reading
from rag.counting.table import Column, only, stems
from rag.lexicon import DETERMINERS, QUESTION_WORDS

_APART = frozenset("outside beyond besides beside near around before after above below against except".split())
"""Prepositions that set a row apart from what they stand before, which is in no column."""
_DATES = frozenset(map(stem, ("date", "day")))
_SUPERLATIVES = frozenset(("max", "min"))
_BESIDE = 2
"""How many words before a superlative the head may stand that it is of: "paid the most"."""
_SENTENCE = 4
"""Words of a cell that one word of the question may stand for; of more, it is but mentioned in a sentence."""


def take_figures(reading: Reading) -> bool:
    """Figures that stand in a head, as the year of "loans 2024", with the other words of that head."""
    for at in sorted(reading.free):
        column = _with_figures(reading, at) if reading.line[at].text.isdigit() else None
        if column is None:
            continue
        places = [place for place in reading.free if reading.line[place].stem in column.names]
        is_condition = reading.asks.operation in ("count", "list") and not set(places) & set(reading.asks.noun)
        if is_condition:  # which amount it is compared with is still to be read
            reading.with_figures = column
            reading.taken.add(at)
            continue
        if not _take_head(reading, column, places):
            return False
        reading.taken |= set(places)
    return True


def _with_figures(reading: Reading, at: int) -> Column | None:
    """The column whose head has the figures at a place: all of its words are asked for, or no other has them."""
    stems_asked = {token.stem for token in reading.line}
    holding = [column for column in reading.table.columns if reading.line[at].stem in column.names]
    whole = [column for column in holding if column.names <= stems_asked]
    if whole or reading.asks.operation in ("count", "list"):
        return only(whole)
    is_date_asked = any(column.is_date and column.names & stems_asked for column in reading.table.columns)
    return None if is_date_asked else only(holding)


def take_amounts(reading: Reading) -> bool:
    """Amounts and dates that are compared with, each with the one column that it can be compared with."""
    for one in compared(reading.question, reading.line):
        if reading.taken & set(one.places):
            continue
        if one.is_year and reading.table.is_of(one.words):
            reading.taken |= set(one.places)
            continue
        column = _compared_with(reading, one)
        if column is None or not _take_amount(reading, one, column):
            return False
    left = set(range(len(reading.line))) - reading.taken
    return not {"than", "between"} & {reading.line[at].form for at in left}


def _compared_with(reading: Reading, one: Compared) -> Column | None:
    """The one column that an amount can be compared with."""
    if reading.with_figures is not None and one.fits(reading.with_figures):
        return reading.with_figures
    return compared_column(reading.table, one, reading.line, reading.free - set(reading.asks.noun[:1]), reading.like)


def _take_amount(reading: Reading, one: Compared, column: Column) -> bool:
    named = {at for at in reading.free if reading.line[at].stem in stems(column.head)}
    if one.is_plain_range and not named:  # "from 9 to 5" may be hours
        return False
    reading.conditions.append(Condition(f"{column.head} {one.sign} {one.words}", one.rows(column), column.at))
    reading.verbs |= {min(one.places) - 1} - set(reading.asks.noun[:1])
    reading.measured.add(max(one.places) + 1)
    is_dated = one.kind in ("date", "month") and not named
    reading.by_likeness |= column.is_partly_read or one.is_edged(column)
    reading.by_likeness |= is_dated and not _DATES & column.names
    reading.has_date |= is_dated
    reading.named |= named & set(reading.asks.noun)
    reading.taken |= {*one.places, *named}
    return True


def take_cells(reading: Reading) -> bool:
    """Words that stand in cells of one column."""
    cells = named_cells(reading.line, reading.table, reading.free)
    if cells is None:
        return False
    for named in cells:
        if not named.is_whole and _is_rate(reading, named.place[0]):
            reading.taken |= set(range(*named.place))
        elif (named.is_whole or not _is_mentioned(reading, named)) and not _take_cell(reading, named):
            return False
    return True


def _is_mentioned(reading: Reading, named: Named) -> bool:
    """Whether words of the question that are a part of cells are likelier something else: the head of a column, or
    a word in a sentence about what has the highest value.
    """
    words_named = reading.line[slice(*named.place)]
    if {token.stem for token in words_named} <= reading.table.heads:
        return True
    if reading.asks.operation in ("count", "list"):
        return False
    return min(len(stems(value)) for value in named.values) > _SENTENCE * len(words_named)


def _is_rate(reading: Reading, at: int) -> bool:
    """Whether a word is what something is reckoned by: the month of "per month"."""
    return at > 0 and reading.line[at - 1].form == "per"


def _take_cell(reading: Reading, named: Named) -> bool:
    places = range(*named.place)
    denied = _denied(reading, named.place[0], named.column)
    if _before(reading.line, named.place[0]) in _APART:
        return False
    verb = "is" if named.is_whole else "has"
    text = " ".join(token.text for token in reading.line[slice(*named.place)])
    value = next(iter(named.values)) if len(named.values) == 1 else text
    longest = max(map(len, map(stems, named.values)))
    reading.conditions.append(
        Condition(
            words=f"{named.column.head} {verb}{' not' * denied} “{value}”",
            rows=named.column.where(named.values) ^ denied,
            column=named.column.at,
            is_choice=not denied,
            is_part=not named.is_whole,
        )
    )
    reading.taken |= set(places)
    reading.named |= set(places) if named.is_whole else set()
    reading.by_likeness |= longest > max(_SENTENCE, len(places))
    return True


def take_heads(reading: Reading) -> bool:
    """Words of heads: a column beside its value, one that is empty or says no, or what is added up or named."""
    heads = named_heads(reading.line, reading.table, reading.free)
    for column in dict.fromkeys(heads.values()):
        places = sorted(at for at, other in heads.items() if other is column)
        if reading.asks.of_ledger and not column.is_number:
            continue
        if not _take_head(reading, column, places):
            return False
        reading.taken |= set(places)
    return True


def _take_head(reading: Reading, column: Column, places: Sequence[int]) -> bool:
    if any(condition.column == column.at for condition in reading.conditions):
        return True
    if reading.asks.operation not in ("count", "list") and reading.column is None and column.amounts:
        reading.column = column
        reading.named |= set(places)
        reading.by_likeness |= column.is_partly_read
        return _is_compared(reading, places) and is_measured(column, reading.asks)
    is_quality = bool(column.denied()) and max(places) < max(reading.asks.noun, default=0)  # "heated huts"
    if set(places) & set(reading.asks.noun) and not is_quality:  # different values are counted; numbers are added up
        reading.named |= set(places)
        reading.column = None if column is reading.table.key else column
        return True
    if _is_told_by_row(reading, places):
        reading.named |= set(places)
        return True
    is_had_by_all = "" not in column.counted and not column.denied()
    if is_had_by_all and reading.asks.operation == "list":  # "who has not returned a tool"
        return not _denied(reading, places[0], column)
    return _flag(reading, column, places[0])


def _is_told_by_row(reading: Reading, places: Sequence[int]) -> bool:
    """Whether a superlative's row shows the head that is asked for, as of "which tool has the highest"; not where
    several rows may have to be added up first, as for "which lender has lent the most".
    """
    forms = {reading.line[at].form for at in reading.asks.used}
    is_asked_for = reading.line[places[0] - 1].form in QUESTION_WORDS
    return is_asked_for and reading.asks.operation in _SUPERLATIVES and not forms & MOST.keys()


def _is_compared(reading: Reading, places: Sequence[int]) -> bool:
    """Whether a superlative is of the head at these places: not the rent of "the rent of the largest flat"."""
    return reading.asks.operation not in _SUPERLATIVES or max(places) >= min(reading.asks.used) - _BESIDE


def take_opposites(reading: Reading) -> bool:
    """Words that deny what a head says: "unheated" of a column of what is heated."""
    for at, column in opposites(reading.line, reading.free, reading.table).items():
        if not _flag(reading, column, at, turned=True):
            return False
        reading.taken.add(at)
    return True


def _flag(reading: Reading, column: Column, at: int, *, turned: bool = False) -> bool:
    """A column that is empty or not, or says yes or no; `turned` by the word itself, as "unheated" is."""
    denied = _denied(reading, at, column) != turned
    condition = flagged(column, denied=denied, may_be_empty=_is_had(reading, at))
    if condition is None:
        return False
    reading.conditions.append(condition)
    reading.named.add(at)
    reading.flags.add(at)
    return True


def _is_had(reading: Reading, at: int) -> bool:
    """Whether a noun is said to be there or not: "no clerk", "without a clerk", "have a clerk"."""
    before = {token.form for token in reading.line[max(0, at - 3) : at]}
    return bool(before & {"no", "with", "without", "have", "has", "had"})


def _denied(reading: Reading, at: int, column: Column) -> bool:
    """Whether a negation that is not used up yet stands before a place, and no word of another column between
    them; it is used up then.
    """
    heads = named_heads(reading.line, reading.table, reading.free)
    heads |= opposites(reading.line, reading.free, reading.table)
    start = max((place + 1 for place, other in heads.items() if place < at and other is not column), default=0)
    before = [place for place in reading.negations if start <= place < at]
    reading.negations = [place for place in reading.negations if place not in before]
    return len(before) % 2 == 1


def _before(line: Sequence[Token], at: int) -> str:
    """The form of the word before a place, determiners passed over."""
    return next((line[place].form for place in range(at - 1, -1, -1) if line[place].form not in DETERMINERS), "")
