"""An answer as it stands in the conversation: each statement with its verdict and its sources, or an honest no.

Ids: `turn-N` is a turn of the conversation, `evidence-N` its evidence, `evidence-N-L` the card of label L.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.types import IndexState, Source, Span
from rag import wording
from rag.app.page import reader
from rag.app.page.html import attributed, badge, byline, count, given, safe
from rag.asking.filters import in_words
from rag.types import Answer, Citation, Conflict, Filter, Side, Statement
from rag.wording import SIGNS

NOTHING_INDEXED = "No documents yet"
LONGEST_ECHO = 600
_LONGEST_PEEK = 320
_MOST_CELLS = 24


def indexed(state: IndexState) -> str:
    """What is indexed, in one line of text: `2 documents · 70 passages`."""
    if not state.documents:
        return NOTHING_INDEXED
    return f"{count(state.documents, 'document')} · {count(state.passages, 'passage')}"


def welcome() -> str:
    """What stands in the conversation before its first turn."""
    return (
        '<div class="welcome"><h2>What would you like to know?</h2><p>Answers come from your documents alone. '
        "They are quoted word for word, and you are told when the documents hold no answer.</p></div>"
    )


def turn(number: int, question: str, reply: str) -> str:
    """One turn of the conversation: the question, then `reply`, which is HTML."""
    short = question if len(question) <= LONGEST_ECHO else question[:LONGEST_ECHO] + " …"
    return (
        f'<article class="turn" id="turn-{number}"><h2 class="question"><span class="unseen">You asked: </span>'
        f'<bdi dir="auto">{safe(short)}</bdi></h2><div class="reply">{reply}</div></article>'
    )


def waiting(doing: str = "Reading your documents") -> str:
    """The reply's place while it is being made."""
    return f'<p class="waiting" role="status">{doing}<i>.</i><i>.</i><i>.</i></p>'


def writing(text: str) -> str:
    """What a model has written so far, which nothing has checked yet. Nothing stands below it that it would push on."""
    return (
        '<div class="draft-live" aria-busy="true"><p class="note">Being written<i>.</i><i>.</i><i>.</i> '
        "Each sentence is checked against its source when it is whole.</p>"
        f'<p class="statement" dir="auto">{safe(text)}</p></div>'
    )


def trouble(number: int, sentence: str) -> str:
    """A reply that is only a sentence on why there is no answer, and the offer to ask again."""
    return (
        f'<p class="trouble" role="status">{safe(sentence)}</p><p class="tools">{_do("retry", number, "Ask again")}</p>'
    )


def reply(number: int, answer: Answer, collection: str) -> str:
    """The answer as it stands in the conversation: each statement with its verdict, or an honest no."""
    turn = _Turn(number, answer, collection)
    body = turn.html() + _notes(number, answer)
    return _understood(number, answer) + body + _tools(number, answer)


