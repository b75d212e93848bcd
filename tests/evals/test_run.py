from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.cases import Case, Exchange
from evals.errors import EvalError
from evals.report import render
from evals.run import CONTROLS, RESULTS, RUN, Results, load_about, load_results, run_suite
from rag.contract import as_json
from rag.errors import Cancelled
from rag.types import Answer, Turn
from tests.evals import made

RIVER = "The river is the Vistula."
FACT = made.case({"warsaw.txt": [RIVER]}, id="c1", question="Which river?", answers=["Vistula"])
CRASH = made.case(id="c2", question="Crash?", answers=["x"])
MISS = made.case(id="c3", kind="near_miss", question="Which lake?", answerable=False)


def right() -> Answer:
    return made.answer(
        f"{RIVER} [1]",
        passages=[made.passage(1, "warsaw.txt", RIVER)],
        statements=[made.statement(RIVER, 1)],
        citations=[made.citation(1, "warsaw.txt", RIVER)],
    )


def system() -> made.Scripted:
    return made.Scripted({"Which river?": right(), "Crash?": RuntimeError("no\nluck"), "Which lake?": made.answer()})


def whole_control(case: Case, answer: Answer) -> Answer:
    return answer


def broken_control(case: Case, answer: Answer) -> Answer:
    raise ValueError(case.id)


def run(out: Path) -> Results:
    return run_suite(system(), [FACT, CRASH, MISS], out, controls={"same": whole_control, "broken": broken_control})


def test_a_crash_is_a_row_with_its_error_and_not_a_zero(tmp_path: Path) -> None:
    rows = run(tmp_path).rows
    assert [row.error for row in rows] == [None, "RuntimeError: no\nluck", None]
    assert rows[1].scores == {}
    assert rows[1].answer is None
    assert rows[0].scores["answer_presence"] == 1.0
    assert rows[2].scores["refusal_right"] == 1.0


def test_results_hold_a_line_a_case_with_the_contract_object(tmp_path: Path) -> None:
    run(tmp_path)
    lines = [json.loads(line) for line in (tmp_path / RESULTS).read_text(encoding="utf-8").splitlines()]
    assert [line["id"] for line in lines] == ["c1", "c2", "c3"]
    assert lines[0]["answer"] == as_json(right())
    assert lines[1]["answer"] is None
    assert set(lines[0]) == {"id", "kind", "answerable", "answer", "scores", "error"}


def test_controls_are_scored_alike_and_fail_by_themselves(tmp_path: Path) -> None:
    results = run(tmp_path)
    assert results.controls["same"][0].scores == results.rows[0].scores
    assert [row.error for row in results.controls["broken"]] == [
        "ValueError: c1",
        "no answer to start from",
        "ValueError: c3",
    ]


def test_history_is_handed_on(tmp_path: Path) -> None:
    case = made.case(id="h", question="Which river?").model_copy(
        update={"history": (Exchange(question="Where?", answer="Warsaw."),)}
    )
    asked = system()
    run_suite(asked, [case], tmp_path)
    assert asked.asked == [("Which river?", (Turn("Where?", "Warsaw."),))]


def test_what_was_written_is_what_is_loaded(tmp_path: Path) -> None:
    assert load_results(_kept(tmp_path)) == run_again(tmp_path)


def _kept(tmp_path: Path) -> Path:
    run(tmp_path / "a")
    return tmp_path / "a"


def run_again(tmp_path: Path) -> Results:
    """The same run under the clock of the first, which is the only thing that may differ."""
    about = load_results(tmp_path / "a").about
    again = run(tmp_path / "b")
    return Results(about, again.rows, again.controls)


def test_the_run_says_what_was_run(tmp_path: Path) -> None:
    suite = tmp_path / "s.jsonl"
    suite.write_text("x", encoding="utf-8")
    about = run_suite(system(), [FACT], tmp_path / "out", suite=suite, split="tune").about
    assert (about.suite, about.split, about.cases) == ("s.jsonl", "tune", 1)
    assert about.suite_sha256 == "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert (about.settings_fingerprint, about.generation, about.answerer) == ("f" * 12, "g1", "quotes")
    assert about.versions["numpy"][0].isdigit()


def test_progress_is_told_after_each_case(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    run_suite(system(), [FACT, CRASH], tmp_path, progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 2), (2, 2)]


def test_a_run_that_is_stopped_keeps_what_was_asked_and_says_so(tmp_path: Path) -> None:
    seen: list[int] = []
    results = run_suite(
        system(), [FACT, MISS], tmp_path, progress=lambda done, _: seen.append(done), stop=lambda: len(seen) == 1
    )
    assert [row.id for row in results.rows] == ["c1"]
    assert (results.about.stopped, results.about.cases) == (True, 2)
    assert load_results(tmp_path) == results
    assert "- cases: 1 asked of 2 (the run was stopped), 0 failed" in render(results)


def test_a_case_that_is_cancelled_ends_the_run_and_is_not_a_row(tmp_path: Path) -> None:
    asked = made.Scripted({"Which river?": right(), "Which lake?": Cancelled("stopped")})
    results = run_suite(asked, [FACT, MISS], tmp_path)
    assert [row.id for row in results.rows] == ["c1"]
    assert results.about.stopped


def test_what_a_run_says_of_itself_is_read_alone(tmp_path: Path) -> None:
    about = run(tmp_path).about
    (tmp_path / RESULTS).unlink()
    assert load_about(tmp_path) == about
    assert not about.stopped


def test_a_quote_that_is_not_in_a_file_shown_is_an_error_of_the_case(tmp_path: Path) -> None:
    case = made.case({"warsaw.txt": ["The river is the Thames."]}, question="Which river?")
    (row,) = run_suite(system(), [case], tmp_path).rows
    assert row.error is not None
    assert row.error.startswith("EvalError: Case 'c1': the quote")


def test_only_the_files_of_the_run_are_left(tmp_path: Path) -> None:
    run(tmp_path)
    run(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} - {"user"} == {RESULTS, CONTROLS, RUN}


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="There is no whole run") as raised:
        load_results(tmp_path)
    assert "`rag eval run SUITE --out DIR`" in str(raised.value)


@pytest.mark.parametrize("name", [RESULTS, CONTROLS])
def test_files_of_two_runs_are_refused(tmp_path: Path, name: str) -> None:
    run(tmp_path)
    lines = (tmp_path / name).read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / name).write_text("".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(EvalError, match="not of one run"):
        load_results(tmp_path)


@pytest.mark.parametrize("name", [RESULTS, CONTROLS, RUN])
def test_a_damaged_file_is_refused(tmp_path: Path, name: str) -> None:
    run(tmp_path)
    (tmp_path / name).write_text("{}\n", encoding="utf-8")
    with pytest.raises(EvalError, match="does not read"):
        load_results(tmp_path)


def test_a_place_that_cannot_be_written_is_named_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    asked = system()
    with pytest.raises(EvalError, match="cannot be made"):
        run_suite(asked, [FACT], tmp_path / "file" / "out")
    assert asked.asked == []


def test_a_file_that_cannot_be_replaced_is_named(tmp_path: Path) -> None:
    (tmp_path / RUN).mkdir()
    with pytest.raises(EvalError, match="cannot be written"):
        run(tmp_path)
    assert not list(tmp_path.glob(".*"))
