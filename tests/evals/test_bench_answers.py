"""The measurement of answers by a language model: its sample, its transcripts, and what is made of them."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench import agreed
from evals.bench.answer_scores import Label, labels_of, place, render, texts
from evals.bench.answers import ask, plain, sample, taken
from evals.bench.statements import supported
from evals.bench.transcripts import Line, add, kept, lines_of, restored
from evals.cases import Case, load_suite, of_split
from evals.errors import EvalError
from evals.gold import Place
from evals.metrics import score
from index.build import build_index
from index.open import open_index
from index.types import Span, Vectors
from rag.answering.extract import ExtractAnswerer
from rag.answering.prompt import DECLINED
from rag.pipeline import Pipeline
from rag.settings import load
from rag.types import Answer
from rag.verification.cite import parse
from tests.evals.made import PARIS, TEXTS, WARSAW, answer, case, citation, passage, statement
from tests.fakes import WIRE, HashingEmbedder, ScriptedLLM

SUITE = Path(__file__).resolve().parents[2] / "evals" / "suites" / "seeds.jsonl"
RIVER = "The river is the Vistula."
ASKED = case({"warsaw.txt": [RIVER]}, id="river", answers=["Vistula"])
UNASKABLE = case(id="mayor", kind="near_miss", answerable=False)


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    return folder


def spoken(seconds: float, system: str, told: Answer, of: Case = ASKED) -> Line:
    return Line(of.id, system, seconds, kept(told))


def right() -> Answer:
    told = answer(
        "The river is the Vistula [1].",
        passages=[passage(1, "warsaw.txt", f"{RIVER} It runs north.")],
        statements=[statement(RIVER, 1)],
        citations=[citation(1, "warsaw.txt", RIVER)],
    )
    return replace(told, answerer="llm")


def test_the_sample_of_the_suite_is_fixed_and_of_every_kind_in_proportion() -> None:
    cases = of_split(load_suite(SUITE), "test")
    chosen = sample(cases, 40)
    assert len({c.id for c in chosen}) == 40
    assert chosen == sample(cases[::-1], 40)
    for kind in {c.kind for c in cases}:
        share = 40 * sum(c.kind == kind for c in cases) / len(cases)
        assert abs(sum(c.kind == kind for c in chosen) - share) < 1


@given(st.integers(1, 30))
def test_a_sample_has_as_many_cases_as_are_asked_for(number: int) -> None:
    cases = [case(id=f"{kind}{n}", kind=kind) for kind in "abc" for n in range(10)]
    assert len(sample(cases, number)) == number


def test_an_answer_scores_the_same_after_its_transcript(tmp_path: Path, docs: Path) -> None:
    file = tmp_path / "run" / "ours.jsonl"
    add(spoken(1.5, "ours", right()), file)
    line = lines_of(file)["river"]
    assert line.reply is not None
    again = restored(line.reply, texts(docs))
    gold = ((Place("warsaw.txt", Span(0, len(RIVER))),),)
    assert score(ASKED, again, gold, texts(docs)) == score(ASKED, right(), gold, lambda i: TEXTS[i.removeprefix("id-")])
    assert again.passages[0].passage.text == f"{RIVER} It runs north."
    assert "It runs north" not in file.read_text()


def test_the_last_line_of_a_case_counts_and_damage_is_told(tmp_path: Path) -> None:
    file = tmp_path / "plain.jsonl"
    assert lines_of(file) == {}
    add(Line("river", "plain", 2.0, None, "LLMFailed: away"), file)
    add(spoken(1.0, "plain", right()), file)
    assert lines_of(file)["river"].error is None
    file.write_text('{"case": 1}\n')
    with pytest.raises(EvalError, match="does not read; remove it, and ask again"):
        lines_of(file)


def test_a_plain_reply_is_taken_at_its_word() -> None:
    passages = [passage(1, "warsaw.txt", WARSAW), passage(2, "paris.txt", PARIS)]
    llm = ScriptedLLM("It is the Vistula [1]. It is long. [7]")
    told = plain("Which river?", passages, llm)
    assert [(s.labels, s.verdict) for s in told.statements] == [((1,), "supported"), ((7,), "supported")]
    assert [(c.label, c.quote) for c in told.citations] == [(1, WARSAW)]
    assert f"[1] {WARSAW}\n\n[2] {PARIS}" in llm.prompts[0]
    assert llm.prompts[0].endswith("Question: Which river?\nAnswer:")


@pytest.mark.parametrize(
    "reply", ["", "Empty Response", "The sources do not say.", "The sources do not say who [1].", DECLINED]
)
def test_plain_refusals(reply: str) -> None:
    told = taken("Who?", reply, [passage(1, "warsaw.txt", WARSAW)])
    assert (told.status, told.statements, told.citations) == ("refused", (), ())


def test_the_table_says_what_the_transcripts_say(tmp_path: Path, docs: Path) -> None:
    shown = [passage(1, "warsaw.txt", WARSAW)]
    wrong = taken("?", "It is the Seine.", shown)
    add(spoken(2.0, "ours", right()), tmp_path / "ours.jsonl")
    add(spoken(0.2, "ours", answer(), UNASKABLE), tmp_path / "ours.jsonl")
    add(spoken(4.0, "plain", wrong), tmp_path / "plain.jsonl")
    add(spoken(4.0, "plain", wrong, UNASKABLE), tmp_path / "plain.jsonl")
    told = render(tmp_path, [ASKED, UNASKABLE], docs)
    assert told == render(tmp_path, [ASKED, UNASKABLE], docs)
    split = [[cell.strip() for cell in line.split("|")] for line in told.splitlines()]
    rows = {cells[1]: cells[2:-1] for cells in split if len(cells) > 2}
    assert [cell[:4] for cell in rows["right"]] == ["1.00", "0.00"]
    assert [cell[:4] for cell in rows["cited evidence"]] == ["1.00", "0.00"]
    assert [cell[:4] for cell in rows["cited-span recall"]] == ["1.00", "0.00"]
    assert rows["answers that cite a passage shown"] == ["1 of 1", "0 of 2"]
    assert [cell[:4] for cell in rows["refusal f1"]] == ["1.00", "0.00"]
    assert rows["ours"][:3] == ["2", "1.1", "1.1"]
    assert rows["ours"][3].startswith("0.28 [")
    assert rows["ours"][4].startswith("0.50 [")
    assert "called supported in ours: 1; read by eye: 0" in told


def test_labels_give_a_precision_and_name_what_is_not_agreed(tmp_path: Path, docs: Path) -> None:
    add(spoken(2.0, "ours", right()), tmp_path / "ours.jsonl")
    file = tmp_path / "labels.jsonl"
    rows = [
        {"case": "river", "statement": RIVER, "quote": RIVER, "agree": True, "why": "word for word"},
        {"case": "x", "statement": "It is long.", "quote": "It runs.", "agree": False, "why": "length", "false": True},
    ]
    file.write_text("\n".join(json.dumps(row | {"sample": tmp_path.name}) for row in rows))
    assert labels_of(file)[1] == Label("x", "It is long.", "It runs.", False, "length", True, sample=tmp_path.name)
    told = render(tmp_path, [ASKED], docs, file)
    assert "called supported in ours: 1; read by eye: 1" in told
    assert "0.50 [" in told
    assert "| x | It is long. | It runs. | length | yes |" in told
    file.write_text("{}")
    with pytest.raises(EvalError, match="do not read"):
        labels_of(file)


def test_what_was_agreed_with_is_told_by_sample_and_in_all() -> None:
    labels = [
        Label("a", "It runs.", "It runs.", True, "word for word", sample="one"),
        Label("b", "It is long.", "It runs.", False, "length", True, sample="one"),
        Label("c", "It is wide.", "Wide it is.", True, "width", sample="two", moved=True),
    ]
    told = agreed.render(labels)
    assert "| one | ours | 2 | 0.500 [" in told
    assert "| two | moved | 1 | 1.000 [" in told
    assert told.splitlines()[-1].endswith("| 1 of 2 | 1 |")
    assert "two" not in agreed.render(labels, ["one"])
    with pytest.raises(EvalError, match="there are one, two"):
        agreed.render(labels, ["three"])


def test_nothing_to_score_is_said(tmp_path: Path, docs: Path) -> None:
    with pytest.raises(EvalError, match="There are no transcripts"):
        render(tmp_path, [ASKED], docs)


def test_where_words_stand_white_space_aside() -> None:
    assert place("runs  north. The", "It runs\nnorth. The city.").of("It runs\nnorth. The city.") == "runs\nnorth. The"
    assert len(place("runs south", "It runs north.")) == 0


def test_what_was_asked_is_not_asked_again_and_failures_are_kept(tmp_path: Path) -> None:
    asked: list[str] = []

    def works(of: Case) -> Answer:
        asked.append(of.id)
        return right()

    def fails(of: Case) -> Answer:
        raise ValueError("away")

    cases = [ASKED, UNASKABLE]
    ask({"ours": works, "plain": fails}, cases[:1], tmp_path)
    ask({"ours": works, "plain": fails}, cases, tmp_path)
    assert asked == ["river", "mayor"]
    assert [line.error for line in lines_of(tmp_path / "plain.jsonl").values()] == ["ValueError: away"] * 2
    assert all(line.seconds >= 0 for line in lines_of(tmp_path / "ours.jsonl").values())


class Letters:
    """Counts letters: a model that sees something of a text, and loads nothing."""

    def encode(self, sentences: list[str], **_: object) -> Vectors:
        rows = np.array([[1 + text.lower().count(letter) for letter in "aeinorst"] for text in sentences], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.filterwarnings("ignore")
def test_the_citing_engine_says_which_words_of_which_file_it_was_given(docs: Path, tmp_path: Path) -> None:
    from llama_index.core.llms import MockLLM

    from evals.bench.answers import citing
    from evals.bench.baselines import citing_engine

    engine = citing_engine(docs, tmp_path / "store", Letters(), MockLLM(max_tokens=3))
    told = citing(engine, docs)(ASKED)
    assert {p.source.path for p in told.passages} == set(TEXTS)
    assert {p.passage.text for p in told.passages} == set(TEXTS.values())
    assert told.text


def test_what_a_model_wrote_is_judged_again_whoever_asked_it(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "wire.txt").write_text(WIRE)
    settings = load(home=tmp_path / "home", environ={})
    build_index(settings.for_index(), [docs], HashingEmbedder(64), trial=lambda _: None)
    run = tmp_path / "run"
    with closing(Pipeline(settings, HashingEmbedder(64), ExtractAnswerer())) as pipeline:
        passages = pipeline.retrieve("What did aircraft strike?")
    label = next(p.label for p in passages if "soldiers were killed" in p.passage.text)
    said = f"Two soldiers were killed, the army said [{label}]. Nine ships were sunk [{label}]."
    add(spoken(1.0, "plain", taken("?", said, passages)), run / "plain.jsonl")
    add(spoken(1.0, "ours", taken("?", "NOT IN THE PASSAGES", passages)), run / "ours.jsonl")
    with open_index(settings.for_index()) as index:
        found = [(name, of, item.statement.text) for name, of, item in supported(run, index, None)]
    assert found == [("plain", "river", "Two soldiers were killed, the army said.")]
    empty = load(home=tmp_path / "other", environ={})
    (docs / "wire.txt").write_text(WIRE.replace("Thursday", "Friday"))
    build_index(empty.for_index(), [docs], HashingEmbedder(64), trial=lambda _: None)
    with open_index(empty.for_index()) as index, pytest.raises(EvalError, match="index the same documents"):
        list(supported(run, index, None))


def test_every_kept_label_is_of_a_kept_reply_and_has_a_reason() -> None:
    folder = SUITE.parent.parent / "transcripts"
    said: dict[tuple[str, str, str], str] = {}
    for file in folder.glob("*/*.jsonl"):
        of_file = lines_of(file).items()
        said |= {(file.parent.name, file.stem, of): line.reply.text for of, line in of_file if line.reply}
    labels = labels_of(folder / "labels.jsonl")
    assert len(labels) > 50
    for label in labels:
        told = [sentence.text for sentence in parse(said[label.sample, label.system, label.case])]
        assert label.statement in told, label
        assert label.why
