"""What is to be done over the rows of a table: an operation, the conditions that a row must meet, and a column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.counting.amounts import Amounts, Mask
from rag.counting.asks import Asks
from rag.counting.table import Column, Table


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
    """An operation over the rows of a table that meet the conditions; `column` is what it adds up, compares or names;
    of each value of `group` by itself.

    `unused` is a word of the question that nothing in the table stands for; `is_sure` says that there is none, and that
    every word was found as it stands.
    """

    table: Table
    asks: Asks
    conditions: tuple[Condition, ...]
    column: Column | None
    group: Column | None
    unused: str | None
    is_sure: bool

    @property
    def amounts(self) -> Amounts | None:
        """The numbers of its column; None where it counts rows."""
        return self.column.amounts if self.column else None

    @property
    def is_countable(self) -> bool:
        """Whether it counts rows, or has a column of numbers."""
        return self.column is None or self.column.is_number

    @property
    def rows(self) -> Mask:
        """The rows that meet every condition; of several values of one column, any."""
        mask = np.ones(len(self.table.rows), dtype=bool)
        for condition in self.conditions:
            mask &= condition.rows if not condition.is_choice else self._any_of(condition.column)
        return mask

    def sides(self) -> tuple[Condition, Condition] | None:
        """The two conditions of one column that are set against each other; None where there are not just two."""
        choices = tuple(condition for condition in self.conditions if condition.is_choice)
        are_two = len(choices) == 2 and choices[0].column == choices[1].column
        return (choices[0], choices[1]) if are_two else None

    def rows_of(self, side: Condition) -> Mask:
        """The rows that meet every condition, and of those that are set against each other this one."""
        return np.asarray(self.rows & side.rows, dtype=np.bool_)

    def _any_of(self, column: int) -> Mask:
        chosen = [c.rows for c in self.conditions if c.is_choice and c.column == column]
        return np.asarray(np.any(chosen, axis=0), dtype=np.bool_)
