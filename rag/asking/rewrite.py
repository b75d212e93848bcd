"""A follow-up made to stand alone by a language model, where the rules say that it leans on what came before.

The model may only choose among words that were said: a reply that brings others is not used, and the rules decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from index.tokens import words
from rag.asking.followup import leans, standalone
from rag.errors import Cancelled, LLMFailed
from rag.types import LLM, Live, Turn

_PROMPT = """Rewrite the last question so that it can be understood without the conversation.
Put the names it points to in place of words like "it", "they" or "there". Add nothing else. Write one question only.

{history}

Last question: {question}
Rewritten question:"""
_TURNS, _TURN_CHARS, _LONGEST = 2, 400, 300
"""How much of a conversation is shown, and how long a rewritten question may be."""


def rewritten(llm: LLM, question: str, history: Sequence[Turn], live: Live) -> str:
    """`question` itself where it stands alone; else as the model puts it, or as the rules do where it fails.

    Raises: Cancelled.
    """
    if not history or not leans(question):
        return question
    try:
        reply = _reply(llm, _prompt(question, history), live)
    except LLMFailed:
        reply = ""
    return reply if _is_faithful(reply, question, history) else standalone(question, history)


def _prompt(question: str, history: Sequence[Turn]) -> str:
    turns = [f"Question: {_short(turn.question)}\nAnswer: {_short(turn.answer)}" for turn in history[-_TURNS:]]
    return _PROMPT.format(history="\n".join(turns), question=question)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TURN_CHARS else line[: _TURN_CHARS - 1] + "…"


def _reply(llm: LLM, prompt: str, live: Live) -> str:
    """The first line of the reply; the rest is not waited for."""
    said = ""
    with closing(llm.stream(prompt)) as pieces:
        for piece in pieces:
            if live.cancelled():
                raise Cancelled("The question was stopped before its answer was whole; ask again.")
            said += piece
            if "\n" in said.strip() or len(said) > _LONGEST:
                break
    return said.strip().partition("\n")[0].strip(' "“”*')


def _is_faithful(reply: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a reply is one question in words that were said, and names something that the question does not."""
    if not reply.endswith("?") or len(reply) > _LONGEST or leans(reply):
        return False
    told = " ".join([question, *(f"{_short(turn.question)} {_short(turn.answer)}" for turn in history[-_TURNS:])])
    known = {word.stem for word in words(told)}
    return all(word.is_stop or word.stem in known for word in words(reply))
