"""A kept conversation as a file to hand on: JSON, or Markdown in which nothing of a document is live.

In the Markdown every exact run of words (a quote, a side of a disagreement, a passage) stands in a fence of its own,
where Markdown reads no markup; everything else that was not written here is one line with its punctuation escaped.
Characters that steer a terminal, reorder or hide text, or are no text at all are written `‹U+001B›`; `exact` reads
them back, so what a fence holds is the quote, character for character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from index.types import Source, Span
from rag.asking.filters import in_words
from rag.contract import Json
from rag.conversations.reopen import answer_of
from rag.conversations.store import StoredConversation, StoredTurn
from rag.types import Answer, Citation, Conflict, Reason, RetrievedPassage, Statement, Verdict
from rag.verification.cite import chosen

_VERDICTS: Mapping[Verdict, str] = {
    "supported": "supported",
    "partly": "partly supported",
    "unsupported": "not supported",
    "uncited": "no source given",
}
_REASONS: Mapping[Reason | None, str] = {
    "empty_index": "the index held no documents",
    "no_evidence": "the documents did not hold an answer",
    "model_declined": "the model found no answer in the passages",
    "unsupported": "the passages did not support the answer that was written",
    "error": "the model failed",
    None: "there was no answer",
}
# What could begin markup, a link that is recognised by its look, a table's cell, mathematics or a template.
_MARKUP = re.compile(r"[\\`*_\[\]<>!&|~$@{}%#^]|:(?=[^\s\d])|\.(?=[^\W\d_])")
_WRITTEN = re.compile(r"‹U\+([0-9A-F]{4,6})›")


def as_object(conversation: StoredConversation) -> Json:
    """The conversation as one JSON object; each answer is the contract's object, unchanged."""
    return {**asdict(conversation.summary), "turns": [asdict(turn) for turn in conversation.turns]}


def as_markdown(conversation: StoredConversation) -> str:
    """The conversation as Markdown (CommonMark).

    Raises: ConversationsUnusable, when an answer is no object of the contract.
    """
    told = conversation.summary
    lines = [
        f"# {inline(told.title) or 'Untitled'}",
        f"Conversation {inline(told.id)} over the collection {inline(told.collection)}, begun {inline(told.created)}, "
        f"last asked {inline(told.updated)}. Questions: {len(conversation.turns)}.",
    ]
    return "\n\n".join([*lines, *(block for turn in conversation.turns for block in _turn(turn))]) + "\n"


def inline(text: str) -> str:
    """`text` as one line of Markdown without any markup, to stand after other words."""
    return _MARKUP.sub(r"\\\g<0>", visible(" ".join(text.split())))


