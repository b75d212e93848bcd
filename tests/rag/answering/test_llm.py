"""The seam to language models and the answerer over it, with scripted models and with llama-index's own."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from index.types import Span
from rag.answering.llm import BROKEN_OFF, CUT, DECLINED, REPEATED, LLMAnswerer, estimated
from rag.errors import LLMFailed, ReplyCut
from rag.types import Draft, Evidence, Live, Quote, Turn
from tests.fakes import ScriptedLLM
from tests.rag.passages import offered

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ANN = offered("Ann spoke.")
NONE = Evidence((), 0.0)


class CutLLM(ScriptedLLM):
    """Is stopped at the longest length."""

    def stream(self, prompt: str) -> Generator[str, None, None]:
        yield self.complete(prompt)
        raise ReplyCut("The model was cut.")


def draft(*replies: str, llm: ScriptedLLM | None = None) -> Draft:
    return LLMAnswerer(llm or ScriptedLLM(*replies)).draft("Who?", ANN, NONE)


def test_a_model_that_declines() -> None:
    assert draft(DECLINED.lower()).declined
    assert not draft("Ann spoke [1].").declined


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (" \n ", "gave an empty reply; try another model"),
        ("<think>Who?</think>", "thought aloud, and gave no answer; try another model"),
        ("<think>Who? Ann?", "thought aloud, and gave no answer; try another model"),
        ("[1]", "gave no sentence of its own; try another model"),
        ("(1).", "gave no sentence of its own; try another model"),
        ("**Who?** [1]", "gave no sentence of its own; try another model"),
        ("…", "gave no sentence of its own; try another model"),
    ],
)
def test_a_reply_that_says_nothing_is_a_failure(reply: str, why: str) -> None:
    with pytest.raises(LLMFailed, match=f"The model 'scripted' {why}"):
        draft(reply)


def test_a_reply_that_was_cut_before_its_answer_names_the_setting() -> None:
    for reply in ("", "<think>Who spoke? Ann"):
        with pytest.raises(LLMFailed, match=r"had not begun its answer at llm\.max_tokens; raise it"):
            draft(llm=CutLLM(reply))


def test_a_reply_that_was_cut_is_told_to_be() -> None:
    found = draft(llm=CutLLM("Ann spoke [1]. And"))
    assert (found.text, found.notice) == ("Ann spoke [1]. And", CUT)


def test_a_reply_that_breaks_off_is_said_to() -> None:
    assert draft("Ann spoke [1]. And then").notice == BROKEN_OFF
    for whole in ("Ann spoke [1].", "Ann spoke. [1]", "Ann said “yes”", DECLINED, "- Ann [1]\n- Bo (1)"):
        assert draft(whole).notice is None


def test_a_reply_that_goes_round_is_shown_once() -> None:
    found = draft("Ann spoke [1]. " + "She spoke for an hour [1]. " * 9 + "She spoke")
    assert (found.text, found.notice) == ("Ann spoke [1]. She spoke for an hour [1].", REPEATED)
    listed = "- Ann Alder [1]\n- Ann Bell [1]\n- Ann Cole [1]\n- Ann Dale [1]\n- Ann Earl [1]"
    assert draft(listed) == Draft(listed, sent=(1,))


@pytest.mark.parametrize(
    "reply", ["<think>Bo? No.</think>Ann spoke [1].", "Bo? No, [1] says Ann.</think>\n\nAnn spoke [1]."]
)
def test_thinking_is_neither_heard_nor_answered(reply: str) -> None:
    heard: list[str] = []
    found = LLMAnswerer(ScriptedLLM(reply)).draft("Who?", ANN, NONE, Live(heard.append))
    assert found.text == "Ann spoke [1]."
    assert "".join(heard).strip() == "Ann spoke [1]."


def test_a_model_that_wrote_plainly_once_is_heard_at_once() -> None:
    answerer = LLMAnswerer(ScriptedLLM("She did.", "She did so.", "<think>Bo?</think>She did.", "Bo? </think>She did."))
    heard: list[list[str]] = []
    for _ in range(4):
        pieces: list[str] = []
        answerer.draft("Who?", ANN, NONE, Live(pieces.append))
        heard.append([piece.strip() for piece in pieces])
    assert heard == [["She did."], ["She", "did", "so."], ["She", "did."], ["She", "did."]]


def test_only_passages_that_fit_are_sent_those_with_evidence_first() -> None:
    passages = offered("Ann spoke.", "Bo left. " * 100, "Cy came.")
    llm = ScriptedLLM("Ann spoke [1].", "Ann spoke [1].", window=200)
    assert LLMAnswerer(llm).draft("Who?", passages, NONE).sent == (1, 3)
    assert "Bo left" not in llm.prompts[0]
    llm.window = 330
    evidence = Evidence((Quote(2, Span(0, 8), "Bo left."),), 0.9)
    assert LLMAnswerer(llm).draft("Who?", passages, evidence).sent is not None
    assert "Bo left" in llm.prompts[1]


def test_how_long_an_answer_may_be_is_asked_for() -> None:
    llm = ScriptedLLM("Ann spoke [1].")
    LLMAnswerer(llm, max_words=321).draft("Who?", ANN, NONE)
    assert "at most about 321 words" in llm.prompts[0]


def test_a_window_too_small_for_any_passage_is_a_failure() -> None:
    with pytest.raises(LLMFailed, match=r"No passage fits the window of the model 'scripted'; raise llm\.context"):
        draft(llm=ScriptedLLM("Ann spoke [1].", window=20))


def test_a_follow_up_is_rewritten_by_the_model_too() -> None:
    llm = ScriptedLLM("When did Ann speak?")
    forms = LLMAnswerer(llm).rewritings("When did she speak?", [Turn("Did Ann speak?", "Yes.")])
    assert "When did Ann speak?" in forms
    assert LLMAnswerer(llm).rewritings("Who?", ()) == ()


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
