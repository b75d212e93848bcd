"""Names that are written in several ways."""

from __future__ import annotations

import pytest

from rag.language.names import acronyms, group, is_capital, skeleton


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
