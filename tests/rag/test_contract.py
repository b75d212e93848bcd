"""The public form of an answer: its keys, the way back, and answers that an earlier version kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.types import Span
from rag.contract import answer_from, as_json
from rag.types import Answer, Filter, Filtering
from tests.fakes import FakePipeline

QUESTIONS = [
    "What was struck?",
    "Was anyone hurt?",
    "How long is the notice?",
    "What is the fare in zone 2?",
    "Where did the power fail?",
    "Who baked the cake?",
    "something hostile",
]
PLACE = ["start", "end"]
PRINTED = ["title", "heading", "outlet", "author", "date", "page", "ocr", *PLACE]
KEYS = {
    "statements": {"text", "labels", "verdict", "note", "evidence"},
    "citations": {"label", "verdict", "document_id", "path", "sha256", *PRINTED, "quote", "answer", "cells"},
    "passages": {
        *("label", "passage_id", "document_id", "path", *PRINTED),
        *("text", "columns", "also_in", "score", "ranks"),
    },
    "conflicts": {"about", "sides"},
}
WHOLE = {
    *("question", "standalone_question", "status", "probability", "reason", "text", "statements", "citations"),
    *("passages", "filters", "conflicts", "computed", "answerer", "model", "settings_fingerprint", "index"),
    *("timings_ms", "missing", "notice", "quotes", "unknown_labels", "unsent_labels"),
}


def through_json(answer: Answer) -> dict[str, Any]:
    return dict(json.loads(json.dumps(as_json(answer))))


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_object_has_the_keys_of_the_contract(question: str) -> None:
    told = through_json(FakePipeline().ask(question))
    assert told.keys() == WHOLE
    for part, keys in KEYS.items():
        assert all(item.keys() == keys for item in told[part]), part
    assert all(item.keys() == KEYS["citations"] for item in told["quotes"])
    assert all(item["ranks"].keys() == {"dense", "lexical", "reader"} for item in told["passages"])
    assert all(place.keys() == {"label", *PLACE} for item in told["statements"] for place in item["evidence"])
    assert told["computed"] is None


def test_the_words_that_answer_and_the_heads_are_told() -> None:
    (notice,) = through_json(FakePipeline().ask("How long is the notice?"))["citations"]
    start, end = notice["answer"]
    assert notice["quote"][start - notice["start"] : end - notice["start"]] == "eight weeks'"
    assert notice["heading"] == "7. Ending the lease"
    told = through_json(FakePipeline().ask("What is the fare in zone 2?"))
    assert told["citations"][0]["cells"][1] == ["Single", "2.60"]
    assert (told["citations"][0]["heading"], told["passages"][0]["columns"]) == (
        None,
        "Zone,Single,Day ticket,Valid from",
    )


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_comes_back_but_for_what_the_contract_leaves_out(question: str) -> None:
    answer = FakePipeline().ask(question)
    filters = Filtering(
        (Filter("outlet", "The Herald", "set"), Filter("after", "2017", "asked", "nothing passed")), 3, 1
    )
    answer = replace(
        answer,
        filters=filters,
        notice="It was cut.",
        unsent=(3,),
        missing="cake",
        statements=tuple(replace(statement, probability=0.0) for statement in answer.statements),
    )
    again = answer_from(through_json(answer))
    assert replace(again, passages=()) == replace(answer, passages=())
    assert through_json(again) == through_json(answer)


@given(st.lists(st.text(), max_size=3), st.text(), st.integers(0, 40), st.integers(0, 40))
def test_any_heading_and_any_place_come_back(headings: list[str], value: str, start: int, length: int) -> None:
    answer = FakePipeline().ask("How long is the notice?")
    quote = replace(
        answer.citations[0],
        headings=tuple(headings),
        answer=Span(start, start + length),
        cells=((value, value),),
    )
    told = through_json(replace(answer, citations=(quote,)))
    assert through_json(answer_from(told)) == told


def test_other_paths_of_the_same_words_stand_with_the_passage_once() -> None:
    answer = FakePipeline().ask("How long is the notice?")
    item = answer.passages[0]
    copied = replace(item, source=replace(item.source, also=("b.docx", "c.docx")), also_in=("c.docx", "d.pdf"))
    told = through_json(replace(answer, passages=(copied,)))
    assert told["passages"][0]["also_in"] == ["b.docx", "c.docx", "d.pdf"]
    assert through_json(answer_from(told)) == told


# --- answers that version 0.1 kept -----------------------------------------------------------------------------


def of_version_0_1(answer: Answer, answerer: str, **more: object) -> dict[str, Any]:
    """`answer` as version 0.1 wrote it down."""
    told = through_json(answer)
    for key in ("probability", "computed", "quotes", "unsent_labels", "notice"):
        del told[key]
    for item in told["statements"]:
        del item["evidence"]
        item |= {"attached": True, "added": False, "instead_of": [2]}
    for item in told["citations"]:
        del item["heading"], item["answer"], item["cells"]
        item["also_at"] = []
    for item in told["passages"]:
        del item["heading"], item["columns"]
        item["also_at"] = item.pop("also_in")
        item["ranks"]["rerank"] = item["ranks"].pop("reader")
    return told | {"answerer": answerer, "withheld": [], **more}


def test_quotes_that_were_called_supported_are_read_as_quotes() -> None:
    answer = FakePipeline().ask("How long is the notice?")
    told = of_version_0_1(answer, "extract")
    for item in (*told["statements"], *told["citations"]):
        item["verdict"] = "supported"
    told["passages"][0]["ranks"]["rerank"] = 4
    again = answer_from(told)
    assert (again.answerer, again.status, again.probability) == ("quotes", "answered", 1.0)
    assert {item.verdict for item in (*again.statements, *again.citations)} == {"quoted"}
    assert again.citations[0].quote == answer.citations[0].quote
    assert again.passages[0].ranks.reader == 4


def test_what_a_model_wrote_keeps_its_verdicts_and_the_words_it_was_checked_against() -> None:
    answer = FakePipeline().ask("What was struck?")
    again = answer_from(of_version_0_1(answer, "llm"))
    assert [item.verdict for item in again.statements] == [item.verdict for item in answer.statements]
    assert [item.evidence for item in again.statements[:3]] == [item.evidence for item in answer.statements[:3]]
    assert again.model == "a-small-model"


def test_a_refusal_of_then_has_what_was_missing_as_its_notice_and_nothing_that_was_withheld() -> None:
    sentence = "No passage speaks of cake or baking."
    withheld = [{"text": "A cake.", "labels": [], "verdict": "uncited", "note": ""}]
    told = of_version_0_1(FakePipeline().ask("Who baked the cake?"), "extract", missing=sentence, withheld=withheld)
    again = answer_from(told)
    assert (again.status, again.probability, again.missing, again.notice) == ("refused", 0.0, None, sentence)
    assert "withheld" not in through_json(again)
    assert answer_from(through_json(again)) == again


@pytest.mark.parametrize(
    "harm", [{"status": "perhaps"}, {"statements": [3]}, {"citations": None}, {"index": {"a": 1}}, {"conflicts": "abc"}]
)
def test_what_is_not_of_the_contract_is_refused(harm: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        answer_from(through_json(FakePipeline().ask("What was struck?")) | harm)
