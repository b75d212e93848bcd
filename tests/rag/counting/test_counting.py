"""Questions over whole tables, from ten files of several formats to the sentence and the rows that are shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evals.cases import Case, load_suite
from index.indexing.build import build_index
from rag.answering.extract import QuotesAnswerer
from rag.answering.llm import LLMAnswerer
from rag.contract import answer_from, as_json
from rag.pipeline import Pipeline
from rag.settings import Settings, load
from rag.types import Answer
from rag.wording import computed
from tests.fakes import HashingEmbedder, OverlapReader, ScriptedLLM
from tests.rag.readings import by_margin

SUITES = Path(__file__).resolve().parents[3] / "evals" / "suites"
CASES = load_suite(SUITES / "counting.jsonl")
WIDTH = 1024


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a home in which the ten files are indexed."""
    found = load(home=tmp_path_factory.mktemp("home"), environ={})
    build_index(found.for_index(), [SUITES / "counting"], HashingEmbedder(WIDTH), trial=lambda _: None)
    return found


@pytest.fixture(scope="module")
def pipeline(settings: Settings) -> Iterator[Pipeline]:
    """Quotes over the ten files."""
    opened = Pipeline(settings, HashingEmbedder(WIDTH), QuotesAnswerer(), OverlapReader(), by_margin())
    yield opened
    opened.close()


def are_exact(answer: Answer, pipeline: Pipeline) -> bool:
    """Whether every quote is a slice of its document, under the label of a passage that is shown."""
    labels = {item.label for item in answer.passages}
    return all(
        citation.label in labels and citation.span.of(pipeline.text(citation.source.document_id)) == citation.quote
        for citation in answer.citations
    )


@pytest.mark.parametrize("case", [case for case in CASES if case.kind == "count"], ids=lambda case: case.id)
def test_what_the_whole_table_answers_is_worked_out_over_it(case: Case, pipeline: Pipeline) -> None:
    answer = pipeline.ask(case.question)
    assert answer.computed is not None
    wanted = [*case.answers, *(form for part in case.answers_all for form in part)]
    told = answer.computed.text
    assert all(f" {form}" in f" {told}".replace(".", " ").replace(";", " ") for form in wanted), told
    assert answer.text.startswith(told)
    assert {citation.source.path for citation in answer.citations} == {case.evidence[0].file}
    assert are_exact(answer, pipeline)
    assert len(answer.citations) == len(answer.computed.rows)


@pytest.mark.parametrize("case", [case for case in CASES if case.kind != "count"], ids=lambda case: case.id)
def test_what_only_looks_like_counting_goes_the_ordinary_way(case: Case, pipeline: Pipeline) -> None:
    assert pipeline.ask(case.question).computed is None


@pytest.mark.parametrize(
    "question",
    [
        "How many boats are haunted?",  # no column says so
        "How many boats sank last year?",
        "How many boats cost more than the Juno?",  # compared with another row
        "Which lender has lent the most objects?",  # counted by group
        "How many boats are hired only at weekends?",
        "What is the cheapest ferry?",
        "Which is cheaper, the Heron or the Pelican?",  # of which one is not there
    ],
)
def test_a_condition_that_is_not_clear_is_left_alone(question: str, pipeline: Pipeline) -> None:
    assert pipeline.ask(question).computed is None


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("How many boats are not hired?", "7 of 11 rows of boats.csv where hired is “no”."),
        ("Which ingredients are out of stock?", "2 of 8 rows of kitchen-stock.csv where In stock is “0”"),
        ("How many red boats are hired?", "1 of 11 rows of boats.csv where hull is “red” and hired is “yes”."),
        ("How many green dinghies are there?", "0 of 11 rows"),
        ("How many boats over 6 metres are hired?", "2 of 11 rows of boats.csv where length_m > 6 metres"),
        ("How many skippers are there?", "2 different in the column skipper"),
        ("How many yachts are longer than 10 metres?", "1 of 11 rows of boats.csv where length_m > 10 metres"),
        ("Which skipper has the highest day rate?", "The highest day_rate_gbp is 265.00 GBP"),
        ("Who has not hired the boat?", "7 of 11 rows of boats.csv where hired is “no”"),
        ("How many coaches are there in total?", "The sum of Coaches is 32, over 6 of 6 rows of trains.txt."),
    ],
)
def test_the_sentence_says_the_condition_and_the_rows(question: str, told: str, pipeline: Pipeline) -> None:
    answer = pipeline.ask(question)
    assert told in answer.text
    assert answer.status == "answered"


def test_the_verb_after_a_kind_of_what_is_counted_is_passed_over_and_named(pipeline: Pipeline) -> None:
    answer = pipeline.ask("How many of the boat sorts tend to be hired?")
    assert "of 11 rows of boats.csv where hired is “yes”. Nothing in the table stands for “tend”." in answer.text
    assert answer.status == "may_answer"


