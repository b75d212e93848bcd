"""A kept conversation as a file to hand on: JSON, or Markdown in which nothing of a document is live.

In the Markdown every exact run of words (a quote, a side of a disagreement, a passage) stands in a fence of its own,
where Markdown reads no markup; everything else that was not written here is one line with its punctuation escaped.
Characters that steer a terminal, reorder or hide text, or are no text at all are written `‹U+001B›`; `exact` reads
them back, so what a fence holds is the quote, character for character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass

from index.types import Source, Span
from rag import wording
from rag.app.conversations.notebook import Pin
from rag.app.conversations.store import StoredConversation, StoredTurn
from rag.asking.filters import in_words
from rag.contract import Json
from rag.types import Answer, Citation, Conflict, RetrievedPassage, Statement
from rag.verification.reopen import State, answer_of
from rag.verification.reopen import in_words as as_phrase

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
    summary = conversation.summary
    lines = [
        f"# {inline(summary.title) or 'Untitled'}",
        f"Conversation {inline(summary.id)} over the collection {inline(summary.collection)}, "
        f"begun {inline(summary.created)}, last asked {inline(summary.updated)}. Questions: {len(conversation.turns)}.",
    ]
    return "\n\n".join([*lines, *(block for turn in conversation.turns for block in _turn(turn))]) + "\n"


def notebook_as_markdown(collection: str, pins: Sequence[Pin], check: Callable[[Citation], State]) -> str:
    """A notebook as Markdown: each quote in a fence with its file, page, offsets and digest, and what became of it."""
    lines = [f"# Notebook of the collection {inline(collection)}", f"Pins: {len(pins)}."]
    blocks = (block for number, pin in enumerate(pins, start=1) for block in _pin(number, pin, check))
    return "\n\n".join([*lines, *blocks]) + "\n"


def inline(text: str) -> str:
    """`text` as one line of Markdown without any markup, to stand after other words."""
    return _MARKUP.sub(r"\\\g<0>", visible(" ".join(text.split())))


def fenced(text: str) -> str:
    """`text` as a fence that nothing in it can close; `exact` of its content is `text`."""
    content = visible(text)
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{content}\n{fence}"


def visible(text: str) -> str:
    """`text` with each character that steers, hides or is no text as `‹U+001B›`; line feeds and tabs stay."""
    return "".join(map(_visible, text.replace("‹U+", "‹U+2039›U+")))


def exact(written: str) -> str:
    """The text whose `visible` form is `written`."""
    return _WRITTEN.sub(lambda match: chr(int(match[1], 16)), written)


def _visible(char: str) -> str:
    code, kind = ord(char), unicodedata.category(char)
    steers = kind in ("Cc", "Cs", "Zl", "Zp") and char not in "\n\t"
    hides = kind == "Cf" and code not in (0xAD, 0x200C, 0x200D)
    return f"‹U+{code:04X}›" if steers or hides else char


def place(source: Source, headings: Sequence[str], page: int | None, span: Span, also_in: Sequence[str] = ()) -> str:
    """Where words stand, as plain text: what is printed of their source, their headings, file, page and offsets."""
    return ", ".join(f"{name} {value}" for name, value in parts_of_place(source, headings, page, span, also_in))


def parts_of_place(
    source: Source, headings: Sequence[str], page: int | None, span: Span, also_in: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """As `place`, each part with its name."""
    printed = (("outlet:", source.outlet), ("author:", source.author), ("date:", source.date))
    parts = [(name, value) for name, value in (*printed, ("article:", source.title)) if value]
    if headings:
        parts.append(("under:", wording.path(headings)))
    parts.append(("file:", source.path))
    if also := dict.fromkeys((*source.also, *also_in)):
        parts.append(("also in:", ", ".join(also)))
    if page is not None:
        parts.append(("page:", f"{page}"))
    return [*parts, ("characters", f"{span.start}-{span.end}")]


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence that somebody wrote, and what its check came to, each as plain text; empty where there is nothing.

    Of `places`, which it was checked against, each is the label and where the words begin and end.
    """

    text: str
    labels: str
    verdict: str
    note: str
    places: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, statement: Statement) -> Checked:
        """The same in each form of a file."""
        places = tuple((_labels((label,)), f"{span.start}-{span.end}") for label, span in statement.evidence)
        verdict = wording.SIGNS[statement.verdict][1]
        return cls(statement.text, _labels(statement.labels), verdict, statement.note, places)

    @property
    def line(self) -> str:
        """All of it but the verdict."""
        note = f"(note: {self.note})" if self.note else ""
        places = ", ".join(f"{label} characters {place}" for label, place in self.places)
        against = f"(checked against {places})" if places else ""
        return " ".join(filter(None, (self.text, self.labels, note, against)))


