"""Whether to answer, before and after the answerer, and what is lacking."""

from __future__ import annotations

import pytest

from index.types import Span
from rag.answering import decide
from rag.types import Draft, Finding, Quote, Statement, Verdict

FOUND = Finding("Who?", (Quote(1, Span(0, 3), "Tom"),))


def lacks(question: str, missing: str | None) -> Finding:
    return Finding(question, (), missing)


def test_without_passages_the_index_is_empty() -> None:
    assert decide.before(0, []) == "empty_index"
    assert decide.before(0, [FOUND]) == "empty_index"


def test_no_answerer_is_asked_unless_a_part_has_evidence() -> None:
    assert decide.before(5, []) == "no_evidence"
    assert decide.before(5, [lacks("Who?", "a name"), lacks("When?", "a date")]) == "no_evidence"
    assert decide.before(5, [FOUND]) is None
    assert decide.before(5, [lacks("When?", "a date"), FOUND]) is None


def statements(*verdicts: Verdict) -> list[Statement]:
    return [Statement("A sentence.", (1,), verdict) for verdict in verdicts]


@pytest.mark.parametrize("verdict", ["supported", "partly"])
def test_one_statement_that_stands_makes_an_answer(verdict: Verdict) -> None:
    assert decide.after(Draft("A sentence [1]."), statements("unsupported", verdict, "uncited")) is None


def test_a_draft_in_which_nothing_stands_is_none() -> None:
    assert decide.after(Draft("A sentence [1]."), statements("unsupported", "uncited")) == "unsupported"


def test_an_answerer_may_decline() -> None:
    assert decide.after(Draft("A sentence [1].", declined=True), statements("unsupported")) == "model_declined"
    assert decide.after(Draft("A sentence [1].", declined=True), statements("supported")) is None
    assert decide.after(Draft(""), []) == "model_declined"


def test_what_is_lacking_is_told_by_part_where_there_are_several() -> None:
    assert decide.lacking([]) is None
    assert decide.lacking([FOUND]) is None
    assert decide.lacking([lacks("Who?", None)]) is None
    assert decide.lacking([lacks("Who?", "no name")]) == "no name"
    assert decide.lacking([FOUND, lacks("When?", "no date")]) == "“When?”: no date"
    both = [lacks("Who?", "no name"), lacks("When?", "no date"), lacks("Why?", None)]
    assert decide.lacking(both) == "“Who?”: no name; “When?”: no date"
