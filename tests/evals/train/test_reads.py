"""Questions retrieved and read as the program does, and which candidates hold their evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from evals.train import reads
from evals.train.domains import Question
from evals.train.reads import Read
from tests.fakes import HashingEmbedder, OverlapReader
from tests.rag.readings import read_over

WEIR = "# Brask\n\nThe weir of Brask opens\nat nine. Wenna feeds the ferrets at dusk. She also keeps the weir.\n"
FARES = "# Fares\n\n| Item | Price |\n|---|---|\n| quoin | 40 |\n| glim | 70 |\n"
QUESTIONS = (
    Question("brask", "When does the weir open, and who keeps it?",
             (("weir.md", "The Weir of Brask opens at nine.", 0), ("weir.md", "She also keeps the weir.", 1))),
    Question("brask", "What is the price of a glim?", (("deep/fares.md", "glim 70", 0),)),
    Question("brask", "Who feeds the ferrets?", (("copy.md", "Wenna feeds the ferrets at dusk.", 0),)),
    Question("brask", "Who sold the weir?", ()),
)  # fmt: skip


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> list[Read]:
    folder, work = tmp_path_factory.mktemp("docs"), tmp_path_factory.mktemp("work")
    (folder / "deep").mkdir()
    for name, text in (("weir.md", WEIR), ("copy.md", WEIR.replace("Brask", "Orl")), ("deep/fares.md", FARES)):
        (folder / name).write_text(text, encoding="utf-8")

    def one(data: Path, work: Path) -> Iterator[tuple[str, Path, Sequence[Question]]]:
        yield "brask", folder, QUESTIONS

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reads, "domains", one)
        patch.setattr(reads, "embedder_of", lambda settings: HashingEmbedder())
        return reads.gather(folder, work, OverlapReader())  # type: ignore[arg-type]


def evidence(item: Read) -> list[tuple[str, str, frozenset[int]]]:
    """File, text and parts of the candidates that answer."""
    pairs = zip(item.reading.candidates, item.gold, strict=True)
    return sorted((one.passage.source.path, one.unit.unit.text, parts) for one, parts in pairs if parts)


def test_evidence_is_found_in_its_candidates_each_with_its_part(read: list[Read]) -> None:
    first, second = evidence(read[0])
    assert (first[0], first[2]) == ("weir.md", frozenset({1}))
    assert first[1] == "She also keeps the weir."
    assert (second[0], second[2]) == ("weir.md", frozenset({0}))
    assert second[1].split() == "The weir of Brask opens at nine.".split()


def test_the_row_of_a_table_is_found_by_its_values(read: list[Read]) -> None:
    assert [(path, "glim" in text) for path, text, _ in evidence(read[1])] == [("deep/fares.md", True)]


def test_the_same_words_in_another_file_are_no_evidence(read: list[Read]) -> None:
    assert [path for path, _, _ in evidence(read[2])] == ["copy.md"]
    assert {one.passage.source.path for one in read[2].reading.candidates} >= {"weir.md", "copy.md"}


def test_a_near_miss_is_read_and_nothing_answers_it(read: list[Read]) -> None:
    assert read[3].reading.candidates
    assert evidence(read[3]) == []


def test_the_likeliest_candidates_are_those_that_the_reader_holds_likeliest() -> None:
    texts = [f"Orl {n} is dry." for n in range(20)] + ["The weir of Brask opens at nine."]
    reading = read_over("When does the weir of Brask open?", texts)
    gold = tuple(frozenset({0}) if "weir" in one.unit.unit.text else frozenset[int]() for one in reading.candidates)
    features, answers = Read(Question("brask", reading.question, ()), reading, gold).likeliest()
    assert answers == [True] + [False] * 11
    assert [row[0] for row in features] == sorted((row[0] for row in features), reverse=True)
