from __future__ import annotations

import pytest

from evals.compare import compare, render_comparison
from evals.errors import EvalError
from evals.run import About, Results, Row


def results(*scores: tuple[str, float | None], suite: str = "s") -> Results:
    about = About("s.jsonl", suite, None, len(scores), None, None, None, None, {}, "2024-01-01T00:00:00+00:00", 1.0)
    rows = tuple(Row(id_, "fact", True, None, {"token_f1": value}) for id_, value in scores)
    return Results(about, rows, {})


A = results(("1", 0.0), ("2", 0.5), ("3", None), ("4", 1.0), ("only a", 1.0))
B = results(("4", 1.0), ("3", 1.0), ("2", 0.25), ("1", 1.0))


def test_cases_are_paired_by_id_where_both_have_a_score() -> None:
    found = compare(A, B)
    pair = found.metrics["token_f1"]
    # Cases 1, 2 and 4: A .0 .5 1, B 1 .25 1.
    assert (found.shared, found.only_a, found.only_b, pair.n) == (4, 1, 0, 3)
    assert (pair.mean_a, pair.mean_b, pair.difference) == (0.5, 0.75, 0.25)
    assert (pair.wins, pair.losses) == (1, 1)


def test_the_table_tells_the_pairs_and_marks_only_clear_differences() -> None:
    text = render_comparison(compare(A, B))
    assert "| token_f1 | 3 | 0.500 | 0.750 | +0.250 | " in text
    assert "- cases in both runs: 4; only in A: 1; only in B: 0" in text
    clear = compare(results(*((str(n), 0.0) for n in range(9))), results(*((str(n), 1.0) for n in range(9))))
    assert "| **token_f1** | 9 | 0.000 | 1.000 | +1.000 | [+1.000, +1.000] |" in render_comparison(clear)


def test_another_suite_is_told() -> None:
    assert "suites differ" not in render_comparison(compare(A, B))
    assert "suites differ" in render_comparison(compare(A, results(("1", 1.0), suite="t")))


def test_runs_without_a_common_case_are_refused() -> None:
    with pytest.raises(EvalError, match="share no case"):
        compare(A, results(("9", 1.0)))


def test_a_failed_case_is_no_pair() -> None:
    failed = Results(A.about, (Row("1", "fact", True, error="x"), *B.rows[:3]), {})
    assert compare(A, failed).metrics["token_f1"].n == 2
