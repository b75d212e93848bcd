"""Text that was cut at a width has the sentences that it had before; lists stay lists."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cut.sentences import sentences
from index.readers.text import read_text

PROSE = (
    "The old meter, which was taken out on the 12. of May, stands in the cellar - it is not read any more, and whoever "
    "looks for the seal finds it there. The charge rose from 140 to 312. It was decided by the owners. Wie z. B. die "
    "Lampe im Hof hat auch der Zähler seit dem 3. März keine Plombe – er wird nicht mehr abgelesen und kommt weg."
)


def quotable(text: str) -> list[str]:
    """Every sentence of every block, on one line."""
    read = read_text(text.encode())
    spans = (span for block in read.blocks for span in sentences(read.text, block.span))
    return [" ".join(span.of(read.text).split()) for span in spans]


@given(st.integers(64, 100), st.integers(0, 30))
def test_no_sentence_of_prose_is_cut_where_its_lines_end(width: int, more: int) -> None:
    prose = "word " * more + PROSE
    wrapped = textwrap.fill(prose, width, break_on_hyphens=False)
    assert quotable(wrapped) == quotable(prose)


@pytest.mark.parametrize(
    "items",
    [
        ["- a rope that is long enough for the whole of the northern slope", "- a map", "- water"],
        ["1. a rope that is long enough for the whole of the northern slope", "2. a map", "3. water"],
        ["a) a rope that is long enough for the whole of the northern slope", "b) a map"],
    ],
)
def test_a_list_below_a_line_that_is_as_long_is_a_list(items: list[str]) -> None:
    above = "Whoever comes along to the hut on the glacier brings with them"
    read = read_text("\n".join([above, *items]).encode())
    assert [block.span.of(read.text) for block in read.blocks] == [above, *items]
    assert [block.kind for block in read.blocks][1:] == ["item"] * len(items)


def test_an_item_below_a_sentence_or_a_short_line_is_an_item() -> None:
    for above in ("Whoever comes along to the hut on the glacier brings with them:", "To bring along"):
        assert quotable(f"{above}\n- a rope") == [above, "- a rope"]
