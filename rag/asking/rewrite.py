"""Follow-ups made to stand alone by a language model, beside those that `rag.asking.followup` makes by grammar.

The model may only choose among words that were said: a reply that brings others is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from index.words.tokens import words
from rag.asking.followup import leans, rewritings
from rag.errors import Cancelled, LLMFailed
from rag.types import LLM, Live, Turn

_PROMPT = """Rewrite the last question so that it can be understood without the conversation.
Put the names it points to in place of words like "it", "they" or "there". Add nothing else. Write one question only.

{history}

Last question: {question}
Rewritten question:"""
_TURNS, _TURN_CHARS, _LONGEST = 2, 400, 300
"""How much of a conversation is shown, and how long a rewritten question may be."""


def rewritten(llm: LLM, question: str, history: Sequence[Turn], live: Live) -> tuple[str, ...]:
    """Forms of `question` that stand without `history`: the model's own first, where it is faithful; then by grammar.

    None where there is no history. A model that fails only leaves its form out.

    Raises: Cancelled.
    """
    if not history:
        return ()
    try:
        reply = _reply(llm, _prompt(question, history), live)
    except LLMFailed:
        reply = ""
    own = [reply] if reply != question and _is_faithful(reply, question, history) else []
    return tuple(dict.fromkeys([*own, *rewritings(question, history)]))


def _prompt(question: str, history: Sequence[Turn]) -> str:
    turns = [f"Question: {_shortened(turn.question)}\nAnswer: {_shortened(turn.answer)}" for turn in history[-_TURNS:]]
    return _PROMPT.format(history="\n".join(turns), question=question)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TURN_CHARS else line[: _TURN_CHARS - 1] + "…"


def _reply(llm: LLM, prompt: str, live: Live) -> str:
    """The first line of the reply; the rest is not waited for."""
    text = ""
    with closing(llm.stream(prompt)) as pieces:
        for piece in pieces:
            if live.cancelled():
                raise Cancelled("The question was stopped before its answer was whole; ask again.")
            text += piece
            if "\n" in text.strip() or len(text) > _LONGEST:
                break
    return text.strip().partition("\n")[0].strip(' "“”*')


def _is_faithful(reply: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a reply is one question in words that were said, and leans on nothing."""
    if not reply.endswith("?") or len(reply) > _LONGEST or leans(reply):
        return False
    turns = (f"{_shortened(turn.question)} {_shortened(turn.answer)}" for turn in history[-_TURNS:])
    known = {word.stem for word in words(" ".join([question, *turns]))}
    return all(word.is_stop or word.stem in known for word in words(reply))
