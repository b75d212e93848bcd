"""What other packages bring: it is found when it is installed, is checked as ours is, and breaks in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from index.errors import PluginBroken, SettingsInvalid, UnreadableFile
from index.plugins import brought
from index.readers.brought import read_brought
from index.readers.extracted import Composer, Extracted
from index.readers.kind import kind_of
from rag.answering.extract import QuotesAnswerer
from rag.conformance import check_answerer, check_reader, check_verifier
from rag.errors import Cancelled, LLMFailed
from rag.pipeline import opened_answerer, reader_of
from rag.plugins import BroughtAnswerer, JudgedBy
from rag.reader.layout import Unit
from rag.reader.reader import Judgement
from rag.settings import Settings, load
from rag.types import Draft, Evidence, Live, RetrievedPassage
from tests.fakes import OverlapReader

CODE = """
from index.readers.extracted import Composer
from rag.answering.extract import QuotesAnswerer
from tests.fakes import OverlapReader


def read(data):
    composer = Composer()
    composer.block(data.decode().removeprefix("BEGIN:"))
    return composer.done()


def wrong(data):
    return data.decode()


def torn(data):
    raise KeyError("torn")


def huge(data):
    raise MemoryError


def broken():
    raise ValueError("no licence key")
"""
POINTS = """
[rag.readers]
diary = brought_here:read
wrong = brought_here:wrong
torn = brought_here:torn
huge = brought_here:huge
md = brought_here:torn

[rag.answerers]
quoting = brought_here:QuotesAnswerer
broken = brought_here:broken
missing = brought_here:nothing

[rag.verifiers]
words = brought_here:OverlapReader
broken = brought_here:broken
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package that is installed while a test runs."""
    (tmp_path / "brought_here.py").write_text(CODE)
    info = tmp_path / "brought_here-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brought-here\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    brought.cache_clear()
    yield
    brought.cache_clear()
    sys.modules.pop("brought_here", None)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    return lambda **environ: load(home=tmp_path / "home", environ=environ)


def test_a_file_is_read_by_the_reader_that_is_brought_for_its_ending() -> None:
    kind = kind_of(".DIARY", b"BEGIN:Rain all day.")
    assert kind == ".diary"
    assert read_brought(kind, b"BEGIN:Rain all day.").text.strip() == "Rain all day."
    assert kind_of(".unknown", b"text") == "text"


def test_no_reader_takes_the_place_of_ours() -> None:
    assert kind_of(".md", b"# Ours") == "markdown"


@pytest.mark.parametrize(
    ("ending", "why"), [(".torn", "broke \\(KeyError: 'torn'\\)"), (".wrong", "gave no text, but 'str'")]
)
def test_a_reader_that_breaks_leaves_its_file_out_with_a_reason(ending: str, why: str) -> None:
    with pytest.raises(UnreadableFile, match=f"the installed reader for {ending} {why}"):
        read_brought(ending, b"data")


def test_a_reader_that_runs_out_of_memory_says_no_more() -> None:
    with pytest.raises(MemoryError):
        read_brought(".huge", b"data")


def test_an_answerer_is_brought_by_its_name(settings: Callable[..., Settings]) -> None:
    with opened_answerer(settings(RAG_LLM__ANSWERER="quoting").llm) as answerer:
        assert (answerer.name, answerer.model) == ("llm", "quoting"), "what it writes is checked"
        check_answerer(answerer)
    with opened_answerer(settings(RAG_LLM__ANSWERER="quoting").llm, "quotes") as answerer:
        assert answerer.name == "quotes"


def test_a_verifier_is_brought_by_its_name(settings: Callable[..., Settings]) -> None:
    plain, other = reader_of(settings()), reader_of(settings(RAG_READER__VERIFIER="words"))
    assert other.fingerprint == f"{plain.fingerprint}+words:overlap"
    check_verifier(other)
    assert other.judge([("one two", [Unit("one two")])]) == OverlapReader().judge([("one two", [Unit("one two")])])


@pytest.mark.parametrize(
    ("name", "kind", "sentence"),
    [
        ("broken", PluginBroken, "'broken' of rag.answerers cannot be made \\(ValueError: no licence key\\)."),
        ("missing", PluginBroken, "'missing' of rag.answerers, 'brought_here:nothing', does not load"),
        ("none", SettingsInvalid, "No installed package brings 'none' in rag.answerers; there are: broken, missing, q"),
    ],
)
def test_what_cannot_be_had_is_told_in_a_sentence(
    name: str, kind: type[Exception], sentence: str, settings: Callable[..., Settings]
) -> None:
    with pytest.raises(kind, match=sentence), opened_answerer(settings(RAG_LLM__ANSWERER=name).llm):
        pass


class Torn(QuotesAnswerer):
    """Breaks at whatever it is asked."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def draft(self, *_: object, **__: object) -> Draft:
        raise self._error

    def rewritings(self, *_: object, **__: object) -> tuple[str, ...]:
        raise self._error


