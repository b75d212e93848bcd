"""The installed reader: what it must get right on notes nobody trained on, and what no input may do to it."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from index.errors import ModelUnavailable
from rag.reader.layout import Unit
from rag.reader.onnx_model import GRAPH, INSTALLED, JUDGE, SEAL, OnnxReader

NOTES = [
    Unit("Notes for the sitter", candidate=False),
    Unit("The spare fuse lies in the biscuit tin."),
    Unit("Mr Quillon waters the ferns on Tuesdays."),
    Unit("The gate is locked at a quarter past ten."),
]


@pytest.fixture(scope="module")
def reader() -> OnnxReader:
    return OnnxReader()


@pytest.mark.parametrize(
    ("question", "unit"),
    [("Where is the spare fuse?", 1), ("Who waters the ferns?", 2), ("When is the gate locked?", 3)],
)
def test_the_sentence_that_answers_is_the_likeliest(reader: OnnxReader, question: str, unit: int) -> None:
    (reading,) = reader.read(question, [NOTES])
    assert max(range(len(NOTES)), key=lambda at: reading.units[at]) == unit
    assert reading.units[unit] > reading.nothing


def test_a_heading_is_never_chosen(reader: OnnxReader) -> None:
    (reading,) = reader.read("What are these notes for?", [NOTES])
    assert reading.units[0] == float("-inf")


def test_what_the_evidence_says_is_likelier_than_what_it_does_not(reader: OnnxReader) -> None:
    true, false = reader.judge(
        [
            ("On Tuesdays the ferns are watered by Mr Quillon.", NOTES),
            ("Mr Quillon never waters the ferns.", NOTES),
        ]
    )
    assert true.supported > false.supported


@pytest.mark.parametrize(
    "question",
    ["fuse", "why " * 4000, "Wo liegt die Ersatzsicherung?", "备用保险丝在哪里？", "4471", "?", "\x00\ufffe"],
)
@pytest.mark.parametrize(
    "units",
    [
        [Unit("plover " * 10_000)],
        [Unit("; ".join(f"Column {n}: {n}" for n in range(300)))],
        [Unit("")],
        [Unit("Only a heading", candidate=False)],
        [],
    ],
    ids=["endless", "wide", "blank", "heading", "none"],
)
def test_no_input_breaks_it(reader: OnnxReader, question: str, units: list[Unit]) -> None:
    (reading,) = reader.read(question, [units])
    assert len(reading.units) == len(units)
    (judged,) = reader.judge([(question, units)])
    assert judged.contradicted + judged.not_said + judged.supported == pytest.approx(1, abs=1e-3)


def test_a_passage_reads_the_same_whatever_stands_beside_it(reader: OnnxReader) -> None:
    passages = [[Unit("word " * n), *NOTES] for n in (3, 150, 1, 80, 40, 2)]
    together = reader.read("Who waters the ferns?", passages)
    apart = [reader.read("Who waters the ferns?", [units])[0] for units in passages]
    for one, other in zip(together, apart, strict=True):
        assert one == other


@pytest.mark.parametrize("graph", [GRAPH, JUDGE])
@pytest.mark.parametrize("harm", ["truncated", "other", "missing", "no seal"])
def test_a_model_that_is_not_whole_is_named_and_never_used(tmp_path: Path, harm: str, graph: str) -> None:
    folder = Path(shutil.copytree(INSTALLED, tmp_path / "model"))
    if harm == "truncated":
        (folder / graph).write_bytes((folder / graph).read_bytes()[:1000])
    elif harm == "other":
        (folder / graph).write_bytes(b"\x00" * (folder / graph).stat().st_size)
    elif harm == "missing":
        (folder / graph).unlink()
    else:
        (folder / SEAL).unlink()
    reader = OnnxReader(folder)
    use = partial(reader.judge, [("Who?", NOTES)]) if graph == JUDGE else partial(reader.read, "Who?", [NOTES])
    with pytest.raises(ModelUnavailable, match="reinstall"):
        use()


def test_the_seal_names_what_is_installed() -> None:
    seal = json.loads((INSTALLED / SEAL).read_text())
    assert OnnxReader().fingerprint == seal[GRAPH][:6] + seal[JUDGE][:6]
    assert all((INSTALLED / name).stat().st_size <= 25 * 2**20 for name in (GRAPH, JUDGE))
