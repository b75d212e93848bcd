from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.controls import standard_controls
from evals.errors import EvalError
from evals.markdown import table
from evals.report import measures, metric_names, render, shortfalls
from evals.run import About, Results, Row, run_suite
from rag.types import Answer
from tests.evals import made
from tests.fakes import HashingEmbedder

SNAPSHOT = Path(__file__).parent / "report.md"
ABOUT = About(
    suite="rivers.jsonl",
    suite_sha256="0123456789abcdef" * 4,
    split="test",
    cases=6,
    settings_fingerprint="f" * 12,
    generation="g1",
    answerer="quotes",
    model=None,
    versions={"python": "3.11.0", "numpy": "2.0.0"},
    started="2024-05-01T10:00:00+00:00",
    seconds=12.34,
)
RIVER = "The river is the Vistula."
TOWER = "The tower was built in 1889."


def quoting(path: str, quote: str, *, milliseconds: float) -> Answer:
    return made.answer(
        f"{quote} [1]",
        passages=[made.passage(1, path, made.TEXTS[path])],
        statements=[made.statement(quote, 1)],
        citations=[made.citation(1, path, quote)],
        timings={"retrieve": milliseconds, "total": 2 * milliseconds},
    )


def small_run(out: Path) -> Results:
    """Right, wrong, refused wrongly, failed; and a near miss refused and an off-topic question answered."""
    replies: dict[str, Answer | Exception] = {
        "right": quoting("warsaw.txt", RIVER, milliseconds=1.0),
        "wrong": quoting("paris.txt", "It runs west.", milliseconds=3.0),
        "refused": made.answer(passages=[made.passage(1, "warsaw.txt", made.WARSAW)]),
        "failed": RuntimeError("x"),
        "near": made.answer(passages=[made.passage(1, "paris.txt", made.PARIS)]),
        "off": quoting("paris.txt", "It runs west.", milliseconds=2.0),
    }
    cases = [
        made.case({"warsaw.txt": [RIVER]}, id="c1", question="right", answers=["Vistula"]),
        made.case({"paris.txt": [TOWER]}, id="c2", question="wrong", answers=["1889"]),
        made.case({"warsaw.txt": ["It runs north."]}, id="c3", question="refused", answers=["north"]),
        made.case({"warsaw.txt": [RIVER]}, id="c4", kind="two|fold", question="failed", answers=["x"]),
        made.case(id="c5", kind="near_miss", question="near", answerable=False),
        made.case(id="c6", kind="off_topic", question="off", answerable=False),
    ]
    system = made.Scripted(replies)
    controls = standard_controls(HashingEmbedder(256))
    return replace(run_suite(system, cases, out, controls=controls), about=ABOUT)


def test_the_report_is_as_it_was(tmp_path: Path) -> None:
    """To renew it after a change that is meant: delete the snapshot, run this test twice, and read the diff."""
    text = render(small_run(tmp_path))
    if not SNAPSHOT.exists():
        SNAPSHOT.write_text(text, encoding="utf-8")
        pytest.fail("the snapshot was written anew; read it and run again")
    assert text == SNAPSHOT.read_text(encoding="utf-8")


def test_measures_by_hand(tmp_path: Path) -> None:
    found = measures(small_run(tmp_path).rows)
    # Answerable and not failed: right 1, wrong 0, refused 0.
    assert (found["answer_presence"].value, found["answer_presence"].n) == (pytest.approx(1 / 3), 3)
    assert (found["evidence_in_quotes"].value, found["evidence_in_quotes"].n) == (pytest.approx(1 / 3), 3)
    # Refused: c3 (wrongly) and c5 (rightly); unanswerable: c5 and c6, of which c5 is the near miss.
    assert found["refusal_precision"].value == 0.5
    assert found["refusal_recall"].value == 0.5
    assert found["near_miss_recall"].value == 1.0
    assert found["near_miss_f1"].value == pytest.approx(2 / (2 + 1))
    assert found["over_refusal"].value == pytest.approx(1 / 3)


def test_the_report_names_no_question(tmp_path: Path) -> None:
    results = small_run(tmp_path)
    rows = tuple(replace(row, answer={**(row.answer or {}), "question": "SECRET"}) for row in results.rows)
    assert "SECRET" not in render(replace(results, rows=rows))


def test_the_names_of_the_metrics_are_known_before_a_run(tmp_path: Path) -> None:
    rows = small_run(tmp_path).rows
    scored = [row for row in rows if row.error is None]
    quote = {"warsaw.txt": [RIVER]}
    cases = [made.case(quote if row.answerable else {}, kind=row.kind, answerable=row.answerable) for row in scored]
    assert metric_names(cases) == tuple(measures(rows))


def test_shortfalls_tell_what_is_below_its_floor(tmp_path: Path) -> None:
    results = small_run(tmp_path)
    assert shortfalls(results, {"quote_validity": 1.0, "refusal_recall": 0.5}) == ()
    assert shortfalls(results, {"answer_presence": 0.5}) == ("answer_presence is 0.333, and its floor is 0.5.",)


def test_a_metric_that_was_not_measured_is_below_any_floor(tmp_path: Path) -> None:
    system = made.Scripted({"near": made.answer()})
    case = made.case(id="c5", kind="near_miss", question="near", answerable=False)
    results = run_suite(system, [case], tmp_path)
    assert shortfalls(results, {"quote_validity": 0.0}) == ("quote_validity is not measured, and its floor is 0.",)


def test_an_unknown_metric_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no metric 'accuracy'; choose among source_recall@1, "):
        shortfalls(small_run(tmp_path), {"accuracy": 1.0})


def test_a_run_of_failures_only_is_not_reported_as_zeros() -> None:
    with pytest.raises(EvalError, match="Every case of this run failed"):
        render(Results(ABOUT, (Row("c", "fact", True, error="x"),), {}))


def test_a_control_that_failed_throughout_is_a_row_of_dashes(tmp_path: Path) -> None:
    results = small_run(tmp_path)
    broken = replace(results, controls={"broken": (Row("c1", "fact", True, error="x"),)})
    assert "| broken | – | – | – | – | – | – | – | – | – |" in render(broken)


def test_a_table_without_rows_is_a_word() -> None:
    assert table(("x",), []) == "None."


@given(st.lists(st.lists(st.text("ab| ", max_size=4), min_size=2, max_size=2), min_size=1, max_size=4))
def test_a_cell_cannot_break_its_table(body: list[list[str]]) -> None:
    lines = table(("x", "y"), body).split("\n")
    assert len(lines) == len(body) + 2
    assert {line.replace("\\|", "").count("|") for line in lines} == {3}
