"""Follow-ups made to stand alone."""

from __future__ import annotations

import pytest

from rag.asking.followup import leans, standalone
from rag.asking.question import asked_from, context_of
from rag.types import Turn

PAST = [Turn("Who wrote the Evening Mail story on the bridge?", "Evening Mail, by Ann Lee, May 4, 2020")]


@pytest.mark.parametrize(
    "question", ["And when?", "What about Harlow?", "How old is she?", "over what period?", "Why did they close it?"]
)
def test_what_leans_is_shown_with_what_it_is_about(question: str) -> None:
    alone = standalone(question, PAST)
    assert "the Evening Mail story on the bridge" in context_of(alone)
    assert alone[asked_from(alone) :] == question


@pytest.mark.parametrize(
    "question", ["How many people live in the town of Harlow?", "When did the mayor of Harlow open the new bridge?"]
)
def test_what_stands_alone_is_left_alone(question: str) -> None:
    assert not leans(question)
    assert standalone(question, PAST) == question


def test_without_history_nothing_is_added() -> None:
    assert standalone("And when?", []) == "And when?"


def test_a_chain_of_follow_ups_keeps_its_beginning() -> None:
    history = [*PAST, Turn("And when?", "May 4, 2020")]
    assert "the Evening Mail story on the bridge" in context_of(standalone("Was it raining?", history))


def test_who_a_quote_is_from_is_not_what_the_question_is_about() -> None:
    answer = "Evening Mail, Bo Dee, 4 May 2020: “The bridge at Corrin was closed by Ann Lee.” [1]"
    alone = standalone("And when was it?", [Turn("Who closed the bridge?", answer)])
    assert "Corrin" in alone
    assert "Evening" not in alone
    assert "Bo" not in alone


def test_what_a_question_is_about_is_named_whole() -> None:
    answer = "Twenty of them were seen in March. Ann Lee’s bridge stood at Corrin. One fell."
    alone = standalone("And how many were left?", [Turn("How many boats were there?", answer)])
    assert alone == "About “How many boats were there” (Ann Lee, Corrin): And how many were left?"
