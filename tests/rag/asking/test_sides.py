"""What a comparison compares is asked for by itself, whatever the words are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.question import asked_by_themselves
from rag.asking.sides import sides


@pytest.mark.parametrize(
    ("question", "first", "second"),
    [
        ("mooring at Quelm vs Tarrow?", "mooring at Quelm?", "mooring at Tarrow?"),
        ("Is a berth dearer in Hall C or in Hall D?", "Is a berth dearer in Hall C?", "Is a berth dearer in Hall D?"),
        (
            "Compare the wick of the Brune lamp with that of the Osk lamp.",
            "Compare the wick of the Brune lamp.",
            "Compare the wick of the Osk lamp.",
        ),
        (
            "Who must feed the ferrets for longer, we or the warden?",
            "Who must feed the ferrets for longer, we?",
            "Who must feed the ferrets for longer, the warden?",
        ),
        (
            "What is the toll at Quelm Lock and at Tarrow Weir?",
            "What is the toll at Quelm Lock?",
            "What is the toll at Tarrow Weir?",
        ),
        (
            "Compare the wick of lamp 4 and the wick of the Osk lamp.",
            "Compare the wick of lamp 4.",
            "Compare the wick of the Osk lamp.",
        ),
        (
            "What is the difference between a glim and a troke in price?",
            "What is the difference between a glim in price?",
            "What is the difference between a troke in price?",
        ),
        ("Is the Quelm lock wider than the Tarrow one?", "Is the Quelm lock wider?", "Is the Tarrow one wider?"),
        ("Does a stoat eat more than a ferret?", "Does a stoat eat more?", "Does a ferret eat more?"),
        (
            "Is it cheaper to moor at Quelm Lock than at Tarrow Weir?",
            "Is it cheaper to moor at Quelm Lock?",
            "Is it cheaper to moor at Tarrow Weir?",
        ),
        (
            "Is the toll for Hall C higher than for Hall D?",
            "Is the toll for Hall C higher?",
            "Is the toll for Hall D higher?",
        ),
        (
            "How much dearer is a berth on Sunday than during the week?",
            "How much dearer is a berth on Sunday?",
            "How much dearer is a berth during the week?",
        ),
        ("Do Dr. Lim and Ann Osk agree on it?", "Do Dr. Lim agree on it?", "Do Ann Osk agree on it?"),
        ("Do stoats or ferrets cost more to keep?", "Do stoats cost more to keep?", "Do ferrets cost more to keep?"),
    ],
)
def test_each_side_is_asked_in_the_place_of_the_first(question: str, first: str, second: str) -> None:
    assert sides(question) == (first, second)


@pytest.mark.parametrize(
    "question",
    [
        "Who feeds the ferrets and the stoats?",
        "When was the sluice compared with the plan?",
        "or",
        "Is it this or that?",
        "What does Quelm charge?",
        "Who came by boat and left by night?",
        "Do more than half the stoats moult?",
        "Did more than three ferrets escape?",
        "Which lamps are brighter than the Osk lamp?",
        "Is the stoat warmer than",
        "Who was at the ferry to Quelm and at sea?",
        "Is the pool at Quelm Lock and at Tarrow Weir closed in winter?",
    ],
)
def test_what_does_not_name_two_nouns_to_compare_has_no_sides(question: str) -> None:
    assert sides(question) == ()


def test_a_question_with_a_comparison_in_one_of_its_parts_is_asked_for_each() -> None:
    asked = asked_by_themselves("Is a berth dearer in Quelm or in Tarrow, and who sells them?")
    assert asked[:2] == ("Is a berth dearer in Quelm?", "Is a berth dearer in Tarrow?")
    assert len(asked) == 3


def test_one_question_about_one_thing_is_asked_as_a_whole_alone() -> None:
    assert asked_by_themselves("Where does the Quelm ferry land?") == ()


@given(st.text(alphabet="aA vsor than er,?.'\n", max_size=60))
def test_any_text_has_two_sides_or_none(text: str) -> None:
    assert len(sides(text)) in (0, 2)
