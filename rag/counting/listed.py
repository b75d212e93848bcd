"""How many items a list has that was quoted whole, where a question asks for no more than what leads to the list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from index.document.structure import Structure
from index.types import Block, Span
from index.words.tokens import word_stems
from rag.asking.phrases import tokens
from rag.counting.asks import asks_of, without_courtesy
from rag.lexicon import LIGHT_VERBS
from rag.reader.units import heading_path
from rag.types import Computed, Evidence

_FEWEST = 2
"""Items of a list."""
_ITEM_BEFORE = 40
"""Characters before an item in which the end of one before it would stand."""


def with_items_counted(
    question: str, evidence: Evidence, structure: Structure, text: str, probability: float
) -> Evidence:
    """The evidence; where its first quote is a list and the question asks how many there are of what leads to it, their
    number and that list, with this `probability`. `text` is that of the document, which `structure` is of.
    """
    quote, *_ = evidence.quotes
    lead, items = _parts(structure, quote.span)
    named = " ".join((lead.span.of(text) if lead else "", *heading_path(structure, text, quote.span.start)))
    if not _asks_how_many(question, named) or not _is_one_list(structure, items, text):
        return evidence
    many = len(items)
    sentence = f"The list that is quoted has {many:,} items."
    computed = Computed("count", "", sentence, f"{many:,}", many, many, ((quote.label, quote.span),))
    return Evidence((quote,), probability, computed=computed)


def _parts(structure: Structure, span: Span) -> tuple[Block | None, list[Block]]:
    """The block that leads to the items in a span, None where it holds none such, and the items."""
    blocks = structure.within(span)
    items = [block for block in blocks if block.kind == "item"]
    return (blocks[0] if blocks and blocks[0].kind == "paragraph" else None), items


def _is_one_list(structure: Structure, items: Sequence[Block], text: str) -> bool:
    """Whether items are a whole list, and none of them is of a list within it."""
    if len(items) < _FEWEST:
        return False
    start, end = items[0].span.start, items[-1].span.end
    before = structure.within(Span(max(0, start - _ITEM_BEFORE), start))[-1:]
    after = islice(structure.following(end), 1)
    margins = {_margin(text, item.span.start) for item in items}
    return len(margins) == 1 and all(block.kind != "item" for block in (*before, *after))


def _margin(text: str, at: int) -> int:
    """The white space before the line on which a character stands."""
    line = text[text.rfind("\n", 0, at) + 1 : at + 1]
    return len(line) - len(line.lstrip())


def _asks_how_many(question: str, named: str) -> bool:
    """Whether a question asks how many there are, in no words but those of what is `named`."""
    line = tokens(without_courtesy(question))
    asks = asks_of(line) if len(line) > 1 else None
    if asks is None or asks.operation != "count" or not asks.noun:
        return False
    free = [token for token in line if token.has_content and token.form not in LIGHT_VERBS]
    return all(token.stem in word_stems(named) for token in free)
