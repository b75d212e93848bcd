"""Plain answerers over the same passages, to be printed beside the system: what citation scores reward by themselves.

Copying scores well on citation metrics by itself (Gao et al. 2023, ALCE), and refusing
everything scores well on refusal recall; a gain is one over these.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from evals.cases import Case
from evals.run import Control, System
from index.sentences import sentences
from index.types import Embedder, Span
from rag.types import Answer, Citation, RetrievedPassage, Statement, Turn

Pick = tuple[RetrievedPassage, Span]
"""A passage, and a span of its document inside it."""


class Unrefusing(Protocol):
    """A system whose refusal can be switched off."""

    def ask(self, question: str, *, history: Sequence[Turn] = (), force: bool = False) -> Answer:
        """The outcome of one question; with `force` an answer even where the evidence does not carry one."""
        ...


def standard_controls(system: System, embedder: Embedder) -> Mapping[str, Control]:
    """The control answerers by the names of the report; `never refuse` only where `ask` takes `force`."""
    found: dict[str, Control] = {
        "top passage whole": top_passage,
        "first two sentences": first_sentences,
        "two nearest sentences": NearestSentences(embedder),
        "always refuse": always_refuse,
    }
    if "force" in inspect.signature(system.ask).parameters:
        found["never refuse"] = NeverRefuse(system)  # type: ignore[arg-type]
    return found


def top_passage(case: Case, answer: Answer) -> Answer:
    """The first passage, whole."""
    return quoting(answer, [(p, p.passage.span) for p in answer.passages[:1]])


def first_sentences(case: Case, answer: Answer) -> Answer:
    """The first two sentences of the first passage."""
    return quoting(answer, [pick for p in answer.passages[:1] for pick in _sentences(p)[:2]])


@dataclass(frozen=True, slots=True)
class NearestSentences:
    """The two sentences of all passages shown that are nearest to the question by cosine, nearest first."""

    embedder: Embedder

    def __call__(self, case: Case, answer: Answer) -> Answer:
        """The answer made of those sentences; among equals the earlier one."""
        picks = [pick for passage in answer.passages for pick in _sentences(passage)]
        if not picks:
            return always_refuse(case, answer)
        rows = self.embedder.embed([answer.standalone_question, *(_words(pick) for pick in picks)])
        cosines = rows[1:] @ rows[0]
        best = sorted(range(len(picks)), key=lambda i: (-float(cosines[i]), i))[:2]
        return quoting(answer, [picks[i] for i in best])


@dataclass(frozen=True, slots=True)
class NeverRefuse:
    """The system itself with its refusal switched off."""

    system: Unrefusing

    def __call__(self, case: Case, answer: Answer) -> Answer:
        """The system's forced answer to the case."""
        return self.system.ask(case.question, history=case.turns, force=True)


def always_refuse(case: Case, answer: Answer) -> Answer:
    """A refusal, whatever is shown."""
    return replace(
        answer,
        status="refused",
        reason="no_evidence",
        text="",
        statements=(),
        citations=(),
        conflicts=(),
        unknown_labels=(),
    )


def quoting(answer: Answer, picks: Sequence[Pick]) -> Answer:
    """`answer` with its words replaced by the exact words of `picks`, a statement each; a refusal of none."""
    said = [_words(pick) for pick in picks]
    return replace(
        answer,
        status="answered" if picks else "refused",
        reason=None if picks else "no_evidence",
        text=" ".join(f"{words} [{p.label}]" for words, (p, _) in zip(said, picks, strict=True)),
        statements=tuple(Statement(words, (p.label,), "supported") for words, (p, _) in zip(said, picks, strict=True)),
        citations=tuple(_citation(pick) for pick in picks),
        conflicts=(),
        answerer="extract",
        model=None,
        missing=None,
        unknown_labels=(),
    )


def _sentences(item: RetrievedPassage) -> list[Pick]:
    start = item.passage.start
    return [(item, Span(start + s.start, start + s.end)) for s in sentences(item.passage.text)]


def _words(pick: Pick) -> str:
    item, span = pick
    return item.passage.text[span.start - item.passage.start : span.end - item.passage.start]


def _citation(pick: Pick) -> Citation:
    item, span = pick
    return Citation(item.label, "supported", item.source, item.passage.page, span, _words(pick))
