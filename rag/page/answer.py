"""An answer as it stands in the conversation: each statement with its verdict and its sources, or an honest no.

Ids: `turn-N` is a turn of the conversation, `evidence-N` its evidence, `evidence-N-L` the card of label L.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from index.dates import human
from index.types import IndexState, Source
from rag.answering import sides
from rag.answering.extract import attribution
from rag.asking.filters import in_words
from rag.page import reader
from rag.page.html import BADGES, badge, count, safe
from rag.types import Answer, Citation, Conflict, Filter, Reason, Side, Statement
from rag.verification.cite import chosen

LONGEST_ECHO = 600
_LONGEST_PEEK = 320
_REASONS: Mapping[Reason | None, str] = {
    "empty_index": "Nothing is indexed yet. Add files under Documents, then ask again.",
    "no_evidence": "Your documents do not seem to hold an answer to this.",
    "model_declined": "The passages that were found do not answer this.",
    "unsupported": "An answer was drafted, but its sentences did not stand on the passages, so it is withheld.",
    "error": "The answer could not be completed.",
    None: "There is no answer to this.",
}


def indexed(state: IndexState) -> str:
    """What is indexed, in one line of text: `2 files · 70 passages`."""
    if not state.documents:
        return "Nothing indexed yet"
    return f"{count(state.documents, 'file')} · {count(state.passages, 'passage')}"


def welcome() -> str:
    """What stands in the conversation before its first turn."""
    return (
        '<div class="welcome"><h2>What would you like to know?</h2><p>Answers come from your documents alone. '
        "Each sentence carries a verdict, and its number leads to the exact words it rests on. "
        "When the documents do not hold an answer, you are told so.</p></div>"
    )


def asked(number: int, question: str, reply: str) -> str:
    """One turn of the conversation: the question, then `reply`, which is HTML."""
    told = question if len(question) <= LONGEST_ECHO else question[:LONGEST_ECHO] + " …"
    return (
        f'<article class="turn" id="turn-{number}"><h2 class="question"><span class="unseen">You asked: </span>'
        f'<bdi dir="auto">{safe(told)}</bdi></h2><div class="reply">{reply}</div></article>'
    )


def waiting(doing: str = "Reading your documents") -> str:
    """The reply's place while it is being made."""
    return f'<p class="waiting" role="status">{doing}<i>.</i><i>.</i><i>.</i></p>'


def writing(text: str) -> str:
    """What a model has written so far, which nothing has checked yet."""
    return (
        '<div class="draft-live" aria-busy="true">'
        f'<p class="statement" dir="auto">{safe(text)}<i class="caret"></i></p>'
        '<p class="note">Being written. Each sentence is checked against its source when it is whole.</p></div>'
    )


def trouble(number: int, sentence: str) -> str:
    """A reply that is only a sentence on why there is no answer, and the offer to ask again."""
    return (
        f'<p class="trouble" role="status">{safe(sentence)}</p><p class="tools">{_do("retry", number, "Ask again")}</p>'
    )


def reply(number: int, answer: Answer, collection: str) -> str:
    """The answer as it stands in the conversation: each statement with its verdict, or an honest no."""
    turn = _Turn(number, answer, collection)
    body = turn.refusal() if answer.status == "refused" else turn.told()
    body += turn.withheld() + _notes(number, answer)
    return _understood(number, answer) + body + _made(number, answer) + _tools(number, answer)


