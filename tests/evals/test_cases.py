from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from evals.cases import gold_of, load_suite, of_split
from evals.errors import EvalError
from evals.gold import Place
from index.errors import RagError
from index.types import Span
from rag.types import Turn
from tests.evals import made

GOOD: Mapping[str, object] = {"id": "q1", "kind": "fact", "question": "Which river?", "answerable": True}


def suite(tmp_path: Path, *lines: Mapping[str, object] | str) -> Path:
    path = tmp_path / "suite.jsonl"
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), encoding="utf-8")
    return path


def test_a_full_case_is_read_as_written(tmp_path: Path) -> None:
    told = {
        **GOOD,
        "history": [{"question": "Where?", "answer": "Warsaw."}],
        "answers": ["the Vistula", "Wisła"],
        "answers_all": [["Vistula", "Wisla"], ["north"]],
        "evidence": [{"file": "sub/warsaw.txt", "quote": "the Vistula"}, {"file": "x.txt", "quote": "y", "part": 1}],
        "split": "test",
        "note": "easy",
    }
    (case,) = load_suite(suite(tmp_path, told, ""))
    assert case.turns == (Turn("Where?", "Warsaw."),)
    assert case.answers_all == (("Vistula", "Wisla"), ("north",))
    assert [item.part for item in case.evidence] == [0, 1]
    assert (case.split, case.note) == ("test", "easy")


def test_byte_order_mark_and_windows_newlines_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "w.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\r\n")
    assert [case.id for case in load_suite(path)] == ["q1"]


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"knid": "x"}, "knid", "unknown key"),
        ({"answerable": "yes"}, "answerable", "bool"),
        ({"question": " "}, "question", "pattern"),
        ({"split": "dev"}, "split", "'tune' or 'test'"),
        ({"evidence": [{"file": "a.txt"}]}, "evidence.0.quote", "required"),
        ({"evidence": [{"file": "../a.txt", "quote": "x"}]}, "evidence.0.file", "within the documents folder"),
        ({"answers": ["the"]}, "answers", "no word that counts"),
        ({"answers_all": [[]]}, "answers_all.0", "at least 1"),
        ({"answerable": False, "answers": ["x"]}, "(the whole case)", "must be empty"),
        ({"answerable": False, "evidence": [{"file": "a", "quote": "x"}]}, "(the whole case)", "must be empty"),
    ],
)
def test_a_bad_field_is_named_with_file_and_line(
    tmp_path: Path, change: Mapping[str, object], field: str, said: str
) -> None:
    path = suite(tmp_path, GOOD, {**GOOD, "id": "q2", **change})
    with pytest.raises(EvalError) as caught:
        load_suite(path)
    message = str(caught.value)
    assert f"{path}, line 2, field '{field}': " in message
    assert said in message
    assert "\n" not in message


def test_an_error_of_a_suite_is_shown_as_one_of_ours() -> None:
    assert issubclass(EvalError, RagError)


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="line 1, field '\\(the whole case\\)': Invalid JSON"):
        load_suite(suite(tmp_path, "{"))


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="line 2, field 'id': 'q1' is used twice"):
        load_suite(suite(tmp_path, GOOD, GOOD))


def test_missing_binary_and_empty_suites_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot be read"):
        load_suite(tmp_path / "none.jsonl")
    binary = tmp_path / "b.jsonl"
    binary.write_bytes(b"\xff\xfe{")
    with pytest.raises(EvalError, match="not UTF-8"):
        load_suite(binary)
    with pytest.raises(EvalError, match="holds no cases"):
        load_suite(suite(tmp_path, "", ""))


def test_a_split_keeps_its_cases_and_none_keeps_all(tmp_path: Path) -> None:
    cases = load_suite(suite(tmp_path, GOOD, {**GOOD, "id": "q2", "split": "test"}))
    assert [case.id for case in of_split(cases, "test")] == ["q2"]
    assert of_split(cases, None) == cases
    with pytest.raises(EvalError, match="'tune'"):
        of_split(cases, "tune")


def test_alternatives_of_a_part_and_all_occurrences_are_gathered(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfone two one\r\nthree")
    told = {
        **GOOD,
        "evidence": [
            {"file": "a.txt", "quote": "two", "part": 3},
            {"file": "a.txt", "quote": "one\nthree", "part": 1},
            {"file": "a.txt", "quote": "one", "part": 3},
        ],
    }
    (case,) = load_suite(suite(tmp_path, told))
    spans = [[place.span for place in part] for part in made.check_evidence([case], tmp_path)["q1"]]
    # "one two one\nthree": part 1 at 8-17; part 3 is "two" at 4-7 and "one" at 0-3 and 8-11.
    assert spans == [[Span(8, 17)], [Span(4, 7), Span(0, 3), Span(8, 11)]]


def test_a_paraphrased_quote_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The river is the Vistula.")
    told = made.case({"a.txt": ["the river is the Vistula"]})
    with pytest.raises(EvalError, match=r"'c1'.*does not stand in 'a.txt'"):
        made.check_evidence([told], tmp_path)


def test_a_file_that_cannot_matter_counts_by_its_length() -> None:
    told = made.case({"warsaw.txt": ["It runs north."]})
    assert gold_of(told, lambda file: None) == ((Place("warsaw.txt", Span(0, 14)),),)