def fenced(text: str) -> str:
    """`text` as a fence that nothing in it can close; `exact` of its content is `text`."""
    shown = visible(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{shown}\n{fence}"


def visible(text: str) -> str:
    """`text` with each character that steers, hides or is no text as `‹U+001B›`; line feeds and tabs stay."""
    return "".join(map(_visible, text.replace("‹U+", "‹U+2039›U+")))


def exact(shown: str) -> str:
    """The text whose `visible` form `shown` is."""
    return _WRITTEN.sub(lambda found: chr(int(found[1], 16)), shown)


def _visible(char: str) -> str:
    code, kind = ord(char), unicodedata.category(char)
    steers = kind in ("Cc", "Cs", "Zl", "Zp") and char not in "\n\t"
    hides = kind == "Cf" and code not in (0xAD, 0x200C, 0x200D)
    return f"‹U+{code:04X}›" if steers or hides else char


def _turn(turn: StoredTurn) -> Iterator[str]:
    answer = answer_of(turn.answer)
    yield f"## {turn.number}. {inline(turn.question)}"
    yield f"Asked {inline(turn.asked)}."
    if answer.standalone_question != answer.question:
        yield f"Understood as: {inline(answer.standalone_question)}"
    yield _outcome(answer)
    if answer.missing:
        yield f"What was missing: {inline(answer.missing)}"
    if answer.statements:
        yield "### Sentences"
        yield "\n".join(_statement(statement) for statement in answer.statements)
    if answer.withheld:
        yield "### Written by the model, and withheld"
        yield "\n".join(_statement(statement) for statement in answer.withheld)
    if answer.unknown_labels:
        yield f"No passage was offered under {_numbers(answer.unknown_labels)}."
    if answer.notice:
        yield f"Note: {inline(answer.notice)}"
    yield from _conflicts(answer)
    yield from _quotes("The words it rests on", answer.citations)
    yield from _quotes("The words found without the model", answer.quotes)
    yield from _others(answer)
    yield _made(answer)


def _outcome(answer: Answer) -> str:
    if answer.status == "answered":
        return f"**Answered:** {inline(answer.text)}"
    return f"**No answer:** {_REASONS[answer.reason]}."


def _statement(statement: Statement) -> str:
    note = f" (note: {inline(statement.note)})" if statement.note else ""
    labels = f" {_numbers(statement.labels)}" if statement.labels else ""
    ours = f" ({inline(chosen(statement))})" if statement.attached or statement.added else ""
    return f"- **{_VERDICTS[statement.verdict]}:** {inline(statement.text)}{labels}{ours}{note}"


def _conflicts(answer: Answer) -> Iterator[str]:
    if answer.conflicts:
        yield "### Sources that differ"
    for conflict in answer.conflicts:
        yield from _sides(conflict)


def _sides(conflict: Conflict) -> Iterator[str]:
    yield f"About: {inline(conflict.about)}"
    for side in conflict.sides:
        yield f"Side {_numbers((side.label,))}:"
        yield fenced(side.claim)


def _quotes(heading: str, citations: Sequence[Citation]) -> Iterator[str]:
    if citations:
        yield f"### {heading}"
    for citation in citations:
        yield _cited(citation)
        yield fenced(citation.quote)


def _cited(citation: Citation) -> str:
    where = _where(citation.source, citation.page, citation.span)
    verdict = _VERDICTS[citation.verdict]
    return f"{_numbers((citation.label,))} **{verdict}.** {where}, sha256 {inline(citation.source.sha256)}"


def _others(answer: Answer) -> Iterator[str]:
    """What else was read; of a refusal the words too, since they are all that there is to judge by."""
    cited = {citation.label for citation in (*answer.citations, *answer.quotes)}
    others = [item for item in answer.passages if item.label not in cited]
    if not others:
        return
    refused = answer.status == "refused"
    yield "### The nearest passages" if refused else "### Also read"
    if not refused:
        yield "\n".join(f"- {_passage(item, answer)}" for item in others)
        return
    for item in others:
        yield _passage(item, answer)
        yield fenced(item.passage.text)


def _passage(item: RetrievedPassage, answer: Answer) -> str:
    unsent = ", not sent to the model" if item.label in answer.unsent else ""
    return f"{_numbers((item.label,))} {_where(item.source, item.passage.page, item.passage.span)}{unsent}"


def _where(source: Source, page: int | None, span: Span) -> str:
    printed = (("outlet", source.outlet), ("author", source.author), ("date", source.date), ("article", source.title))
    parts = [f"{name}: {inline(value)}" for name, value in printed if value]
    parts.append(f"file: {inline(source.path)}")
    if source.also:
        parts.append("also at: " + ", ".join(inline(path) for path in source.also))
    if page is not None:
        parts.append(f"page: {page}")
    return ", ".join([*parts, f"characters {span.start}-{span.end}"])


def _numbers(labels: tuple[int, ...]) -> str:
    return ", ".join(rf"\[{label}\]" for label in labels)


def _made(answer: Answer) -> str:
    by = f"{answer.answerer}, model {inline(answer.model)}" if answer.model else answer.answerer
    told = f"settings {inline(answer.settings_fingerprint)}, index generation {inline(answer.index.generation)}"
    return f"Answered by: {by}; {told}. {inline(in_words(answer.filters))}".rstrip()
