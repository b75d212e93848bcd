"""What becomes of a question once its passages are found: an answer is written, verified, and decided on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial

from rag.answering import decide
from rag.answering.extract import ExtractAnswerer
from rag.errors import LLMFailed
from rag.types import Answerer, Citation, Draft, Finding, Live, Reason, RetrievedPassage, Statement
from rag.verification.attach import Judge, judged
from rag.verification.cite import parse
from rag.verification.entail import Entailment
from rag.verification.support import Encode
from rag.verification.verify import Checked, verify

Stage = Callable[[str], AbstractContextManager[None]]
_NOTHING_STANDS = "Nothing that the model wrote stands on the passages."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was written and by whom, why it is no answer (None where it is one), and the words it rests on.

    `unknown` are labels under which nothing was sent, `unsent` those of passages that were left out; `quotes` are the
    words found without the model, where it declined; `withheld` is what it wrote where none of that stands.
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
    withheld: tuple[Statement, ...] = ()


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

    Where nothing stands of what a model wrote, or it fails, the quotes are the answer; where it declines, they are
    shown beside the refusal.

    `stage` times the "answer" and the "verify" stage; `encode` and `entailment` are those of `verify`.

    Raises: Cancelled.
    """
    reason = decide.before(len(passages), findings)
    if reason is not None:
        return Outcome(answerer, reason=reason)
    with stage("answer"):
        draft, writer = _draft(answerer, question, passages, findings, live)
    with stage("verify"):
        judge = partial(verify, encode=encode, entailment=entailment)
        checked = _checked(draft, passages, judge)
        reason = decide.after(draft, _statements(checked))
        withheld: tuple[Statement, ...] = ()
        if reason == "unsupported" and writer.name == "llm":
            withheld = _statements(checked)
            why = " ".join(filter(None, [draft.notice, _NOTHING_STANDS]))
            draft, writer = _quoted(question, passages, findings, why)
            checked = _checked(draft, passages, judge)
            reason = decide.after(draft, _statements(checked))
        quotes = _quotes(question, passages, findings) if reason is not None and writer.name == "llm" else ()
    statements, offered = _statements(checked), {item.label for item in _sent(draft, passages)}
    return Outcome(
        answerer=writer,
        text=draft.text if reason is None else "",
        reason=reason,
        statements=statements,
        citations=_citations(checked),
        unknown=tuple(dict.fromkeys(n for s in (*statements, *withheld) for n in s.labels if n not in offered)),
        unsent=tuple(item.label for item in passages if item.label not in offered),
        notice=draft.notice,
        quotes=quotes,
        withheld=withheld,
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
        return _quoted(question, passages, findings, str(error))


def _quoted(
    question: str, passages: Sequence[RetrievedPassage], findings: Sequence[Finding], why: str
) -> tuple[Draft, Answerer]:
    """The quotes as the draft, and why it is they."""
    plain = ExtractAnswerer()
    draft = plain.draft(question, passages, findings)
    return Draft(draft.text, declined=draft.declined, notice=f"{why} These are quotes instead."), plain


def _sent(draft: Draft, passages: Sequence[RetrievedPassage]) -> list[RetrievedPassage]:
    """The passages that a draft was written from."""
    return [item for item in passages if draft.sent is None or item.label in draft.sent]


def _checked(draft: Draft, passages: Sequence[RetrievedPassage], judge: Judge) -> tuple[Checked, ...]:
    sent = _sent(draft, passages)
    return judged(parse(draft.text), sent, judge)


def _statements(checked: Sequence[Checked]) -> tuple[Statement, ...]:
    return tuple(item.statement for item in checked)


def _quotes(question: str, passages: Sequence[RetrievedPassage], findings: Sequence[Finding]) -> tuple[Citation, ...]:
    """The exact words that the passages were found to answer with."""
    draft = ExtractAnswerer().draft(question, passages, findings)
    return tuple(c for c in _citations(verify(parse(draft.text), passages)) if c.verdict == "supported")


def _citations(checked: Sequence[Checked]) -> tuple[Citation, ...]:
    return tuple(dict.fromkeys(citation for item in checked for citation in item.citations))
