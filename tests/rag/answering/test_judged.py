"""Whether the words that were read answer is judged a second time, by another model."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.answering.decide import OF_QUESTION, of_question
from rag.answering.reading import Reading, read
from rag.reader.layout import Unit
from rag.reader.reader import Judgement
from rag.reader.units import claim_of
from tests.fakes import OverlapReader
from tests.rag.readings import by_margin, passage_of

QUESTION = "Who varnished the weir gates?"
TEXTS = (
    "Odalys varnished the weir gates in spring. The eel ladder is closed.",
    "The weir gates are of oak.",
    "Nobody fishes here.",
)


class Doubts(OverlapReader):
    """Thinks nothing of a claim that has one word, much of all others, and keeps what it was asked."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self.word = word
        self.claims: list[tuple[str, str]] = []

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        self.claims += [(statement, " ".join(unit.text for unit in units)) for statement, units in pairs]
        return [Judgement(0.9, 0.09, 0.01) if self.word in one else Judgement(0.01, 0.09, 0.9) for one, _ in pairs]


def read_by(reader: Doubts, texts: Sequence[str] = TEXTS) -> Reading:
    pairs = [passage_of(text, label) for label, text in enumerate(texts, start=1)]
    return read(QUESTION, [item for item, _ in pairs], [units for _, units in pairs], reader, lambda _: 1.0)


def judged(reading: Reading) -> float:
    ranked = by_margin().ranked(reading.candidates)
    return dict(zip(OF_QUESTION, of_question(ranked), strict=True))["judged"]


def test_what_the_judge_thinks_of_the_likeliest_words_reaches_the_decision() -> None:
    assert judged(read_by(Doubts("Odalys"))) < 0 < judged(read_by(Doubts("Fenwick")))


def test_the_question_with_the_words_is_judged_over_their_whole_passage() -> None:
    reader = Doubts("Odalys")
    read_by(reader)
    claim, evidence = reader.claims[0]
    assert claim == "Who varnished the weir gates? Odalys varnished the weir gates in spring."
    assert "The eel ladder is closed." in evidence
    assert "oak" not in evidence


def test_few_claims_are_judged_however_many_sentences_there_are() -> None:
    reader = Doubts("Odalys")
    reading = read_by(reader, [*TEXTS, *(f"The weir gates number {n}." for n in range(9))])
    assert len(reader.claims) == sum(candidate.judged != 0 for candidate in reading.candidates) == 2


def test_nothing_is_judged_where_nothing_was_read() -> None:
    reader = Doubts("Odalys")
    assert not read_by(reader, ()).candidates
    assert not reader.claims


@pytest.mark.parametrize(
    ("answer", "claim"),
    [
        ((0, 6), "Who varnished the weir gates? Odalys"),
        ((2, 4), "Who varnished the weir gates? Odalys"),
        (None, "Who varnished the weir gates? Odalys did."),
    ],
)
def test_a_claim_is_the_question_and_whole_words(answer: tuple[int, int] | None, claim: str) -> None:
    assert claim_of(QUESTION, "Odalys did.", answer) == claim


def test_what_was_judged_of_the_first_passages_is_not_judged_again_with_the_others() -> None:
    reader = Doubts("Fenwick")
    pairs = [passage_of(text, label) for label, text in enumerate(TEXTS, start=1)]
    items, units = [item for item, _ in pairs], [of_one for _, of_one in pairs]
    read(QUESTION, items, units, reader, lambda _: 1.0, first=2)
    assert len(reader.claims) == len(set(reader.claims)) == 2
