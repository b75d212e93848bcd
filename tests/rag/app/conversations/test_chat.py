"""What a conversation remembers."""

from __future__ import annotations

import pytest

from index.errors import RagError
from rag.app.conversations.chat import Conversation
from rag.types import Turn
from tests.fakes import FakePipeline


def test_each_question_is_asked_with_the_turns_before_it() -> None:
    pipeline = FakePipeline()
    talk = Conversation(pipeline, max_turns=6)
    first = talk.ask("What was struck?")
    second = talk.ask("Was anyone hurt?")
    one, two = Turn("What was struck?", first.text), Turn("Was anyone hurt?", second.text)
    assert pipeline.asked == [("What was struck?", ()), ("Was anyone hurt?", (one,))]
    assert talk.turns == (one, two)


def test_a_refusal_is_a_turn_too() -> None:
    talk = Conversation(FakePipeline(), max_turns=6)
    assert talk.ask("Who baked the cake?").status == "refused"
    assert [turn.question for turn in talk.turns] == ["Who baked the cake?"]


@pytest.mark.parametrize("most", [0, 1, 2])
def test_only_the_last_turns_are_kept(most: int) -> None:
    pipeline = FakePipeline()
    talk = Conversation(pipeline, max_turns=most)
    for number in range(4):
        talk.ask(f"What was struck, {number}?")
        assert len(talk.turns) <= most
    assert [turn.question for turn in talk.turns] == [f"What was struck, {n}?" for n in range(4 - most, 4)]
    assert len(pipeline.asked[-1][1]) == most


@pytest.mark.parametrize(("question", "error"), [("raise rag", RagError), ("raise other", KeyError)])
def test_a_question_that_fails_leaves_the_conversation_as_it_was(question: str, error: type[Exception]) -> None:
    talk = Conversation(FakePipeline(), max_turns=6)
    talk.ask("What was struck?")
    before = talk.turns
    with pytest.raises(error):
        talk.ask(question)
    assert talk.turns == before


def test_a_cleared_conversation_starts_over() -> None:
    pipeline = FakePipeline()
    talk = Conversation(pipeline, max_turns=6)
    talk.ask("What was struck?")
    talk.clear()
    assert talk.turns == ()
    talk.ask("Was anyone hurt?")
    assert pipeline.asked[-1] == ("Was anyone hurt?", ())


def test_what_was_remembered_is_not_changed_by_what_is_asked_later() -> None:
    talk = Conversation(FakePipeline(), max_turns=6)
    talk.ask("What was struck?")
    held = talk.turns
    talk.ask("Was anyone hurt?")
    talk.clear()
    assert len(held) == 1
