"""Plain answerers over the same passages, to be printed beside the system: what citation scores reward by themselves.

Copying scores well on citation metrics by itself (Gao et al. 2023, ALCE), and refusing
everything scores well on refusal recall; a gain is one over these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evals.cases import Case
from evals.run import Control
from index.cut.sentences import sentences
from index.types import Embedder, Span
from rag.types import Answer, Citation, RetrievedPassage, Statement

Pick = tuple[RetrievedPassage, Span]
"""A passage, and a span of its document inside it."""


def standard_controls(embedder: Embedder) -> Mapping[str, Control]:
    """The control answerers by the names of the report."""
    return {
        "top passage whole": top_passage,
        "first two sentences": first_sentences,
        "two nearest sentences": NearestSentences(embedder),
        "always refuse": always_refuse,
        "never refuse": never_refuse,
    }


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


def never_refuse(case: Case, answer: Answer) -> Answer:
    """The system's own answer and, where it refused, the words that it found nearest."""
    return answer if answer.status != "refused" else _as_quotes(answer, answer.quotes)


def always_refuse(case: Case, answer: Answer) -> Answer:
    """A refusal, whatever is shown."""
    return quoting(answer, ())


def quoting(answer: Answer, picks: Sequence[Pick]) -> Answer:
    """`answer` with its words replaced by the exact words of `picks`, a statement each; a refusal of none."""
    return _as_quotes(answer, [_citation(pick) for pick in picks])


def _as_quotes(answer: Answer, quotes: Sequence[Citation]) -> Answer:
    return replace(
        answer,
        status="answered" if quotes else "refused",
        reason=None if quotes else "no_evidence",
        text=" ".join(f"{citation.quote} [{citation.label}]" for citation in quotes),
        statements=tuple(Statement(citation.quote, (citation.label,), "quoted") for citation in quotes),
        citations=tuple(quotes),
        conflicts=(),
        answerer="quotes",
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
    return Citation(item.label, "quoted", item.source, item.passage.page, span, _words(pick))
