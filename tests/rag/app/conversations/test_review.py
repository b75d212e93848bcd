"""Suggested questions that are looked at one by one: which come, with which words, and what becomes of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from evals.cases import gold_of, load_suite
from index.store.corpus import Held, StoredPath
from index.types import Block, Document, IndexState, Span
from rag.app.conversations.feedback import Feedback, id_of
from rag.app.conversations.review import Proposed, Reviews
from rag.asking.suggest import DocumentSpan

TEXT = (
    "Lease of Flat 4\n\nThe rent is £1,045 a month.\n\nThe deposit is £1,400.\n\nHow do I end it?\n\n"
    "By a letter, eight weeks before. " + "Nothing else counts. " * 40
)
RENT, DEPOSIT, END = "What is the rent?", "What is the deposit?", "How do I end it?"


class Household:
    """One document, of which the words on the rent and on its end are found."""

    def __init__(self, path: str = "home/lease.md") -> None:
        parts = [part for part in TEXT.split("\n\n") if part]
        spans = [Span(TEXT.index(part), TEXT.index(part) + len(part)) for part in parts]
        heads = [part in (parts[0], END) for part in parts]
        blocks = tuple(
            Block("heading", span, 1) if is_head else Block("paragraph", span)
            for span, is_head in zip(spans, heads, strict=True)
        )
        document = Document("lease", "0" * 64, TEXT, "utf-8", blocks=blocks)
        self.held_ = Held(document, (), (StoredPath(path, Path("/nowhere"), "lease", 1, 1),))
        self.state = IndexState("g1", 1, 1)
        self.tried: list[str] = []

    def documents(self, most: int) -> tuple[Held, ...]:
        return (self.held_,)

    def text(self, document_id: str) -> str:
        return TEXT

    def finds(self, question: str) -> DocumentSpan | None:
        self.tried.append(question)
        words = {RENT: ("The rent is £1,045 a month.", "£1,045 a month")}.get(question)
        return None if words is None else DocumentSpan("lease", span_of(words[0]), span_of(words[1]))


def span_of(words: str) -> Span:
    return Span(TEXT.index(words), TEXT.index(words) + len(words))


def following(reviews: Reviews, pipeline: Household, passed: Collection[str] = ()) -> Proposed | None:
    return reviews.upcoming("default", pipeline, passed)


def all_of(pipeline: Household) -> list[Proposed]:
    reviews, proposed = Reviews(), []
    while one := following(reviews, pipeline, {each.id for each in proposed}):
        proposed.append(one)
    return proposed


def test_each_question_comes_with_its_words_and_those_that_answer_in_them() -> None:
    proposed = {one.question: one for one in all_of(Household())}
    assert set(proposed) == {RENT, DEPOSIT}
    assert proposed[RENT].parts == ("The rent is ", "£1,045 a month", ".")
    assert proposed[RENT].is_first
    assert proposed[DEPOSIT].parts == ("The deposit is £1,400.", "", "")
    assert not proposed[DEPOSIT].is_first
    assert all(one.span.of(TEXT) == one.quote for one in proposed.values())


def test_what_is_not_found_and_too_long_to_look_at_is_passed_over() -> None:
    assert END not in {one.question for one in all_of(Household())}


def test_no_question_is_tried_twice_until_the_index_changes() -> None:
    reviews, pipeline = Reviews(), Household()
    first = following(reviews, pipeline)
    assert following(reviews, pipeline) == first
    assert len(pipeline.tried) == len(set(pipeline.tried))
    pipeline.state = replace(pipeline.state, generation="g2")
    assert following(reviews, pipeline) == first
    assert len(pipeline.tried) == 2 * len(set(pipeline.tried))


@pytest.mark.parametrize("path", ["/etc/lease.md", "../lease.md", "\udcff.md"])
def test_a_file_that_no_suite_can_name_suggests_nothing(path: str) -> None:
    assert all_of(Household(path)) == []


def test_what_is_right_is_a_case_with_its_gold_span_and_can_be_taken_out_again(tmp_path: Path) -> None:
    feedback = Feedback(tmp_path)
    one = next(one for one in all_of(Household()) if one.question == RENT)
    feedback.approve(one.question, one.path, one.quote, one.parts[1])
    (case,) = load_suite(feedback.suite)
    assert (case.id, case.kind, case.answerable, case.answers) == (one.id, "reviewed", True, ("£1,045 a month",))
    gold_of(case, {one.path: TEXT}.get)  # raises where the quote does not stand there
    assert feedback.judged() == {one.id}
    taken = feedback.take_out(one.id)
    assert taken is not None
    assert feedback.cases() == []
    assert feedback.judged() == frozenset()
    feedback.put_back(taken)
    assert load_suite(feedback.suite) == (case,)


def test_a_rejected_question_is_no_case_and_does_not_come_again_until_that_is_taken_back(tmp_path: Path) -> None:
    feedback, pipeline, reviews = Feedback(tmp_path), Household(), Reviews()
    feedback.reject(RENT)
    assert not feedback.suite.exists()
    assert feedback.judged() == {id_of(RENT)}
    after = following(reviews, pipeline, feedback.judged())
    assert after is not None
    assert after.question == DEPOSIT
    assert Feedback(tmp_path, "work").judged() == frozenset()
    feedback.take_out(id_of(RENT))
    assert feedback.judged() == frozenset()


def test_lines_that_a_person_is_still_writing_stay_as_they_are(tmp_path: Path) -> None:
    feedback = Feedback(tmp_path)
    feedback.suite.parent.mkdir()
    feedback.suite.write_text('{"id": "mine", "question"\n[1]\n', encoding="utf-8")
    feedback.approve(RENT, "lease.md", "The rent is £1,045 a month.", "")
    feedback.take_out(id_of(RENT))
    assert feedback.suite.read_text(encoding="utf-8") == '{"id": "mine", "question"\n[1]\n'
    assert feedback.take_out("nothing") is None
