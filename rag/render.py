"""Answers and their evidence as HTML, built only from escaped strings.

Every character that comes from a document, a model or a person passes through `safe`: markup becomes text, and
characters that could reorder, hide or corrupt what is read become visible marks. So nothing of a document is ever
live on the page, and no element that could fetch anything (img, link, script, iframe, form) is written here at all.

Ids: `turn-N` is a turn of the conversation, `evidence-N` its evidence, `evidence-N-L` the card of label L.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping, Sequence
from itertools import groupby

from index.dates import human
from index.types import IndexState, Source, Span
from rag import sides
from rag.extract import attribution
from rag.filters import in_words
from rag.types import Answer, Citation, Conflict, Reason, RetrievedPassage, Side, Statement, Verdict

_AROUND = 420
_LONGEST_ECHO = 600
_ALSO_NAMED = 3
_BADGES: Mapping[Verdict, tuple[str, str]] = {
    "supported": ("✓", "Supported"),
    "partly": ("◐", "Partly supported"),
    "unsupported": ("✕", "Not supported"),
    "uncited": ("○", "No source given"),
}
_REASONS: Mapping[Reason | None, str] = {
    "empty_index": "Nothing is indexed yet. Run “rag index” with a folder of documents, then ask again.",
    "no_evidence": "Your documents do not seem to hold an answer to this.",
    "model_declined": "The passages that were found do not answer this.",
    "unsupported": "An answer was drafted, but its sentences did not stand on the passages, so it is withheld.",
    "error": "The answer could not be completed.",
    None: "There is no answer to this.",
}
_MEANINGS: Mapping[Verdict, str] = {
    "supported": "the quoted words say it",
    "partly": "the quoted words say some of it",
    "unsupported": "the cited passage does not say it",
    "uncited": "no passage was cited for it",
}


def safe(text: str) -> str:
    """`text` escaped for HTML, its control, bidirectional and hidden characters replaced by visible marks."""
    return html.escape("".join(map(_visible, text)), quote=True)


def _visible(char: str) -> str:
    code = ord(char)
    if char in "\n\t" or 0x20 <= code < 0x7F:
        return char
    kind = unicodedata.category(char)
    if kind == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    joiner = code in (0x200C, 0x200D)
    if kind == "Cc" or (kind == "Cf" and not joiner and code != 0xAD):
        return f"‹U+{code:04X}›"
    return char


def indexed(state: IndexState) -> str:
    """What is indexed, in one line of text: `2 files · 70 passages`."""
    if not state.documents:
        return "Nothing indexed yet"
    return f"{_count(state.documents, 'file')} · {_count(state.passages, 'passage')}"


def header(title: str, state_line: str) -> str:
    """The page's title with what is indexed below it."""
    return f'<h1>{safe(title)}</h1><p class="state">{safe(state_line)}</p>'


def welcome() -> str:
    """What stands in the conversation before its first turn."""
    return (
        '<div class="welcome"><h2>What would you like to know?</h2><p>Answers come from your documents alone. '
        "Each sentence carries a verdict, and its number leads to the exact words it rests on. "
        "When the documents do not hold an answer, you are told so.</p></div>"
    )


def no_evidence_yet() -> str:
    """What stands in the evidence panel before the first turn: the meaning of each verdict."""
    rows = "".join(f"<li>{_badge(verdict)}<span>{meaning}</span></li>" for verdict, meaning in _MEANINGS.items())
    return (
        '<section class="nothing"><h2>Evidence</h2><p>The passages behind each answer appear here, whole, with '
        f'the quoted words marked.</p><h3>What the verdicts mean</h3><ul class="legend">{rows}</ul></section>'
    )


def asked(number: int, question: str, reply: str) -> str:
    """One turn of the conversation: the question, then `reply`, which is HTML."""
    told = question if len(question) <= _LONGEST_ECHO else question[:_LONGEST_ECHO] + " …"
    return (
        f'<article class="turn" id="turn-{number}"><h2 class="question"><span class="unseen">You asked: </span>'
        f'<bdi dir="auto">{safe(told)}</bdi></h2><div class="reply">{reply}</div></article>'
    )


