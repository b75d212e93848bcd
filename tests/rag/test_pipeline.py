"""From a question to an answer, with a hashing embedder and a scripted model over a real index."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from index.errors import NoIndex, WrongModel
from index.indexing.build import build_index
from index.indexing.survey import REFUSE, Missing
from rag.answering.extract import QuotesAnswerer
from rag.answering.llm import DECLINED, LLMAnswerer
from rag.contract import as_json
from rag.errors import Cancelled, LLMFailed, QuestionInvalid
from rag.pipeline import Pipeline
from rag.reader.layout import Unit
from rag.reader.reader import PassageReading
from rag.settings import Settings, load
from rag.types import Answer, Answerer, Live, Turn
from tests.fakes import HERALD, WIRE, HashingEmbedder, OverlapReader, ScriptedLLM
from tests.rag.readings import by_margin

QUESTION = "Which research facility did aircraft strike near the town of Masra?"
STRUCK = "Aircraft struck a research facility near the town of Masra early on Thursday."
WIDTH = 1024
"""Enough that no two words of these texts share a place."""


class BrokenLLM(ScriptedLLM):
    """A model that cannot be reached."""

    def complete(self, prompt: str) -> str:
        raise LLMFailed("The model is away.")


class WaitingReader(OverlapReader):
    """Reads once it is let go, and says when it is waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.reads, self.go = threading.Event(), threading.Event()

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        self.reads.set()
        assert self.go.wait(600)
        return super().read(question, passages)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "wire.txt").write_text(WIRE)
    (folder / "herald.txt").write_text(HERALD)
    return folder


def index(settings: Settings, folder: Path, name: str = "hashing", missing: Missing = REFUSE) -> None:
    embedder = HashingEmbedder(WIDTH, name)
    build_index(settings.for_index(), [folder], embedder, missing=missing, trial=lambda _: None)


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
        pipelines.append(
            Pipeline(over, HashingEmbedder(WIDTH), answerer or QuotesAnswerer(), OverlapReader(), by_margin())
        )
        return pipelines[-1]

    yield opener
    for pipeline in pipelines:
        pipeline.close()


def asked(opened: Opener, *replies: str) -> tuple[Answer, ScriptedLLM]:
    """The answer to the question by a model that replies so, and the model."""
    llm = ScriptedLLM(*replies)
    return opened(LLMAnswerer(llm)).ask(QUESTION), llm


def test_without_an_index_there_is_no_pipeline(tmp_path: Path) -> None:
    with pytest.raises(NoIndex, match="rag index PATH"):
        Pipeline(load(home=tmp_path, environ={}), HashingEmbedder(), QuotesAnswerer(), OverlapReader())


def test_with_another_model_there_is_no_pipeline(settings: Settings) -> None:
    with pytest.raises(WrongModel, match="'other-1024' is set"):
        Pipeline(settings, HashingEmbedder(WIDTH, "other"), QuotesAnswerer(), OverlapReader())


def test_quotes_are_cut_from_the_documents(opened: Opener) -> None:
    pipeline = opened()
    answer = pipeline.ask(QUESTION)
    assert (answer.status, answer.reason, answer.answerer, answer.model) == ("answered", None, "quotes", None)
    assert answer.citations
    for citation in answer.citations:
        assert citation.span.of(pipeline.text(citation.source.document_id)) == citation.quote
    assert {c.label for c in answer.citations} <= {p.label for p in answer.passages}
    assert [statement.verdict for statement in answer.statements] == ["quoted"] * len(answer.statements)


def test_a_question_of_other_things_is_refused_with_the_nearest_words(opened: Opener) -> None:
    answer = opened().ask("Whose violin concerto premiered in Vienna?")
    assert (answer.status, answer.reason, answer.text) == ("refused", "no_evidence", "")
    assert answer.missing
    assert answer.passages
    assert answer.quotes
    assert (answer.statements, answer.citations) == ((), ())


def test_a_model_is_asked_wherever_something_was_retrieved(opened: Opener) -> None:
    llm = ScriptedLLM(DECLINED)
    answer = opened(LLMAnswerer(llm)).ask("Whose violin concerto premiered in Vienna?")
    assert len(llm.prompts) == 1
    assert all(item.passage.text in llm.prompts[0] for item in answer.passages)
    assert (answer.status, answer.reason) == ("refused", "model_declined")


