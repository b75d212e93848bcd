"""The fitted decision: read from its file, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.answering.decide import DECISION, Logistic, in_order, load_decision
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
