"""Names that are written in several ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.language.names import acronyms, group, initials, is_capital, one_edit, skeleton


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hezbollah", "Hizballah"), ("Hezbollah’s", "Hizbullah"), ("Sheikhoun", "Shaykhun"), ("Mohammad", "Muhammed")],
)
def test_transliterations_share_a_skeleton(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other) is not None


@pytest.mark.parametrize(("one", "other"), [("Damascus", "Donetsk"), ("Russian", "Persian")])
def test_other_names_do_not(one: str, other: str) -> None:
    assert skeleton(one) != skeleton(other)


def test_short_words_have_none() -> None:
    assert skeleton("Iran") is None
    assert skeleton("London’s") is None or skeleton("London’s") == skeleton("London")


def test_a_country_its_people_and_its_capital_are_one_group() -> None:
    assert group("Russia") == group("Russians") == group("Moscow") is not None
    assert group("Russia") != group("Syria")
    assert group("bakery") is None
    assert is_capital("Moscow")
    assert not is_capital("Russia")


def test_short_forms_that_a_text_explains() -> None:
    text = "The Marsh Rescue Company (MRC) came. The Lower Ferry Office, or LFO, did not. (BBC) filed it."
    found = acronyms(text)
    assert found["mrc"] == ("marsh", "rescue", "company")
    assert found["lfo"] == ("lower", "ferry", "office")
    assert "bbc" not in found


def test_the_short_forms_that_names_would_have() -> None:
    found = initials("The Presiding Officer met Members of the Scottish Parliament. Then he left.")
    assert {"PO", "MSP", "SP"} <= found
    assert "HL" not in found


LETTERS = st.text("abcdefgh", min_size=5, max_size=9)


@given(LETTERS, st.integers(0, 8), st.sampled_from("xyz"))
def test_one_letter_more_less_or_other_is_one_edit(word: str, at: int, letter: str) -> None:
    at %= len(word)
    for other in (word[:at] + letter + word[at:], word[:at] + letter + word[at + 1 :]):
        assert one_edit(word, other)
        assert one_edit(other, word)
    assert not one_edit(word, word)


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("shirley", "shirey", True),
        ("montcalm", "montaclm", True),
        ("iran", "iraq", False),
        ("austria", "australia", False),
        ("slovakia", "slovenia", False),
        ("marsh", "marshes", False),
    ],
)
def test_names_a_letter_apart(one: str, other: str, near: bool) -> None:
    assert one_edit(one, other) is near
    assert one_edit(other, one) is near
