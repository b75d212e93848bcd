"""What the decision is fitted on: questions with their evidence in a file, none of which anything is trained on."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from evals.train import domains, judging, mixture
from evals.train.domains import Question
from evals.train.examples import Group, Reading
from evals.train.mixture import Stream
from tests.fakes import OverlapReader

Domains = Mapping[str, tuple[Path, list[Question]]]
CASES = (
    {"id": "1", "split": "tune", "question": "Who glims?"},
    {"id": "2", "split": "test", "question": "Who yodels?"},
    {
        "id": "3",
        "split": "tune",
        "question": "And who else?",
        "history": [{"question": "Who glims?", "answer": "Orl."}],
    },
)


@pytest.fixture(scope="module")
def fitted(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Domains]:
    """Every domain by its name, as few questions of the authored documents as there are."""
    own = tmp_path_factory.mktemp("own")
    shutil.copytree(data, own, dirs_exist_ok=True)
    evidence = [{"file": "a.txt", "quote": "Orl glims."}]
    rows = [{"kind": "fact", "answerable": True, "answers": ["Orl"], "evidence": evidence} | case for case in CASES]
    (own / "everyday" / "docs").mkdir(parents=True)
    (own / "everyday" / "docs" / "a.txt").write_text("Orl glims.")
    (own / "everyday" / "suite.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(domains, "SAMPLE", 6)
        yield {name: (folder, every) for name, folder, every in domains.domains(own, own / "work")}


def questions(fitted: Domains, of: str) -> set[str]:
    return {question.text for name, (_, every) in fitted.items() if name.startswith(of) for question in every}


def test_every_answer_stands_in_the_file_that_it_is_said_to(fitted: Domains) -> None:
    for name in ("authored-0", "asked", "squad", "everyday"):
        folder, every = fitted[name]
        evidence = [item for question in every for item in question.evidence]
        assert evidence
        for file, quote, _ in evidence:
            assert " ".join(quote.split()) in " ".join((folder / file).read_text().split())


def test_near_misses_have_no_evidence_and_come_beside_what_is_answered(fitted: Domains) -> None:
    for name, miss in (("authored-0", "mill"), ("squad", "ate")):
        _, every = fitted[name]
        assert {bool(question.evidence) for question in every} == {True, False}
        assert all(bool(question.evidence) != (miss in question.text) for question in every)
    _, pairs = fitted["asked"]
    assert [bool(question.evidence) for question in pairs] == [True, False] * (len(pairs) // 2)


def test_of_a_suite_the_questions_of_the_tuning_half_that_stand_alone_are_taken(fitted: Domains) -> None:
    assert questions(fitted, "everyday") == {"Who glims?"}


def drawn(stream: Stream) -> set[str]:
    groups: list[Group] = [stream.draw(random.Random(seed)) for seed in range(150)]
    return {
        item.question if isinstance(item, Reading) else item.statement.split("?")[0] + "?"
        for group in groups
        for item in group
    }


@pytest.mark.parametrize(
    ("stream", "domain"),
    [("authored", "authored"), ("asked", "asked"), ("squad", "squad")],
)
def test_the_reader_is_trained_on_no_question_that_the_decision_is_fitted_on(
    data: Path, fitted: Domains, stream: str, domain: str
) -> None:
    (taught,) = (one for one in mixture.streams(data) if one.name == stream)
    assert len(drawn(taught)) > 5
    assert drawn(taught).isdisjoint(questions(fitted, domain))


@pytest.mark.parametrize(
    ("stream", "domain"),
    [("everyday", "authored"), ("asked", "asked"), ("squad", "squad")],
)
def test_the_judge_is_trained_on_no_question_that_the_decision_is_fitted_on(
    data: Path, fitted: Domains, stream: str, domain: str
) -> None:
    (taught,) = (one for one in judging.streams(data, OverlapReader()) if one.name == stream)
    assert len(drawn(taught)) > 5
    assert drawn(taught).isdisjoint(questions(fitted, domain))