class Silent(QuotesAnswerer):
    """Writes nothing, and does not say that it declines."""

    def draft(
        self, question: str, passages: Sequence[RetrievedPassage], evidence: Evidence, live: Live | None = None
    ) -> Draft:
        return Draft("")


@dataclass
class Judging:
    """Judges every statement alike."""

    judgement: Judgement = field(default_factory=lambda: Judgement(0, 0, 1))
    fingerprint: str = "alike"

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        return [self.judgement] * len(pairs)


class Failing(Judging):
    """Fails at any statement."""

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        raise KeyError("torn")


class Lost(Judging):
    """Loses the last statement."""

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        return super().judge(pairs)[:-1]


def test_an_answerer_that_breaks_is_a_model_that_failed() -> None:
    torn = BroughtAnswerer("torn", Torn(ValueError("in\ntwo")))
    with pytest.raises(AssertionError, match=r"It gave no draft: The answerer 'torn' broke \(ValueError: in two\)\."):
        check_answerer(torn)
    assert torn.rewritings("Who?", ()) == ()
    with pytest.raises(AssertionError, match="neither declined nor wrote"):
        check_answerer(Silent())


def test_an_answerer_that_is_stopped_or_fails_by_itself_is_not_broken() -> None:
    stopped, failing = (BroughtAnswerer("torn", Torn(error)) for error in (Cancelled("stop"), LLMFailed("No credit.")))
    for attempt in (lambda: stopped.draft("Who?", [], Evidence((), 0)), lambda: stopped.rewritings("Who?", ())):
        with pytest.raises(Cancelled, match="stop"):
            attempt()
    with pytest.raises(LLMFailed, match=r"^No credit\.$"):
        failing.draft("Who?", [], Evidence((), 0))


def test_a_verifier_that_breaks_is_told_in_a_sentence() -> None:
    with pytest.raises(PluginBroken, match="The verifier 'lost' did not give one judgement for each"):
        JudgedBy(OverlapReader(), "lost", Lost()).judge([("one", [])])
    with pytest.raises(PluginBroken, match=r"The verifier 'failing' broke \(KeyError: 'torn'\)\."):
        JudgedBy(OverlapReader(), "failing", Failing()).judge([("one", [])])
    with pytest.raises(AssertionError, match="2 statements came to 1 judgements"):
        check_verifier(Lost())
    with pytest.raises(AssertionError, match="must be supported more"):
        check_verifier(Judging())
    with pytest.raises(AssertionError, match="do not sum to 1"):
        check_verifier(Judging(Judgement(0.5, 0.5, 0.5)))


def lines(data: bytes) -> Extracted:
    if not data.startswith(b"BEGIN:"):
        raise UnreadableFile("not a diary")
    composer = Composer()
    composer.block(data.decode().removeprefix("BEGIN:"))
    return composer.done()


def test_a_reader_is_tried_on_whole_and_damaged_files() -> None:
    check_reader(lines, b"BEGIN:Rain all day.", "Rain")
    with pytest.raises(AssertionError, match="'Snow' is not in the text"):
        check_reader(lines, b"BEGIN:Rain all day.", "Snow")
    with pytest.raises(AssertionError, match="raised 'UnicodeDecodeError'"):
        check_reader(lambda data: lines(b"BEGIN:" + data), b"Rain all day.", "Rain")
    with pytest.raises(AssertionError, match="There are no blocks"):
        check_reader(lambda data: replace(lines(data), blocks=type(lines(data).blocks)()), b"BEGIN:Rain.", "Rain")
