"""The fitted decision: read from its file, whole or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answering.decide import DECISION, Logistic, in_order, load_decision
from rag.answering.quotes import evidence_of
from rag.errors import RagError
from tests.rag.readings import by_margin, read_over


def test_the_installed_decision_is_whole_and_names_its_command() -> None:
    decision = load_decision()
    assert 0 < decision.refused <= decision.answered < 1
    assert json.loads(DECISION.read_text())["command"].startswith("python -m evals.train")


@pytest.mark.parametrize("harm", ["{", "{}", '{"unit": {"bias": 0}, "question": {"bias": 0}}'])
def test_a_decision_of_other_features_is_refused(tmp_path: Path, harm: str) -> None:
    (tmp_path / "decision.json").write_text(harm)
    with pytest.raises(RagError, match="reinstall"):
        load_decision(tmp_path / "decision.json")


def test_a_logistic_never_overflows() -> None:
    assert Logistic(0.0, (1e9,)).probability([1e9]) == pytest.approx(1)
    assert Logistic(0.0, (-1e9,)).probability([1e9]) == pytest.approx(0)


def test_passages_come_in_the_order_of_their_best_sentence_and_the_unread_last() -> None:
    reading = read_over("Where is the bodkin?", ["Nothing here.", "The bodkin lies here.", "# Only a heading"])
    assert in_order([by_margin().ranked(reading.candidates)], [1, 2, 3]) == [2, 1, 3]


def test_a_question_that_no_passage_is_near_and_few_words_of_which_are_there_is_refused() -> None:
    decision = replace(by_margin(), near=0.2)
    text = "The bodkin lies in the larch chest."
    far = replace(read_over("Which ferret yodels at dusk?", [text]), nearest=0.1)
    assert decision.status(evidence_of(far, decision, 75).probability) == "refused"
    assert evidence_of(replace(far, nearest=0.3), decision, 75) == evidence_of(far, by_margin(), 75)
    worded_so = replace(read_over("Where is the bodkin?", [text]), nearest=0.1)
    assert evidence_of(worded_so, decision, 75) == evidence_of(worded_so, by_margin(), 75)


def test_what_names_a_thing_that_no_document_speaks_of_is_never_told_plainly() -> None:
    decision = by_margin(refused=0.0, answered=0.01)
    reading = read_over("Who walks the otterhound Quillon?", ["Bram walks the otterhound Tarn."])
    evidence = evidence_of(reading, decision, 75)
    assert (decision.status(evidence.probability), evidence.missing) == ("may_answer", "Quillon")
    elsewhere = evidence_of(replace(reading, is_unheard_of=False), decision, 75)
    assert decision.status(elsewhere.probability) == "answered"


def test_which_sentence_is_quoted_first_is_decided_apart_from_how_likely_one_answers() -> None:
    decision = by_margin()
    upside_down = Logistic(0.0, tuple(-weight for weight in decision.unit.weights))
    reading = read_over("Who walks the otterhound?", ["Bram walks the otterhound.", "The otterhound sleeps."])
    one = evidence_of(reading, decision, 75)
    other = evidence_of(reading, replace(decision, order=upside_down), 75)
    assert (one.quotes[0].label, other.quotes[0].label) == (1, 2)
    assert one.probability == other.probability