def waiting() -> str:
    """The reply's place while it is being made."""
    return '<p class="waiting" role="status">Reading your documents<i>.</i><i>.</i><i>.</i></p>'


def trouble(sentence: str) -> str:
    """A reply that is only a sentence on why there is no answer."""
    return f'<p class="trouble" role="status">{safe(sentence)}</p>'


def reply(number: int, answer: Answer) -> str:
    """The answer as it stands in the conversation: each statement with its verdict, or an honest no."""
    body = _refusal(number, answer) if answer.status == "refused" else _told(number, answer)
    return _understood(answer) + body + _notes(answer) + _made(number, answer)


def evidence(number: int, answer: Answer, texts: Mapping[str, str]) -> str:
    """All that was sent to the answerer: cited passages first, the others after them.

    `texts` holds the decoded text of documents by id; a cited document that is missing there is shown without the
    words around its passage, and without the remark that its quotes are verbatim.
    """
    cited = {label: list(group) for label, group in groupby(sorted(answer.citations, key=_label), key=_label)}
    offered = {item.label: item for item in answer.passages}
    cards = "".join(_cited(number, quotes, offered.get(label), texts) for label, quotes in cited.items())
    rest = "".join(_read(number, item) for item in answer.passages if item.label not in cited)
    count = sum(item.label not in cited for item in answer.passages)
    return (
        f'<section class="evidence" id="evidence-{number}"><header><h2>Evidence</h2><p class="about">'
        f'Question {number}: <bdi dir="auto">{safe(answer.question[:_LONGEST_ECHO])}</bdi></p></header>'
        f"{_group('Cited', len(cited), cards)}{_others(answer, count, rest)}</section>"
    )


def nothing_read(number: int) -> str:
    """The evidence of a turn that has no answer at all."""
    return (
        f'<section class="evidence" id="evidence-{number}"><header><h2>Evidence</h2><p class="about">'
        f"Nothing was read for question {number}.</p></header></section>"
    )


def _label(item: Citation) -> int:
    return item.label


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _badge(verdict: Verdict) -> str:
    symbol, words = _BADGES[verdict]
    return f'<span class="badge {verdict}"><span aria-hidden="true">{symbol}</span> {words}</span>'


def _reference(number: int, label: int, known: bool) -> str:
    if not known:
        return f'<span class="ref unknown" title="No passage was offered under this number">[{label}]</span>'
    return f'<a class="ref" href="#evidence-{number}-{label}" aria-label="Evidence {label}">[{label}]</a>'


def _understood(answer: Answer) -> str:
    if answer.standalone_question.strip() == answer.question.strip():
        return ""
    return f'<p class="understood">Understood as: <bdi dir="auto">{safe(answer.standalone_question)}</bdi></p>'


def _told(number: int, answer: Answer) -> str:
    """The statements, then the sides of each disagreement; a statement that tells a side stands there alone."""
    compared = [(conflict, sides.told(conflict, answer.statements)) for conflict in answer.conflicts]
    set_apart = {statement for _, told in compared for statement in told}
    alone = [statement for statement in answer.statements if statement not in set_apart]
    listed = "" if set_apart and not alone else _statements(number, answer, alone)
    return listed + _missing(answer) + "".join(_conflict(number, answer, *pair) for pair in compared)


def _statements(number: int, answer: Answer, chosen: Sequence[Statement]) -> str:
    if not chosen:
        return f'<p class="statement" dir="auto">{safe(answer.text)}</p>'
    offered = {item.label for item in answer.passages}
    rows = "".join(_statement(number, statement, offered) for statement in chosen)
    return f'<ul class="statements">{rows}</ul>'


def _statement(number: int, statement: Statement, offered: set[int]) -> str:
    """One sentence; a number in it is a marker only where the statement itself says that it cites that label."""
    told, shown = safe(statement.text), set[int]()

    def marker(match: re.Match[str]) -> str:
        label = int(match[1])
        if label not in statement.labels:
            return match[0]
        shown.add(label)
        return _reference(number, label, label in offered)

    told = re.sub(r"\[(\d{1,6})\]", marker, told)
    told += "".join(
        " " + _reference(number, n, n in offered) for n in dict.fromkeys(statement.labels) if n not in shown
    )
    ours = "written without a source; this one was found for it" if statement.attached else ""
    said = "; ".join(part for part in (ours, statement.note) if part)
    note = f'<span class="note">{safe(said)}</span>' if said else ""
    return f'<li><p class="statement" dir="auto">{told}</p>{_badge(statement.verdict)}{note}</li>'


