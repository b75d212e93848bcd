"""An amount that a question compares with means the same however its unit is written."""

from __future__ import annotations

import pytest

from rag.asking.phrases import tokens
from rag.counting.compared import compared
from rag.counting.table import Column
from rag.lexicon import UNITS

CELLS = ("1", "2", "3", "4", "5", "6")


def rows_over_three(unit: str, column: Column) -> list[bool] | None:
    """The rows over 3 of `unit`; None where the amount is not compared with the column."""
    question = f"How many lanes have a Load over 3 {unit}?"
    fitting = [one for one in compared(question, tokens(question)) if one.fits(column)]
    return list(map(bool, fitting[0].rows(column))) if fitting else None


@pytest.mark.parametrize("unit", [*sorted(UNITS), "per cent"])
def test_rows_are_counted_by_the_unit_of_the_column(unit: str) -> None:
    over = [False, False, False, True, True, True]
    assert rows_over_three(unit, Column(1, f"Load ({unit})", CELLS)) == over


@pytest.mark.parametrize("amount", ["£3 million", "3 million pounds", "£3,000,000"])
def test_an_amount_in_millions_is_compared(amount: str) -> None:
    question = f"How many lanes cost over {amount}?"
    (one,) = compared(question, tokens(question))
    column = Column(1, "Cost", ("£2,900,000", "£3,000,000", "£3,100,000"))
    assert one.fits(column)
    assert list(map(bool, one.rows(column))) == [False, False, True]


@pytest.mark.parametrize("unit", ["%", "per cent", "percent", "kg", "hours"])
def test_units_as_people_write_them_are_compared(unit: str) -> None:
    head = "Load %" if unit.startswith("per") else f"Load {unit}"
    assert rows_over_three(unit, Column(1, head, CELLS)) == [False, False, False, True, True, True]


def test_an_amount_in_another_unit_of_its_kind_is_compared_by_what_it_is() -> None:
    question = "Which lanes are over 3,000 m?"
    (one,) = compared(question, tokens(question))
    column = Column(1, "Load (km)", CELLS)
    assert one.fits(column)
    assert list(map(bool, one.rows(column))) == [False, False, False, True, True, True]
