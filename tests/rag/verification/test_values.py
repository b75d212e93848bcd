"""Values: what is the same amount, day, time or thing, however it is written."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.verification.values import Value, same, values


def only(text: str) -> Value:
    (value,) = values(text)
    return value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a fortnight", "14 days"),
        ("half past six", "6.30"),
        ("half past six", "18:30"),
        ("a quarter to five in the afternoon", "16.45"),
        ("6 p.m.", "18.00"),
        ("midnight", "00:00"),
        ("£41,600", "41,600 pounds"),
        ("12p", "£0.12"),
        ("a dozen", "12"),
        ("half a dozen", "six"),
        ("ninety minutes", "an hour and a half"),
        ("1½ hours", "90 min"),
        ("half a year", "six months"),
        ("30 months", "two and a half years"),
        ("48 per cent", "48%"),
        ("half", "50 percent"),
        ("a quarter", "25 %"),
        ("forty-one", "41"),
        ("two hundred and five", "205"),
        ("£1.2 million", "£1,200,000"),
        ("18 miles", "29 km"),
        ("1 May", "the first of May"),
        ("1 May", "May 1, 2025"),
        ("twice", "two"),
        ("Sundays", "Sunday"),
        ("640-metre", "640 m"),
        ("some 80", "83"),
        ("40", "40 km"),
    ],
)
def test_the_same_however_it_is_written(one: str, other: str) -> None:
    assert same(only(one), only(other))
    assert same(only(other), only(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("T-4499", "T-449"),
        ("AX-4471-B", "AX-4471"),
        ("B-1042", "1042"),
        ("6 kg", "6 m"),
        ("£12", "€12"),
        ("6 a.m.", "18.00"),
        ("14 days", "14 weeks"),
        ("1 May", "1 June"),
        ("Monday", "Tuesday"),
        ("80", "83"),
        ("01632 960 702", "01632 960 703"),
    ],
)
def test_not_the_same(one: str, other: str) -> None:
    assert not same(only(one), only(other))


def test_flats_are_told_apart_by_their_letter_and_an_article_is_none() -> None:
    assert [value.text for value in values("Parking is shared with Flat A. A bay of Flat B is free.")] == ["A", "B"]


def test_limits_are_read_with_their_values() -> None:
    bounds = [value.bound for value in values("at least 40, up to three weeks, more than £5, 6 or fewer, 7")]
    assert bounds == ["least", "most", "more", "most", ""]


@given(st.text(max_size=200))
def test_any_text_is_read_and_values_are_exact_and_apart(text: str) -> None:
    found = values(text)
    assert all(value.span.of(text) == value.text for value in found)
    assert all(a.span.end <= b.span.start for a, b in pairwise(found))