def test_what_a_model_writes_is_checked_and_none_of_it_dropped(opened: Opener) -> None:
    answer, llm = asked(opened, f"{STRUCK[:-1]} [1]. The moon is made of green cheese [1]. It rained [9].")
    assert answer.status in ("answered", "may_answer")
    first, *others = [statement.verdict for statement in answer.statements]
    assert first == "supported"
    assert len(others) == 2
    assert set(others) <= {"unsupported", "contradicted"}
    assert answer.unknown_labels == (9,)
    assert {c.label for c in answer.citations} == {1}
    assert (answer.answerer, answer.model) == ("llm", "scripted")
    assert all((item.passage.text in llm.prompts[0]) == (item.label not in answer.unsent) for item in answer.passages)


def test_a_model_may_decline(opened: Opener) -> None:
    answer, _ = asked(opened, DECLINED)
    assert (answer.status, answer.reason) == ("refused", "model_declined")
    assert answer.passages
    assert answer.quotes


def test_what_nothing_supports_is_shown_as_unsupported_beside_the_quotes(opened: Opener) -> None:
    answer, _ = asked(opened, "The moon is made of green cheese [1].")
    assert (answer.status, answer.reason, answer.answerer) == ("may_answer", "unsupported", "llm")
    assert "cheese" in answer.text
    assert answer.statements[0].verdict in ("unsupported", "contradicted")
    assert answer.statements[0].evidence
    assert answer.quotes


def test_when_the_model_fails_the_quotes_are_shown(opened: Opener) -> None:
    answer = opened(LLMAnswerer(BrokenLLM())).ask(QUESTION)
    assert (answer.status, answer.answerer, answer.model) == ("answered", "quotes", None)
    assert answer.citations


def test_a_model_is_heard_while_it_writes_and_can_be_stopped(opened: Opener) -> None:
    heard: list[str] = []
    pipeline = opened(LLMAnswerer(ScriptedLLM(*[f"{STRUCK[:-1]} [1]. Two soldiers were killed [1]."] * 2)))
    answer = pipeline.ask(QUESTION, live=Live(heard.append))
    assert "".join(heard).strip() == answer.text
    with pytest.raises(Cancelled):
        pipeline.ask(QUESTION, live=Live(cancelled=lambda: True))


def test_a_model_that_writes_holds_up_no_other_question(opened: Opener) -> None:
    pipeline = opened(LLMAnswerer(ScriptedLLM(f"{STRUCK[:-1]} [1].")))
    with ThreadPoolExecutor(1) as other:
        found: list[object] = []
        live = Live(lambda _: found.append(other.submit(pipeline.retrieve, QUESTION).result(60)))
        pipeline.ask(QUESTION, live=live)
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


def test_a_question_that_stands_alone_is_asked_alone_whatever_came_before(opened: Opener) -> None:
    pipeline = opened()
    past = [Turn("Who runs the plant of Masra?", "The regional governor.")]
    after, alone = pipeline.ask(QUESTION, history=past), pipeline.ask(QUESTION)
    assert after.standalone_question == QUESTION
    assert after.citations == alone.citations


def test_a_follow_up_is_read_with_what_it_points_to(opened: Opener) -> None:
    past = [Turn("Which facility did aircraft strike near Masra?", "A research facility.")]
    answer = opened().ask("And how many soldiers were killed there?", history=past)
    assert answer.question == "And how many soldiers were killed there?"
    assert answer.standalone_question != answer.question
    assert opened().ask("And how many soldiers were killed there?").standalone_question == answer.question


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


def test_a_question_on_its_way_keeps_its_generation_while_another_is_taken_up(tmp_path: Path) -> None:
    place = load(home=tmp_path / "home", environ={})
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "wire.txt").write_text(WIRE)
    index(place, folder)
    reader = WaitingReader()
    pipeline = Pipeline(place, HashingEmbedder(WIDTH), QuotesAnswerer(), reader, by_margin())
    with ThreadPoolExecutor(2) as others:
        asking = others.submit(pipeline.ask, QUESTION)
        assert reader.reads.wait(600)
        (folder / "herald.txt").write_text(HERALD)
        index(place, folder)
        pipeline.let_go()
        assert pipeline.state.documents == 2
        closing = others.submit(pipeline.close)
        assert not closing.done()
        reader.go.set()
        assert asking.result(600).index.documents == 1
        closing.result(600)
    assert len(list(place.for_index().root.glob("gen-*"))) == 2  # the next run removes what nobody holds


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


