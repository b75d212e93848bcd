"""The grammar of citation markers."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.verification.cite import Marked, labels_in, parse, without_markers


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("a [1]", (1,)),
        ("a [1, 2]", (1, 2)),
        ("a [1;3]", (1, 3)),
        ("a [1-3]", (1, 2, 3)),
        ("a [1–3] b [2]", (1, 2, 3)),
        ("a [3-1]", (3, 1)),
        ("a [1][2]", (1, 2)),
        ("a [ 4 ]", (4,)),
        ("a [99]", (99,)),
        ("a [x] [] [1.5]", ()),
        ("a [1-9999]", (1, 9999)),
        ("a [[1]] b [^2] c [#3]", (1, 2, 3)),
        ("a [passage 1, Source 3]", (1, 3)),
        ("a [1 and 2; 4 & 5]", (1, 2, 4, 5)),
        ("a 【1†source】【2】", (1, 2)),
        ("a [1](http://x) (2)", (1,)),
    ],
)
def test_labels(text: str, labels: tuple[int, ...]) -> None:
    assert labels_in(text) == labels


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rained [1]. It stopped [2].", [("It rained.", (1,)), ("It stopped.", (2,))]),
        ("It rained. [1] It stopped. [2]", [("It rained.", (1,)), ("It stopped.", (2,))]),
        ("It rained.[1][2]", [("It rained.", (1, 2))]),
        ("[1] says it rained.", [("says it rained.", (1,))]),
        ("It rained.\n[1]", [("It rained.", (1,))]),
        ("It rained.", [("It rained.", ())]),
        ("- one [1]\n- two [2]", [("- one", (1,)), ("- two", (2,))]),
        ("Mail: “It rained. It stopped.” [3]", [("Mail: “It rained. It stopped.”", (3,))]),
        ("Mail: “It rained.[4] It stopped.” [3]", [("Mail: “It rained.[4] It stopped.”", (3,))]),
        ("[7]", [("", (7,))]),
        ("It rained ([1], [2]).", [("It rained.", (1, 2))]),
        ("It rained [1] and [2].", [("It rained.", (1, 2))]),
        ("1. It rained [1].\n2. It stopped [2].", [("1. It rained.", (1,)), ("2. It stopped.", (2,))]),
        ("It rained.\n\nSources: [1], [3]", [("It rained.", (1, 3))]),
        ("", []),
    ],
)
def test_parse(text: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert parse(text) == tuple(Marked(words, labels) for words, labels in expected)


PIECES = st.sampled_from(["It rained", "He left", ".", " ", "\n", "[1]", "[2, 3]", "[4-6]", "- ", "!"])


@given(st.lists(PIECES).map("".join))
def test_no_marker_is_lost_and_none_is_made(text: str) -> None:
    found = {label for sentence in parse(text) for label in sentence.labels}
    assert found == set(labels_in(text))


@given(st.lists(PIECES).map("".join))
def test_no_word_is_lost(text: str) -> None:
    said = " ".join(sentence.text for sentence in parse(text))
    assert re.findall("[A-Z][a-z]+", without_markers(text)) == re.findall("[A-Z][a-z]+", said)


FORMS = st.sampled_from(["[1]", "[2, 3]", "[4-6]", "[passage 7]", "([8])", "【9】", "[1] and [2]", "Sources: [3]"])
AROUND = st.sampled_from(["It rained", "He left", ".", " ", "\n", "1. ", "- ", "!", "(", ")"])


@given(st.lists(st.one_of(AROUND, FORMS)).map("".join))
def test_no_marker_is_lost_and_none_is_made_whatever_its_form(text: str) -> None:
    assert {label for sentence in parse(text) for label in sentence.labels} == set(labels_in(text))
