"""A judgement becomes a case that `evals.cases` reads, and says no more than the judgement did."""

from __future__ import annotations

import json
import stat
import threading
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evals.cases import Case, gold_of, load_suite
from rag.app.conversations.feedback import NOT_THERE, Feedback
from rag.errors import FeedbackUnusable
from rag.types import Answer, Citation, Filter, Filtering, Statement, Turn
from tests.fakes import FakePipeline

PIPELINE = FakePipeline()
FILES = {PIPELINE.sources[name].path: PIPELINE.texts[name] for name in ("wire", "herald")}
STRUCK = "What was struck near Masra?"
NO_CAKE = PIPELINE.ask("Who baked the cake?")


@pytest.fixture
def feedback(tmp_path: Path) -> Feedback:
    return Feedback(tmp_path / "home")


def only(feedback: Feedback) -> Case:
    (case,) = load_suite(feedback.suite)
    gold_of(case, FILES.get)  # raises where a quote does not stand in its file
    return case


def listed(feedback: Feedback) -> list[dict[str, object]]:
    return [json.loads(line) for line in feedback.to_look_at.read_bytes().splitlines()]


def test_a_liked_answer_has_its_supported_quotes_as_evidence(feedback: Feedback) -> None:
    said = feedback.add(PIPELINE.ask(STRUCK), (), True)
    case = only(feedback)
    quote = "Aircraft struck a research facility near the town of Masra early on Thursday."
    assert (case.kind, case.question, case.answerable) == ("liked", STRUCK, True)
    assert [(item.file, item.quote) for item in case.evidence] == [("news/wire.txt", quote)]
    assert case.answers == (quote,)
    assert said == "Kept as a test case with 1 quote as evidence."


def test_the_words_that_count_are_those_a_model_shares_with_its_quote_beyond_the_question(feedback: Feedback) -> None:
    answer = PIPELINE.ask(STRUCK)
    told = Statement("Near Masra it was a research facility that was hit [1].", (1,), "supported")
    feedback.add(replace(answer, statements=(told,)), (), True)
    assert only(feedback).answers == ("a research facility",)


def test_an_answer_no_quote_supports_is_only_said_to_be_there(feedback: Feedback) -> None:
    answer = PIPELINE.ask(STRUCK)
    partly = tuple(c for c in answer.citations if c.verdict == "partly")
    said = feedback.add(replace(answer, citations=partly), (), True)
    case = only(feedback)
    assert (case.answerable, case.answers, case.evidence) == (True, (), ())
    assert "no quote fully supports" in said


@pytest.mark.parametrize("question", ["How long is the notice?", "Where did the power fail?"])
def test_a_liked_quote_is_evidence_be_it_an_answer_or_one_that_may_be(feedback: Feedback, question: str) -> None:
    answer = PIPELINE.ask(question)
    said = feedback.add(answer, (), True)
    (case,) = load_suite(feedback.suite)
    assert (case.kind, case.answerable) == ("liked", True)
    assert [item.quote for item in case.evidence] == [citation.quote for citation in answer.citations]
    assert said == "Kept as a test case with 1 quote as evidence."


def test_a_liked_refusal_is_a_case_without_an_answer(feedback: Feedback) -> None:
    said = feedback.add(NO_CAKE, (), True)
    assert only(feedback).answerable is False
    assert "do not answer" in said


QUOTED = PIPELINE.ask(STRUCK).citations
KEPT_TO = Filtering((Filter("file", "*.md", "set"),), 3)


@pytest.mark.parametrize(
    "unclear",
    [
        replace(NO_CAKE, reason="error"),
        replace(NO_CAKE, reason="empty_index"),
        replace(NO_CAKE, reason="unsupported"),
        replace(NO_CAKE, reason="model_declined", quotes=QUOTED),
        replace(NO_CAKE, filters=KEPT_TO),
    ],
)
def test_a_liked_refusal_that_does_not_tell_of_the_documents_is_no_case(feedback: Feedback, unclear: Answer) -> None:
    assert "no test case" in feedback.add(unclear, (), True)
    assert not feedback.suite.exists()
    assert listed(feedback)[0]["good"] is True


@pytest.mark.parametrize(
    ("correction", "quotes"),
    [
        ("blamed an ELECTRICAL\n fault", ["blamed an electrical fault"]),
        ("Thursday", []),  # one word stands in many passages by chance
        ("a gas leak in the cellar", []),
    ],
)
def test_a_correction_is_the_answer_and_evidence_only_where_it_stands(
    feedback: Feedback, correction: str, quotes: list[str]
) -> None:
    feedback.add(PIPELINE.ask(STRUCK), (), False, f"  {correction} ")
    case = only(feedback)
    assert (case.kind, case.answers) == ("corrected", (correction,))
    assert [item.quote for item in case.evidence] == quotes


