"""What becomes of a question once its passages are found: an answer is written, verified, and decided on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from index.tokens import words
from rag.answering import decide
from rag.answering.extract import ExtractAnswerer
from rag.errors import LLMFailed
from rag.types import Answerer, Citation, Draft, Finding, Live, Quote, Reason, RetrievedPassage, Statement
from rag.verification.attach import Judge, judged
from rag.verification.cite import parse
from rag.verification.entail import Entailment
from rag.verification.support import Encode
from rag.verification.verify import Checked, verify

Stage = Callable[[str], AbstractContextManager[None]]
_ADDED = "The quotes at the end were added: they are what the sources say, word for word."
_ADDED_ONE = "The quote at the end was added: it is what the source says, word for word."
_MOST = 0.6
"""The share of a quote's words that make up the quote; a paraphrase that has fewer stands beside the exact words."""
DIFFERING = "The model found no answer, but the sources give two."
COMPARED = "The model found no answer, but this is what the sources say of it."
FOUND = "The model found no answer in the passages as a whole, and then one in the words quoted here."
NOTHING_STANDS = "Nothing that the model wrote stands on the passages."


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

    The quotes are the answer where a model fails, where nothing stands of what it wrote, and where it declines, but
    says that the quotes answer the question when it is shown them alone. Where some of it stands, but does not give
    the evidence for a part of the question word for word, the quotes of that part follow. Beside a refusal they are
    shown.

    `stage` times the "answer" and the "verify" stage; `encode` and `entailment` are those of `verify`.

    Raises: Cancelled.
    """
    reason = decide.before(len(passages), findings)
    if reason is not None:
        return Outcome(answerer, reason=reason)
    judge = partial(verify, encode=encode, entailment=entailment)
    with stage("answer"):
        draft, writer = _draft(answerer, question, passages, findings, live)
    with stage("verify"):
        checked = _checked(draft, passages, judge)
    reason = decide.after(draft, _statements(checked))
    withheld: tuple[Statement, ...] = ()
    quotes: tuple[Citation, ...] = ()
    if writer.name == "llm":
        with stage("answer"):
            instead = _instead(writer, reason, question, findings, live)
        with stage("verify"):
            if instead is not None:
                withheld = _statements(checked) if reason == "unsupported" else ()
                why = " ".join(filter(None, [draft.notice, instead]))
                draft, writer = _quoted(question, passages, findings, why)
                checked, reason = _checked(draft, passages, judge), None
            elif reason is not None:
                quotes = _quotes(question, passages, findings)
            elif left := left_out(findings, checked):
                draft, checked = _with_quotes(draft, checked, left, passages)
    statements, offered = _statements(checked), {item.label for item in _sent(draft, passages)}
    named = [label for said in (*statements, *withheld) for label in (*said.instead_of, *said.labels)]
    return Outcome(
        answerer=writer,
        text=draft.text if reason is None else "",
        reason=reason,
        statements=statements,
        citations=_citations(checked),
        unknown=tuple(dict.fromkeys(label for label in named if label not in offered)),
        unsent=tuple(item.label for item in passages if item.label not in offered),
        notice=draft.notice,
        quotes=quotes,
        withheld=withheld,
    )


def _instead(
    writer: Answerer, reason: Reason | None, question: str, findings: Sequence[Finding], live: Live | None
) -> str | None:
    """Why the quotes are to be the answer instead of a model's words; None where they are not."""
    if reason == "unsupported":
        return NOTHING_STANDS
    if reason != "model_declined":
        return None
    if any(finding.both_sides for finding in findings):
        return COMPARED
    if any(finding.differing for finding in findings):
        return DIFFERING
    try:
        return FOUND if writer.confirms(question, findings, live) else None
    except LLMFailed:
        return None  # its "no" stands


def left_out(findings: Sequence[Finding], checked: Sequence[Checked]) -> tuple[Quote, ...]:
    """The evidence that the supported sentences do not tell in its own words: of each part of the question where they
    tell none of it, and of each side where there are two or are asked for.
    """
    told = [item for item in checked if item.statement.verdict == "supported"]
    left: list[Quote] = []
    for finding in findings:
        untold = [quote for quote in finding.quotes if not _tells(told, quote)]
        if finding.differing or finding.both_sides or len(untold) == len(finding.quotes):
            left += untold
    return tuple(dict.fromkeys(left))


def _tells(told: Sequence[Checked], quote: Quote) -> bool:
    """Whether sentences that rest on a quote have, between them, most of its words that mean something."""
    on_it = [c for c in told if any(w.label == quote.label and w.span.overlap(quote.span) for w in c.citations)]
    said = {word.stem for checked in on_it for word in words(checked.statement.text)}
    wanted = [word for word in words(quote.text) if not word.is_stop]
    return bool(wanted) and sum(word.stem in said for word in wanted) >= _MOST * len(wanted)


def _with_quotes(
    draft: Draft, checked: Sequence[Checked], quotes: Sequence[Quote], passages: Sequence[RetrievedPassage]
) -> tuple[Draft, tuple[Checked, ...]]:
    """The draft with `quotes` beneath it, and that they are not the model's words."""
    beneath = ExtractAnswerer().draft("", passages, [Finding("", tuple(quotes))]).text
    notice = " ".join(filter(None, [draft.notice, _ADDED if len(quotes) > 1 else _ADDED_ONE]))
    told = replace(draft, text=f"{draft.text}\n{beneath}", notice=notice)
    quoted = verify(parse(beneath), passages)
    return told, (*checked, *(replace(q, statement=replace(q.statement, added=True)) for q in quoted))


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
