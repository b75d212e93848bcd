"""Which cells of a row a question names by the heads of their columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.words.tokens import content_stems, content_words, word_stems
from rag.lexicon import CURRENCIES, UNITS

Cell = tuple[str, str]
"""A head with the value below it, which is empty where the cell is."""
_IN_BRACKETS = re.compile(r"\([^()]*\)")
"""The unit of a column, behind its head: "Water (m³)"."""
_PARTS = re.compile(r"(?<=[a-z])(?=[A-Z])|_")
_UNITS = frozenset(CURRENCIES) | {unit for unit in UNITS if len(unit) == len("kg")}
"""What a head ends with that is no noun: a currency, or a short unit."""


def cells_named(cells: Sequence[Cell], question: str) -> list[Cell]:
    """The cells whose head the question names without their value; not "price" where it names "trade price"."""
    wanted = content_stems(question)
    sought = [cell for cell in cells if not is_said(cell[1], question)]
    stems = [head_stems(head) for head, _ in sought]
    named = [of_head for of_head in stems if frozenset() < of_head <= wanted]
    whole = [of_head for of_head in named if not any(of_head < other for other in named)]
    return [cell for cell, of_head in zip(sought, stems, strict=True) if of_head in whole]


def head_stems(head: str) -> frozenset[str]:
    """The stems of a head's words that mean something, `price_gbp` by its parts, without the unit that ends it."""
    line = content_words(_PARTS.sub(" ", _IN_BRACKETS.sub(" ", head)))
    last = {word.stem for word in line[1:][-1:] if word.text.casefold() in _UNITS}
    return frozenset(word.stem for word in line) - last


def is_said(value: str, question: str) -> bool:
    """Whether a value has words that mean something, and the question all of its words: "day" names no "all day"."""
    return bool(content_stems(value)) and word_stems(value) <= word_stems(question)
