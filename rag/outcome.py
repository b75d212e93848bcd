"""What becomes of a question once its passages are found: an answer is written, verified, and decided on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from rag import decide
from rag.attach import attach
from rag.cite import parse
from rag.entail import Entailment
from rag.errors import LLMFailed
from rag.extract import ExtractAnswerer
from rag.support import Encode
from rag.types import Answerer, Citation, Draft, Finding, Live, Reason, RetrievedPassage, Statement
from rag.verify import Checked, verify

Stage = Callable[[str], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written and by whom, why it is no answer (None where it is one), and the words it rests on.

    `unknown` are labels under which nothing was sent, `unsent` those of passages that were left out; `quotes` are the
    words found without the model, where it wrote nothing that stands.
    """

    answerer: Answerer
    text: str = ""
    reason: Reason | None = None
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
    findings: Sequence[Finding],
    *,
    stage: Stage,
    live: Live | None = None,
    encode: Encode | None = None,
    entailment: Entailment | None = None,
) -> Outcome:
    """The outcome of one question. No answerer is asked where the evidence cannot carry an answer.

    `stage` times the "answer" and the "verify" stage; `encode` and `entailment` are those of `verify`.

    Raises: Cancelled.
    """
    reason = decide.before(len(passages), findings)
    if reason is not None:
        return Outcome(answerer, reason=reason)
    with stage("answer"):
        draft, writer = _draft(answerer, question, passages, findings, live)
    sent = [item for item in passages if draft.sent is None or item.label in draft.sent]
    with stage("verify"):
        judge = partial(verify, encode=encode, entailment=entailment)
        checked = attach(judge(parse(draft.text), sent), sent, judge)
        statements = tuple(item.statement for item in checked)
        reason = decide.after(draft, statements)
        quotes = _quotes(question, passages, findings) if reason is not None and writer.name == "llm" else ()
    offered = {item.label for item in sent}
    return Outcome(
        answerer=writer,
        text=draft.text if reason is None else "",
        reason=reason,
        statements=statements,
        citations=_citations(checked),
        unknown=tuple(dict.fromkeys(n for s in statements for n in s.labels if n not in offered)),
        unsent=tuple(item.label for item in passages if item.label not in offered),
        notice=draft.notice,
        quotes=quotes,
    )


def _draft(
    answerer: Answerer,
    question: str,
    passages: Sequence[RetrievedPassage],
    findings: Sequence[Finding],
    live: Live | None,
) -> tuple[Draft, Answerer]:
    """The answerer's draft; the quotes themselves, and why, where a model fails."""
    try:
        return answerer.draft(question, passages, findings, live), answerer
    except LLMFailed as error:
        plain = ExtractAnswerer()
        quoted = plain.draft(question, passages, findings)
        return Draft(quoted.text, declined=quoted.declined, notice=f"{error} These are quotes instead."), plain


def _quotes(question: str, passages: Sequence[RetrievedPassage], findings: Sequence[Finding]) -> tuple[Citation, ...]:
    """The exact words that the passages were found to answer with."""
    draft = ExtractAnswerer().draft(question, passages, findings)
    return tuple(c for c in _citations(verify(parse(draft.text), passages)) if c.verdict == "supported")


def _citations(checked: Sequence[Checked]) -> tuple[Citation, ...]:
    return tuple(dict.fromkeys(citation for item in checked for citation in item.citations))
