"""What a sentence comes to beside the others of its reply."""

from __future__ import annotations

import pytest

from rag.types import Verdict
from rag.verification.attach import judged
from rag.verification.cite import parse
from tests.rag.passages import offered

PASSAGES = offered("A fire broke out at a plant near Corrin. The mayor confirmed this.")
TRUE = "A fire broke out at a plant near Corrin [1]."
FALSE = "Whales sang at the theatre in Marlow [1]."


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (f"{TRUE} The mayor confirmed this [1].", "supported"),
        (f"{FALSE} The mayor confirmed this [1].", "partly"),
        (f"{FALSE} {TRUE}", "supported"),
        (f"{FALSE} “The mayor confirmed this.” [1]", "supported"),
    ],
)
def test_this_stands_no_better_than_what_it_points_at(reply: str, verdict: Verdict) -> None:
    *_, last = judged(parse(reply), PASSAGES)
    assert last.statement.verdict == verdict
    assert {citation.verdict for citation in last.citations} == {verdict}


def test_a_sentence_that_only_leads_to_others_is_not_supported() -> None:
    lead, item = judged(parse("A fire broke out at a plant: [1]\n- near Corrin [1]"), PASSAGES)
    assert (lead.statement.verdict, lead.statement.note) == ("partly", "it only leads to what follows")
    assert item.statement.verdict == "supported"


def test_the_last_sentence_of_a_reply_that_was_cut_is_not_supported() -> None:
    first, last = judged(parse(f"{TRUE} The mayor [1]"), PASSAGES)
    assert (first.statement.verdict, last.statement.verdict, last.statement.note) == (
        "supported",
        "partly",
        "it breaks off",
    )
    item, last = judged(parse(f"- A fire broke out [1]\n- {TRUE}"), PASSAGES)
    assert (item.statement.verdict, last.statement.verdict) == ("supported", "supported")
