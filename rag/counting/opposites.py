"""What says yes and no: the cells of a column, the negations of a question, and prefixes as in "unheated". Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from index.words.tokens import stem
from rag.asking.phrases import Token
from rag.counting.plan import Condition
from rag.counting.table import Column, Table, only
from rag.lexicon import NEGATIONS

_DENYING = ("non", "un")
"""Of the prefixes that deny, those that seldom do anything else: "inside" is not the opposite of a side. A word with
one of the others, as "inactive", is read as any other."""
_SHORTEST = 3
"""Letters that are left without the prefix, at least."""
_FEW = 2
"""Values that say yes which a condition names; of more it names those that say no."""


def flagged(column: Column, *, denied: bool, may_be_empty: bool) -> Condition | None:
    """The rows of which a column says yes, or no where it is denied; where it may be empty, the rows with a value or
    without. None where it says neither.
    """
    if "" in column.counted and may_be_empty:
        words = f"{column.head} is {'empty' if denied else 'not empty'}"
        return Condition(words, column.where({"", *column.denied()}) ^ (not denied), column.at)
    if not column.denied():
        return None
    values = column.denied() if denied else column.affirmed()
    few = values if denied or len(values) <= _FEW else column.denied()
    verb = "is" if few is values else "is not"
    words = f"{column.head} {verb} {' or '.join(f'“{value}”' for value in sorted(few))}"
    return Condition(words, column.where(values), column.at)


def denies_what_follows(token: Token, after: Token) -> bool:
    """Whether a word of a question is a negation, as in "not heated", "out of stock", "non-renewable"."""
    if (token.form, after.form) == ("out", "of") or (token.form == "non" and not after.breaks):
        return True
    return token.form in NEGATIONS or token.text.lower().replace("’", "'").endswith("n't")


def opposites(line: Sequence[Token], places: Collection[int], table: Table) -> dict[int, Column]:
    """Of the words at these places, each that is the opposite of one head, with its column that says yes or no."""
    columns = [column for column in table.columns if column.denied()]
    each = {at: only([column for column in columns if _is_opposite(line[at], column)]) for at in sorted(places)}
    return {at: column for at, column in each.items() if column is not None}


def _is_opposite(token: Token, column: Column) -> bool:
    rests = (token.form.removeprefix(prefix) for prefix in _DENYING if token.form.startswith(prefix))
    affirmed = {stem(rest) for rest in rests if len(rest) >= _SHORTEST}
    denied = {stem(prefix + token.form) for prefix in _DENYING}
    return len(column.names) == 1 and bool(column.names & (affirmed | denied))
