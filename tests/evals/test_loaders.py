from __future__ import annotations

from pathlib import Path

import pytest

from evals.errors import EvalError
from evals.gold import Place
from evals.loaders import chunking_eval, squad
from index.types import Span
from tests.evals.sets import Reference, chunking_folder, impossible, possible, reference, squad_file

RIVERS = "The Vistula, in Poland.\nThe Vistula again."


def test_a_chunking_set_gives_a_part_a_reference_at_the_offsets_told(tmp_path: Path) -> None:
    second = {"content": "The Vistula", "start_index": 24, "end_index": 35}
    folder = chunking_folder(
        tmp_path / "set", [("Which,\nriver?", [second, reference(RIVERS, "Poland")], "rivers")], rivers=RIVERS
    )
    told = chunking_eval(folder)
    (case,) = told.cases
    assert (case.question, case.kind, case.id) == ("Which,\nriver?", "rivers", "chunking-001")
    assert [(item.quote, item.part) for item in case.evidence] == [("The Vistula", 0), ("Poland", 1)]
    assert told.gold[case.id] == ((Place("rivers.md", Span(24, 35)),), (Place("rivers.md", Span(16, 22)),))
    assert told.documents == {"rivers.md": RIVERS}


def test_offsets_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    moved = {"content": "Poland", "start_index": 0, "end_index": 6}
    folder = chunking_folder(tmp_path / "set", [("Which?", [moved], "rivers")], rivers=RIVERS)
    with pytest.raises(EvalError, match=r"Question 1 .*offsets do not fit rivers.md"):
        chunking_eval(folder)


def test_a_chunking_set_of_another_form_is_refused(tmp_path: Path) -> None:
    broken: Reference = {"content": "Poland"}
    folder = chunking_folder(tmp_path / "set", [("Which?", [broken], "rivers")], rivers=RIVERS)
    with pytest.raises(EvalError, match=r"Question 1 .*0\.start_index: Field required"):
        chunking_eval(folder)
    (folder / "questions_df.csv").write_text("question,answer\nx,y\n", encoding="utf-8")
    with pytest.raises(EvalError, match="question 1: references: Field required"):
        chunking_eval(folder)


def test_a_missing_set_tells_where_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"questions_df.csv.*get the set from https://github.com/brandonstarxel"):
        chunking_eval(tmp_path)
    with pytest.raises(EvalError, match=r"dev.json.*get the set from https://rajpurkar.github.io"):
        squad(tmp_path / "dev.json")


def test_squad_gives_a_document_a_paragraph_and_a_near_miss_an_impossible_question(tmp_path: Path) -> None:
    text = "Built in 1889, opened in 1889."
    path = squad_file(
        tmp_path / "dev.json",
        ("Tower", [(text, [possible("q1", ("1889", 25), ("1889", 25), ("in 1889", 22)), impossible("q2")])]),
    )
    told = squad(path)
    answerable, near_miss = told.cases
    assert told.documents == {"000-000.txt": text}
    assert (answerable.kind, answerable.answers) == ("answerable", ("1889", "in 1889"))
    assert told.gold["q1"] == ((Place("000-000.txt", Span(25, 29)), Place("000-000.txt", Span(22, 29))),)
    assert (near_miss.kind, near_miss.answerable, near_miss.evidence) == ("near_miss", False, ())
    assert "q2" not in told.gold


def test_articles_by_title_alternate_between_the_halves(tmp_path: Path) -> None:
    articles = [(title, [(title, [impossible(title)])]) for title in ("c", "a", "d", "b")]
    told = squad(squad_file(tmp_path / "dev.json", *articles))
    assert {case.id: case.split for case in told.cases} == {"a": "tune", "b": "test", "c": "tune", "d": "test"}


def test_an_answer_without_words_is_no_accepted_form(tmp_path: Path) -> None:
    path = squad_file(tmp_path / "dev.json", ("t", [("Up. Down.", [possible("q", (".", 2), ("Up", 0))])]))
    assert squad(path).cases[0].answers == ("Up",)


def test_json_that_is_not_squad_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    for told in ("[", '{"data": [{"title": "t"}]}'):
        path.write_text(told, encoding="utf-8")
        with pytest.raises(EvalError, match="is not SQuAD JSON"):
            squad(path)