def _refusal(number: int, answer: Answer) -> str:
    lines = [f'<p class="no"><strong>No answer.</strong> {_REASONS[answer.reason]}</p>']
    lines.append(_missing(answer))
    if answer.statements:
        draft = f"<summary>The draft that was withheld</summary>{_statements(number, answer, answer.statements)}"
        lines.append(f'<details class="draft">{draft}</details>')
    if answer.passages:
        nearest = f'<a href="#evidence-{number}">nearest passages</a>'
        lines.append(f'<p class="nearest">The {nearest} are shown under Evidence, so that you can judge.</p>')
    return f'<div class="refusal">{"".join(lines)}</div>'


def _missing(answer: Answer) -> str:
    return f'<p class="missing"><span>What is missing:</span> {safe(answer.missing)}</p>' if answer.missing else ""


def _conflict(number: int, answer: Answer, conflict: Conflict, told: Sequence[Statement]) -> str:
    about = f"<strong>Compare the sources</strong>: {safe(conflict.about)}"
    shown = _statements(number, answer, told) if told else _sides(number, answer, conflict)
    return f'<aside class="conflict"><p>{about}</p>{shown}</aside>'


def _sides(number: int, answer: Answer, conflict: Conflict) -> str:
    sources = {item.label: item.source for item in answer.passages} | {c.label: c.source for c in answer.citations}
    rows = "".join(_side(number, side, sources.get(side.label)) for side in conflict.sides)
    return f"<ul>{rows}</ul>"


def _side(number: int, side: Side, source: Source | None) -> str:
    who = attribution(source) if source else "An unknown source"
    words = safe(side.claim.removeprefix(f"{who}: "))
    marker = _reference(number, side.label, source is not None)
    return f'<li><span class="who">{safe(who)}:</span> <q dir="auto">{words}</q> {marker}</li>'


def _notes(answer: Answer) -> str:
    notes = [answer.notice] if answer.notice else []
    if answer.unsent:
        notes.append(f"Not given to the model: {', '.join(f'[{label}]' for label in answer.unsent)}.")
    if answer.unknown_labels:
        numbers = ", ".join(f"[{label}]" for label in answer.unknown_labels)
        notes.append(f"The answer cites {numbers}, which no passage was offered under.")
    if answer.filters.filters:
        notes.append(in_words(answer.filters))
    return "".join(f'<p class="note">{safe(note)}</p>' for note in notes)


def _made(number: int, answer: Answer) -> str:
    parts = []
    if answer.passages:
        cited, offered = len({citation.label for citation in answer.citations}), len(answer.passages)
        read = f"{cited} of {_count(offered, 'passage')} cited" if cited else f"{_count(offered, 'passage')} read"
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


def _group(title: str, count: int, cards: str) -> str:
    return f'<h3>{title} <span class="count">{count}</span></h3>{cards}' if count else ""


def _others(answer: Answer, count: int, cards: str) -> str:
    if not count:
        return "" if answer.passages else '<p class="about">No passage was found.</p>'
    if not answer.citations:
        return _group("Nearest passages" if answer.status == "refused" else "Read", count, cards)
    summary = f'<summary>Also read, not cited <span class="count">{count}</span></summary>'
    return f'<details class="others">{summary}{cards}</details>'


def _cited(number: int, quotes: Sequence[Citation], item: RetrievedPassage | None, texts: Mapping[str, str]) -> str:
    first = quotes[0]
    text, span = (item.passage.text, item.passage.span) if item else (first.quote, first.span)
    file_text = texts.get(first.source.document_id)
    inside = [quote for quote in quotes if span.contains(quote.span) and _slice(text, span, quote.span) == quote.quote]
    shown = f'<blockquote dir="auto">{_marked(text, span, [quote.span for quote in inside])}</blockquote>'
    shown += "".join(
        f'<blockquote dir="auto"><mark>{safe(q.quote)}</mark></blockquote>' for q in quotes if q not in inside
    )
    badges = "".join(_badge(verdict) for verdict in dict.fromkeys(quote.verdict for quote in quotes))
    around = _around(file_text, span) if file_text is not None else ""
    where = _where(first.source, [quote.span for quote in quotes], first.page, _checked(file_text, quotes))
    return _card(number, first.label, first.source, badges, shown + around, where, _ranks(item))


