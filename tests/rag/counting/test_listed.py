"""Items of a list are counted where a question asks for nothing but what leads to it."""

from __future__ import annotations

import pytest

from index.document.structure import Structure
from index.readers.lines import blocks_of
from index.types import Span
from rag.counting.listed import with_items_counted
from rag.types import Evidence, Quote

LIST = "These glomps are banned:\n\n- grey vurns\n- the plint of 1904\n- any brack\n"
NESTED = "These glomps are banned:\n\n- grey vurns\n  - small ones\n- any brack\n"


def evidence_of(text: str, question: str, quoted: str | None = None) -> Evidence:
    """What becomes of a quote of these words, or of all, for a question."""
    words = quoted or text.strip()
    start = text.index(words)
    quote = Quote(1, Span(start, start + len(words)), words, None)
    return with_items_counted(question, Evidence((quote,), 0.3), Structure(blocks_of(text)), text, 0.95)


def test_the_items_of_the_list_are_counted() -> None:
    evidence = evidence_of(LIST, "How many glomps are banned?")
    assert evidence.computed is not None
    assert (evidence.computed.value, evidence.computed.counted, evidence.probability) == ("3", 3, 0.95)
    assert [quote.text for quote in evidence.quotes] == [LIST.strip()]


@pytest.mark.parametrize(
    ("question", "text", "quoted"),
    [
        ("How many glomps are banned in winter?", LIST, None),
        ("How many vurns are banned?", LIST, None),
        ("Which glomps are banned?", LIST, None),
        ("How many glomps are banned?", NESTED, None),
        ("How many glomps are banned?", LIST, "These glomps are banned:\n\n- grey vurns\n- the plint of 1904"),
        ("How many glomps are banned?", "These glomps are banned:\n\n- grey vurns\n", None),
        ("How many glomps are banned?", "These glomps are banned: grey vurns and any brack.\n", None),
    ],
)
def test_what_is_no_whole_list_or_asks_for_more_is_left_alone(question: str, text: str, quoted: str | None) -> None:
    assert evidence_of(text, question, quoted).computed is None
