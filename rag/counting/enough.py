"""Whether what was read of a question is enough to answer it: every word, and the conditions that it needs. Pure."""

from __future__ import annotations

from itertools import pairwise

from rag.asking.phrases import BE
from rag.counting.asks import KINDS
from rag.counting.compared import BOUNDS
from rag.counting.plan import Plan
from rag.counting.reading import Reading
from rag.lexicon import AUXILIARIES, PREPOSITIONS


def plan_of(reading: Reading) -> Plan | None:
    """The plan that was read; None where it is not enough."""
    left = sorted(reading.free)
    unused = reading.line[left[0]].text if left else None
    is_read = len(left) < 2 and all(_is_light(reading, at) for at in left) and not reading.negations
    is_meant = _is_called_so(reading) or _is_in_title(reading)
    if not (is_read and is_meant and _is_one_choice(reading) and len(reading.conditions) >= _fewest(reading)):
        return None
    is_elsewhere = reading.has_date and bool(reading.flags)
    is_bare = reading.group is not None and not (reading.asks.noun or reading.column)
    doubts = (left, reading.by_likeness, reading.asks.of_ledger, is_elsewhere, is_bare)
    is_sure = _is_called_so(reading) and not any(doubts)
    return Plan(reading.table, reading.asks, tuple(reading.conditions), reading.column, reading.group, unused, is_sure)


def _fewest(reading: Reading) -> int:
    """Conditions that are needed, at least: of numbers that are counted one, unless a total is asked for."""
    if reading.asks.between or reading.asks.operation == "difference":
        return 2
    if reading.group is not None:
        return 0
    is_added = reading.column is not None and reading.column.is_number and not reading.asks.total
    is_bare = reading.column is None and not reading.asks.noun
    is_needed = reading.asks.operation == "list" or reading.asks.of_ledger
    return int(is_needed or (reading.asks.operation == "count" and (is_added or is_bare)))


def _is_one_choice(reading: Reading) -> bool:
    """Whether "or", where it joins no amount, stands between values of one column of which none is denied."""
    pairs = pairwise(reading.line)
    joins = any(token.form in ("or", "nor") and after.form not in BOUNDS for token, after in pairs)
    choices = {condition.column if condition.is_choice else -1 for condition in reading.conditions}
    return not joins or (len(choices) < 2 and -1 not in choices)


def _is_called_so(reading: Reading) -> bool:
    """Whether what is asked for is what a row is called."""
    return not reading.asks.noun or bool(reading.named & set(reading.asks.noun))


def _is_in_title(reading: Reading) -> bool:
    """Whether what is asked for, under a condition, is a word of the table's title: it may be what a row is."""
    return bool(reading.conditions) and any(map(reading.is_title, reading.asks.noun))


def _is_light(reading: Reading, at: int) -> bool:
    """Whether a word is but the verb that ties a condition to what is counted: at the end, as in "does the shop
    sell" and "have no clerk entered", or after its subject, as in "singers live in Leck".
    """
    token, last = reading.line[at], at == len(reading.line) - 1
    is_turned = bool({at + 1, at + 2} & reading.flags)  # "lack a phone" turns round what is flagged
    if token.is_named or at in reading.measured or is_turned:
        return False
    if at in reading.verbs:
        return True
    if reading.asks.operation in ("max", "min"):
        return at > 1 and reading.column is not None and not reading.by_likeness
    if reading.asks.of_ledger or not reading.conditions:
        return reading.asks.of_ledger
    if reading.asks.noun[1:2] == (at,):
        before = at - 2 if reading.line[at - 1].form in KINDS else at - 1
        return not token.form.endswith("ed") and not last and before in reading.named
    helped = any(other.form in AUXILIARIES - BE for other in reading.line[:at])
    return last and helped and reading.line[at - 1].form not in BE | PREPOSITIONS
