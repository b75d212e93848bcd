"""What is known of a sentence: marks of a question that are missing, words that its headings say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from index.words.tokens import tokenize
from rag.answering.reading import FEATURES, marks, read, reordered
from rag.reader.layout import Unit
from rag.reader.reader import PassageReading
from tests.fakes import OverlapReader
from tests.rag.readings import passage_of, read_over


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who opened T-4499?", ["T-4499"]),
        ("what does part AX-4471-B cost", ["AX-4471-B"]),
        ("When did Orla Quennell leave for Brask?", ["Orla", "Quennell", "Brask"]),
        ("What is the rent of Flat A?", ["Flat", "A"]),
        ("Where do I sign?", []),
        ("is it open in 2021", ["2021"]),
    ],
)
def test_marks_are_what_stands_for_one_thing(question: str, expected: list[str]) -> None:
    assert [mark.text for mark in marks(question)] == expected


def features(question: str, text: str, at: int = 0) -> dict[str, float]:
    reading = read_over(question, [text])
    return dict(zip(FEATURES, reading.candidates[at].features, strict=True))


def test_an_identifier_matches_whole_or_not_at_all() -> None:
    near = features("Who opened T-4499?", "T-4419 was opened by Wenna. T-4410 by Piers.")
    same = features("Who opened T-4419?", "T-4419 was opened by Wenna.")
    assert near["missing_marks"] == near["missing_marks_anywhere"] == 1
    assert same["missing_marks"] == 0
    assert read_over("Who opened T-4499?", ["T-4419 was opened by Wenna."]).absent == ("T-4499",)


def test_a_month_is_there_however_a_date_is_written() -> None:
    assert read_over("What did the rabbit cost in March 2024?", ("2024-03-27: the rabbit cost 39.00.",)).absent == ()
    assert read_over("What did the rabbit cost in March 2024?", ("2024-04-27: it cost 39.00.",)).absent == ("March",)


def test_a_heading_says_its_words_for_what_stands_below_it() -> None:
    text = "# Flats\n\n## Flat A\n\nThe rent is 940.\n\n## Flat C\n\nThe rent is 700.\n"
    first = features("What is the rent of Flat A?", text)
    second = features("What is the rent of Flat B?", text)
    assert first["missing_marks"] < second["missing_marks"]


def test_reordering_keeps_every_candidate_with_its_passage() -> None:
    reading = read_over("Where is the key?", ["The key hangs here.", "Nothing.", "A key is brass."])
    renewed = reordered(reading, [3, 1])
    assert [item.label for item in renewed.passages] == [1, 2]
    assert [item.ranks.reader for item in renewed.passages] == [1, 2]
    assert {c.passage.label: c.unit.unit.text for c in renewed.candidates} == {
        1: "A key is brass.", 2: "The key hangs here.",
    }  # fmt: skip
    for candidate in renewed.candidates:
        assert candidate.passage in renewed.passages


class Reads(OverlapReader):
    """Notes how many passages it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[int] = []

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        self.counts.append(len(passages))
        return super().read(question, passages)


@pytest.mark.parametrize(("enough", "counts", "read_of"), [(True, [2], 2), (False, [2, 1], 3)])
def test_the_rest_is_read_only_where_the_first_passages_are_not_enough(
    enough: bool, counts: list[int], read_of: int
) -> None:
    texts = ["The key hangs here.", "Nothing.", "A key is brass."]
    whole = read_over("Where is the key?", texts)
    reader = Reads()
    reading = read(
        "Where is the key?", whole.passages, [whole.units[n] for n in (1, 2, 3)], reader, lambda stem: 1.0,
        first=2, is_enough=lambda reading: enough,
    )  # fmt: skip
    assert reader.counts == counts
    assert {candidate.passage.label for candidate in reading.candidates} <= set(range(1, read_of + 1))
    assert len(reading.passages) == read_of


def test_nothing_is_read_where_there_is_no_passage() -> None:
    assert read("Where is the key?", (), (), Reads(), lambda stem: 1.0, first=5).candidates == ()


@pytest.mark.parametrize(
    ("question", "is_unheard_of"),
    [
        ("What is the toll of berth 2023-331?", True),
        ("What is the toll of berth 2024-331?", False),
        ("What was paid on 2024-09-27?", False),
    ],
)
def test_a_mark_stands_nowhere_where_a_part_of_it_does(question: str, is_unheard_of: bool) -> None:
    texts = ["Berth 2024-331 pays a toll of 14.", "On 27 September 2024 nothing was paid."]
    items, units = zip(*(passage_of(text, label) for label, text in enumerate(texts, start=1)), strict=True)
    words = frozenset(word for text in texts for word in tokenize(text))
    reading = read(question, items, units, OverlapReader(), lambda token: float(token not in words))
    assert reading.is_unheard_of == is_unheard_of
