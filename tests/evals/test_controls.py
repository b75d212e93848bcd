from __future__ import annotations

from dataclasses import replace

from evals.controls import (
    NearestSentences,
    always_refuse,
    first_sentences,
    never_refuse,
    quoting,
    standard_controls,
    top_passage,
)
from evals.metrics import score
from rag.types import Answer
from tests.evals import made
from tests.fakes import HashingEmbedder

CASE = made.case(question="When did trams come?")


def given(*texts: tuple[str, str]) -> Answer:
    """A refusal that shows whole documents."""
    passages = [made.passage(n, path, words) for n, (path, words) in enumerate(texts, start=1)]
    return made.answer(question=CASE.question, passages=passages)


BOTH = given(("paris.txt", made.PARIS), ("warsaw.txt", made.WARSAW))


def test_the_top_passage_is_quoted_whole() -> None:
    found = top_passage(CASE, BOTH)
    assert [c.quote for c in found.citations] == [made.PARIS]
    assert (found.status, found.reason, found.text) == ("answered", None, f"{made.PARIS} [1]")


def test_the_first_two_sentences_come_from_the_top_passage_only() -> None:
    found = first_sentences(CASE, BOTH)
    assert [c.quote for c in found.citations] == ["The river is the Seine.", "It runs west."]
    assert {c.label for c in found.citations} == {1}


def test_the_nearest_sentences_come_from_any_passage_nearest_first() -> None:
    found = NearestSentences(HashingEmbedder(512))(CASE, BOTH)
    assert found.citations[0].quote == "Trams came in 1866."
    assert found.citations[0].label == 2
    assert len(found.citations) == 2


def test_every_control_quotes_exactly_and_keeps_the_passages() -> None:
    for control in standard_controls(HashingEmbedder()).values():
        found = control(CASE, BOTH)
        assert found.passages == BOTH.passages
        assert all(made.text_of(c.source.document_id)[c.span.start : c.span.end] == c.quote for c in found.citations)


def test_a_control_is_scored_as_the_system_is() -> None:
    case = made.case(question=CASE.question, answers=["1889"])
    scores = score(case, top_passage(case, BOTH), (), made.text_of)
    # The passage has 14 words, and 1889 is among them.
    assert (scores["answer_presence"], scores["quote_validity"], scores["words_quoted"]) == (1.0, 1.0, 14.0)


def test_without_passages_every_control_refuses() -> None:
    for control in standard_controls(HashingEmbedder()).values():
        assert control(CASE, given()).status == "refused"


def test_always_refuse_takes_an_answer_back() -> None:
    found = always_refuse(CASE, quoting(BOTH, [(BOTH.passages[0], BOTH.passages[0].passage.span)]))
    assert (found.status, found.statements, found.citations) == ("refused", (), ())


def test_never_refuse_says_the_nearest_words_of_a_refusal_and_leaves_an_answer_as_it_is() -> None:
    refusal = replace(BOTH, quotes=(made.citation(1, "paris.txt", "It runs west."),))
    assert never_refuse(CASE, refusal).text == "It runs west. [1]"
    answered = made.answer("It runs north. [2]")
    assert never_refuse(CASE, answered) is answered