class _Turn:
    """One answer, with what its markers lead to."""

    def __init__(self, number: int, answer: Answer, collection: str) -> None:
        self.number = number
        self.answer = answer
        self.collection = collection
        self.offered = {item.label: item for item in answer.passages}
        self.cited: dict[int, list[Citation]] = {}
        for citation in (*answer.citations, *answer.quotes):
            self.cited.setdefault(citation.label, []).append(citation)

    def told(self) -> str:
        """The statements, then the sides of each disagreement; a statement that tells a side stands there alone."""
        compared = [(conflict, sides.told(conflict, self.answer.statements)) for conflict in self.answer.conflicts]
        set_apart = {statement for _, told in compared for statement in told}
        alone = [statement for statement in self.answer.statements if statement not in set_apart]
        listed = "" if set_apart and not alone else self._statements(alone)
        return listed + _missing(self.answer) + "".join(self._conflict(*pair) for pair in compared)

    def refusal(self) -> str:
        """No answer, why not, and all there is instead of one."""
        answer = self.answer
        lines = [f'<p class="no"><strong>No answer.</strong> {_REASONS[answer.reason]}</p>', _missing(answer)]
        if answer.quotes:
            found = "".join(f"<li>{self._quoted(quote)}</li>" for quote in answer.quotes)
            lines.append(
                f'<div class="found"><p>Quoted from what was found:</p><ul class="statements">{found}</ul></div>'
            )
        if answer.statements:
            draft = f"<summary>The draft that was withheld</summary>{self._statements(answer.statements)}"
            lines.append(f'<details class="draft">{draft}</details>')
        if answer.passages:
            nearest = f'<a href="#evidence-{self.number}">nearest passages</a>'
            lines.append(f'<p class="nearest">The {nearest} are shown under Evidence, so that you can judge.</p>')
        return f'<div class="refusal">{"".join(lines)}</div>'

    def withheld(self) -> str:
        """What a model wrote of which nothing stands, folded away."""
        if not self.answer.withheld:
            return ""
        draft = "<summary>What the model wrote, and was withheld</summary>" + self._statements(self.answer.withheld)
        return f'<details class="draft">{draft}</details>'

    def _quoted(self, quote: Citation) -> str:
        who = attribution(quote.source)
        marker = self._reference(quote.label)
        words = f'<q dir="auto">{safe(quote.quote)}</q>'
        return f'<p class="statement"><span class="who">{safe(who)}:</span> {words} {marker}</p>'

    def _statements(self, chosen: Sequence[Statement]) -> str:
        if not chosen:
            return f'<p class="statement" dir="auto">{safe(self.answer.text)}</p>'
        return f'<ul class="statements">{"".join(map(self._statement, chosen))}</ul>'

    def _statement(self, statement: Statement) -> str:
        """One sentence; a number in it is a marker only where the statement itself says that it cites that label."""
        told, shown = safe(statement.text), set[int]()

        def marker(match: re.Match[str]) -> str:
            label = int(match[1])
            if label not in statement.labels:
                return match[0]
            shown.add(label)
            return self._reference(label)

        told = re.sub(r"\[(\d{1,6})\]", marker, told)
        told += "".join(" " + self._reference(n) for n in dict.fromkeys(statement.labels) if n not in shown)
        said = "; ".join(part for part in (chosen(statement), statement.note) if part)
        note = f'<span class="note">{safe(said)}</span>' if said else ""
        checked = badge(statement.verdict) + note + self._open(statement.labels)
        return f'<li><p class="statement" dir="auto">{told}</p><p class="checked">{checked}</p></li>'

    def _open(self, labels: Sequence[int]) -> str:
        """The way into the document, at the words of the first label that has any."""
        cited = next((self.cited[label] for label in labels if label in self.cited), None)
        return f'<a class="open" href="{self._link(cited[0])}" target="reader">Open in document</a>' if cited else ""

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
        words = citation.quote if len(citation.quote) <= _LONGEST_PEEK else citation.quote[:_LONGEST_PEEK] + " …"
        source = citation.source
        by = [part for part in (source.outlet, source.author, human(source.date) if source.date else None) if part]
        return (
            f'<span class="peek" role="note"><q dir="auto">{safe(words)}</q>'
            f'<span class="by">{safe(" · ".join(by or [source.title or source.path]))}</span>'
            f'<a href="{self._link(citation)}" target="reader" tabindex="-1">Open in document</a></span>'
        )

    def _conflict(self, conflict: Conflict, told: Sequence[Statement]) -> str:
        about = f"<strong>Compare the sources</strong>: {safe(conflict.about)}"
        shown = self._statements(told) if told else self._sides(conflict)
        return f'<aside class="conflict" aria-label="Sources that differ"><p>{about}</p>{shown}</aside>'

    def _sides(self, conflict: Conflict) -> str:
        sources = {label: item.source for label, item in self.offered.items()}
        sources |= {label: cited[0].source for label, cited in self.cited.items()}
        return f"<ul>{''.join(self._side(side, sources.get(side.label)) for side in conflict.sides)}</ul>"

    def _side(self, side: Side, source: Source | None) -> str:
        who = attribution(source) if source else "An unknown source"
        words = safe(side.claim.removeprefix(f"{who}: "))
        marker = self._reference(side.label)
        return f'<li><span class="who">{safe(who)}:</span> <q dir="auto">{words}</q> {marker}</li>'