def test_what_a_price_is_reckoned_by_is_no_condition(tmp_path: Path) -> None:
    rows = "| Plan | Price | Guests |\n|---|---|---|\n| Wren | £19 | none |\n| Heron | £29 | one a month |\n"
    (tmp_path / "plans.md").write_text(f"# Plans\n\n{rows}", encoding="utf-8")
    settings = load(home=tmp_path / "home", environ={})
    build_index(settings.for_index(), [tmp_path / "plans.md"], HashingEmbedder(WIDTH), trial=lambda _: None)
    opened = Pipeline(settings, HashingEmbedder(WIDTH), QuotesAnswerer(), OverlapReader(), by_margin())
    try:
        answer = opened.ask("How much per month is the cheapest plan?")
    finally:
        opened.close()
    assert "£19" in answer.text
    assert "£29" not in answer.text


def test_the_rows_stand_under_the_headings_of_their_table_whatever_their_passage_begins_with(tmp_path: Path) -> None:
    rows = "| Plan | Price | Guests |\n|---|---|---|\n| Wren | £19 | none |\n| Heron | £29 | none |\n"
    (tmp_path / "plans.md").write_text(f"# Plans\n\nWelcome.\n\n## Of this year\n\n{rows}", encoding="utf-8")
    settings = load(home=tmp_path / "home", environ={})
    build_index(settings.for_index(), [tmp_path / "plans.md"], HashingEmbedder(WIDTH), trial=lambda _: None)
    opened = Pipeline(settings, HashingEmbedder(WIDTH), QuotesAnswerer(), OverlapReader(), by_margin())
    try:
        answer = opened.ask("Which plans have no guests?")
    finally:
        opened.close()
    assert [citation.headings for citation in answer.citations] == [("Plans", "Of this year")] * 2


def test_of_two_that_are_compared_both_rows_are_quoted(pipeline: Pipeline) -> None:
    answer = pipeline.ask("Which is longer, the Thorn or the Merle?")
    assert answer.text.startswith("The highest Length (km) is 128 km, over 2 of 5 rows of rivers.html")
    assert [citation.cells[0][1] for citation in answer.citations] == ["Thorn", "Merle"]


def test_a_word_that_nothing_stands_for_is_told_and_leaves_a_doubt(pipeline: Pipeline) -> None:
    answer = pipeline.ask("How many lectures did Prof. Ines Valdo mumble?")
    assert answer.status == "may_answer"
    assert answer.text.startswith("2 of 5 rows of lectures.md")
    assert "Nothing in the table stands for “mumble”." in answer.text


def test_no_model_is_asked_for_what_was_worked_out(settings: Settings) -> None:
    llm = ScriptedLLM()
    pipeline = Pipeline(settings, HashingEmbedder(WIDTH), LLMAnswerer(llm), OverlapReader(), by_margin())
    answer = pipeline.ask("How many dinghies are there?")
    pipeline.close()
    assert (answer.answerer, answer.model, llm.prompts) == ("quotes", None, [])


def test_the_rows_come_back_from_the_contract(pipeline: Pipeline) -> None:
    answer = pipeline.ask("How many dinghies are there?")
    told = as_json(answer)
    assert (told["computed"]["operation"], told["computed"]["counted"], told["computed"]["of"]) == ("count", 4, 11)
    assert answer_from(told).computed == answer.computed
    assert computed(answer) == "4 of 11 rows of boats.csv where type is “dinghy”."


def test_more_rows_than_are_quoted_are_counted(settings: Settings, tmp_path: Path) -> None:
    rows = "".join(f"K-{number},{'sent back' if number % 2 else 'kept'}\n" for number in range(400))
    (tmp_path / "kettles.csv").write_text(f"kettle_id,state\n{rows}")
    many = load(home=tmp_path / "home", environ={})
    build_index(many.for_index(), [tmp_path / "kettles.csv"], HashingEmbedder(WIDTH), trial=lambda _: None)
    pipeline = Pipeline(many, HashingEmbedder(WIDTH), QuotesAnswerer(), OverlapReader(), by_margin())
    answer = pipeline.ask("How many kettles were sent back?")
    assert "200 of 400 rows" in answer.text
    assert len(answer.citations) == 8
    assert computed(answer).endswith("The first 8 are quoted.")
    assert are_exact(answer, pipeline)
    pipeline.close()


def test_tables_that_differ_leave_the_question_alone(tmp_path: Path) -> None:
    for year, state in (("first", "kept"), ("second", "sold")):
        (tmp_path / f"{year}-kettles.csv").write_text(f"kettle_id,state\nK-1,{state}\nK-2,kept\n")
    both = load(home=tmp_path / "home", environ={})
    build_index(both.for_index(), [tmp_path], HashingEmbedder(WIDTH), trial=lambda _: None)
    pipeline = Pipeline(both, HashingEmbedder(WIDTH), QuotesAnswerer(), OverlapReader(), by_margin())
    assert pipeline.ask("How many kettles are kept?").computed is None
    named = pipeline.ask("How many kettles are kept in second-kettles.csv?")
    assert named.text.startswith("1 of 2 rows of second-kettles.csv")
    pipeline.close()
