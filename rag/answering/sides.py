"""Which statements of an answer already hold the sides of a disagreement, so that nobody has to read them twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the values bring numpy, which `rag --help` can do without
    from rag.types import Conflict, Side, Statement

_QUOTATION_MARKS = str.maketrans("", "", "“”")


def told(conflict: Conflict, statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements that say the sides of `conflict` word for word, in order; none where a side is not among them."""
    said = [[statement for statement in statements if _says(statement, side)] for side in conflict.sides]
    return tuple(dict.fromkeys(found[0] for found in said)) if all(said) else ()


def _says(statement: Statement, side: Side) -> bool:
    return side.label in statement.labels and _plain(side.claim) in _plain(statement.text)


def _plain(text: str) -> str:
    return " ".join(text.translate(_QUOTATION_MARKS).split())
