"""What becomes of a question once its passages are found: an answer is written, verified, and told for what it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from index.document.scan import confidence
from index.types import Source, Span
from rag.answering.extract import QuotesAnswerer, line
from rag.answering.prompt import is_only_declined
from rag.errors import LLMFailed
from rag.types import (
    Answerer,
    Citation,
    Draft,
    Evidence,
    Live,
    Quote,
    Reason,
    RetrievedPassage,
    Statement,
    Status,
    Verdict,
)
from rag.verification.cite import Marked, offered, parse

Stage = Callable[[str], AbstractContextManager[None]]
Verify = Callable[[Sequence[Marked], Sequence[RetrievedPassage]], Sequence[Statement]]
"""Gives a statement with its verdict for each sentence, in order, against the passages that the model was given."""
Decide = Callable[[float], Status]
"""What a probability that the quoted words answer comes to."""
QUOTED_INSTEAD = "These are quotes instead."
NEAREST_INSTEAD = "The nearest words are shown instead."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written and by whom, what it comes to and why, and the words it rests on.

    `unknown` are labels under which nothing was sent, `unsent` those of passages that were left out; `quotes` are the
    words found without a model, where the text is not made of them.
    """

    answerer: Answerer
    status: Status
    reason: Reason | None = None
    text: str = ""
    statements: tuple[Statement, ...] = ()
    citations: tuple[Citation, ...] = ()
    unknown: tuple[int, ...] = ()
    unsent: tuple[int, ...] = ()
    notice: str | None = None
    quotes: tuple[Citation, ...] = ()


def write(
    answerer: Answerer,
    question: str,
    passages: Sequence[RetrievedPassage],
    evidence: Evidence,
    verify: Verify,
    decide: Decide,
    *,
    stage: Stage,
    live: Live | None = None,
) -> Outcome:
    """The outcome of one question.

    A model is asked wherever there are passages, and nothing that it writes is withheld. It comes to "answered" where a
    sentence is supported and none contradicted, to "refused" where the model declines and no sentence stands, and else
    to "may_answer"; the quotes are beside it always. Where the model fails they are the outcome, and the notice says
    why. Quotes are decided on by their probability, and not verified: they are the sources' own words. What code worked
    out is the outcome, with its rows as quotes, and no model is asked.

    `stage` times the "answer" and the "verify" stage. Raises: Cancelled; what `verify` raises.
    """
    if not passages:
        return Outcome(answerer, "refused", "empty_index")
    if evidence.computed is not None:  # no model counts as surely
        answerer = QuotesAnswerer()
    with stage("answer"):
        draft, writer = _draft(answerer, question, passages, evidence, live)
    if writer.name == "quotes":
        return _quoted(writer, draft, passages, evidence, decide)
    sent = [item for item in passages if draft.sent is None or item.label in draft.sent]
    marked = [sentence for sentence in parse(draft.text, offered(sent)) if not is_only_declined(sentence.text)]
    with stage("verify"):
        statements = tuple(verify(marked, sent))
    status, reason = _standing(draft, statements)
    return Outcome(
        answerer=writer,
        status=status,
        reason=reason,
        text=draft.text if statements else "",
        statements=statements,
        citations=_citations(statements, sent),
        unknown=_unknown(statements, sent),
        unsent=tuple(item.label for item in passages if item not in sent),
        notice=draft.notice,
        quotes=_as_citations(evidence.quotes, passages),
    )


def _draft(
    answerer: Answerer,
    question: str,
    passages: Sequence[RetrievedPassage],
    evidence: Evidence,
    live: Live | None,
) -> tuple[Draft, Answerer]:
    """The answerer's draft; the quotes, and why it is they, where a model fails."""
    try:
        return answerer.draft(question, passages, evidence, live), answerer
    except LLMFailed as error:
        plain = QuotesAnswerer()
        return replace(plain.draft(question, passages, evidence), notice=str(error)), plain


def _standing(draft: Draft, statements: Sequence[Statement]) -> tuple[Status, Reason | None]:
    """What a model's reply comes to by its verdicts, and why it is no plain answer."""
    verdicts = {statement.verdict for statement in statements}
    if "supported" in verdicts and "contradicted" not in verdicts:
        return "answered", None
    if verdicts & {"supported", "partly"}:
        return "may_answer", None
    if draft.declined or not statements:
        return "refused", "model_declined"
    return "may_answer", "unsupported"


def _quoted(
    writer: Answerer, draft: Draft, passages: Sequence[RetrievedPassage], evidence: Evidence, decide: Decide
) -> Outcome:
    """The quotes as the outcome; where they are not likely enough to answer, beside a refusal."""
    status: Status = "refused" if draft.declined else decide(evidence.probability)
    citations = _as_citations(evidence.quotes, passages)
    if status == "refused":
        notice = f"{draft.notice} {NEAREST_INSTEAD}" if draft.notice else _empty(evidence)
        nearest = tuple(replace(citation, answer=None) for citation in citations)  # which is said to answer nothing
        return Outcome(writer, status, "no_evidence", notice=notice, quotes=nearest)
    offers = {item.label: item for item in passages}
    return Outcome(
        answerer=writer,
        status=status,
        text=draft.text,
        statements=tuple(_word_for_word(quote, offers[quote.label].source_of(quote.span)) for quote in evidence.quotes),
        citations=citations,
        notice=f"{draft.notice} {QUOTED_INSTEAD}" if draft.notice else None,
    )


def _empty(evidence: Evidence) -> str | None:
    return f"The table has no value there: “{evidence.empty}” is empty in this row." if evidence.empty else None


def _word_for_word(quote: Quote, source: Source) -> Statement:
    evidence = ((quote.label, quote.span),)
    return Statement(line(quote, source), (quote.label,), "quoted", evidence=evidence, probability=1.0)


def _as_citations(quotes: Sequence[Quote], passages: Sequence[RetrievedPassage]) -> tuple[Citation, ...]:
    """The quotes with where they are from, each once."""
    offers = {item.label: item for item in passages}
    cited = (
        replace(
            _citation(offers[quote.label], "quoted", quote.span),
            headings=quote.headings,
            answer=quote.answer,
            cells=quote.cells,
        )
        for quote in quotes
    )
    return tuple(dict.fromkeys(cited))


def _citations(statements: Sequence[Statement], passages: Sequence[RetrievedPassage]) -> tuple[Citation, ...]:
    """The words that each statement was checked against in the passages that it cites itself, each once."""
    offers = {item.label: item for item in passages}
    cited = (
        _citation(offers[label], statement.verdict, span)
        for statement in statements
        for label, span in statement.evidence
        if label in statement.labels
    )
    return tuple(dict.fromkeys(cited))


def _citation(item: RetrievedPassage, verdict: Verdict, span: Span) -> Citation:
    """The exact words of a passage at `span`."""
    passage = item.passage
    words = passage.text[span.start - passage.start : span.end - passage.start]
    sure = confidence(item.scanned, span)
    return Citation(item.label, verdict, item.source_of(span), passage.page, span, words, item.headings, ocr=sure)


def _unknown(statements: Sequence[Statement], passages: Sequence[RetrievedPassage]) -> tuple[int, ...]:
    offers = {item.label for item in passages}
    cited = (label for statement in statements for label in statement.labels)
    return tuple(dict.fromkeys(label for label in cited if label not in offers))
