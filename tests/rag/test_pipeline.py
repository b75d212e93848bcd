"""From a question to an answer, with a hashing embedder and a scripted model over a real index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.build import build_index
from index.errors import NoIndex, WrongModel
from rag.answering.extract import ExtractAnswerer
from rag.answering.llm import DECLINED, LLMAnswerer
from rag.contract import as_json
from rag.errors import Cancelled, LLMFailed, QuestionInvalid
from rag.pipeline import Pipeline, conflicts
from rag.settings import Settings, load
from rag.types import Answer, Answerer, Finding, Live, Quote, Turn
from tests.fakes import HERALD, WIRE, HashingEmbedder, ScriptedLLM

QUESTION = "Which research facility did aircraft strike near the town of Masra?"
STRUCK = "Aircraft struck a research facility near the town of Masra early on Thursday."
WIDTH = 1024
"""Enough that no two words of these texts share a place."""


class BrokenLLM(ScriptedLLM):
    """A model that cannot be reached."""

    def complete(self, prompt: str) -> str:
        raise LLMFailed("The model is away.")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "wire.txt").write_text(WIRE)
    (folder / "herald.txt").write_text(HERALD)
    return folder


def index(settings: Settings, folder: Path, name: str = "hashing") -> None:
    build_index(settings.for_index(), [folder], HashingEmbedder(WIDTH, name), trial=lambda _: None)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, documents: Path) -> Settings:
    """Settings of a home in which two documents are indexed."""
    found = load(home=tmp_path_factory.mktemp("home"), environ={"RAG_ANSWER__HISTORY_TURNS": "2"})
    index(found, documents)
    return found


Opener = Callable[..., Pipeline]


@pytest.fixture
def opened(settings: Settings) -> Iterator[Opener]:
    """Opens pipelines that are closed at the end."""
    pipelines: list[Pipeline] = []

    def opener(answerer: Answerer | None = None, over: Settings = settings) -> Pipeline:
        pipelines.append(Pipeline(over, HashingEmbedder(WIDTH), answerer or ExtractAnswerer()))
        return pipelines[-1]

    yield opener
    for pipeline in pipelines:
        pipeline.close()


def asked(opened: Opener, *replies: str) -> tuple[Answer, ScriptedLLM]:
    """The answer to the question by a model that replies so, and the model."""
    llm = ScriptedLLM(*replies)
    return opened(LLMAnswerer(llm)).ask(QUESTION, force=True), llm


def test_without_an_index_there_is_no_pipeline(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="rag index PATH"):
        Pipeline(load(home=tmp_path, environ={}), HashingEmbedder(), ExtractAnswerer())


def test_with_another_model_there_is_no_pipeline(settings: Settings) -> None:
    with pytest.raises(WrongModel, match="'other-1024' is set"):
        Pipeline(settings, HashingEmbedder(WIDTH, "other"), ExtractAnswerer())


def test_quotes_are_cut_from_the_documents(opened: Opener) -> None:
    pipeline = opened()
    answer = pipeline.ask(QUESTION, force=True)
    assert (answer.status, answer.reason, answer.answerer, answer.model) == ("answered", None, "extract", None)
    assert answer.citations
    for citation in answer.citations:
        assert citation.span.of(pipeline.text(citation.source.document_id)) == citation.quote
    assert {c.label for c in answer.citations} <= {p.label for p in answer.passages}
    assert [statement.verdict for statement in answer.statements] == ["supported"] * len(answer.statements)


def test_a_question_of_other_things_is_refused_before_a_model_is_asked(opened: Opener) -> None:
    llm = ScriptedLLM()
    answer = opened(LLMAnswerer(llm)).ask("Whose violin concerto premiered in Vienna?")
    assert (answer.status, answer.reason, answer.text) == ("refused", "no_evidence", "")
    assert answer.missing
    assert answer.passages
    assert (answer.statements, answer.citations, llm.prompts) == ((), (), [])


def test_what_a_model_writes_is_checked_and_none_of_it_dropped(opened: Opener) -> None:
    answer, llm = asked(opened, f"{STRUCK[:-1]} [1]. The moon is made of green cheese [1]. It rained [9].")
    assert answer.status == "answered"
    assert [s.verdict for s in answer.statements] == ["supported", "unsupported", "unsupported"]
    assert answer.unknown_labels == (9,)
    assert {c.label for c in answer.citations} == {1}
    assert (answer.answerer, answer.model) == ("llm", "scripted")
    assert all((item.passage.text in llm.prompts[0]) == (item.label not in answer.unsent) for item in answer.passages)


def test_a_model_may_decline(opened: Opener) -> None:
    answer, _ = asked(opened, DECLINED, "none")
    assert (answer.status, answer.reason, answer.text) == ("refused", "model_declined", "")
    assert answer.passages


def test_a_draft_that_nothing_supports_gives_way_to_the_quotes(opened: Opener) -> None:
    answer, _ = asked(opened, "The moon is made of green cheese [1].")
    assert (answer.status, answer.answerer, answer.model) == ("answered", "extract", None)
    assert "cheese" not in answer.text
    assert {s.verdict for s in answer.statements} == {"supported"}
    assert answer.notice


def test_when_the_model_fails_the_quotes_are_shown(opened: Opener) -> None:
    answer = opened(LLMAnswerer(BrokenLLM())).ask(QUESTION, force=True)
    assert (answer.status, answer.answerer, answer.model) == ("answered", "extract", None)
    assert answer.citations


def test_a_model_is_heard_while_it_writes_and_can_be_stopped(opened: Opener) -> None:
    heard: list[str] = []
    pipeline = opened(LLMAnswerer(ScriptedLLM(*[f"{STRUCK[:-1]} [1]."] * 2)))
    answer = pipeline.ask(QUESTION, force=True, live=Live(heard.append))
    assert len(heard) > 1
    assert "".join(heard).strip() == answer.text
    with pytest.raises(Cancelled):
        pipeline.ask(QUESTION, force=True, live=Live(cancelled=lambda: True))


def test_a_model_that_writes_holds_up_no_other_question(opened: Opener) -> None:
    pipeline = opened(LLMAnswerer(ScriptedLLM(f"{STRUCK[:-1]} [1].")))
    with ThreadPoolExecutor(1) as other:
        found: list[object] = []
        live = Live(lambda _: found.append(other.submit(pipeline.retrieve, QUESTION).result(60)))
        pipeline.ask(QUESTION, force=True, live=live)
    assert found


@pytest.mark.parametrize("question", ["", " \n", "?", "\0", "\ud800", "x" * 4001])
def test_what_is_no_question(opened: Opener, question: str) -> None:
    pipeline = opened()
    with pytest.raises(QuestionInvalid):
        pipeline.ask(question)
    with pytest.raises(QuestionInvalid):
        pipeline.retrieve(question)


def test_a_question_is_cleaned_of_what_is_no_text(opened: Opener) -> None:
    asked_so = "  Which research\0facility\n did \ud800 aircraft strike?\t"
    assert opened().ask(asked_so).question == "Which research facility did ? aircraft strike?"


def test_a_follow_up_is_read_against_the_last_turns_alone(opened: Opener) -> None:
    pipeline = opened()
    past = [Turn(f"Who runs plant number {n}?", "Nobody.") for n in range(5)]
    answer = pipeline.ask("And when was it?", history=past)
    assert answer.question == "And when was it?"
    assert "plant number 4" in answer.standalone_question
    assert "plant number 1" not in answer.standalone_question
    assert pipeline.ask("And when was it?").standalone_question == "And when was it?"


def test_fewer_turns_than_are_remembered_all_count(opened: Opener, settings: Settings) -> None:
    longer = settings.model_copy(update={"answer": settings.answer.model_copy(update={"history_turns": 6})})
    past = [Turn("Who runs the plant of Masra?", "Nobody."), *[Turn("And when was it?", "Then.") for _ in range(4)]]
    assert "the plant of Masra" in opened(over=longer).ask("And why was it?", history=past).standalone_question


def test_an_answer_says_which_index_and_which_settings_gave_it(opened: Opener, settings: Settings) -> None:
    pipeline = opened()
    answer = pipeline.ask(QUESTION)
    assert answer.index == pipeline.state
    assert (pipeline.state.documents, answer.settings_fingerprint) == (2, settings.fingerprint())
    assert {"retrieve", "total"} <= set(as_json(answer)["timings_ms"])


def test_what_was_taken_out_goes_without_a_next_question(opened: Opener, tmp_path: Path) -> None:
    place = load(home=tmp_path / "home", environ={})
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "wire.txt").write_text(WIRE)
    (folder / "herald.txt").write_text(HERALD)
    index(place, folder)
    pipeline = opened(over=place)
    (folder / "herald.txt").unlink()
    index(place, folder)
    root = place.for_index().root
    assert len(list(root.glob("gen-*"))) == 2
    pipeline.let_go()
    assert len(list(root.glob("gen-*"))) == 1
    assert pipeline.state.documents == 1


def test_a_new_generation_is_noticed_at_the_next_question(opened: Opener, tmp_path: Path) -> None:
    mine = load(home=tmp_path / "home", environ={})
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "wire.txt").write_text(WIRE)
    index(mine, tmp_path / "docs")
    pipeline = opened(over=mine)
    first = pipeline.ask(QUESTION).index
    (tmp_path / "docs" / "herald.txt").write_text(HERALD)
    index(mine, tmp_path / "docs")
    second = pipeline.ask("Who blamed an electrical fault at the plant?")
    assert (first.documents, second.index.documents) == (1, 2)
    assert second.index.generation != first.generation
    assert "herald.txt" in {item.source.path for item in second.passages}


def test_content_at_several_paths_is_cited_with_all_of_them(opened: Opener, tmp_path: Path) -> None:
    mine = load(home=tmp_path / "home", environ={})
    for name in ("wire.txt", "b/copy.txt", "a <b>.txt"):
        file = tmp_path / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(WIRE)
    index(mine, tmp_path / "docs")
    answer = opened(over=mine).ask(QUESTION, force=True)
    told = as_json(answer)
    assert answer.index.documents == 1
    for item in (*told["citations"], *told["passages"]):
        assert (item["path"], item["also_at"]) == ("a <b>.txt", ["b/copy.txt", "wire.txt"])
    (tmp_path / "docs" / "a <b>.txt").unlink()
    index(mine, tmp_path / "docs")
    (source,) = {item.source for item in opened(over=mine).retrieve(QUESTION)}
    assert (source.path, source.also) == ("b/copy.txt", ("wire.txt",))


def test_an_index_without_documents_says_so(opened: Opener, tmp_path: Path) -> None:
    mine = load(home=tmp_path / "home", environ={})
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "wire.txt").write_text(WIRE)
    index(mine, tmp_path / "docs")
    (tmp_path / "docs" / "wire.txt").unlink()
    index(mine, tmp_path / "docs")
    pipeline = opened(over=mine)
    pipeline.warm()
    answer = pipeline.ask(QUESTION)
    assert (answer.status, answer.reason, answer.passages) == ("refused", "empty_index", ())


def test_questions_of_several_threads_are_answered_as_by_one(opened: Opener) -> None:
    pipeline = opened()
    questions = [QUESTION, "How many soldiers were killed near Masra?", "Who blamed an electrical fault?"] * 3
    with ThreadPoolExecutor(4) as threads:
        warming = threads.submit(pipeline.warm)
        answers = list(threads.map(lambda question: pipeline.ask(question, force=True), questions))
    warming.result()
    alone = opened()
    assert [a.citations for a in answers] == [alone.ask(q, force=True).citations for q in questions]


def test_sides_are_told_only_of_findings_that_differ(opened: Opener) -> None:
    passages = opened().retrieve(QUESTION)
    quotes = tuple(Quote(item.label, item.passage.span, item.passage.text) for item in passages[:2])

    def told(*findings: Finding) -> Sequence[int]:
        return [len(conflict.sides) for conflict in conflicts(findings, passages)]

    assert told(Finding("a", quotes, differing=True), Finding("b", quotes)) == [2]
    assert told(Finding("a", quotes[:1], differing=True)) == []
    (conflict,) = conflicts([Finding("Who?", quotes, differing=True)], passages)
    assert conflict.about == "Who?"
    assert conflict.sides[0].claim.endswith(passages[0].passage.text)
