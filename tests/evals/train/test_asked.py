"""Questions in pairs with near misses: over one window, which holds the answer."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from evals.train.asked import Context, Use, load, pair
from evals.train.examples import Reading

TEXT = "# Brask\n\n## Weir\n\n" + " ".join(f"Orl {n} glims the quoin of Trud at dusk." for n in range(30))
TEXT += " The weir opens at nine. " + " ".join(f"Brask {n} lies beyond the larches." for n in range(30))
PAIR = {
    "q": "When does the weir open?",
    "e": "The weir opens at nine.",
    "a": "nine",
    "miss": "When does the mill open?",
}
LOST = {"q": "Who keeps it?", "e": "Wenna keeps the weir.", "a": "Wenna", "miss": "Who sold it?"}


def parts(folder: Path, *rows: tuple[Use, list[dict[str, str]]]) -> Path:
    path = folder / "parts.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for use, pairs in rows:
            file.write(json.dumps({"use": use, "domain": use, "context": TEXT, "pairs": pairs}) + "\n")
    return path


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (only,) = load("train", parts(tmp_path, ("train", [PAIR])))
    return only


def test_a_near_miss_stands_over_the_window_of_its_question_which_holds_the_answer(context: Context) -> None:
    windows = set()
    for seed in range(30):
        question, miss = pair(random.Random(seed), context)
        assert isinstance(question, Reading)
        assert isinstance(miss, Reading)
        assert (question.question, miss.question) == (PAIR["q"], PAIR["miss"])
        assert question.units == miss.units
        assert [question.units[at].text for at in question.gold] == [PAIR["e"]]
        assert question.answer is not None
        unit, start, end = question.answer
        assert question.units[unit].text[start:end] == "nine"
        assert not miss.answerable
        windows.add(question.units)
    assert len(windows) > 10


def test_a_question_whose_answer_does_not_stand_in_its_part_is_left_out(tmp_path: Path) -> None:
    path = parts(tmp_path, ("train", [LOST, PAIR]), ("train", [LOST]))
    assert [[item.question for item in context.pairs] for context in load("train", path)] == [[PAIR["q"]]]


def test_parts_are_of_one_use(tmp_path: Path) -> None:
    path = parts(tmp_path, ("train", [PAIR]), ("fit", [PAIR]), ("fit", [PAIR]))
    assert [context.domain for context in load("train", path)] == ["train"]
    assert [context.domain for context in load("fit", path)] == ["fit", "fit"]


def test_what_is_fitted_on_is_of_no_document_that_is_trained_on() -> None:
    train, fit = load("train"), load("fit")
    assert {context.domain for context in train}.isdisjoint(context.domain for context in fit)
    assert {context.text for context in train}.isdisjoint(context.text for context in fit)
    assert len(fit) > 20
