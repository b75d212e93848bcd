"""What the benchmarks measure with and print; no test here looks at how long anything took."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench.material import Material, describe, load, noisy, tune_questions, write_files
from evals.bench.measure import WARM, PeakMemory, fresh, run, share_of_nearest, spread, times_ms
from evals.bench.tables import Row, amount, machine, render_rows
from evals.errors import EvalError
from tests.evals.sets import chunking_folder, possible, reference, squad_file

ROOT = Path(__file__).resolve().parents[2]
TEXT = "The mill by the river was built in 1871. It ground rye until the flood. Nobody has used it since then."


def cells(markdown: str) -> list[list[str]]:
    """The cells of a table's rows, its head and rule left out."""
    lines = [re.split(r"(?<!\\)\|", line)[1:-1] for line in markdown.splitlines()]
    assert len({len(line) for line in lines}) == 1, "every row has as many cells as the head"
    return [[cell.strip() for cell in line] for line in lines[2:]]


def test_a_row_stands_beside_its_baseline_with_their_ratio() -> None:
    rows = [Row("ask", 3.0, "s", "bare", 2.0), Row("part", 0.5, "ms"), Row("none", 1.0, "s", "nothing", 0.0)]
    assert [row.ratio for row in rows] == [1.5, None, None]
    assert cells(render_rows(rows)) == [
        ["ask", "3.00 s", "bare", "2.00 s", "1.50"],
        ["part", "0.500 ms", "–", "–", "–"],
        ["none", "1.00 s", "nothing", "0.000 s", "–"],
    ]


@given(st.floats(min_value=0, max_value=1e9))
def test_an_amount_keeps_what_counts(value: float) -> None:
    told = amount(value)
    assert "e" not in told
    assert abs(float(told.replace(",", "")) - value) <= max(0.0005, 0.006 * value)


def test_the_machine_is_told_without_its_folders() -> None:
    told = machine()
    assert "cores" in told
    assert "Python 3." in told
    assert "chromadb" in told
    assert str(Path.cwd()) not in told
    assert str(Path.home()) not in told


def test_a_spread_is_median_and_95th_percentile() -> None:
    told = spread([float(n) for n in range(101)])
    assert (told.p50, told.p95, told.n) == (50, 95, 101)


def test_every_item_is_timed_once_and_the_first_ones_are_not_counted() -> None:
    seen: list[int] = []
    assert len(times_ms(seen.append, list(range(WARM + 3)))) == 3
    assert seen == list(range(WARM + 3))


def test_too_few_items_are_refused() -> None:
    with pytest.raises(EvalError, match="too few"):
        times_ms(str, list(range(WARM)))


def test_recall_counts_what_is_as_near_as_the_last_of_the_nearest() -> None:
    scores = np.asarray([[0.9, 0.8, 0.8, 0.1], [0.1, 0.2, 0.3, 0.4]], dtype=np.float32)
    assert share_of_nearest(scores, [[0, 2], [3, 2]], 2) == 1.0
    assert share_of_nearest(scores, [[0, 3], [0, 1]], 2) == 0.25
    assert share_of_nearest(scores, [[0], []], 2) == 0.25


def test_a_measurement_runs_in_another_process_and_its_errors_come_back() -> None:
    assert fresh(os.getpid) != os.getpid()
    with pytest.raises(EvalError, match="too few"):
        fresh(times_ms, str, [1])


def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(EvalError, match=r"'_exit' died"):
        fresh(os._exit, 3)


def test_a_command_runs_without_the_users_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_HOME", "elsewhere")
    seconds, told = run(("-c", "import os; print('RAG_HOME' in os.environ)"))
    assert told.strip() == "False"
    assert seconds > 0


def test_a_command_that_fails_is_told_with_its_last_words() -> None:
    assert run(("-c", "raise SystemExit(3)"), accepted=(0, 3))[1] == ""
    with pytest.raises(EvalError, match=r"exit code 1 \(ValueError: broken\)"):
        run(("-c", "raise ValueError('broken')"))


def test_peak_memory_sees_what_was_let_go_again() -> None:
    memory = PeakMemory()
    held = np.ones(16 * 2**20, dtype=np.float64)
    del held
    assert 120 < memory.mib() < 400


