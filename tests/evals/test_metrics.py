from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals import metrics
from evals.cases import gold_of
from evals.gold import Gold, Place
from index.types import Span
from rag.types import Answer
from tests.evals import made

RIVER = "The river is the Vistula."
NORTH = "It runs north."
REBUILT = "The city was rebuilt after 1945."
TRAMS = "Trams came in 1866."


def gold(*quotes: str) -> Gold:
    told = made.case({"warsaw.txt": quotes})
    return gold_of(told, made.TEXTS.get)


def shown(*quotes: str) -> Answer:
    return made.answer(passages=[made.passage(n, "warsaw.txt", q) for n, q in enumerate(quotes, start=1)])


def cited(*quotes: str, labels: tuple[int, ...] = (1,)) -> Answer:
    """Two passages of two sentences each; every quote cited under label 1 in one statement with `labels`."""
    first = made.passage(1, "warsaw.txt", f"{RIVER} {NORTH}")
    second = made.passage(2, "warsaw.txt", f"{REBUILT} {TRAMS}")
    return made.answer(
        "Said [1].",
        passages=[first, second],
        statements=[made.statement("Said.", *labels)],
        citations=[made.citation(1, "warsaw.txt", quote) for quote in quotes],
    )


def test_source_recall_counts_parts_within_the_cutoff() -> None:
    answer = shown(TRAMS, f"{RIVER} {NORTH}", REBUILT)
    found = metrics.retrieval(gold(NORTH, TRAMS, REBUILT), answer.passages)
    # One of three parts in the first passage, all three in the first five, every passage relevant.
    assert found["source_recall@1"] == pytest.approx(1 / 3)
    assert found["source_recall@5"] == 1.0
    assert (found["passage_recall@5"], found["ndcg@5"], found["rr"]) == (1.0, 1.0, 1.0)


def test_a_part_needs_one_alternative_only() -> None:
    (one,), (other,) = gold(NORTH, TRAMS)
    assert metrics.retrieval(((one, other),), shown(TRAMS).passages)["source_recall@1"] == 1.0


def test_ninety_percent_of_the_quote_in_a_passage_is_enough() -> None:
    # The quote has 25 characters: a passage that leaves out 2 holds 92 %, one that leaves out 4 holds 84 %.
    assert metrics.retrieval(gold(RIVER), shown(RIVER[2:]).passages)["source_recall@1"] == 1.0
    assert metrics.retrieval(gold(RIVER), shown(RIVER[4:]).passages)["source_recall@1"] == 0.0


def test_the_same_offsets_of_another_file_are_not_the_evidence() -> None:
    elsewhere = made.passage(1, "paris.txt", made.PARIS)
    assert metrics.retrieval(gold(RIVER), [elsewhere])["source_recall@5"] == 0.0


def test_evidence_that_is_not_shown_counts_as_a_relevant_passage_missed() -> None:
    found = metrics.retrieval(gold(RIVER, TRAMS), shown(REBUILT, RIVER).passages)
    assert (found["passage_recall@5"], found["rr"]) == (0.5, 0.5)


def test_without_evidence_retrieval_and_attribution_do_not_apply() -> None:
    assert set(metrics.retrieval((), shown(RIVER).passages).values()) == {None}
    assert set(metrics.attribution((), cited(RIVER)).values()) == {None}


def test_presence_reads_the_text_and_f1_the_quotes() -> None:
    case = made.case(answers=["Seine", "Vistula"])
    answer = made.answer(
        "From a paper: the river is the Vistula[1].", citations=[made.citation(1, "warsaw.txt", RIVER)]
    )
    found = metrics.correctness(case, answer)
    # Quoted: river, is, vistula; wanted: vistula. 2 * 1 / (3 + 1).
    assert found == {"answer_presence": 1.0, "answer_parts": 1.0, "exact_match": 0.0, "token_f1": 0.5}


def test_a_model_is_compared_by_its_own_words() -> None:
    answer = replace(made.answer("The Vistula [1]."), answerer="llm", model="m")
    assert metrics.correctness(made.case(answers=["Vistula"]), answer)["exact_match"] == 1.0


def test_a_quote_cited_twice_is_compared_once() -> None:
    answer = made.answer("x", citations=[made.citation(1, "warsaw.txt", TRAMS)] * 2)
    assert metrics.correctness(made.case(answers=[TRAMS]), answer)["exact_match"] == 1.0


def test_all_parts_are_needed_and_their_share_is_told() -> None:
    case = made.case(answers_all=[["Vistula", "Wisla"], ["north"], ["1945"]])
    found = metrics.correctness(case, made.answer("The Wisla runs north."))
    assert found["answer_presence"] == 0.0
    assert found["answer_parts"] == pytest.approx(2 / 3)
    assert (found["exact_match"], found["token_f1"]) == (None, None)


def test_either_of_answers_and_answers_all_is_right() -> None:
    case = made.case(answers=["both rivers"], answers_all=[["Vistula"], ["Seine"]])
    for text in ("Both rivers.", "The Seine and the Vistula."):
        assert metrics.correctness(case, made.answer(text))["answer_presence"] == 1.0


def test_a_refusal_of_an_answerable_question_scores_zero_whatever_it_says() -> None:
    refused = replace(made.answer(), text="Nothing on the Vistula.")
    found = metrics.correctness(made.case(answers=["Vistula"]), refused)
    assert set(found.values()) == {0.0}


