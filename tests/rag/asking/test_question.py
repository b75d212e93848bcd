"""What a question asks for, read by rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.asking.question import about, asked_from, context_of, name_phrases, read_question, shown, split_parts


def never(_: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("How many bakeries are left?", "number"),
        ("How far is the bridge from the mill?", "length"),
        ("How long did the strike last?", "time"),
        ("How old is the miller?", "age"),
        ("How much did the bridge cost?", "money"),
        ("How much is the town spending on its bridge?", "money"),
        ("What percentage of voters agreed?", "percent"),
        ("When did the dam break?", "date"),
        ("Who led the rescue?", "person"),
        ("Where was the ferry built?", "place"),
        ("Which country sold the ferry?", "country"),
        ("Why did the dam break?", "reason"),
        ("What did the mayor say about it?", "speech"),
        ("Did the dam break?", "claim"),
        ("dam break", "any"),
        ("Who decides when the vote is tied?", "person"),
        ("How do members vote when there is a tie?", "any"),
        ("When the mayor left, what happened?", "any"),
        ("Since when has the mill stood?", "date"),
        ("The ferry has run until when?", "date"),
        ("Where do a number of dunes stand?", "place"),
        ("Why has the island a smaller number of voters?", "reason"),
        ("What country took the largest number of them?", "country"),
        ("What is the number of reported floods?", "number"),
        ("The number of mills fell after what year?", "date"),
        ("The population of Lower Marsh is what?", "number"),
        ("Is the number of the dead known?", "claim"),
        ("Do you know how many died?", "number"),
        ("Can you tell me the population of Lower Marsh?", "number"),
        ("What did he say when he left?", "speech"),
        ("What was the ferry called?", "name"),
    ],
)
def test_the_kind_of_answer(text: str, kind: str) -> None:
    assert read_question(text, never).kind == kind


def test_names_focus_and_years() -> None:
    question = read_question("How many bakeries in Lower Marsh closed in 2015?", never)
    assert question.names == {"lower", "marsh"}
    assert [term.text for term in question.focus] == ["bakeries"]
    assert question.years == {2015}
    phrases = name_phrases(question.text, question.terms, question.names)
    assert [shown(question.text, phrase) for phrase in phrases] == ["Lower Marsh"]


def test_a_writer_without_capitals_is_helped_by_the_documents() -> None:
    question = read_question("how many bakeries are left in marsh", lambda word: word == "marsh")
    assert question.names == {"marsh"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "How many mills closed and who sold them?",
            ("How many mills closed", "About “How many mills closed”: who sold them"),
        ),
        ("When was it built? Who paid?", ("When was it built", "About “When was it built”: Who paid")),
        ("Bread and butter?", ("Bread and butter?",)),
        (
            "How many mills closed, in which year did they close, and who is blamed?",
            (
                "How many mills closed",
                "About “How many mills closed”: in which year did they close",
                "About “How many mills closed”: who is blamed",
            ),
        ),
        (
            "When was the mill built and by whom?",
            ("When was the mill built", "About “When was the mill built”: by whom"),
        ),
        ("Was the mill legal and did Ann Lee allow it?", ("Was the mill legal", "did Ann Lee allow it")),
        (
            "How far is the mill from the dam? And who owns it?",
            ("How far is the mill from the dam", "About “How far is the mill from the dam”: who owns it"),
        ),
        ("Who sold flour as well as what did bread cost?", ("Who sold flour", "what did bread cost")),
        ("Where is the mayor, who was ill?", ("Where is the mayor, who was ill?",)),
        ("Who runs the mill and what flour costs most?", ("Who runs the mill", "what flour costs most")),
        ("Did the mayor help or harm? I read both", ("Did the mayor help or harm? I read both",)),
        (
            "Which TV station showed it, and which one denied it?",
            ("Which TV station showed it", "which TV station denied it"),
        ),
    ],
)
def test_parts(text: str, parts: tuple[str, ...]) -> None:
    assert split_parts(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "Give me both versions",
        "Where do the articles disagree?",
        "the mayor vs the miller",
        "What do A and B each think?",
    ],
)
def test_questions_for_both_sides(text: str) -> None:
    assert read_question(text, never).both_sides
    assert split_parts(text) == (text,)


def test_a_question_about_the_article_itself() -> None:
    assert read_question("Who wrote the piece on mills?", never).field == "author"
    assert read_question("When was the article published?", never).field == "date"
    assert read_question("Who owns the mill?", never).field is None


@given(st.text(), st.lists(st.text(min_size=1)), st.text(min_size=1))
def test_no_question_is_too_odd_to_read(context: str, names: list[str], text: str) -> None:
    for asked in (text, about(context, names, text)):
        found = read_question(asked, never)
        assert all(term.span.of(asked) == term.text for term in found.terms)
        assert split_parts(asked)


def test_the_standalone_form_is_read_back() -> None:
    text = about("Who owns the mill", ["Ann", "Bo"], "And since when?")
    assert text == "About “Who owns the mill” (Ann, Bo): And since when?"
    assert context_of(text) == "Who owns the mill"
    assert text[asked_from(text) :] == "And since when?"
    assert read_question(text, never).kind == "any" or read_question(text, never).kind == "date"
