"""A trial of a language model on two made-up passages: whether it answers, how fast, and whether it cites as asked."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

from index.types import Passage, Source
from rag.answering.prompt import declines, pack
from rag.answering.thinking import spoken
from rag.errors import LLMFailed
from rag.types import LLM, Live, Ranks, RetrievedPassage
from rag.verification.cite import offered, parse

_TEXTS = (
    ("The Tern", "The ferry Tern sank off Corrin on Monday. All 41 passengers were taken ashore by fishing boats."),
    (
        "The harbour",
        "The harbour of Corrin was dredged in spring. The work took nine weeks and was paid by the council.",
    ),
)
_QUESTION = "How many passengers of the ferry Tern were taken ashore?"
_RIGHT = ("41", "forty-one")
_NOT_THERE = "Who won the chess championship?"


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of the trial. Times in milliseconds, speed in tokens a second after the first piece.

    `cites` says that every sentence carries a label that was offered, `right` that the reply has the number asked for;
    `declines` that the model says so when the passages do not hold the answer. `reply` is without what it thought.
    """

    model: str
    window: int
    reply: str
    first_ms: float
    tokens_per_second: float | None
    cites: bool
    right: bool
    declines: bool


def probe(llm: LLM) -> Probe:
    """The outcome of two short questions to `llm`. Raises: LLMFailed."""
    passages = [_passage(label, title, text) for label, (title, text) in enumerate(_TEXTS, start=1)]
    heard = _timed(llm, pack(_QUESTION, passages, (), llm.window, llm.tokens).text)
    missing = _timed(llm, pack(_NOT_THERE, passages, (), llm.window, llm.tokens).text)
    return Probe(
        model=llm.name,
        window=llm.window,
        reply=heard.reply,
        first_ms=round(1000 * heard.first, 1),
        tokens_per_second=round(llm.tokens(heard.whole) / heard.rest, 1) if heard.rest else None,
        cites=all(set(sentence.labels) & {1, 2} for sentence in parse(heard.reply, offered(passages))),
        right=any(form in heard.reply.casefold() for form in _RIGHT),
        declines=declines(missing.reply),
    )


@dataclass(frozen=True, slots=True)
class _Heard:
    """A reply, the same with what was thought, the seconds to its first piece, and from there to its end."""

    reply: str
    whole: str
    first: float
    rest: float


def _timed(llm: LLM, prompt: str) -> _Heard:
    """What comes of one prompt. Raises: LLMFailed."""
    pieces: list[str] = []
    times = [time.perf_counter()]

    def heard() -> Generator[str, None, None]:
        for piece in llm.stream(prompt):
            if piece:
                pieces.append(piece)
                times.append(time.perf_counter())
            yield piece

    reply = spoken(heard(), Live()).text
    if not reply:
        raise LLMFailed(f"The model {llm.name!r} gave an empty reply; try another model.")
    return _Heard(reply, "".join(pieces), times[1] - times[0], times[-1] - times[1])


def _passage(label: int, title: str, text: str) -> RetrievedPassage:
    document = f"{label:016x}"
    source = Source(document, f"probe/{label}.txt", "0" * 64, title, None, None, None)
    return RetrievedPassage(label, Passage(f"{document}:0", document, 0, 0, len(text), text), source, 1.0, Ranks())