class _Turn:
    """One answer, with what its markers lead to."""

    def __init__(self, number: int, answer: Answer, collection: str) -> None:
        self.number = number
        self.answer = answer
        self.collection = collection
        self.offered = {item.label: item for item in answer.passages}
        self.quotes = wording.quotes_of(answer)
        self.written = wording.written(answer)
        self.cited: dict[int, list[Citation]] = {}
        for citation in (*answer.citations, *answer.quotes):
            self.cited.setdefault(citation.label, []).append(citation)

    def html(self) -> str:
        """How it came out, what somebody wrote, and the sources' own words; those that differ stand side by side."""
        refused = self.answer.status == "refused"
        text = safe(wording.computed(self.answer))
        result = f'<p class="statement computed" dir="auto"><strong>{text}</strong></p>' if text else ""
        parts = [self._refusal() if refused else self._may_answer(), result, self._written(), self._quoted()]
        return "".join(parts)

    def _refusal(self) -> str:
        lines = [f'<p class="no"><strong>No answer.</strong> {safe(wording.outcome(self.answer))}</p>']
        if self.answer.passages:
            nearest = f'<a href="#evidence-{self.number}">passages that come nearest</a>'
            lines.append(f'<p class="nearest">The {nearest} are under Evidence, so that you can judge.</p>')
        return f'<div class="refusal">{"".join(lines)}</div>'

    def _may_answer(self) -> str:
        sentence = wording.outcome(self.answer)
        return f'<p class="maybe">{safe(sentence)}</p>' if sentence else ""

    def _written(self) -> str:
        """Every sentence that somebody wrote, whatever its verdict; the bare text where there is nothing else."""
        if self.written:
            return f'<ul class="statements">{"".join(map(self._statement, self.written))}</ul>'
        if self.quotes or self.answer.computed or not self.answer.text:
            return ""
        return f'<p class="statement" dir="auto">{safe(self.answer.text)}</p>'

    def _statement(self, statement: Statement) -> str:
        """One sentence; a number in it is a marker only where the statement itself says that it cites that label."""
        text, placed = safe(statement.text), set[int]()

        def marker(match: re.Match[str]) -> str:
            label = int(match[1])
            if label not in statement.labels:
                return match[0]
            placed.add(label)
            return self._reference(label)

        text = re.sub(r"\[(\d{1,6})\]", marker, text)
        text += "".join(" " + self._reference(n) for n in dict.fromkeys(statement.labels) if n not in placed)
        note = f'<span class="note">{safe(statement.note)}</span>' if statement.note else ""
        words = wording.checked_against(statement, self.answer)
        checked = badge(statement.verdict) + note + ("" if words else self._open(statement.labels))
        against = "".join(self._against(*part) for part in words)
        return f'<li><p class="statement" dir="auto">{text}</p><p class="checked">{checked}</p>{against}</li>'

    def _against(self, label: int, span: Span, words: str) -> str:
        """Words that a sentence was checked against, and the way to them in their document."""
        document = self.offered[label].source.document_id
        opened = _opened(safe(reader.link(self.collection, document, [span], [label])))
        return f'<p class="against">{self._reference(label)} <q dir="auto">{safe(_cut(words))}</q> {opened}</p>'

    def _quoted(self) -> str:
        """The sources' own words: the sides of a disagreement together, after what stands alone."""
        compared = [(conflict, wording.sides(conflict, self.quotes)) for conflict in self.answer.conflicts]
        beside = {quote for _, quotes in compared for quote in quotes}
        alone = self._quotes([quote for quote in self.quotes if quote not in beside])
        return self._titled(alone) + "".join(self._conflict(*pair) for pair in compared)

    def _titled(self, quotes: str) -> str:
        """The quotes, under a heading where they are not the answer itself."""
        refused = self.answer.status == "refused"
        if not quotes or not (self.written or refused):
            return quotes
        title = "The nearest words" if refused else wording.OWN_WORDS
        return f'<section class="own"><h3>{title}</h3>{quotes}</section>'

    def _quotes(self, quotes: Sequence[Citation]) -> str:
        return f'<ul class="quotes">{"".join(map(self._quote, quotes))}</ul>' if quotes else ""

    def _quote(self, quote: Citation) -> str:
        """One quote under the headings that it stands under, its answering words bold; a row as cells under heads."""
        path = f'<p class="heading" dir="auto">{safe(wording.path(quote.headings))}</p>' if quote.headings else ""
        cells = wording.row(quote)
        words = row(cells) if cells else f'<blockquote dir="auto">{emphasised(quote)}</blockquote>'
        who = f'<span class="who">{attributed(quote.source)}</span>'
        pin = (
            f'<button type="button" data-do="pin" data-id="{self.number}-{self.quotes.index(quote)}">Pin quote</button>'
        )
        by = f"{who} {self._reference(quote.label)} {_opened(self._link(quote))} {pin}"
        return f'<li class="quote">{path}{words}<p class="by">{by}</p></li>'

    def _open(self, labels: Sequence[int]) -> str:
        """The way into the document, at the words of the first label that has any."""
        cited = next((self.cited[label] for label in labels if label in self.cited), None)
        return _opened(self._link(cited[0])) if cited else ""

    def _link(self, first: Citation) -> str:
        """The document of a citation, at its words; those of the answer's other citations of it are marked too."""
        same = [c for c in self.answer.citations if c.source.document_id == first.source.document_id] or [first]
        ordered = [first, *(c for c in same if c.span != first.span)]
        spans, labels = [c.span for c in ordered], [c.label for c in ordered]
        return safe(reader.link(self.collection, first.source.document_id, spans, labels))

    def _reference(self, label: int) -> str:
        """The marker of a label: a link to its card, with the quoted words for who rests on it."""
        if label not in self.offered and label not in self.cited:
            return f'<span class="ref unknown" title="No passage was offered under this number">[{label}]</span>'
        link = f'<a class="ref" href="#evidence-{self.number}-{label}" aria-label="Evidence {label}">[{label}]</a>'
        quotes = self.cited.get(label)
        return f'<span class="cite">{link}{self._peek(quotes[0])}</span>' if quotes else link

    def _peek(self, citation: Citation) -> str:
        source = citation.source
        by = " · ".join(byline(source)) or given(source.title or source.path)
        return (
            f'<span class="peek" role="note" translate="yes"><q dir="auto">{safe(_cut(citation.quote))}</q>'
            f'<span class="by">{by}</span>'
            f'<a href="{self._link(citation)}" target="reader" tabindex="-1">Open in document</a></span>'
        )

    def _conflict(self, conflict: Conflict, quotes: Sequence[Citation]) -> str:
        about = f"<strong>Compare the sources</strong>: {given(conflict.about)}"
        body = self._quotes(quotes) if quotes else self._sides(conflict)
        return f'<aside class="conflict" aria-label="Sources that differ"><p>{about}</p>{body}</aside>'

    def _sides(self, conflict: Conflict) -> str:
        sources = {label: item.source for label, item in self.offered.items()}
        sources |= {label: cited[0].source for label, cited in self.cited.items()}
        return f"<ul>{''.join(self._side(side, sources.get(side.label)) for side in conflict.sides)}</ul>"

    def _side(self, side: Side, source: Source | None) -> str:
        who = wording.attribution(source) if source else "An unknown source"
        name = attributed(source) if source else who
        words = safe(side.claim.removeprefix(f"{who}: "))
        marker = self._reference(side.label)
        return f'<li><span class="who">{name}:</span> <q dir="auto">{words}</q> {marker}</li>'


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST_PEEK else words[:_LONGEST_PEEK] + " …"


