"""What is weighed how: short evidence by the judge's readings, a page by what stands anywhere in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evals.table import program
from evals.train.written import load
from rag.reader.layout import Unit
from rag.reader.onnx_model import OnnxReader
from rag.verification.weigh import PAGE, SIGNALS, Weights, is_page, weigh
from tests.rag.verification.test_verify import OneMind

CLAIM = "Pellwright mended the sluice before the regatta."
LINE = Unit("Nobody at Ostrum remembers the colour of the second barge.")
_NOTHING = (0.0,) * len(SIGNALS)
SURE_OF_PAGES = Weights((*_NOTHING, -5.0), (*_NOTHING, 5.0), (*_NOTHING, -5.0), 0.8, 0.3, 0.8, 0.0)


def page() -> list[Unit]:
    return [LINE] * (PAGE // len(LINE.text.split()) + 1)


@pytest.mark.parametrize(("units", "likely"), [([LINE], False), (page(), True)])
def test_a_page_has_weights_of_its_own(units: list[Unit], likely: bool) -> None:
    (weighed,) = weigh([(CLAIM, units)], OneMind(), SURE_OF_PAGES)
    assert is_page(units) is likely
    assert (weighed.supported > 0.9) is likely
    assert weighed.contradicted < 0.1


@pytest.mark.parametrize(("least_shared", "is_supported"), [(0.0, True), (0.1, False)])
def test_what_shares_no_word_with_its_evidence_is_not_supported_however_likely(
    least_shared: float, is_supported: bool
) -> None:
    weights = replace(SURE_OF_PAGES, least_shared=least_shared)
    (weighed,) = weigh([(CLAIM, page())], OneMind(), weights)
    assert weighed.supported > weights.least_supported
    assert weights.support(weighed) is is_supported


def test_a_true_statement_is_never_supported_by_a_passage_about_something_else() -> None:
    contexts = load("held")
    of_the_other_domain = [*contexts[len(contexts) // 2 :], *contexts[: len(contexts) // 2]]
    judge = program.judge(OnnxReader())
    verdicts = [
        judge(statement.text, [other.text]).verdict
        for context, other in zip(contexts, of_the_other_domain, strict=True)
        for statement in context.of(true=True)
    ]
    assert len(verdicts) == 80
    assert verdicts.count("supported") == 0