def test_correctness_does_not_apply_to_unanswerable_or_unkeyed_questions() -> None:
    for case in (made.case(answerable=False), made.case({"warsaw.txt": [RIVER]})):
        assert set(metrics.correctness(case, made.answer("x")).values()) == {None}


def test_a_quote_that_is_not_the_slice_is_counted() -> None:
    good = made.citation(1, "warsaw.txt", RIVER)
    moved = replace(good, span=Span(1, 26))
    found = metrics.grounding(made.answer("x", citations=[good, good, good, moved]), made.text_of)
    assert found["quote_validity"] == 3 / 4
    # Two distinct quotes of five words.
    assert found["words_quoted"] == 10.0


def test_statements_are_counted_by_verdict_and_by_label() -> None:
    answer = made.answer(
        "x",
        passages=[made.passage(1, "warsaw.txt", RIVER)],
        statements=[
            made.statement("a", 1),
            made.statement("b", 7, verdict="unsupported"),
            made.statement("c", verdict="uncited"),
            made.statement("d", 7, 1, verdict="partly"),
        ],
    )
    found = metrics.grounding(answer, made.text_of)
    assert (found["supported"], found["citation_coverage"]) == (1 / 4, 2 / 4)
    # Of the labels 1 and 7 only 1 was shown.
    assert found["known_labels"] == 1 / 2


def test_grounding_does_not_apply_where_nothing_is_said() -> None:
    assert set(metrics.grounding(made.answer(), made.text_of).values()) == {None}


def test_attribution_by_hand() -> None:
    found = metrics.attribution(gold(NORTH, TRAMS), cited(f"{RIVER} {NORTH}"))
    # Label 1 holds NORTH, no cited passage holds TRAMS. Cited: 25 + 1 + 14 = 40 characters, 14 of them gold;
    # gold: 14 + 19 = 33.
    assert found["cited_precision"] == 1.0
    assert found["cited_recall"] == 0.5
    assert found["span_precision"] == 14 / 40
    assert found["span_recall"] == pytest.approx(14 / 33)
    assert found["evidence_in_quotes"] == 0.5


def test_unknown_and_wrong_labels_lower_the_precision() -> None:
    found = metrics.attribution(gold(NORTH), cited(NORTH, labels=(1, 2, 9)))
    assert found["cited_precision"] == pytest.approx(1 / 3)


def test_a_refusal_recalls_nothing_and_has_no_precision() -> None:
    found = metrics.attribution(gold(NORTH), shown(NORTH))
    assert (found["cited_precision"], found["span_precision"]) == (None, None)
    assert (found["cited_recall"], found["span_recall"], found["evidence_in_quotes"]) == (0.0, 0.0, 0.0)


def test_two_quotes_may_hold_a_part_together() -> None:
    whole = f"{RIVER} {NORTH}"
    assert metrics.attribution(gold(whole), cited(RIVER, NORTH))["evidence_in_quotes"] == 1.0


def test_refusal_is_right_when_it_matches_the_case() -> None:
    refused, answered = made.answer(), made.answer("x")
    for answerable, told, right in [(True, answered, 1), (True, refused, 0), (False, refused, 1), (False, answered, 0)]:
        found = metrics.refusal(made.case(answerable=answerable), told)
        assert found["refusal_right"] == right


PLACES = st.builds(
    lambda file, start, length: Place(file, Span(start, start + length)),
    st.sampled_from("ab"),
    st.integers(0, 80),
    st.integers(1, 30),
)
GOLDS = st.lists(st.lists(PLACES, min_size=1, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)
FOUND = st.lists(PLACES, max_size=5)


@given(GOLDS, FOUND)
def test_span_overlap_is_in_bounds_and_needs_no_order(wanted: Gold, found: list[Place]) -> None:
    precision, recall = metrics.span_overlap(wanted, found)
    assert 0 <= recall <= 1
    assert (precision is None) == (not found)
    assert precision is None or 0 <= precision <= 1
    assert metrics.span_overlap(wanted[::-1], found[::-1] + found)[0] == precision
    assert metrics.span_overlap(wanted[::-1], found[::-1] + found)[1] == pytest.approx(recall)


@given(GOLDS)
def test_quoting_all_the_gold_is_perfect(wanted: Gold) -> None:
    assert metrics.span_overlap(wanted, [place for part in wanted for place in part]) == (1.0, pytest.approx(1.0))


@given(st.lists(st.sampled_from([RIVER, NORTH, REBUILT, TRAMS]), max_size=4, unique=True), st.integers(0, 4))
def test_showing_more_never_lowers_source_recall(quotes: list[str], at: int) -> None:
    wanted = gold(NORTH, TRAMS)
    fewer = metrics.retrieval(wanted, shown(*quotes[:at]).passages)["source_recall@5"]
    more = metrics.retrieval(wanted, shown(*quotes).passages)["source_recall@5"]
    assert fewer is not None
    assert more is not None
    assert 0 <= fewer <= more <= 1


def test_score_gives_every_metric_by_one_name() -> None:
    case = made.case({"warsaw.txt": [RIVER]}, answers=["Vistula"])
    found = metrics.score(case, cited(RIVER), gold(RIVER), made.text_of)
    assert len(found) == 5 + 4 + 5 + 5 + 3
    assert all(value is not None for value in found.values())
