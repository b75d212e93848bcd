from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import words

PLAIN = st.lists(st.sampled_from(["river", "north", "1945", "tower"]), min_size=1).map(" ".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Cat, a dog!", ["cat", "dog"]),
        ("U.S. dollars: $8", ["us", "dollars", "8"]),
        ("“Biden’s” plan—really", ["bidens", "plan", "really"]),
        ("ﬁne\u00a0print", ["fine", "print"]),
        ("The A an …", []),
    ],
)
def test_tokens_follow_the_squad_script(text: str, expected: list[str]) -> None:
    assert words.tokens(text) == expected


def test_markers_are_taken_out() -> None:
    assert words.without_markers("Built[1] in [2, 3] 1889 [x].").split() == ["Built", "in", "1889", "[x]."]


def test_a_form_is_found_only_as_whole_words_in_a_row() -> None:
    assert words.contains("It was built in 1889, they say.", "In 1889")
    assert not words.contains("It was built in 18890.", "1889")
    assert not words.contains("built of iron in 1889", "built in 1889")
    assert not words.contains("anything", "the")


def test_parts_count_when_one_form_of_each_stands() -> None:
    # The first part by its second form, the second part not at all: 1 of 2.
    assert words.fraction_present("the Seine", [["Vistula", "Seine"], ["1889"]]) == 0.5


def test_token_f1_by_hand() -> None:
    # said 4 words, wanted 2, shared 2: precision 2/4, recall 2/2, so 2*.5*1/1.5 = 2/3; the other form is worse.
    assert words.token_f1("river Vistula runs north", ["river Vistula", "Seine"]) == pytest.approx(2 / 3)
    # "river river" and "river" share one river: 2*1/(2+1).
    assert words.token_f1("river river", ["river"]) == pytest.approx(2 / 3)
    assert words.token_f1("north", ["Seine"]) == 0.0
    assert words.exact_match("The Vistula!", ["Seine", "vistula"]) == 1.0
    assert words.exact_match("Vistula river", ["Vistula"]) == 0.0


@given(said=PLAIN, wanted=PLAIN)
def test_f1_is_a_symmetric_share_and_1_only_for_the_same_words(said: str, wanted: str) -> None:
    score = words.token_f1(said, [wanted])
    assert 0 <= score <= 1
    assert score == words.token_f1(wanted, [said])
    assert (score == 1) == (sorted(said.split()) == sorted(wanted.split()))


@given(before=PLAIN, form=PLAIN, after=PLAIN)
def test_a_form_is_found_between_any_words(before: str, form: str, after: str) -> None:
    assert words.contains(f"{before} {form}, {after}", form.upper())