def _understood(number: int, answer: Answer) -> str:
    if answer.standalone_question.strip() == answer.question.strip():
        return ""
    told = f'Understood as: <bdi dir="auto">{safe(answer.standalone_question)}</bdi>'
    return f'<p class="understood">{told} {_do("edit", number, "Edit")}</p>'


def _missing(answer: Answer) -> str:
    return f'<p class="missing"><span>What is missing:</span> {safe(answer.missing)}</p>' if answer.missing else ""


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


def _made(number: int, answer: Answer) -> str:
    parts = []
    if answer.passages:
        cited, offered = len({citation.label for citation in answer.citations}), len(answer.passages)
        read = f"{cited} of {count(offered, 'passage')} cited" if cited else f"{count(offered, 'passage')} read"
        parts.append(f'<a class="show" href="#evidence-{number}">Show evidence</a><span>{read}</span>')
    if answer.status == "answered":
        parts.append(f"<span>{safe(_author(answer))}</span>")
    if total := answer.timings_ms.get("total"):
        parts.append(f"<span>{total / 1000:.1f} s</span>")
    return f'<p class="made">{"".join(parts)}</p>' if parts else ""


def _author(answer: Answer) -> str:
    return (
        "Quoted word for word" if answer.answerer == "extract" else f"Written by {answer.model or 'a language model'}"
    )


def _tools(number: int, answer: Answer) -> str:
    """What can be done with a turn: copy it, ask it again, judge it."""
    copy = f'<button type="button" data-copy="{safe(as_text(answer))}">Copy with sources</button>'
    verdicts = _do("bad", number, "Keep as a test case") + _do("absent", number, "It is not in the documents")
    judge = (
        f'{_do("good", number, "Right")}<details class="judge"><summary>Wrong</summary><div data-form>'
        '<label>What would be right? (optional)<textarea rows="2" maxlength="2000"></textarea></label>'
        f'<span class="row">{verdicts}</span></div></details>'
    )
    told = f'<span class="kept" id="judged-{number}" role="status"></span>'
    return f'<div class="tools">{copy}{_do("retry", number, "Ask again")}{judge}{told}</div>'


def _do(what: str, number: int, words: str) -> str:
    return f'<button type="button" data-do="{what}" data-id="{number}">{words}</button>'


def as_text(answer: Answer) -> str:
    """The answer as plain text, a verdict on what does not stand, and below it every quote in full, with its place."""
    said = [_plain(statement) for statement in answer.statements if answer.text]
    lines = [answer.question, "", *(said or [answer.text or f"No answer. {_REASONS[answer.reason]}"]), ""]
    for citation in dict.fromkeys((*answer.citations, *answer.quotes)):
        source = citation.source
        where = f"{source.path}, characters {citation.span.start}-{citation.span.end}"
        lines.append(f"[{citation.label}] {attribution(source)}: “{citation.quote}” ({where})")
    return "\n".join(lines).strip()


def _plain(statement: Statement) -> str:
    labels = "".join(f" [{label}]" for label in statement.labels)
    told = "; ".join(filter(None, (BADGES[statement.verdict][1].lower(), chosen(statement), statement.note)))
    return f"{statement.text}{labels}" + (f" ({told})" if statement.verdict != "supported" else "")