def _opened(link: str) -> str:
    return f'<a class="open" href="{link}" target="reader">Open in document</a>'


def emphasised(quote: Citation) -> str:
    """A quote, the words of it that answer bold."""
    before, answer, after = wording.halves(quote)
    return safe(before) + (f"<strong>{safe(answer)}</strong>" if answer else "") + safe(after)


def row(cells: Sequence[tuple[str, str, bool]]) -> str:
    """A table's row, each value under its head; the cells after the `_MOST_CELLS`th are in the evidence."""
    pairs = "".join(map(_cell, cells[:_MOST_CELLS]))
    more = len(cells) - _MOST_CELLS
    rest = f'<p class="note">and {count(more, "more cell")} of this row, under Evidence</p>' if more > 0 else ""
    return f'<dl class="cells">{pairs}</dl>{rest}'


def _cell(cell: tuple[str, str, bool]) -> str:
    head, value, answers = cell
    content = f"<strong>{safe(value)}</strong>" if answers else safe(value)
    return f'<div><dt dir="auto">{safe(head) or "&nbsp;"}</dt><dd dir="auto">{content}</dd></div>'


def _understood(number: int, answer: Answer) -> str:
    if answer.standalone_question.strip() == answer.question.strip():
        return ""
    sentence = f'Read as: <bdi dir="auto">{safe(answer.standalone_question)}</bdi>'
    return f'<p class="understood">{sentence} {_do("alone", number, "Ask alone")}{_do("edit", number, "Edit")}</p>'


