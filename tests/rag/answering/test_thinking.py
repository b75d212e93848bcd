"""What a model thinks aloud is never its answer, however it is marked and wherever its pieces are cut."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.thinking import Aloud, Reply, spoken
from rag.errors import Cancelled, ReplyCut
from rag.types import Live

ANSWER = "Ann spoke [1]."
THOUGHT = "Okay, the user wants a name.\nPassage [1] says Ann, [2] says Bo. So: Ann!"
MARKED = {
    "think": "<think>{}</think>{}",
    "think without its opening": "{}</think>\n\n{}",
    "upper": "<THINK>{}</THINK>{}",
    "thinking": "<thinking>\n{}\n</thinking>\n{}",
    "thinking without its opening": "{}\n</thinking>\n{}",
    "thought": "<thought>{}</thought>{}",
    "reasoning": "<reasoning>{}</reasoning>\n<answer>{}</answer>",
    "prefixed": "<seed:think>{}</seed:think>{}",
    "kimi": "◁think▷{}◁/think▷{}",
    "kimi without its opening": "{}◁/think▷{}",
    "magistral": "[THINK]{}[/THINK]{}",
    "begin of thought": "<|begin_of_thought|>{}<|end_of_thought|><|begin_of_solution|>{}<|end_of_solution|>",
    "start thinking": "<|START_THINKING|>{}<|END_THINKING|><|START_RESPONSE|>{}<|END_RESPONSE|>",
    "channels": "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>",
    "channels without messages": "<|channel|>analysis {} <|channel|>final {}",
    "channels without their opening": "{}<|end|><|start|>assistant<|channel|>final<|message|>{}",
    "three channels": "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>commentary<|message|>I look."
    "<|end|><|start|>assistant<|channel|>final<|message|>{}",
    "half channels": "<|channel>thought\n{}<channel|>{}",
    "channels without tokens": "analysis{}assistantfinal{}",
    "two thoughts": "<think>{}</think><think>Once more.</think>{}",
    "a thought that closes early": "<think>I close with </think>, then {}</think>{}",
}
OPENED = sorted(name for name, form in MARKED.items() if not form.startswith("{}") and "early" not in name)

WITHOUT_MARKS = st.characters(exclude_categories=["Cs"], exclude_characters="<◁[`“‘")


def pieces(said: Sequence[str]) -> Generator[str, None, None]:
    yield from said


def cut(text: str, places: Sequence[int]) -> list[str]:
    ends = sorted({place % (len(text) + 1) for place in places} | {len(text)})
    return [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def heard(said: Sequence[str], *, plain: bool = False) -> tuple[Reply, str]:
    told: list[str] = []
    return spoken(pieces(said), Live(told.append), plain=plain), "".join(told)


@pytest.mark.parametrize("form", MARKED.values(), ids=MARKED)
@given(places=st.lists(st.integers(0, 400), max_size=8))
def test_only_the_answer_is_shown_whole_or_in_pieces(form: str, places: list[int]) -> None:
    reply, told = heard(cut(form.format(THOUGHT, ANSWER), places))
    assert reply == Reply(ANSWER, thought=True)
    assert told.strip() == ANSWER or form.endswith("then {}</think>{}")


@pytest.mark.parametrize("name", OPENED)
def test_what_opens_with_a_mark_is_never_heard_from_a_model_that_is_known_to_write_plainly(name: str) -> None:
    reply, told = heard(list(MARKED[name].format(THOUGHT, ANSWER)), plain=True)
    assert (reply.text, told.strip()) == (ANSWER, ANSWER)


@pytest.mark.parametrize("opening", ["<think>", "◁think▷", "<|channel|>analysis<|message|>", "analysisT", "[THINK]"])
def test_a_reply_that_is_only_thinking_is_empty(opening: str) -> None:
    assert heard([opening, THOUGHT]) == (Reply("", thought=True), "")


@pytest.mark.parametrize(
    "plain",
    [
        "A fare <b>is</b> 2 < 3 and [THE] rest [1].",
        "analysis of the water took a week [1].",
        "Write `<think>` before it, and `</think>` after [1].",
        "The tag “</think>” ends it [1].",
        "Analysis",
        "analysis",
        "◁",
        "a <",
        "[THIN",
        "They think, and the final channel is open [2].",
    ],
)
@given(places=st.lists(st.integers(0, 60), max_size=8))
def test_what_is_no_thinking_is_kept(plain: str, places: list[int]) -> None:
    assert heard(cut(plain, places)) == (Reply(plain), plain)


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<◁[`“‘"), max_size=80),
    st.lists(st.integers(0, 80)),
)
def test_text_without_marks_is_what_it_was(text: str, places: list[int]) -> None:
    reply, _ = heard(cut(text, places), plain=True)
    if not text.lstrip().startswith("analysis") and "assistantfinal" not in text:
        assert reply == Reply(text.strip())


def test_nothing_is_heard_of_what_may_be_thinking_until_it_is_known() -> None:
    aloud: list[str] = []
    said = iter(["Okay, ", "what is asked? ", "Passage [1] has it.", " So </think>", "Ann ", "spoke", " [1]."])
    assert spoken(pieces(list(said)), Live(aloud.append)).text == ANSWER
    assert aloud == ["Ann ", "spoke", " [1]."]


def test_an_answer_is_heard_from_its_first_source_on() -> None:
    aloud: list[str] = []
    spoken(pieces(["Ann spoke ", "[1]. ", "Bo ", "left [2]."]), Live(aloud.append))
    assert aloud == ["Ann spoke [1]. ", "Bo ", "left [2]."]


def test_a_model_that_writes_plainly_is_heard_at_once() -> None:
    aloud: list[str] = []
    spoken(pieces(["", " ", "Ann ", "spoke."]), Live(aloud.append), plain=True)
    assert aloud == ["Ann ", "spoke."]


def test_an_answer_without_a_source_is_heard_at_its_end() -> None:
    assert heard(["Ann ", "spoke."]) == (Reply("Ann spoke."), "Ann spoke.")


def test_a_reply_that_was_cut_keeps_what_came() -> None:
    def stopped() -> Generator[str, None, None]:
        yield "Ann spo"
        raise ReplyCut("The reply was cut.")

    assert spoken(stopped(), Live()) == Reply("Ann spo", cut=True)


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


def test_a_long_thought_takes_no_memory_of_its_own() -> None:
    aloud = Aloud()
    aloud.feed("<think>")
    for _ in range(20_000):
        aloud.feed("and so on ")
    aloud.feed("</think>Ann.")
    aloud.end()
    assert aloud.text == "Ann."
