"""A question of several parts is cut where its grammar says so. The words are made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.question import split_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("How many glomps closed and who sold them?", ("How many glomps closed?", "Who sold glomps?")),
        ("When was the vurn mepped and by whom?", ("When was the vurn mepped?", "By whom was the vurn mepped?")),
        (
            "How high is the brack, what colour is it and who painted it?",
            ("How high is the brack?", "What colour is the brack?", "Who painted the brack?"),
        ),
        (
            "Is a plint dearer for Flat A or for Flat B, and what are the two prices?",
            ("Is a plint dearer for Flat A or for Flat B?", "what are the two prices?"),
        ),
        (
            "Which glomp is dearer, and what does each one cost?",
            ("Which glomp is dearer?", "What does each glomp cost?"),
        ),
        ("Was the vurn legal and did Ann Lee allow it?", ("Was the vurn legal?", "Did Ann Lee allow the vurn legal?")),
        (
            "How far is the vurn from the dap? And who owns it?",
            ("How far is the vurn from the dap?", "Who owns the vurn?"),
        ),
        ("Who meps flour as well as what did bread cost?", ("Who meps flour?", "what did bread cost?")),
        (
            "Which TV plint showed it, and which one denied it?",
            ("Which TV plint showed it?", "Which TV plint denied it?"),
        ),
        ("Where and when do the glomps mep?", ("Where do the glomps mep?", "when do the glomps mep?")),
        ("How old and how wide is the vurn?", ("How old is the vurn?", "how wide is the vurn?")),
        ("When does it mep and who owns it?", ("When does it mep?", "who owns it?")),
    ],
)
def test_parts(text: str, parts: tuple[str, ...]) -> None:
    assert split_parts(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "Bread and butter?",
        "Where is the glomp, who was ill?",
        "Who repairs the plint and the vurn?",
        "Did the glomp help or harm? I read both",
        "What happens when the plint and the vurn are closed?",
        "",
        "and who and who and who and who and who and who?",
    ],
)
def test_one_question_is_left_whole(text: str) -> None:
    assert split_parts(text) == (text,)


@given(st.text(max_size=900))
def test_any_text_is_read(text: str) -> None:
    assert split_parts(text)