def _turn(turn: StoredTurn) -> Iterator[str]:
    answer = answer_of(turn.answer)
    yield f"## {turn.number}. {inline(turn.question)}"
    yield f"Asked {inline(turn.asked)}."
    if answer.standalone_question != answer.question:
        yield f"Read as: {inline(answer.standalone_question)}"
    yield _outcome(answer)
    if answer.computed:
        yield f"**Worked out:** {inline(wording.computed(answer))}"
    if written := wording.written(answer):
        yield "### Sentences"
        yield "\n".join(map(_statement, written))
    if answer.unknown_labels:
        yield f"No passage was offered under {_numbers(answer.unknown_labels)}."
    if answer.notice:
        yield f"Note: {inline(answer.notice)}"
    yield from _conflicts(answer)
    checked = tuple(citation for citation in answer.citations if citation.verdict != "quoted")
    yield from _quotes("The words that the sentences were checked against", checked)
    refused = answer.status == "refused"
    yield from _quotes("The nearest words" if refused else wording.OWN_WORDS, wording.quotes_of(answer))
    yield from _others(answer)
    yield _made(answer)


def _pin(number: int, pin: Pin, check: Callable[[Citation], State]) -> Iterator[str]:
    yield f"## {number}. {inline(pin.answer.question)}"
    yield f"Pinned {inline(pin.pinned)}."
    if pin.note:
        yield "Note:"
        yield fenced(pin.note)
    if pin.kind == "answer":
        yield _outcome(pin.answer)
    if pin.answer.computed:
        yield f"**Worked out:** {inline(wording.computed(pin.answer))}"
    if written := wording.written(pin.answer):
        yield "\n".join(map(_statement, written))
    for quote in pin.quotes:
        yield from _quoted(quote)
        state = check(quote)
        if state.standing != "same":
            yield f"Since then: {inline(as_phrase(quote, state))}."


def _outcome(answer: Answer) -> str:
    sentence = inline(wording.outcome(answer))
    if answer.status == "refused":
        return f"**No answer:** {sentence}"
    if answer.status == "may_answer":
        return f"**May answer:** {sentence}"
    if wording.written(answer) or not wording.quotes_of(answer):
        return f"**Answered:** {inline(answer.text)}"
    return "**Answered** in the sources’ own words, word for word."


def _statement(statement: Statement) -> str:
    one = Checked.of(statement)
    return f"- **{one.verdict}:** {inline(one.line)}"


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
        yield from _quoted(citation)


def _quoted(citation: Citation) -> Iterator[str]:
    yield _cited(citation)
    if cells := wording.row(citation):
        yield "\n".join(map(_cell, cells))
    yield fenced(citation.quote)
    if answer := wording.halves(citation)[1].strip():
        yield f"The words that answer: {_bold(answer)}"


def _cell(cell: tuple[str, str, bool]) -> str:
    head, value, answers = cell
    text = _bold(value) if answers else inline(value)
    return f"- {inline(head)}: {text}" if head.strip() else f"- {text}"


def _bold(text: str) -> str:
    escaped = inline(text)
    return f"**{escaped}**" if escaped else ""


def _cited(citation: Citation) -> str:
    where = inline(place(citation.source, citation.headings, citation.page, citation.span))
    words = wording.SIGNS[citation.verdict][1]
    return f"{_numbers((citation.label,))} **{words}.** {where}, sha256 {inline(citation.source.sha256)}"


def _others(answer: Answer) -> Iterator[str]:
    """What else was read; of a refusal the words too, since they are all that there is to judge by."""
    cited = {citation.label for citation in (*answer.citations, *answer.quotes)}
    others = [item for item in answer.passages if item.label not in cited]
    if not others:
        return
    refused = answer.status == "refused"
    near = "### Also near" if answer.quotes else "### The nearest passages"
    yield near if refused else "### Also read"
    if not refused:
        yield "\n".join(f"- {_passage(item, answer)}" for item in others)
        return
    for item in others:
        yield _passage(item, answer)
        yield fenced(item.passage.text)


def _passage(item: RetrievedPassage, answer: Answer) -> str:
    unsent = ", not sent to the model" if item.label in answer.unsent else ""
    where = inline(place(item.source, item.headings, item.passage.page, item.passage.span, item.also_in))
    return f"{_numbers((item.label,))} {where}{unsent}"


def _numbers(labels: tuple[int, ...]) -> str:
    return inline(_labels(labels))


def _labels(labels: tuple[int, ...]) -> str:
    return ", ".join(f"[{label}]" for label in labels)


def _made(answer: Answer) -> str:
    by = f"{answer.answerer}, model {inline(answer.model)}" if answer.model else answer.answerer
    origin = f"settings {inline(answer.settings_fingerprint)}, index generation {inline(answer.index.generation)}"
    return f"Answered by: {by}; {origin}. {inline(in_words(answer.filters))}".rstrip()
