"""The table: what its numbers count, on replies and verdicts written by hand; no model is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from evals.cases import Case
from evals.errors import EvalError
from evals.table import __main__ as command
from evals.table import beside, cost, program, questions, reading, statements
from evals.table.asking import Replies, Reply, reply_of
from evals.table.cells import Cell, Line, auroc, caught_at, chance_above, mean, recall_at_precision, render, share
from evals.table.questions import ALONE
from evals.table.statements import Changed, Judge, Judged
from rag.contract import as_json
from rag.verification.weigh import SIGNALS, Weights
from tests.evals import made
from tests.evals.sets import impossible, possible, squad_file
from tests.fakes import HashingEmbedder, OverlapReader
from tests.rag.readings import by_margin

ROOT = Path(__file__).resolve().parents[2]
PASSAGE = "The council met in May. Ann Lee said that 83 people were hurt in Harlow on Monday. The road was not closed."
VALUES = st.lists(st.sampled_from([0.1, 0.2, 0.5, 0.9]), min_size=1)
SCORES = st.lists(st.tuples(st.sampled_from([0.1, 0.2, 0.5, 0.9]), st.booleans()), min_size=2)


class Written:
    """Asks nobody: replies as written, by the id of the case; to others it refuses."""

    def __init__(self, **replies: Reply) -> None:
        self.known = replies
        self.asked: list[tuple[str, list[str]]] = []

    def replies(self, name: str, cases: Sequence[Case], docs: Path) -> Replies:
        self.asked.append((name, [case.id for case in cases]))
        return {case.id: self.known.get(case.id, reply("refused")) for case in cases}


def reply(
    status: str, text: str = "", probability: float | None = None, words: int = 0, milliseconds: float = 1.0
) -> Reply:
    return Reply(status, text, probability, words, milliseconds)


def row(id_: str, kind: str, split: str, *, answers: Sequence[str] = (), history: Sequence[str] = ()) -> str:
    turns = [{"question": question, "answer": "So."} for question in history]
    case = {"id": id_, "kind": kind, "split": split, "question": f"{id_}?", "history": turns, "answers": list(answers)}
    return json.dumps(case | {"answerable": bool(answers)}) + "\n"


def suite(path: Path, *rows: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(rows), "utf-8")
    return path


def everyday(folder: Path) -> Path:
    suite(
        folder / "everyday" / "suite.jsonl",
        row("f1", "fact", "test", answers=["£1,200", "1200"]),
        row("f2", "fact", "test", answers=["nine"]),
        row("f3", "fact", "tune", answers=["ten"]),
        row("n1", "near_miss", "test"),
        row("n2", "near_miss", "tune"),
        row("t1", "topic_change", "tune", answers=["the shed"], history=["Who?"]),
        row("u1", "followup", "tune", answers=["in May"], history=["Who?"]),
    )
    return folder


def values(lines: Sequence[Line], what: str) -> list[float | None]:
    """The values of the one line whose name ends so."""
    (line,) = (line for line in lines if line.what.endswith(what))
    return [cell.value for cell in line.cells]


def test_a_cell_shows_its_number_its_interval_and_its_n() -> None:
    assert str(share([True] * 8 + [False] * 2)) == ".80 [.49, .94] n 10"
    assert str(share([True, True])) == "1.00 [.34, 1.00] n 2"
    assert str(mean([20.0, 40.0], digits=0)) == "30 [20, 40] n 2"
    assert str(Cell(3200.0, 0, digits=0)) == "3200"
    assert str(share([])) == "–"


def test_a_line_stands_beside_its_baseline_only_where_there_is_one() -> None:
    line = Line("right / wrong", (share([True]), share([False])), "≥ .5", (share([False]), share([False])))
    alone, beside = render([line], "measured", None), render([line], "measured", "base")
    assert alone.splitlines()[0] == "| what | measured | asked for |"
    assert beside.splitlines()[0] == "| what | measured | base | asked for |"
    assert alone.splitlines()[2].count(" / ") == 2
    assert beside.splitlines()[2].count(" / ") == 3


@given(VALUES, VALUES)
def test_the_chance_to_be_above_counts_pairs_and_half_the_ties(up: list[float], down: list[float]) -> None:
    above = [(a > b) + (a == b) / 2 for a in up for b in down]
    assert chance_above(np.array(up), np.array(down)) == pytest.approx(sum(above) / len(above))


def test_auroc_has_an_interval_and_needs_both_kinds() -> None:
    found = auroc([0.9, 0.2, 0.5, 0.1], [True, True, False, False])
    assert (found.value, found.n) == (0.75, 4)
    assert found.interval is not None
    assert found.interval.low <= 0.75 <= found.interval.high
    assert auroc([0.9, 0.2], [True, True]).value is None


def test_near_misses_are_caught_at_the_price_of_a_share_of_the_answerable() -> None:
    positives = [0.1, *[0.5] * 9]
    negatives = [0.05, 0.3, 0.5, 0.9]
    labels = [True] * 10 + [False] * 4
    assert caught_at([*positives, *negatives], labels, 0.10).value == 0.5
    assert caught_at([*positives, *negatives], labels, 0.0).value == 0.25
    assert caught_at([0.5], [True], 0.10).value is None


@given(SCORES)
def test_recall_is_the_most_that_any_threshold_of_that_precision_gives(pairs: list[tuple[float, bool]]) -> None:
    found = recall_at_precision([score for score, _ in pairs], [positive for _, positive in pairs], 0.75)
    total = sum(positive for _, positive in pairs)
    if not total:
        assert found.value is None
        return
    best = 0.0
    for edge, _ in pairs:
        called = [positive for score, positive in pairs if score >= edge]
        if sum(called) / len(called) >= 0.75:
            best = max(best, sum(called) / total)
    assert found.value == pytest.approx(best)


def test_an_answer_is_kept_as_far_as_the_table_needs_it() -> None:
    answer = made.answer(
        "The river is the Vistula. [1]",
        passages=[made.passage(1, "warsaw.txt", made.WARSAW)],
        citations=[made.citation(1, "warsaw.txt", "The river is the Vistula.")] * 2,
        timings={"total": 7.0},
    )
    found = reply_of(as_json(answer))
    assert (found.status, found.text.strip(), found.words_quoted) == ("answered", "The river is the Vistula.", 5)
    assert (found.probability, found.milliseconds) == (answer.probability, 7.0)


def test_everyday_questions_are_counted_by_half_and_both_ways(tmp_path: Path) -> None:
    ours = Written(
        f1=reply("answered", "It is 1,200 a month.", 0.9, words=5),
        f2=reply("may_answer", "Eight or so.", 0.4, words=3),
        f3=reply("answered", "Ten.", 0.8, words=1),
        n1=reply("answered", "Something.", 0.5),
    )
    base = Written(f1=reply("answered", "No."))
    lines = questions.everyday([ours, base], everyday(tmp_path), "test")
    assert values(lines, "holds an accepted form") == [0.5]
    assert values(lines, "words quoted for a fact") == [4.0]
    assert values(lines, "refused, of the answerable / of the near misses") == [0.0, 0.0]
    assert values(lines, "“answered”, of the answerable / of the near misses") == [0.5, 1.0]
    assert values(lines, "fact: right / refused") == [0.5, 0.0]
    (right,) = (line for line in lines if line.what.endswith("holds an accepted form"))
    assert [cell.value for cell in right.base] == [0.0]


def test_probabilities_are_compared_over_both_halves_and_not_where_there_are_none(tmp_path: Path) -> None:
    ours = Written(
        f1=reply("answered", "x", 0.9),
        f2=reply("answered", "x", 0.4),
        n1=reply("refused", "", 0.5),
        n2=reply("refused", "", 0.3),
        **{f"t1{ALONE}": reply("refused", "", 0.0)},
    )
    (line,) = (x for x in questions.everyday([ours, Written()], everyday(tmp_path), "test") if "AUROC" in x.what)
    assert line.cells[0].value == pytest.approx(0.75)
    assert line.base[0].value is None


@pytest.mark.parametrize(("alone", "same"), [("In  the\nshed.", 1.0), ("In the yard.", 0.0)])
def test_a_topic_change_is_asked_with_and_without_what_was_said(tmp_path: Path, alone: str, same: float) -> None:
    ours = Written(
        t1=reply("answered", "In the shed."),
        u1=reply("answered", "It was in May."),
        **{f"t1{ALONE}": reply("answered", alone)},
    )
    lines = questions.everyday([ours], everyday(tmp_path), "test")
    assert values(lines, "alone / right / follow-up right") == [same, 1.0, 1.0]
    ((_, asked),) = ours.asked
    assert asked == ["f1", "f2", "f3", "n1", "n2", "t1", "u1", f"t1{ALONE}"]


def test_the_sample_documents_are_counted_as_rag_eval_counts_them(tmp_path: Path) -> None:
    for name in ("seeds", "seeds-blind"):
        rows = (row("a", "fact", "test", answers=["x"]), row("n", "near_miss", "test"), row("o", "off_topic", "test"))
        suite(tmp_path / f"{name}.jsonl", *rows, row("b", "fact", "tune", answers=["y"]))
    lines = questions.seeds([Written(a=reply("answered", "x"))], tmp_path, tmp_path)
    assert values(lines[:3], "right / near-miss F1") == [1.0, 1.0]
    assert lines[0].cells[1].n == 2


def test_notes_are_counted_in_all_and_by_the_held_half(tmp_path: Path) -> None:
    suite(tmp_path / "notes.jsonl", row("a", "fact", "tune", answers=["x"]), row("b", "fact", "test", answers=["y"]))
    every, held = questions.notes([Written(a=reply("answered", "x"))], tmp_path)
    assert [cell.value for cell in every.cells] == [0.5, 0.5]
    assert [cell.value for cell in held.cells] == [1.0, 0.0]


def test_counting_is_told_apart_from_what_looks_like_it(tmp_path: Path) -> None:
    rows = row("a", "count", "tune", answers=["x"]), row("b", "lookup", "test", answers=["y"])
    suite(tmp_path / "counting.jsonl", *rows)
    (line,) = questions.counting([Written(a=reply("answered", "x"))], tmp_path)
    assert [cell.value for cell in line.cells] == [1.0, 0.0]


def judge(**verdicts: Judged) -> Judge:
    """Says what is written for the first word of a statement; of others that they are unsupported."""
    return lambda statement, _: verdicts.get(statement.split()[0].lower(), Judged("unsupported", 0.1))


def test_statements_are_counted_both_ways_and_by_kind(tmp_path: Path) -> None:
    rows = [
        {"statement": "Yes it is.", "label": "supported", "change": "shorter", "split": "tune"},
        {"statement": "No it is.", "label": "supported", "change": "paraphrase", "split": "test"},
        {"statement": "Yes it was.", "label": "not_supported", "change": "swap", "split": "test"},
        {"statement": "Never.", "label": "not_supported", "change": "swap", "split": "test"},
    ]
    (tmp_path / "everyday").mkdir()
    file = tmp_path / "everyday" / "statements.jsonl"
    file.write_text("".join(json.dumps({**item, "context": PASSAGE, "id": "x"}) + "\n" for item in rows), "utf-8")
    says = judge(yes=Judged("supported", 0.9))
    lines = statements.everyday(says, tmp_path)
    assert values(lines, "both halves: true supported / true unsupported / false supported") == [0.5, 0.5, 0.5]
    assert values(lines, "test half: true supported / true unsupported / false supported") == [0.0, 1.0, 0.5]
    assert values(lines, "both halves: AUROC of the probability / true partly / false partly") == [0.5, 0.0, 0.0]
    assert values(lines, "false, swap: supported") == [0.5]
    file.write_text('{"statement": "x"}', "utf-8")
    with pytest.raises(EvalError, match="statements"):
        statements.everyday(says, tmp_path)


def test_claims_are_ranked_and_counted_at_both_thresholds(tmp_path: Path) -> None:
    rows = [
        {"label": label, "claim": claim, "evidence": ["One.", "Two."]}
        for label, claim in (
            ("supported", "Tune."), ("supported", "Sure of it."), ("supported", "Tune."), ("supported", "Near it."),
            ("supported", "Tune."), ("not_supported", "Far."),
        )
    ]  # fmt: skip
    (tmp_path / "claim_dev.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    says = judge(sure=Judged("supported", 0.9), near=Judged("partly", 0.05))
    lines = statements.claims(says, tmp_path, lambda _: None)
    assert values(lines, "AUROC / recall at precision .95") == [0.5, 0.5]
    assert values(lines, "right of those so called") == [0.5, 0.0, 1.0]
    (tmp_path / "claim").mkdir()
    (tmp_path / "claim" / "test.jsonl").write_text(json.dumps(rows[0]), "utf-8")
    assert len(statements.claims(says, tmp_path, lambda _: None)) == 4


def test_wrong_sentences_are_flagged_and_true_ones_are_not() -> None:
    true = "Ann Lee said that 83 people were hurt in Harlow on Monday."

    def exact(statement: str, passages: Sequence[str]) -> Judged:
        return Judged("supported" if statement in passages[0] else "unsupported", 0.5)

    wrong, right = statements.flags(exact, [Changed(true, PASSAGE, PASSAGE)])
    assert wrong["number"] == wrong["date"] == [True]
    assert right["verbatim"] == [False]


def test_other_tools_score_a_statement_by_the_nearest_sentence() -> None:
    near, far = "The road was not closed.", "Nobody ever saw the mayor dance."
    for score in (beside.by_words, beside.by_characters, beside.by_likeness(HashingEmbedder())):
        assert score(near, ["The weir is old.", PASSAGE]) == pytest.approx(1.0)
        assert score(far, [PASSAGE]) < score("The road was closed.", [PASSAGE])


def test_what_judges_stands_side_by_side_on_the_same_statements(tmp_path: Path) -> None:
    evidence = ["The road was not closed.", "Ann Lee said that 83 people were hurt in Harlow on Monday, in the rain."]
    claims = (
        ("supported", "Tune."),
        ("supported", evidence[0]),
        ("supported", "Tune."),
        ("not_supported", "Nobody danced."),
    )
    rows = [{"label": label, "claim": claim, "evidence": evidence} for label, claim in claims]
    (tmp_path / "claim_dev.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    squad_file(tmp_path / "dev-v2.0.json", ("Alps", [("Tune half.", [])]), ("Weirs", [(PASSAGE, [])]))
    lines = beside.lines(judge(the=Judged("supported", 0.9)), HashingEmbedder(), tmp_path, lambda _: None)
    assert len(lines) == 8
    (words,) = (line for line in lines if line.what.startswith("WiCE, odd places of dev, by shared words"))
    assert [cell.value for cell in words.cells] == [1.0, 1.0, 1.0]


def test_the_verifier_is_given_all_the_passages_that_a_statement_cites() -> None:
    nothing = (0.0,) * (len(SIGNALS) + 1)
    says = program.judge(OverlapReader(), Weights(nothing, nothing, nothing, 0.9, 0.8, 0.9, 0.0))
    for passages in ([PASSAGE], ["The weir is old.", PASSAGE]):
        assert says("The road was not closed.", passages).verdict == "supported"
    invented = says("Nobody ever saw the mayor dance.", [PASSAGE])
    assert (invented.verdict, invented.probability) == ("unsupported", 0.5)


def test_the_reader_is_asked_with_one_passage_and_what_the_question_lacks_lowers_its_probability() -> None:
    passages = [PASSAGE, "The weir is old."]
    answers = program.answers(OverlapReader(), HashingEmbedder(), passages, by_margin())
    assert answers("When did the council meet?", PASSAGE) > answers("Who paid the plumber?", PASSAGE)
    assert answers("Who paid the plumber?", "") == 0.0


def test_reading_is_measured_on_the_passage_of_each_question(tmp_path: Path) -> None:
    squad_file(
        tmp_path / "dev-v2.0.json",
        ("Alps", [("Tune half.", [possible("q0", ("Tune", 0))])]),
        ("Weirs", [("A weir of 1902.", [possible("q1", ("1902", 10)), impossible("q2")])]),
    )
    seen: list[tuple[str, str]] = []

    def answers(question: str, passage: str) -> float:
        seen.append((question, passage))
        return 0.9 if question == "When?" else 0.2

    def over(passages: Sequence[str]) -> reading.Answers:
        assert passages == ["A weir of 1902."]
        return answers

    (line,) = reading.squad_near_misses(over, tmp_path, None, lambda _: None)
    assert [cell.value for cell in line.cells] == [1.0, 1.0]
    assert seen == [("When?", "A weir of 1902."), ("Why?", "A weir of 1902.")]
    with pytest.raises(EvalError, match="ask for fewer"):
        reading.squad_near_misses(over, tmp_path, 2, lambda _: None)


def test_a_question_is_asked_beside_its_passage_over_the_likest_of_the_same_article(tmp_path: Path) -> None:
    squad_file(
        tmp_path / "dev-v2.0.json",
        ("Alps", [("When did a tune end?", [possible("q0", ("tune", 11))])]),
        (
            "Weirs",
            [("A weir of 1902.", [possible("q1", ("1902", 10))]), ("Eels.", []), ("When? Nobody knows.", [])],
        ),
    )
    seen: list[str] = []

    def answers(question: str, passage: str) -> float:
        seen.append(passage)
        return float("1902" in passage)

    (line,) = reading.squad_near_articles(lambda _: answers, tmp_path, 1, lambda _: None)
    assert len(seen) == 2
    assert seen[0] == "A weir of 1902."
    assert seen[1] in ("Eels.", "When? Nobody knows.")
    assert line.cells[0].value == 1.0


def test_a_warm_question_is_the_median_of_its_rounds_and_the_first_are_not_counted(tmp_path: Path) -> None:
    ids = [f"w{n}" for n in range(cost.WARM + 2)]
    suite(tmp_path / "everyday" / "suite.jsonl", *(row(id_, "fact", "tune", answers=["x"]) for id_ in ids))
    cold = dict.fromkeys(ids[: cost.WARM], reply("answered", milliseconds=900.0))
    ours = Written(**cold, **dict.fromkeys(ids[cost.WARM :], reply("answered", milliseconds=20.0)))
    base = Written(**cold, **dict.fromkeys(ids[cost.WARM :], reply("answered", milliseconds=40.0)))
    taken, ratio = cost.warm_question([ours, base], tmp_path)
    assert (taken.cells[0].value, taken.base[0].value) == (20.0, 40.0)
    assert (ratio.cells[0].value, ratio.cells[0].n) == (0.5, 2)
    assert len(ours.asked) == len(base.asked) == cost.ROUNDS


def test_lines_are_counted_in_the_five_folders(tmp_path: Path) -> None:
    (tmp_path / "rag" / "asking").mkdir(parents=True)
    (tmp_path / "rag" / "asking" / "one.py").write_text("a = 1\nb = 2\n", "utf-8")
    (tmp_path / "rag" / "elsewhere.py").write_text("a = 1\n", "utf-8")
    (tmp_path / "rag" / "reader").mkdir()
    (tmp_path / "rag" / "reader" / "two.py").write_text("a = 1\n", "utf-8")
    (line,) = cost.lines_of_code([tmp_path])
    assert ([cell.value for cell in line.cells], line.base) == ([2.0, 3.0], ())


def test_a_group_that_breaks_costs_the_others_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(_: object) -> list[Line]:
        raise ValueError("odd")

    groups = {"a": lambda _: [Line("one", (share([True]),))], "b": broken, "c": lambda _: [Line("two", ())]}
    monkeypatch.setattr(command, "GROUPS", groups)
    with pytest.raises(typer.Exit):
        command.main(out=tmp_path / "table.md")
    printed = capsys.readouterr()
    assert [row.split(" | ")[0] for row in printed.out.splitlines()] == ["| what", "| ---", "| one", "| two"]
    assert "FAILED b: ValueError: odd" in printed.err
    assert (tmp_path / "table.md").read_text("utf-8") == printed.out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [(("--only", "everything"), 2, "no group"), (("--only", "everyday"), 1, "SKIPPED everyday")],
)
def test_what_cannot_be_measured_is_said(arguments: Sequence[str], code: int, said: str) -> None:
    command = [sys.executable, "-m", "evals.table", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in " ".join(done.stderr.split())
