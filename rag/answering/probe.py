"""A trial of a language model on two made-up passages: whether it answers, how fast, and whether it cites as asked."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass

from index.types import Passage, Source
from rag.answering.prompt import declines, pack
from rag.errors import LLMFailed
from rag.types import LLM, Ranks, RetrievedPassage
from rag.verification.attach import judged
from rag.verification.cite import parse

_TEXTS = (
    ("The Tern", "The ferry Tern sank off Corrin on Monday. All 41 passengers were taken ashore by fishing boats."),
    (
        "The harbour",
        "The harbour of Corrin was dredged in spring. The work took nine weeks and was paid by the council.",
    ),
)
_ASKED = "How many passengers of the ferry Tern were taken ashore?"
_NOT_THERE = "Who won the chess championship?"


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of the trial. Times in milliseconds, speed in tokens a second after the first piece.

    `cites` says that every sentence carries a label that was offered, `right` that one is supported by its passage;
    `declines` that the model says so when the passages do not hold the answer.
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
    reply, first, rest = _timed(llm, pack(_ASKED, passages, (), llm.window, llm.tokens).text)
    said = parse(reply)
    checked = judged(said, passages)
    missing, *_ = _timed(llm, pack(_NOT_THERE, passages, (), llm.window, llm.tokens).text)
    return Probe(
        model=llm.name,
        window=llm.window,
        reply=reply,
        first_ms=round(1000 * first, 1),
        tokens_per_second=round(llm.tokens(reply) / rest, 1) if rest else None,
        cites=all(set(sentence.labels) & {1, 2} for sentence in said),
        right=any(item.statement.verdict == "supported" for item in checked),
        declines=declines(missing),
    )


def _timed(llm: LLM, prompt: str) -> tuple[str, float, float]:
    """The reply, the seconds to its first piece, and the seconds from there to its end."""
    start = first = time.perf_counter()
    said = ""
    with closing(llm.stream(prompt)) as pieces:
        for piece in pieces:
            if piece and not said:
                first = time.perf_counter()
            said += piece
    if not said.strip():
        raise LLMFailed(f"The model {llm.name!r} gave an empty reply; try another model.")
    return said.strip(), first - start, time.perf_counter() - first


def _passage(label: int, title: str, text: str) -> RetrievedPassage:
    document = f"{label:016x}"
    source = Source(document, f"probe/{label}.txt", "0" * 64, title, None, None, None)
    return RetrievedPassage(label, Passage(f"{document}:0", document, 0, 0, len(text), text), source, 1.0, Ranks())
