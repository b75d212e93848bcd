"""Questions said as statements, true beside false, and weights that come back out of a published graph."""

from __future__ import annotations

import random

import pytest

from evals.train.declare import contrasted, declared, stated
from evals.train.examples import NOT_SUPPORTED, SUPPORTED, Reading
from rag.reader.layout import Unit


@pytest.mark.parametrize(
    ("question", "answer", "statement"),
    [
        ("who opened the weir at Brask?", "Wenna", "Wenna opened the weir at Brask."),
        ("How many larches were felled?", "forty", "Forty larches were felled."),
        ("what is a quoin", "the corner stone", "The corner stone is a quoin."),
    ],
)
def test_the_answer_takes_the_place_of_what_is_asked_for(question: str, answer: str, statement: str) -> None:
    assert declared(question, answer) == statement


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who did Wenna meet?", "Orl"),
        ("Who has the miller paid?", "Orl"),
        ("When was the weir opened?", "in May"),
        ("What holds the weir?", "40"),
    ],
)
def test_where_that_place_is_not_plain_question_and_answer_stand_side_by_side(question: str, answer: str) -> None:
    assert declared(question, answer) is None
    assert stated(question, answer) == f"{question} {answer}"


def test_the_answer_holds_of_its_question_and_not_of_the_near_miss() -> None:
    units = (Unit("Wenna opened the weir."), Unit("Orl closed it."))
    true = Reading("Who opened the weir?", units, (0,), answer=(0, 0, 5))
    ((holds, misses),) = contrasted(random.Random(1), true, Reading("Who dug the weir?", units))
    assert (holds.label, misses.label) == (SUPPORTED, NOT_SUPPORTED)
    assert "Wenna" in holds.statement
    assert "dug" in misses.statement
