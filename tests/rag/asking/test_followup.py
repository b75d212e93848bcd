"""Follow-ups: which questions lean on the one before, and how they read by themselves. The words are made up."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.followup import leans, rewritings
from rag.types import Turn

_SYLLABLES = "ba de fo gli kra lu mep nor pli qua rus sti tov ulm vek wix yar zen".split()
_RANDOM = random.Random(14)


def _word() -> str:
    """A word that no list can hold."""
    return "".join(_RANDOM.sample(_SYLLABLES, 3))


MADE_UP = [_word() for _ in range(200)]


@pytest.mark.parametrize(
    "question",
    [
        "And when?",
        "and how many {0} does she have?",
        "What about {0} over 70?",
        "Thanks. How about {0}?",
        "from which {0}",
        "over what {0}?",
        "Who {0}ed?",
        "What is {0}ed?",
        "Where did she {0}?",
        "Why did they {0} it?",
        "Which {0} is it for?",
        "What are the {0} of that {1}?",
        "Which one is {0}?",
        "Who else?",
        "How do I {0} a {1} one?",
        "Can I {0} there?",
        "What is their {0}?",
    ],
)
def test_what_points_back_or_says_too_little_leans(question: str) -> None:
    assert leans(question.format(*MADE_UP))


@pytest.mark.parametrize(
    "question",
    [
        "Where is the {0}?",
        "How high is the {0}?",
        "What is the {0}?",
        "Who {0}s the {1}?",
        "When does the {0} {1}?",
        "{0} {1} hours",
        "Is it allowed to {0} in front of the {1}?",
        "How much is it to {0} the {1} for half a day?",
        "How long do {0}s have before they must {1}?",
        "Does the {0} have to {1} the {2} if it breaks?",
        "Which {0} lost his {1}?",
        "When was Ilse {0} born and where did she {1}?",
        "What did Ilse {0} tell the {1} about the {2} she was given?",
        "If it rains, where does the {0} go?",
        "Are there {0}s for the {1}?",
        "How often is the {0} {1}ed this year?",
        "Who {0}s the {1} that is {2}?",
        "That is a lot. Who {0}s for {1}?",
        "Compare the {0} of the {1} with that of the {2}.",
    ],
)
def test_what_stands_alone_does_not_lean(question: str) -> None:
    assert not leans(question.format(*MADE_UP))


@pytest.mark.parametrize(
    "form",
    [
        "Where is the {}?",
        "Who {}s for the {}?",
        "How {} is the old {}?",
        "When does the {} {}?",
        "And the {}?",
        "Who does it {}?",
    ],
)
def test_no_word_of_an_open_class_changes_what_leans(form: str) -> None:
    assert len({leans(form.format(word, other)) for word, other in itertools.pairwise(MADE_UP)}) == 1


@pytest.mark.parametrize(
    ("question", "earlier", "answer", "first"),
    [
        (
            "And how long do they need to deliver?",
            "Which jersey maker did the {0} club pick?",
            "The {1} chose Tarn Vexil.",
            "How long do Tarn Vexil need to deliver?",
        ),
        ("Where did she {1}?", "When was Ilse Varn born?", "She was born in May 1921.", "Where did Ilse Varn {1}?"),
        (
            "What about {1}s over 70?",
            "How much Nasolir do {2}s take?",
            "One.",
            "How much Nasolir do {1}s over 70 take?",
        ),
        ("from which {1}", "When does the Dona Clara {2}?", "At 10.40.", "From which {1} does the Dona Clara {2}?"),
        ("When is it due?", "What is the {1} for Flat B?", "£1,045", "When is the {1} for Flat B due?"),
        ("And for Flat C?", "What is the {1} for Flat B?", "£1,045", "What is the {1} for Flat C?"),
        ("What about Flat A?", "What is the {1} for Flat B?", "£1,045", "What is the {1} for Flat A?"),
        ("and on Sundays?", "When does the {1} {2}?", "At ten.", "When does the {1} {2} on Sundays?"),
        ("When does he {2}?", "Who {1}s for it?", "The {0} {1}s for it.", "When does the {0} {2}?"),
        ("What is its {2}?", "Where is the {1}?", "In the {0}.", "What is the {1}’s {2}?"),
        ("Which one {2}ed it?", "Which {0} {1} showed the {2}?", "None.", "Which {0} {1} {2}ed it?"),
        ("How old is it?", "Where is the {1}?", "In Corrin.", "How old is the {1}?"),
    ],
)
def test_the_first_rewriting_puts_in_one_phrase(question: str, earlier: str, answer: str, first: str) -> None:
    turn = Turn(earlier.format(*MADE_UP), answer.format(*MADE_UP))
    assert rewritings(question.format(*MADE_UP), [turn])[0] == first.format(*MADE_UP)


def test_what_does_not_lean_is_put_after_what_was_asked_before() -> None:
    turn = Turn("Who leads the Herons at Fernhollow?", "Marisol Teague.")
    forms = rewritings("How many children are in the group?", [turn])
    assert forms[0] == "Marisol Teague: how many children are in the group?"
    assert forms[1] == "The Herons at Fernhollow: how many children are in the group?"


def test_who_a_quote_is_from_is_not_what_it_is_about() -> None:
    answer = "Evening Mail, Bo Dee, 4 May 2020: “The bridge at Corrin was closed by Ann Lee.” [1]"
    forms = rewritings("And when did she do it?", [Turn("Who closed the bridge?", answer)])
    assert "Ann Lee" in forms[0] or "Corrin" in forms[0]
    assert not any("Evening" in form or "Bo" in form for form in forms)


def test_without_history_there_is_nothing_to_put_in() -> None:
    assert rewritings("And when?", []) == ()


def test_what_the_last_question_leaned_on_is_found_in_the_one_before_it() -> None:
    history = [Turn("How much is the 5B trip?", "£17.50"), Turn("When must it be paid?", "By 23 May.")]
    assert rewritings("Where does it go?", history)[0] == "Where does the 5B trip go?"


@given(st.lists(st.sampled_from(["And when?", "What about Flat A?", "Where is it?", "Who pays for it?"]), max_size=12))
def test_chains_do_not_grow(questions: list[str]) -> None:
    history = [Turn("What is the rent for Flat B?", "£1,045"), *(Turn(question, "At ten.") for question in questions)]
    assert all(len(form) < 120 for form in rewritings("When is it due?", history))


@given(st.text(max_size=700), st.text(max_size=700), st.text(max_size=700))
def test_any_text_is_read(question: str, earlier: str, answer: str) -> None:
    leans(question)
    forms = rewritings(question, [Turn(earlier, answer), Turn(question, earlier)])
    assert len(forms) <= 3
    assert len(set(forms)) == len(forms)
    assert not any("About “" in form for form in forms if "About “" not in question + earlier + answer)


@pytest.mark.parametrize("question", ["Wo liegt der Schlüssel?", "钥匙在哪里？", "4471", "key", "it " * 4000])
def test_odd_questions_are_read(question: str) -> None:
    leans(question)
    rewritings(question, [Turn("Where is the key?", "Behind the boiler.")] * 3)


@pytest.mark.parametrize(
    ("earlier", "question", "first"),
    [
        (
            "How many herons nest in Brask?",
            "How many sluices are left there?",
            "Brask: how many sluices are left there?",
        ),
        ("What is stored in the cellar?", "Who may go there?", "The cellar: who may go there?"),
        ("How many herons nest in Brask?", "Who counted them?", "Who counted herons?"),
    ],
)
def test_there_stands_for_what_was_named_as_a_place(earlier: str, question: str, first: str) -> None:
    assert rewritings(question, [Turn(earlier, "")])[0] == first
