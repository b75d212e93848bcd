"""A plan carried out over the rows of its table, and told in one sentence. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.counting.amounts import Amounts
from rag.counting.grouped import groups
from rag.counting.plan import Condition, Plan
from rag.counting.table import Column

_NAMED = 24
"""Values that a sentence lists; the others are counted."""
_CALLED = {"max": "highest", "min": "lowest"}
_ADDED = {"average": "average"}


@dataclass(frozen=True, slots=True)
class Result:
    """What a plan comes to, the places of its rows in the table, and the sentence that says so.

    `counted` are the rows that were compared, where only the highest or the lowest are its rows.
    """

    value: str
    rows: tuple[int, ...]
    text: str
    counted: int


def carry_out(plan: Plan) -> Result | None:
    """The result of a plan; None where it has none, as the highest of no numbers."""
    chosen = np.flatnonzero(plan.rows)
    is_named_only = any(condition.is_part for condition in plan.conditions)
    if not len(chosen) and is_named_only:
        return None
    if plan.group is not None:
        return _grouped(plan, plan.group, frozenset(chosen.tolist()))
    if plan.asks.operation == "difference":
        return _difference(plan, chosen.tolist())
    return _over_all(plan, chosen)


def _over_all(plan: Plan, chosen: np.ndarray) -> Result | None:
    """The result over all rows that are chosen."""
    operation, column = plan.asks.operation, plan.column
    if operation == "list":
        return _list(plan, chosen.tolist()) if len(chosen) > 1 else None
    if operation != "count":
        return _number(plan, chosen, column) if column and column.amounts else None
    if column is None:
        text = _sentence(plan, _rows(plan, len(chosen)))
        return Result(f"{len(chosen):,}", tuple(chosen.tolist()), text, len(chosen))
    if column.is_number:
        return _number(plan, chosen, column)
    return _distinct(plan, chosen.tolist(), column)


def _grouped(plan: Plan, group: Column, chosen: frozenset[int]) -> Result | None:
    """What the rows of each value of a column come to."""
    places = {name: sorted(chosen.intersection(rows)) for name, rows in groups(group).items()}
    counted = {name: _with_value(plan, rows) for name, rows in places.items()}
    results = {name: _of_rows(plan, rows) for name, rows in counted.items() if rows or not plan.column}
    total = sum(map(len, counted.values()))
    if not total or not plan.is_countable:
        return None
    names = "; ".join(f"{name} {_result(plan, result)}" for name, result in results.items())
    called = f"The {_operation(plan)} of {plan.column.head}" if plan.column else "The number of rows"
    opening = f"{called} for each {group.head}, over {_rows(plan, total)}{_without(len(chosen) - total)}"
    return Result(names, tuple(at for rows in counted.values() for at in rows), _sentence(plan, opening, names), total)


def _difference(plan: Plan, chosen: Sequence[int]) -> Result | None:
    """How far apart two rows are in a column, or how many more rows there are of one value than of another."""
    sides = plan.sides()
    if sides is None or not plan.is_countable:
        return None
    rows = [_with_value(plan, np.flatnonzero(plan.rows_of(side)).tolist()) for side in sides]
    most = 1 if plan.column else len(chosen)
    if not all(0 < len(of_side) <= most for of_side in rows):
        return None
    column = plan.table.columns[sides[0].column]
    first, second = (_of_rows(plan, side) for side in rows)
    names = "; ".join(
        f"{column.values[at[0]]} {_result(plan, one)}" for at, one in zip(rows, (first, second), strict=True)
    )
    value = _result(plan, abs(first - second))
    called = plan.column.head if plan.column else "the number of rows"
    opening = f"The difference in {called} is {value}, over {_rows(plan, len(chosen))}"
    return Result(value, tuple(chosen), _sentence(plan, opening, names), len(chosen))


def _with_value(plan: Plan, rows: Sequence[int]) -> list[int]:
    amounts = plan.amounts
    return [at for at in rows if amounts is None or amounts.has_one[at]]


def _of_rows(plan: Plan, rows: Sequence[int]) -> float:
    """How many rows there are, or what a column comes to over them."""
    if plan.amounts is None:
        return float(len(rows))
    numbers = plan.amounts.numbers[list(rows)]
    return float(numbers.mean() if _operation(plan) == "average" else numbers.sum())


def _operation(plan: Plan) -> str:
    return _ADDED.get(plan.asks.operation, "sum")


def _result(plan: Plan, number: float) -> str:
    return _written(number, plan.amounts, _operation(plan)) if plan.amounts else f"{number:,.0f}"


def _without(many: int) -> str:
    return f", {many:,} more without a value" if many else ""


def _list(plan: Plan, chosen: Sequence[int]) -> Result:
    names = _joined(plan.column, chosen) if plan.column else _labels(plan, chosen)
    return Result(names, tuple(chosen), _sentence(plan, _rows(plan, len(chosen)), names), len(chosen))


def _distinct(plan: Plan, chosen: Sequence[int], column: Column) -> Result:
    """How many values of a column are different."""
    values = dict.fromkeys(value for at in chosen if (value := column.values[at]))
    opening = f"{len(values):,} different in the column {column.head}, {_rows(plan, len(chosen))}"
    text = _sentence(plan, opening, _joined(column, chosen))
    return Result(f"{len(values):,}", tuple(chosen), text, len(chosen))


def _number(plan: Plan, chosen: np.ndarray, column: Column) -> Result | None:
    amounts = column.amounts
    assert amounts is not None  # as was asked before
    counted = chosen[amounts.has_one[chosen]]
    if not len(counted) or len(chosen) == 1:
        return None
    operation = plan.asks.operation
    if operation in ("max", "min"):
        numbers = amounts.numbers[counted]
        best = numbers.max() if operation == "max" else numbers.min()
        rows = counted[numbers == best].tolist()
        value = column.values[rows[0]]
        names = _labels(plan, rows)
        rows = counted.tolist() if plan.asks.between else rows
        what = f"The {_CALLED[operation]} {column.head} is {_with_unit(value, amounts)}"
    elif amounts.kind == "date":
        return None
    else:
        rows, names = counted.tolist(), ""
        value = _result(plan, _of_rows(plan, rows))
        what = f"The {_operation(plan)} of {column.head} is {value}"
    opening = f"{what}, over {_rows(plan, len(counted))}{_without(len(chosen) - len(counted))}"
    return Result(value, tuple(rows), _sentence(plan, opening, names), len(counted))


def _written(number: float, amounts: Amounts, operation: str) -> str:
    digits = amounts.decimals if operation == "sum" else max(2, amounts.decimals)
    return _with_unit(f"{number:,.{digits}f}", amounts)


def _with_unit(value: str, amounts: Amounts) -> str:
    unit = amounts.unit.upper() if amounts.kind.startswith("money") else amounts.unit
    if not unit or unit in value:
        return value
    return f"{unit}{value}" if not unit.isalpha() and unit not in "%°" else f"{value} {unit}"


def _rows(plan: Plan, many: int) -> str:
    total = len(plan.table.rows)
    noun = "row" if total == 1 else "rows"
    return f"{many:,} of {total:,} {noun} of {plan.table.titles[0]}"


def condition_of(plan: Plan) -> str:
    """The conditions of a plan in words; empty where there is none."""
    return " and ".join(dict.fromkeys(_alternatives(plan.conditions, condition) for condition in plan.conditions))


def _alternatives(conditions: Sequence[Condition], condition: Condition) -> str:
    if not condition.is_choice:
        return condition.words
    return " or ".join(other.words for other in conditions if other.is_choice and other.column == condition.column)


def _sentence(plan: Plan, opening: str, names: str = "") -> str:
    condition = condition_of(plan)
    where = f" where {condition}" if condition else ""
    unused = f" Nothing in the table stands for “{plan.unused}”." if plan.unused else ""
    return f"{opening}{where}{f': {names}' if names else ''}.{unused}"


def _labels(plan: Plan, rows: Sequence[int]) -> str:
    """What rows are called: by the column that tells them apart, and by the next that does, where that is an id."""
    key = plan.table.key
    others = (column for column in plan.table.columns if column.is_label and column is not key)
    name = next(others, None) if any(character.isdigit() for character in key.values[rows[0]]) else None
    both = [f"{key.values[at]} {name.values[at]}" if name else key.values[at] for at in rows]
    return _listed(both)


def _joined(column: Column, rows: Sequence[int]) -> str:
    return _listed([column.values[at] for at in rows if column.values[at]])


def _listed(names: Sequence[str]) -> str:
    values = list(dict.fromkeys(names))
    more = f" and {len(values) - _NAMED:,} more" if len(values) > _NAMED else ""
    return "; ".join(values[:_NAMED]) + more