def test_a_correction_can_say_that_it_is_not_there(feedback: Feedback) -> None:
    feedback.add(PIPELINE.ask(STRUCK), (), False, NOT_THERE.lower().rstrip("."))
    assert only(feedback).answerable is False


@pytest.mark.parametrize("correction", ["", "  ", "the _ …", "The passages do not say who fired."])
def test_what_is_no_answer_is_kept_to_look_at_and_is_no_suite(feedback: Feedback, correction: str) -> None:
    said = feedback.add(PIPELINE.ask(STRUCK), (), False, correction)
    assert said.startswith("Noted to look at")
    assert not feedback.suite.exists()
    (line,) = listed(feedback)
    assert (line["question"], line["good"], line["correction"]) == (STRUCK, False, correction.strip())


def test_judging_again_replaces_and_other_lines_stay(feedback: Feedback) -> None:
    feedback.suite.parent.mkdir(parents=True)
    mine = '{"id": "mine", "kind": "own",   "question": "Where?", "answerable": false}'
    feedback.suite.write_text(f"{mine}\n")
    answer = PIPELINE.ask(STRUCK)
    feedback.add(answer, (), True)
    said = feedback.add(answer, (), False, "a barn")
    assert said.endswith("It replaces what was kept of this question before.")
    assert feedback.suite.read_text("utf-8").splitlines()[0] == mine
    assert [case.answers for case in load_suite(feedback.suite)] == [(), ("a barn",)]
    feedback.add(answer, (), False)
    assert [case.id for case in load_suite(feedback.suite)] == ["mine"]
    feedback.add(answer, (), True)
    assert len(load_suite(feedback.suite)) == 2
    assert not feedback.to_look_at.exists()


def test_the_same_words_after_other_turns_are_another_question(feedback: Feedback) -> None:
    answer = PIPELINE.ask(STRUCK)
    feedback.add(answer, (), True)
    feedback.add(answer, (Turn("Who?", "The army [1]."),), True)
    first, second = load_suite(feedback.suite)
    assert first.id != second.id
    assert second.turns == (Turn("Who?", "The army [1]."),)


def test_each_collection_has_a_suite_of_its_own(tmp_path: Path) -> None:
    work = Feedback(tmp_path, "work")
    work.add(NO_CAKE, (), True)
    assert not Feedback(tmp_path).suite.exists()
    assert len(load_suite(work.suite)) == 1


def test_a_file_outside_the_folder_is_no_evidence(feedback: Feedback) -> None:
    answer = PIPELINE.ask(STRUCK)
    paths = ("/etc/wire.txt", "../wire.txt", "news/\udcff.txt")
    outside = tuple(moved(answer.citations[0], path) for path in paths)
    feedback.add(replace(answer, citations=outside), (), True)
    assert only(feedback).evidence == ()


def moved(citation: Citation, path: str) -> Citation:
    return replace(citation, source=replace(citation.source, path=path))


def test_only_the_owner_reads_it(feedback: Feedback) -> None:
    feedback.add(NO_CAKE, (), True)
    feedback.add(PIPELINE.ask(STRUCK), (), False)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (feedback.suite, feedback.to_look_at)}
    folders = {stat.S_IMODE(path.parent.stat().st_mode) for path in (feedback.suite, feedback.to_look_at)}
    assert (modes, folders) == ({0o600}, {0o700})


def test_threads_lose_nothing(feedback: Feedback) -> None:
    asked = [replace(NO_CAKE, question=f"Who baked cake {number}?") for number in range(24)]
    threads = [threading.Thread(target=feedback.add, args=(answer, (), True)) for answer in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {case.question for case in load_suite(feedback.suite)} == {answer.question for answer in asked}
    assert [path.name for path in feedback.suite.parent.iterdir()] == ["feedback.jsonl"]


def test_what_cannot_be_kept_is_told_in_a_sentence(feedback: Feedback) -> None:
    feedback.suite.mkdir(parents=True)
    with pytest.raises(FeedbackUnusable, match="cannot be kept in"):
        feedback.add(NO_CAKE, (), True)


TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


@settings(max_examples=60)
@given(st.booleans(), TEXT, TEXT, TEXT.filter(str.strip))
@example(False, "", "", "a line\x85of its own")
def test_whatever_is_typed_the_suite_reads(good: bool, correction: str, earlier: str, question: str) -> None:
    answer = replace(PIPELINE.ask(STRUCK), question=question)
    with TemporaryDirectory() as home:
        feedback = Feedback(Path(home))
        feedback.add(answer, (Turn(earlier, earlier),), good, correction)
        if feedback.suite.exists():
            assert len(load_suite(feedback.suite)) == 1
        else:
            assert len(listed(feedback)) == 1