def _notes(number: int, answer: Answer) -> str:
    notes = [safe(answer.notice)] if answer.notice else []
    if answer.unsent:
        notes.append(f"Not given to the model: {', '.join(f'[{label}]' for label in answer.unsent)}.")
    if answer.unknown_labels:
        numbers = ", ".join(f"[{label}]" for label in answer.unknown_labels)
        notes.append(f"The answer cites {numbers}, which no passage was offered under.")
    if answer.filters.filters:
        notes.append(safe(in_words(answer.filters)) + _without(number, answer.filters.filters))
    return "".join(f'<p class="note">{note}</p>' for note in notes)


def _without(number: int, filters: Sequence[Filter]) -> str:
    """The offer to search without what the question's own words were taken to ask for."""
    asked_for = any(item.origin == "asked" and item.removed is None for item in filters)
    return f" {_do('anywhere', number, 'Search all documents')}" if asked_for else ""


def _made(answer: Answer) -> str:
    """How the answer came about: what was read, who wrote it, and how long it took."""
    parts = []
    if answer.passages:
        cited, offered = len({citation.label for citation in answer.citations}), len(answer.passages)
        how = "cited" if wording.written(answer) else "quoted"
        parts.append(f"{cited} of {count(offered, 'passage')} {how}" if cited else f"{count(offered, 'passage')} read")
    if answer.status != "refused":
        parts.append(safe(_author(answer)))
    if total := answer.timings_ms.get("total"):
        parts.append(f"{total / 1000:.1f} s")
    return f'<p class="made">{" · ".join(parts)}</p>' if parts else ""


def _author(answer: Answer) -> str:
    if not wording.written(answer):
        return "Quoted word for word"
    return f"Written by {answer.model or 'a language model'}"


def _tools(number: int, answer: Answer) -> str:
    """What can be done with a turn, in one line: see its evidence, copy it, judge it; the rest behind “Details”."""
    show = f'<a class="show" href="#evidence-{number}">Show evidence</a>' if answer.passages else ""
    copy = f'<button type="button" data-copy="{safe(as_text(answer))}">Copy with sources</button>'
    verdicts = _do("bad", number, "Keep as a test case") + _do("absent", number, "It is not in the documents")
    judge = (
        f'{_do("good", number, "Right")}<details class="judge"><summary>Wrong</summary><div data-form>'
        '<label>What would be right? (optional)<textarea rows="2" maxlength="2000"></textarea></label>'
        f'<span class="row">{verdicts}</span></div></details>'
    )
    again = _do("retry", number, "Ask again")
    rest = f'<details class="details"><summary>Details</summary>{_made(answer)}{again}</details>'
    judged = f'<span class="kept" id="judged-{number}" role="status"></span>'
    pin = _do("pin", number, "Pin")
    return f'<div class="tools">{show}{copy}{pin}{judge}{rest}{judged}</div>'


def _do(what: str, number: int, words: str) -> str:
    return f'<button type="button" data-do="{what}" data-id="{number}">{words}</button>'


def as_text(answer: Answer) -> str:
    """The answer as plain text: how it came out, each sentence with its verdict, and every quote with its place."""
    refused = answer.status == "refused"
    status = f"No answer. {wording.outcome(answer)}" if refused else wording.outcome(answer)
    sentences = [_plain(statement) for statement in wording.written(answer)]
    quotes = dict.fromkeys((*answer.citations, *answer.quotes))
    text = [] if sentences or quotes or answer.computed else [answer.text]
    parts = [answer.question], [status, wording.computed(answer), *sentences, *text], [*map(_placed, quotes)]
    return "\n\n".join("\n".join(filter(None, part)) for part in parts if any(part))


def _placed(citation: Citation) -> str:
    source, span = citation.source, citation.span
    where = f"{source.path}, characters {span.start}-{span.end}"
    headings = f"{wording.path(citation.headings)}, " if citation.headings else ""
    return f"[{citation.label}] {wording.attribution(source)}: “{citation.quote}” ({headings}{where})"


def _plain(statement: Statement) -> str:
    labels = "".join(f" [{label}]" for label in statement.labels if f"[{label}]" not in statement.text)
    verdict = "; ".join(filter(None, (SIGNS[statement.verdict][1], statement.note)))
    return f"{statement.text}{labels}" + (f" ({verdict})" if statement.verdict != "supported" else "")
