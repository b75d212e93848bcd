"""What is weighed how: short evidence by the reader's judgement, a page by what stands anywhere in it."""

from __future__ import annotations

import pytest

from rag.reader.layout import Unit
from rag.verification.weigh import PAGE, SIGNALS, Weights, is_page, weigh
from tests.rag.verification.test_verify import OneMind

CLAIM = "Pellwright mended the sluice before the regatta."
LINE = Unit("Nobody at Ostrum remembers the colour of the second barge.")
_NOTHING = (0.0,) * len(SIGNALS)
SURE_OF_PAGES = Weights((*_NOTHING, -5.0), (*_NOTHING, 5.0), (*_NOTHING, -5.0), 0.8, 0.3, 0.8)


def page() -> list[Unit]:
    return [LINE] * (PAGE // len(LINE.text.split()) + 1)


@pytest.mark.parametrize(("units", "likely"), [([LINE], False), (page(), True)])
def test_a_page_has_weights_of_its_own(units: list[Unit], likely: bool) -> None:
    (weighed,) = weigh([(CLAIM, units)], OneMind(), SURE_OF_PAGES)
    assert is_page(units) is likely
    assert (weighed.supported > 0.9) is likely
    assert weighed.contradicted < 0.1