def test_the_documents_are_listed_once_a_generation(opened: Opener, tmp_path: Path) -> None:
    mine = load(home=tmp_path / "home", environ={})
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "wire.txt").write_text(WIRE)
    index(mine, tmp_path / "docs")
    pipeline = opened(over=mine)
    listed = pipeline.listed()
    assert pipeline.listed() is listed
    (tmp_path / "docs" / "herald.txt").write_text(HERALD)
    index(mine, tmp_path / "docs")
    assert [document.path for document in listed] == ["wire.txt"]
    assert [document.path for document in pipeline.listed()] == ["herald.txt", "wire.txt"]


def test_content_at_several_paths_is_cited_with_all_of_them(opened: Opener, tmp_path: Path) -> None:
    mine = load(home=tmp_path / "home", environ={})
    for name in ("wire.txt", "b/copy.txt", "a <b>.txt"):
        file = tmp_path / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(WIRE)
    index(mine, tmp_path / "docs")
    answer = opened(over=mine).ask(QUESTION)
    told = as_json(answer)
    assert answer.index.documents == 1
    assert {item["path"] for item in told["citations"]} == {"a <b>.txt"}
    for item in told["passages"]:
        assert (item["path"], item["also_in"]) == ("a <b>.txt", ["b/copy.txt", "wire.txt"])
    (tmp_path / "docs" / "a <b>.txt").unlink()
    index(mine, tmp_path / "docs")
    (source,) = {item.source for item in opened(over=mine).retrieve(QUESTION)}
    assert (source.path, source.also) == ("b/copy.txt", ("wire.txt",))


def test_words_of_an_interview_are_those_of_who_speaks_there(opened: Opener, tmp_path: Path) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "bells.md").write_text(
        "# The last foundry\n\nOSKAR: How did you begin?\n\nTILDA: By accident. My uncle had broken his wrist.\n\n"
        "I stayed for the wages.\n\nOSKAR: Which bell was the largest?\n\nTILDA: Saint Ansgar. The frost cracked it.\n"
    )
    over = load(home=tmp_path / "home", environ={})
    index(over, folder)
    answer = opened(over=over).ask("Who stayed for the wages?")
    (cited,) = (citation for citation in answer.citations if citation.quote == "I stayed for the wages.")
    assert cited.source.author == "TILDA"
    assert cited.headings == ("The last foundry", "How did you begin?")
    assert answer.statements[0].text == "TILDA › How did you begin?: “I stayed for the wages.”"


def test_an_index_without_documents_says_so(opened: Opener, tmp_path: Path) -> None:
    mine = load(home=tmp_path / "home", environ={})
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "wire.txt").write_text(WIRE)
    index(mine, tmp_path / "docs")
    (tmp_path / "docs" / "wire.txt").unlink()
    index(mine, tmp_path / "docs", missing=Missing(let_go=True))
    pipeline = opened(over=mine)
    pipeline.warm()
    answer = pipeline.ask(QUESTION)
    assert (answer.status, answer.reason, answer.passages) == ("refused", "empty_index", ())


def test_questions_of_several_threads_are_answered_as_by_one(opened: Opener) -> None:
    pipeline = opened()
    questions = [QUESTION, "How many soldiers were killed near Masra?", "Who blamed an electrical fault?"] * 3
    with ThreadPoolExecutor(4) as threads:
        warming = threads.submit(pipeline.warm)
        answers = list(threads.map(lambda question: pipeline.ask(question), questions))
    warming.result()
    alone = opened()
    assert [a.citations for a in answers] == [alone.ask(q).citations for q in questions]


def test_sides_that_give_other_numbers_are_told_as_a_conflict(opened: Opener, tmp_path: Path) -> None:
    mine = load(home=tmp_path / "home", environ={})
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "one.txt").write_text("The dyke of Orl burst and 12 barges sank.\n")
    (tmp_path / "docs" / "two.txt").write_text("The dyke of Orl burst and 40 barges sank.\n")
    index(mine, tmp_path / "docs")
    (conflict,) = opened(over=mine).ask("How many barges sank when the dyke of Orl burst?").conflicts
    assert sorted(side.claim.split()[-3] for side in conflict.sides) == ["12", "40"]
    assert opened().ask(QUESTION).conflicts == ()
