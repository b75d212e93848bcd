"""The seam to an entailment model: how its rows are read, and that it judges what is not quoted."""

from __future__ import annotations

import numpy as np
import pytest

from index.errors import ModelUnavailable
from index.types import Passage, Source
from rag.types import Ranks, RetrievedPassage
from rag.verification.cite import Marked
from rag.verification.entail import CrossEncoderEntailment, from_logits
from rag.verification.verify import verify
from tests.fakes import ScriptedEntailment

TEXT = "The mill by the river was sold to a baker. It had stood empty for years."


def passage() -> RetrievedPassage:
    source = Source("d" * 16, "a.txt", "0" * 64, None, None, None, None)
    return RetrievedPassage(1, Passage("p", "d" * 16, 0, 0, len(TEXT), TEXT), source, 1.0, Ranks())


def test_rows_are_read_by_the_models_own_labels() -> None:
    logits = np.array([[0.0, 3.0, 0.0], [3.0, 0.0, 0.0]])
    first, second = from_logits(logits, {0: "contradiction", 1: "entailment", 2: "neutral"})
    assert first[0] > 0.9 > 0.1 > first[1]
    assert second[1] > 0.9 > 0.1 > second[0]
    assert from_logits(np.array([[0.0]]), {0: "LABEL_0"}) == [(0.5, 0.0)]
    with pytest.raises(ModelUnavailable, match="entailment"):
        from_logits(logits, {0: "LABEL_0", 1: "LABEL_1", 2: "LABEL_2"})


@pytest.mark.parametrize(("probability", "verdict"), [(0.9, "supported"), (0.2, "partly"), (0.01, "unsupported")])
def test_the_model_judges_what_is_said_in_other_words(probability: float, verdict: str) -> None:
    model = ScriptedEntailment(probability)
    said = "A baker bought a riverside mill."
    (checked,) = verify([Marked(said, (1,))], [passage()], entailment=model)
    assert checked.statement.verdict == verdict
    assert [hypothesis for _, hypothesis in model.pairs] == [said]


def test_quotes_and_contradictions_are_not_asked_about() -> None:
    model = ScriptedEntailment(0.9)
    quote, wrong = verify(
        [
            Marked("“It had stood empty for years.”", (1,)),
            Marked("The mill by the river was not sold to a baker.", (1,)),
        ],
        [passage()],
        entailment=model,
    )
    assert (quote.statement.verdict, wrong.statement.verdict, model.pairs) == ("supported", "unsupported", [])


def test_a_model_that_is_not_there_is_told_in_a_sentence() -> None:
    with pytest.raises(ModelUnavailable, match=r"verify\.model"):
        CrossEncoderEntailment("./no-such-folder").probabilities([("a", "b")])
