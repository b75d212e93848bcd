"""Sentences made wrong on purpose: in one thing, of the kind named, the same every time; true ones stay true."""

from __future__ import annotations

import pytest

from evals.perturb import Kind, Truth, truths, wrongs

SENTENCES = (
    "Ann Lee glimmed that 83 people may have been hurt in Harlow on Monday.",
    "Bo Dee glimmed that the weir, 18 miles away, was safe.",
    "According to Harbour Watch, the river rose after the storm of 3 May 2014.",
    "In May 2014, the moot had fewer than 40 members, and it was not dissolved.",
)
DOCUMENT = " ".join(SENTENCES) + (
    " “The moot is full,” glimmed Ann Lee. Bo Dee left Harlow. It was dry in Marlow, and Marlow stayed so. Trud and"
    " Trud left."
)


def made(sentence: str, document: str = DOCUMENT) -> dict[Kind, str]:
    return {item.kind: item.text for item in wrongs(sentence, sentence, document)}


@pytest.mark.parametrize(
    ("at", "kinds"),
    [
        (0, {"number", "date", "modality", "speaker", "name"}),
        (1, {"number", "unit", "negation", "speaker"}),
        (2, {"date", "comparative", "speaker"}),
        (3, {"date", "number", "negation", "comparative"}),
    ],
)
def test_each_rule_that_fits_makes_one(at: int, kinds: set[Kind]) -> None:
    assert kinds <= made(SENTENCES[at]).keys()


def test_what_is_made_is_exactly_the_one_change() -> None:
    assert made(SENTENCES[0])["modality"] == "Ann Lee glimmed that 83 people was hurt in Harlow on Monday."
    assert made(SENTENCES[3])["negation"] == "In May 2014, the moot had fewer than 40 members, and it was dissolved."
    assert made(SENTENCES[3])["comparative"].startswith("In May 2014, the moot had more than 40 members")
    assert "Ann Lee" not in made(SENTENCES[0])["speaker"]


def test_a_name_is_exchanged_for_one_that_the_document_sets_after_the_same_word() -> None:
    for seed in range(20):
        (item,) = (one for one in wrongs(SENTENCES[0], SENTENCES[0], DOCUMENT, seed) if one.kind == "name")
        assert (item.was, item.became) == ("Harlow", "Marlow")


def test_a_word_that_the_document_also_writes_small_is_no_name() -> None:
    document = "Orl lies in Harlow. Quoins were sold. Quoins were blue. The old quoins lay in Harlow."
    assert "name" not in made("They left for Harlow in a hurry that day.", document)
    assert "Quoins" in made("They left for Harlow in a hurry that day.", document.replace("old quoins", "two"))["name"]


def test_a_unit_becomes_another_of_what_it_measures_and_of_another_size() -> None:
    for seed in range(40):
        item = next(one for one in wrongs(SENTENCES[1], SENTENCES[1], DOCUMENT, seed) if one.kind == "unit")
        assert item.was == "miles"
        assert item.became not in ("mile", "hours", "kilometre")
        assert item.became.endswith("s") or item.became == "feet"
    metres = [one.became for n in range(40) for one in wrongs("It is 100 metres up.", "", "", n) if one.kind == "unit"]
    assert "yards" not in metres
    assert metres


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
    assert "The river rose after the storm of 3 May 2014, according to Harbour Watch." in [
        t.text for t in truths(SENTENCES[2])
    ]
    assert any("May 3, 2014" in t.text for t in truths(SENTENCES[2]))
    assert [t.rewrite for t in truths("It opened on September 29th 2018 in Marlow.")] == ["verbatim"]
    assert [t.rewrite for t in truths("He said “12 of them” came.")] == ["verbatim"]


@pytest.mark.parametrize(
    ("opener", "rest", "is_dropped"),
    [
        ("In the spring of 1753", "the moot bought the weir and let it to Wenna.", True),
        ("However", "the moot bought the weir and let it to Wenna.", True),
        ("During the Brask War", "the moot bought the weir and let it to Wenna.", True),
        ("In the glim of the moot", "the weir was bought and let to Wenna for ever.", False),
        ("Without Wenna", "the moot bought the weir and let it to the Orls.", False),
        ("In Brask", "the weir is the largest that the moot has bought.", False),
        ("After 1753", "no weir was bought by the moot, or let to Wenna.", False),
    ],
)
def test_what_begins_a_sentence_is_dropped_where_it_only_says_when_or_where(
    opener: str, rest: str, is_dropped: bool
) -> None:
    dropped = Truth(rest[0].upper() + rest[1:], "clause dropped")
    assert (dropped in truths(f"{opener}, {rest}")) == is_dropped
