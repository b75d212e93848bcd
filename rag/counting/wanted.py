"""What a question wants of a table: the noun that a row is called by, the table's names, a column, and a group.

Each function takes the words that it accounts for, and says whether the question may still be understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.asking.filters import same_word
from rag.counting.amounts import unit_of
from rag.counting.columns import NEAR, measured_column, nearest
from rag.counting.grouped import grouping
from rag.counting.reading import Reading
from rag.counting.table import only
from rag.lexicon import LIGHT_VERBS, MEASURED, MEASURES
from rag.types import Operation

ALIKE = 0.6
"""From this likeness on a word and a head mean one thing: "kids" and "Children" have .88, "kids" and "Leaders" .35."""
_AGE = MEASURES["old"][:2]
_TURNED: dict[Operation, Operation] = {"max": "min", "min": "max"}
"""Of years and dates the oldest is the lowest."""
_POSSESSIVE = re.compile(r"['’]s?$")
_THINGS = frozenset(
    "table list register log file document sheet spreadsheet row entry entries rows thing things".split()
)
"""What this program calls a table and what it is made of, and what stands for any of these."""


def take_group(reading: Reading) -> bool:
    """The column of which a result is asked for each value."""
    grouped = grouping(reading.line, reading.table, reading.asks.group) if reading.asks.group is not None else None
    if grouped is None:
        return all(token.form != "each" for token in reading.line)
    reading.group, places = grouped
    reading.taken |= places
    return True


def take_light_verbs(reading: Reading) -> bool:
    """Verbs that say nothing beside their noun."""
    reading.taken |= {at for at in reading.free if reading.line[at].form in LIGHT_VERBS}
    return True


def take_nouns(reading: Reading) -> bool:
    """What a row is called, and what the table is called where that stands beside it."""
    _take_things(reading)
    nouns = {at for at in reading.free if reading.line[at].stem in reading.table.nouns}
    last = max(nouns, default=0)
    beside = {at for at in reading.asks.noun if at < last and at in reading.free and reading.is_title(at)}
    reading.taken |= nouns | beside
    reading.named |= nouns
    return True


def _take_things(reading: Reading) -> None:
    """ "The loan table": words of the table's own before what this program calls it."""
    for at in sorted(reading.free, reverse=True):
        after = at + 1 < len(reading.line) and at + 1 in reading.taken and reading.line[at + 1].form in _THINGS
        if reading.line[at].form in _THINGS or (after and reading.line[at].stem in reading.table.names):
            reading.taken.add(at)


def take_kinds(reading: Reading) -> bool:
    """Words for what a unit measures, as the price of a column in euros."""
    for at in sorted(reading.free):
        if reading.line[at].form not in MEASURED:
            continue
        kind = MEASURED[reading.line[at].form]
        column = reading.column or only([column for column in reading.table.columns if column.kind.startswith(kind)])
        if column and column.kind.startswith(kind) and reading.asks.operation not in ("count", "list"):
            reading.column = column
            reading.taken.add(at)
    return True


def take_measure(reading: Reading) -> bool:
    """What a superlative compares."""
    is_counted = reading.asks.operation == "difference" and bool(reading.asks.noun)
    if reading.asks.operation in ("count", "list") or is_counted or reading.column is not None:
        return True
    others = [reading.line[at].text for at in sorted(reading.free)]
    measure = measured_column(reading.table, reading.asks, others, reading.like)
    reading.column = measure.column
    reading.by_likeness |= measure.by_likeness
    reading.taken |= {at for at in reading.free if reading.line[at].text == measure.word}
    if reading.asks.measure == _AGE and reading.column and reading.column.tells_when:
        turned = _TURNED.get(reading.asks.operation, reading.asks.operation)
        reading.asks = replace(reading.asks, operation=turned)
    wanted = (reading.table.ledger_sum(),) if reading.asks.of_ledger else reading.table.columns
    return reading.column in wanted


def take_names(reading: Reading) -> bool:
    """Words that name the table or its document, names in any spelling."""
    for at in reading.free:
        token = reading.line[at]
        near = token.is_named and any(same_word(token.text, word) for word in reading.table.above)
        if token.stem in reading.table.names or near:
            reading.taken.add(at)
            reading.by_likeness |= at in reading.asks.noun
    return True


def take_likes(reading: Reading) -> bool:
    """Nouns that mean what a row is called, and words beside a name of the table that together mean it."""
    noun = [at for at in reading.asks.noun if at in reading.free]
    if _take_unit(reading, noun):
        return True
    if noun and not reading.named:
        key = [reading.table.key.head, *reading.table.titles]
        text = " ".join(reading.line[at].text for at in noun)
        numbers = [column for column in reading.table.columns if reading.asks.total and column.is_number]
        added = nearest(text, numbers, reading.like)
        if added or max(reading.like(text, key), default=0.0) >= ALIKE:
            reading.column = added
            reading.taken |= set(noun)
            reading.named |= set(noun)
            reading.by_likeness = True
    _take_titles(reading)
    return True


def _take_titles(reading: Reading) -> None:
    """Possessives beside a name of the table that together mean it: "the print shop's" of print-orders.csv."""
    for at in sorted(reading.free):
        names = [place for place in (at - 1, at + 1) if 0 <= place < len(reading.line) and reading.is_title(place)]
        if not names or not _POSSESSIVE.search(reading.line[at].text):
            continue
        text = " ".join(reading.line[place].text for place in sorted((*names, at)))
        if max(reading.like(text, reading.table.titles), default=0.0) >= NEAR:
            reading.taken.add(at)


def _take_unit(reading: Reading, noun: Sequence[int]) -> bool:
    """A unit that is asked for, as in "how many kilometres": the one column of it is added up."""
    unit = unit_of(reading.line[noun[0]].form) if len(noun) == 1 else None
    column = only([column for column in reading.table.columns if unit and column.kind == unit[0]])
    if column is None or reading.asks.operation != "count" or reading.column is not None:
        return False
    reading.column = column
    reading.taken |= set(noun)
    reading.named |= set(noun)
    return True