def test_a_missing_data_folder_is_said_and_the_sample_documents_stand_in(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "mill.txt").write_text(TEXT, "utf-8")
    told, warning = load(tmp_path / "nowhere", tmp_path / "docs", _suite(tmp_path))
    assert warning is not None
    assert "nowhere" in warning
    assert "--data" in warning
    assert describe(told, warning).startswith(f"**NOTE: {warning}**")
    assert told.passages == (TEXT,)
    assert set(told.questions) == {"What was built?", "When was it built?"}


def test_without_data_and_documents_it_says_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="--docs"):
        load(tmp_path / "nowhere", tmp_path / "nothing", _suite(tmp_path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(EvalError, match="--docs"):
        load(tmp_path / "nowhere", tmp_path / "empty", _suite(tmp_path))


def test_the_public_sets_are_read_wherever_they_lie_below_the_folder(tmp_path: Path) -> None:
    chunking_folder(tmp_path / "chunks", [("Built when?", [reference(TEXT, "1871")], "mill")], mill=TEXT)
    squad_file(tmp_path / "dev-v2.0.json", ("Weirs", [("A weir of 1902.", [possible("q1", ("1902", 10))])]))
    told, warning = load(tmp_path, tmp_path / "nothing", tmp_path / "nothing.jsonl")
    assert warning is None
    assert "SQuAD" in describe(told, warning)
    assert told.passages == (TEXT, "A weir of 1902.")
    assert set(told.questions) == {"Built when?", "When?"}


def test_tune_questions_are_of_that_half_and_stand_alone(tmp_path: Path) -> None:
    assert set(tune_questions(_suite(tmp_path))) == {"What was built?", "When was it built?"}


def test_text_comes_again_with_noise_and_never_twice_the_same(tmp_path: Path) -> None:
    passages = tuple(f"Number {n}. {TEXT}" for n in range(12))
    written = write_files(Material("", passages, ()), 40, tmp_path / "files")
    texts = [file.read_text("utf-8") for file in sorted((tmp_path / "files").iterdir())]
    assert written.files == len(texts)
    assert written.characters == sum(map(len, texts))
    found = [passage for text in texts for passage in text.split("\n\n")]
    assert len(found) == len(set(found)) == 40
    assert set(passages) == set(found[:12])


def test_a_size_below_what_there_is_takes_a_part_of_it(tmp_path: Path) -> None:
    passages = tuple(f"Number {n}. {TEXT}" for n in range(30))
    assert write_files(Material("", passages, ()), 13, tmp_path / "files").files == 2
    texts = [file.read_text("utf-8") for file in (tmp_path / "files").iterdir()]
    assert sum(text.count("Number") for text in texts) == 13


@given(st.lists(st.sampled_from(["a", "bb", "c-c", "d."]), min_size=1), st.integers())
def test_noise_replaces_a_tenth_of_the_words_and_nothing_else(words: list[str], seed: int) -> None:
    text = " \n".join(words)
    changed = noisy(text, ["NOISE"], random.Random(seed))
    count = Counter(changed.split())
    assert count["NOISE"] == max(1, len(words) // 10)
    assert re.findall(r"\s+", changed) == re.findall(r"\s+", text)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["everything"], "no part 'everything'"), (["--sizes", "many"], "no list"), (["--sizes", "3"], "below 50")],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(arguments: list[str], said: str) -> None:
    command = [sys.executable, "-m", "evals.bench", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stderr).split())
    assert done.stdout == ""


def _suite(folder: Path) -> Path:
    file = folder / "suite.jsonl"
    rows = [
        ("1", "What was built?", "tune", "[]"),
        ("2", "Why?", "tune", '[{"question": "What was built?", "answer": "A mill."}]'),
        ("3", "When was it built?", "tune", "[]"),
        ("4", "Who keeps it?", "test", "[]"),
    ]
    file.write_text(
        "\n".join(
            f'{{"id": "{id_}", "kind": "fact", "question": "{question}", "answerable": false, "split": "{split}", '
            f'"history": {history}}}'
            for id_, question, split, history in rows
        ),
        "utf-8",
    )
    return file
