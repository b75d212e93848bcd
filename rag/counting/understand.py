"""What a question asks of one table: an operation, and the conditions that its words set. Pure but for likeness.

Every word of the question that means something has to be accounted for, as an operation, the noun that a row is called
by, a cell, a head, an amount, or a name of the table. Where one is not, the question is not understood, and is answered
as any other.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.asking.phrases import Token
from rag.counting import conditions, wanted
from rag.counting.asks import Asks
from rag.counting.columns import Like
from rag.counting.enough import plan_of
from rag.counting.plan import Plan
from rag.counting.reading import Reading
from rag.counting.table import Table
from rag.lexicon import EXCLUSIVES

_STEPS = (
    wanted.take_group, conditions.take_figures, conditions.take_amounts, wanted.take_light_verbs,
    wanted.take_nouns, conditions.take_cells, conditions.take_heads, conditions.take_opposites, wanted.take_kinds,
    wanted.take_measure, wanted.take_names, wanted.take_likes,
)  # fmt: skip
"""Each takes the words that it accounts for, and says whether the question may still be understood."""


def understand(question: str, line: Sequence[Token], asks: Asks, table: Table, like: Like) -> Plan | None:
    """What a question asks of a table; None where one of its words is not accounted for."""
    if any(token.form in EXCLUSIVES for token in line) or (asks.operation in ("sum", "average") and table.is_totalled):
        return None
    reading = Reading(question, line, asks, table, like)
    is_understood = all(step(reading) for step in _STEPS)
    return plan_of(reading) if is_understood else None
