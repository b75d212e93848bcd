"""The seam to language models and the answerer over it, with scripted models and with llama-index's own."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from rag.answering.llm import DECLINED, LLMAnswerer, estimated, spoken
from rag.errors import Cancelled, LLMFailed
from rag.types import Live
from tests.fakes import ScriptedLLM
from tests.rag.passages import offered

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ANN = offered("Ann spoke.")


def pieces(*said: str) -> Generator[str, None, None]:
    yield from said


def test_a_model_that_declines() -> None:
    assert LLMAnswerer(ScriptedLLM(DECLINED.lower())).draft("Who?", ANN, ()).declined
    assert not LLMAnswerer(ScriptedLLM("Ann spoke [1].")).draft("Who?", ANN, ()).declined


def test_an_empty_reply_is_a_failure() -> None:
    with pytest.raises(LLMFailed, match="'scripted' gave an empty reply"):
        LLMAnswerer(ScriptedLLM(" \n ")).draft("Who?", ANN, ())


def test_a_reply_that_breaks_off_is_said_to() -> None:
    assert LLMAnswerer(ScriptedLLM("Ann spoke [1]. And then")).draft("Who?", ANN, ()).notice
    for whole in ("Ann spoke [1].", "Ann spoke. [1]", "Ann said “yes”", DECLINED):
        assert LLMAnswerer(ScriptedLLM(whole)).draft("Who?", ANN, ()).notice is None


def test_only_passages_that_fit_are_sent() -> None:
    passages = offered("Ann spoke.", "Bo left. " * 100, "Cy came.")
    llm = ScriptedLLM("Ann spoke [1].", window=160)
    assert LLMAnswerer(llm).draft("Who?", passages, ()).sent == (1, 3)
    assert "Bo left" not in llm.prompts[0]


def test_a_window_too_small_for_any_passage_is_a_failure() -> None:
    with pytest.raises(LLMFailed, match=r"No passage fits the window of the model 'scripted'; raise llm\.context"):
        LLMAnswerer(ScriptedLLM("Ann spoke [1].", window=20)).draft("Who?", ANN, ())


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (["Ann ", "spoke."], ["Ann ", "spoke."]),
        (["", " ", "Ann"], ["Ann"]),
        (["<th", "ink>who?", " Bo</thi", "nk>\n\nAnn ", "spoke."], ["Ann ", "spoke."]),
        (["<think>never", " done"], []),
        (["<", "b>"], ["<b>"]),
    ],
)
def test_pieces_are_handed_on_without_what_was_thought_aloud(said: list[str], heard: list[str]) -> None:
    told: list[str] = []
    assert spoken(pieces(*said), Live(told.append)) == "".join(heard).strip()
    assert told == heard


def test_a_cancelled_reply_is_closed() -> None:
    closed: list[bool] = []

    def endless() -> Generator[str, None, None]:
        try:
            while True:
                yield ""
        finally:
            closed.append(True)

    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        spoken(endless(), Live(cancelled=lambda: next(asked)))
    assert closed == [True]


def test_the_estimate_errs_on_the_side_of_more() -> None:
    assert estimated("") == 0
    assert estimated("The cat sat on the mat.") >= 7
    assert estimated("日本語") >= 3


def test_llama_index_models_come_through_the_seam() -> None:
    from llama_index.core.llms import MockLLM

    from rag.answering.llm import LlamaIndexLLM

    llm = LlamaIndexLLM(MockLLM(max_tokens=4))
    assert llm.complete("a b c d e f")
    assert "".join(llm.stream("a b c d e f")) == llm.complete("a b c d e f")
    assert 0 < llm.window < 4096
    assert llm.tokens("a b c") == estimated("a b c")


def test_a_provider_that_fails_is_one_error() -> None:
    from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata

    from rag.answering.llm import LlamaIndexLLM

    class Broken(CustomLLM):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(model_name="broken")

        def complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponse:
            raise ConnectionError("refused")

        def stream_complete(
            self, prompt: str, formatted: bool = False, **kwargs: object
        ) -> Iterator[CompletionResponse]:
            raise ConnectionError("refused")

    with pytest.raises(LLMFailed, match="'broken' did not answer"):
        LlamaIndexLLM(Broken()).complete("a")
    with pytest.raises(LLMFailed, match="'broken' broke off"):
        list(LlamaIndexLLM(Broken()).stream("a"))
