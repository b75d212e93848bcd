"""Sentences made wrong on purpose: in one thing, of the kind named, the same every time; true ones stay true."""

from __future__ import annotations

import pytest

from evals.perturb import Kind, truths, wrongs

DOCUMENT = (
    "Ann Lee said that 83 people may have been hurt in Harlow on Monday. Bo Dee said the bridge, 18 miles away, was safe. "
    "According to Harbour Watch, the river rose after the storm of 3 May 2014. Ann Lee said more. Bo Dee left Harlow. Marlow was dry, and "
    "Marlow stayed so. In May 2014, the council had fewer than 40 members, and it was not dissolved."
)
SENTENCES = (
    "Ann Lee said that 83 people may have been hurt in Harlow on Monday.",
    "Bo Dee said the bridge, 18 miles away, was safe.",
    "According to Harbour Watch, the river rose after the storm of 3 May 2014.",
    "In May 2014, the council had fewer than 40 members, and it was not dissolved.",
)


def made(sentence: str) -> dict[Kind, str]:
    return {item.kind: item.text for item in wrongs(sentence, sentence, DOCUMENT)}


@pytest.mark.parametrize(
    ("at", "kinds"),
    [
        (0, {"number", "date", "modality", "speaker"}),
        (1, {"number", "unit", "negation", "speaker"}),
        (2, {"date", "comparative", "speaker"}),
        (3, {"date", "number", "negation", "comparative"}),
    ],
)
def test_each_rule_that_fits_makes_one(at: int, kinds: set[Kind]) -> None:
    assert kinds <= made(SENTENCES[at]).keys()


def test_what_is_made_is_exactly_the_one_change() -> None:
    assert made(SENTENCES[0])["modality"] == "Ann Lee said that 83 people was hurt in Harlow on Monday."
    assert made(SENTENCES[1])["unit"] == "Bo Dee said the bridge, 18 kilometers away, was safe."
    assert made(SENTENCES[3])["negation"] == "In May 2014, the council had fewer than 40 members, and it was dissolved."
    assert "Ann Lee" not in made(SENTENCES[0])["speaker"]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_none_is_a_duplicate_and_all_are_the_same_again(sentence: str) -> None:
    first = wrongs(sentence, sentence, DOCUMENT)
    assert first == wrongs(sentence, sentence, DOCUMENT)
    assert len({item.text for item in first} | {sentence}) == len(first) + 1
    assert not any(item.text in DOCUMENT for item in first)


def test_a_swap_takes_nothing_that_the_source_says() -> None:
    for item in wrongs(SENTENCES[0], SENTENCES[0], DOCUMENT):
        assert not item.became or item.kind in ("modality", "negation") or item.became not in SENTENCES[0]


def test_true_sentences_are_said_otherwise_only_where_that_is_honest() -> None:
    assert "The council had fewer than 40 members, and it was not dissolved." in [t.text for t in truths(SENTENCES[3])]
    assert "The river rose after the storm of 3 May 2014, according to Harbour Watch." in [
        t.text for t in truths(SENTENCES[2])
    ]
    assert any("May 3, 2014" in t.text for t in truths(SENTENCES[2]))
    assert [t.rewrite for t in truths("It opened on September 29th 2018 in Marlow.")] == ["verbatim"]
    kept = "According to Ann Lee, nothing was said of it at all in the end."
    assert "Nothing was said of it at all in the end." not in [t.text for t in truths(kept)]
    assert [t.rewrite for t in truths("He said “12 of them” came.")] == ["verbatim"]