def _read(number: int, item: RetrievedPassage) -> str:
    shown = f'<blockquote dir="auto">{safe(item.passage.text)}</blockquote>'
    where = _where(item.source, [item.passage.span], item.passage.page, "")
    return _card(number, item.label, item.source, "", shown, where, _ranks(item))


def _card(number: int, label: int, source: Source, badges: str, shown: str, where: str, ranks: str) -> str:
    title = safe(source.title or source.path)
    by = " · ".join(
        safe(part) for part in (source.outlet, source.author, human(source.date) if source.date else None) if part
    )
    byline = f'<p class="by">{by}</p>' if by else ""
    return (
        f'<article class="card" id="evidence-{number}-{label}" tabindex="-1"><header><span class="label">{label}</span>'
        f'<div class="head"><h4 dir="auto">{title}</h4>{byline}</div>{badges}</header>{shown}'
        f'<footer><p class="where">{where}</p>{ranks}</footer></article>'
    )


def _where(source: Source, spans: Sequence[Span], page: int | None, checked: str) -> str:
    places = ", ".join(f"{span.start:,}–{span.end:,}" for span in spans)
    on_page = f" · page {page}" if page is not None else ""
    return f'<span class="path">{safe(source.path)}</span>{on_page} · characters {places}{checked}{_also(source)}'


def _also(source: Source) -> str:
    """Where the same content lies too; a few names of many, since the JSON has them all."""
    named = ", ".join(f'<span class="path">{safe(path)}</span>' for path in source.also[:_ALSO_NAMED])
    more = len(source.also) - _ALSO_NAMED
    return f" · also in {named}" + (f" and {more:,} more" if more > 0 else "") if named else ""


def _checked(file_text: str | None, quotes: Sequence[Citation]) -> str:
    if file_text is None:
        return ""
    if all(quote.span.of(file_text) == quote.quote for quote in quotes):
        return ' · <span class="verbatim">verbatim</span>'
    return ' · <span class="changed">the stored text differs here</span>'


def _ranks(item: RetrievedPassage | None) -> str:
    if item is None:
        return ""
    legs = (("meaning", item.ranks.dense), ("wording", item.ranks.lexical), ("reranked", item.ranks.rerank))
    told = " · ".join(f"{leg} #{rank}" for leg, rank in legs if rank is not None)
    return (
        f'<p class="ranks" title="Place in the dense, lexical and reranked lists">Found by {told}</p>' if told else ""
    )


def _slice(text: str, span: Span, part: Span) -> str:
    return text[part.start - span.start : part.end - span.start]


def _marked(text: str, span: Span, parts: Sequence[Span]) -> str:
    """`text`, which lies at `span` of its file, with every one of `parts` inside a mark; parts may overlap."""
    told, at = [], span.start
    for part in sorted(parts, key=lambda p: (p.start, p.end)):
        start = max(part.start, at)
        if part.end <= start:
            continue
        told.append(safe(_slice(text, span, Span(at, start))))
        told.append(f"<mark>{safe(_slice(text, span, Span(start, part.end)))}</mark>")
        at = part.end
    return "".join([*told, safe(_slice(text, span, Span(at, span.end)))])


def _around(file_text: str, span: Span) -> str:
    before, after = file_text[max(0, span.start - _AROUND) : span.start], file_text[span.end : span.end + _AROUND]
    if not (before.strip() or after.strip()):
        return ""
    lead, trail = "… " if span.start > _AROUND else "", " …" if span.end + _AROUND < len(file_text) else ""
    return (
        '<details class="around"><summary>Read around it</summary><blockquote dir="auto">'
        f"{lead}{safe(before)}<b>{safe(span.of(file_text))}</b>{safe(after)}{trail}</blockquote></details>"
    )
