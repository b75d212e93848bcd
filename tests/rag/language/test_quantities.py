"""Numbers in text."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language.quantities import find_quantities


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("within 18 miles of it", [("18 miles", 18, "length")]),
        ("some 80 men", [("80", 80, "count")]),
        ("eighty-three dead", [("eighty-three", 83, "count")]),
        ("three hundred and five", [("three hundred and five", 305, "count")]),
        ("two and three billion years", [("two", 2, "count"), ("three billion years", 3e9, "time")]),
        ("300,000 people", [("300,000", 300000, "count")]),
        ("nearly half of it", [("half", 0.5, "percent")]),
        ("nearly half a million of them", [("half a million", 500000, "count")]),
        ("5% and 20 percent", [("5%", 5, "percent"), ("20 percent", 20, "percent")]),
        ("a 22-year-old man", [("22-year-old", 22, "age")]),
        ("$4 million", [("$4 million", 4e6, "money")]),
        ("the sixth round", [("sixth", 6, "ordinal")]),
        ("by 0.2086 seconds", [("0.2086 seconds", 0.2086, "time")]),
        ("for six days", [("six days", 6, "time")]),
        ("On April 6, 2017 and in 2013", []),
        ("as said.[4] Then", []),
        ("the T-4 base and an SU-24", []),
        ("someone, often, tender", []),
    ],
)
def test_found(text: str, found: list[tuple[str, float, str]]) -> None:
    assert [(q.span.of(text), q.value, q.unit) for q in find_quantities(text)] == found


@given(st.integers(3, 999_999_999))
def test_digits_read_back(number: int) -> None:
    values = [q.value for q in find_quantities(f"about {number:,} sheep")]
    assert values == [number] or 1500 <= number <= 2099


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    spans = [q.span for q in find_quantities(text)]
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


def test_a_space_that_does_not_break_may_stand_before_the_unit() -> None:
    assert [(q.value, q.unit) for q in find_quantities("41.3\u00a0% in 5\u00a0km")] == [
        (41.3, "percent"),
        (5.0, "length"),
    ]
