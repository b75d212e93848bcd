"""The rows of a table that a question names as well as the one that was found for it. Pure."""

from __future__ import annotations

import numpy as np

from rag.asking.phrases import tokens
from rag.counting.cells import DENIAL, named_cells
from rag.counting.table import Table
from rag.lexicon import EXCLUSIVES


def named_alike(question: str, table: Table) -> tuple[int, ...]:
    """The places of the rows that hold every value that the question says whole, of several of one column any. None
    where it says no value, or denies something: what it says is not what is asked for then.
    """
    line = tokens(question)
    free = frozenset(at for at, token in enumerate(line) if token.has_content)
    named = filter(lambda cell: cell.is_whole, named_cells(line, table, free) or ())
    values: dict[int, frozenset[str]] = {}
    for cell in named:
        values[cell.column.at] = values.get(cell.column.at, frozenset()) | cell.values
    is_turned = DENIAL.search(question) or EXCLUSIVES.intersection(token.form for token in line)
    if is_turned or not values:
        return ()
    masks = [table.columns[at].where(wanted) for at, wanted in values.items()]
    return tuple(np.flatnonzero(np.all(masks, axis=0)).tolist())
