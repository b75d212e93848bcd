"""The layout of a question over units: every token of a unit knows which characters it stands for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from index.cut.searchable import row_text
from rag.reader.layout import LONGEST, LONGEST_UNIT, Unit, lay_out
from rag.reader.onnx_model import INSTALLED, TOKENIZER

TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=60)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(Path(INSTALLED) / TOKENIZER))


@settings(max_examples=60)
@given(question=TEXTS, texts=st.lists(TEXTS, max_size=6))
def test_ranges_lie_in_order_and_places_lie_in_their_unit(question: str, texts: list[str]) -> None:
    tokenizer = Tokenizer.from_file(str(Path(INSTALLED) / TOKENIZER))
    layout = lay_out(tokenizer, question, [Unit(text) for text in texts])
    assert len(layout.ids) == len(layout.segments) == len(layout.places) <= LONGEST
    assert len(layout.units) == len(texts)
    for number, (start, end) in enumerate(layout.units):
        for place in layout.places[start:end]:
            assert place is not None
            assert place.unit == number
            assert 0 <= place.start <= place.end <= len(texts[number])


def test_the_words_of_a_token_are_found_again(tokenizer: Tokenizer) -> None:
    layout = lay_out(tokenizer, "How high?", [Unit("The rent is 940 euros."), Unit("Dogs may stay.")])
    start, end = layout.units[1]
    first, last = layout.places[start], layout.places[end - 2]
    assert first is not None
    assert last is not None
    assert "Dogs may stay."[first.start : last.end] == "Dogs may stay"


def test_what_does_not_fit_has_no_tokens_and_nothing_after_it_has(tokenizer: Tokenizer) -> None:
    units = [Unit("vellum " * 150), Unit("quoin " * 190), Unit("serif " * 190), Unit("ink")]
    layout = lay_out(tokenizer, "What?", units)
    filled = [end > start for start, end in layout.units]
    assert filled[0]
    assert not filled[-1]
    assert len(layout.ids) <= LONGEST


def test_one_endless_sentence_is_cut(tokenizer: Tokenizer) -> None:
    layout = lay_out(tokenizer, "What?", [Unit("plover " * 10_000), Unit("It nests in May.")])
    assert layout.units[0][1] - layout.units[0][0] == LONGEST_UNIT
    assert layout.units[1][1] > layout.units[1][0]


def test_a_row_is_read_under_its_heads_without_its_empty_cells() -> None:
    assert row_text([("Zone", "1"), ("Fare", ""), ("", "late")]) == "Zone: 1; late"
