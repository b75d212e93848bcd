"""The evidence panel: all that was sent to the answerer, each passage a card with its quoted words marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from index.document.scan import confidence
from index.document.structure import Structure
from index.types import Source, Span
from rag import wording
from rag.app.page import reader
from rag.app.page.answer import LONGEST_ECHO
from rag.app.page.html import badge, byline, safe
from rag.app.page.passage import Marking, Slice, has_table, laid_out
from rag.app.page.sources import key_of
from rag.types import Answer, Citation, RetrievedPassage, Verdict

_AROUND = 420
_ALSO_NAMED = 3
_MEANINGS: Mapping[Verdict, str] = {
    "supported": "the cited words say it",
    "partly": "the cited words say some of it",
    "contradicted": "the cited words say otherwise",
    "unsupported": "the cited passage does not say it",
    "uncited": "no passage was cited for it",
}
_BACK = '<button type="button" class="back" data-shelve>Back to the answer</button>'
Mark = Callable[[Citation], str]
"""HTML that tells what became of a citation's source since; empty where it stands as it was."""


def as_it_was(_: Citation) -> str:
    """No mark at all."""
    return ""


def no_evidence_yet() -> str:
    """What stands in the evidence panel before the first turn: the meaning of each verdict on what a model wrote."""
    rows = "".join(f"<li>{badge(verdict)}<span>{meaning}</span></li>" for verdict, meaning in _MEANINGS.items())
    return (
        '<section class="nothing"><h2>Evidence</h2><p>The passages behind each answer appear here, whole, with '
        "the quoted words marked. A quote is word for word, and carries no verdict.</p>"
        "<details><summary>What the verdicts on a model’s sentences mean</summary>"
        f'<ul class="legend">{rows}</ul></details></section>'
    )


def evidence(
    number: int,
    answer: Answer,
    texts: Mapping[str, str],
    collection: str,
    mark: Mark = as_it_was,
    structures: Mapping[str, Structure] | None = None,
) -> str:
    """All that was sent to the answerer: cited passages first, the others after them.

    `texts` holds the decoded text of documents by id; a cited document that is missing there is shown without the
    words around its passage, and without the remark that its quotes are verbatim. By `structures`, also by id, tables
    and lists are set as such. Its links lead to the documents of `collection`.
    """
    quoted = sorted(dict.fromkeys((*answer.citations, *answer.quotes)), key=_label)
    cited = {label: list(group) for label, group in groupby(quoted, key=_label)}
    offered = {item.label: item for item in answer.passages}
    panel = _Panel(number, collection, texts, mark, structures or {})
    cards = "".join(panel.cited(quotes, offered.get(label)) for label, quotes in cited.items())
    rest = "".join(panel.read(item) for item in answer.passages if item.label not in cited)
    others = sum(item.label not in cited for item in answer.passages)
    return (
        f'<section class="evidence" id="evidence-{number}" tabindex="-1">'
        f'<header>{_BACK}<h2>Evidence</h2><p class="about">'
        f'Question {number}: <bdi dir="auto">{safe(answer.question[:LONGEST_ECHO])}</bdi></p></header>'
        f"{_group(_title(answer), len(cited), cards)}{_others(answer, others, rest)}</section>"
    )


def _title(answer: Answer) -> str:
    if answer.status == "refused":
        return "The nearest words"
    return "Cited" if any(citation.verdict != "quoted" for citation in answer.citations) else "Quoted"


def nothing_read(number: int) -> str:
    """The evidence of a turn that has no answer at all."""
    return (
        f'<section class="evidence" id="evidence-{number}" tabindex="-1">'
        f'<header>{_BACK}<h2>Evidence</h2><p class="about">'
        f"Nothing was read for question {number}.</p></header></section>"
    )


def _label(item: Citation) -> int:
    return item.label


def _group(title: str, count: int, cards: str) -> str:
    return f'<h3>{title} <span class="count">{count}</span></h3>{cards}' if count else ""


def _others(answer: Answer, count: int, cards: str) -> str:
    if not count:
        return "" if answer.passages else '<p class="about">No passage was found.</p>'
    if answer.status == "refused":
        return _group("Also near" if answer.quotes else "Nearest passages", count, cards)
    if not (answer.citations or answer.quotes):
        return _group("Read", count, cards)
    summary = f'<summary>Also read, not cited <span class="count">{count}</span></summary>'
    return f'<details class="others">{summary}{cards}</details>'


@dataclass(frozen=True, slots=True)
class _Panel:
    """The evidence of one turn."""

    number: int
    collection: str
    texts: Mapping[str, str]
    mark: Mark
    structures: Mapping[str, Structure]

    def cited(self, quotes: Sequence[Citation], item: RetrievedPassage | None) -> str:
        """The card of a label, its quotes marked in the passage."""
        first = quotes[0]
        text, span = (item.passage.text, item.passage.span) if item else (first.quote, first.span)
        file_text = self.texts.get(first.source.document_id)
        passage = Slice(text, span, file_text)
        inside = [q for q in quotes if span.contains(q.span) and passage.of(q.span) == q.quote]
        body = self._body(passage, item, first.source.document_id, inside)
        body += "".join(
            f'<blockquote dir="auto"><mark>{safe(q.quote)}</mark></blockquote>' for q in quotes if q not in inside
        )
        verdicts = dict.fromkeys(quote.verdict for quote in quotes)
        judged = [verdict for verdict in verdicts if verdict != "quoted"]
        badges = "".join(map(badge, judged or verdicts))
        around = self.mark(first) + (_around(file_text, span) if file_text is not None else "")
        spans = sorted({quote.span for quote in quotes}, key=lambda span: (span.start, span.end))
        also = (*first.source.also, *(item.also_in if item else ()))
        sure = min((quote.ocr for quote in quotes if quote.ocr is not None), default=None)
        where = _where(first.source, also, spans, first.page, _checked(file_text, quotes) + _by_ocr(sure))
        headings = (item or first).headings
        parts = badges, body + around, where, _ranks(item)
        return self._card(first.label, first.source, headings, *parts, spans, first.page)

    def read(self, item: RetrievedPassage) -> str:
        """The card of a passage that nothing is quoted from."""
        spans, also = [item.passage.span], (*item.source.also, *item.also_in)
        passage = Slice(item.passage.text, item.passage.span, self.texts.get(item.source.document_id))
        body = self._body(passage, item, item.source.document_id, ())
        sure = _by_ocr(confidence(item.scanned, item.passage.span))
        where = _where(item.source, also, spans, item.passage.page, sure)
        parts = "", body, where, _ranks(item)
        return self._card(item.label, item.source, item.headings, *parts, spans, item.passage.page)

    def _body(self, passage: Slice, item: RetrievedPassage | None, document: str, quotes: Sequence[Citation]) -> str:
        """The words, quotes marked; the heads of a table above them where it is not set as one."""
        structure = self.structures.get(document)
        heads = "" if has_table(passage, structure) else _heads(item)
        return heads + laid_out(passage, structure, [Marking(quote.span, quote.answer) for quote in quotes])

    def _card(
        self,
        label: int,
        source: Source,
        headings: Sequence[str],
        badges: str,
        body: str,
        where: str,
        ranks: str,
        spans: Sequence[Span],
        page: int | None,
    ) -> str:
        title = safe(source.title or source.path)
        on_page = f" · page {page}" if page is not None else ""
        by = " · ".join(byline(source))
        beneath = f'<p class="by">{by}</p>' if by else ""
        if above := wording.path_beside(headings, source):
            beneath += f'<p class="heading" dir="auto">{safe(above)}</p>'
        if source.title or on_page:  # else the file's name stands above
            beneath += f'<p class="by"><span class="path">{safe(source.path)}</span>{on_page}</p>'
        link = reader.link(self.collection, source.document_id, spans, [label] * len(spans))
        opened = f'<a class="open" href="{safe(link)}" target="reader">Open document</a>'
        only = f'<button type="button" data-do="only" data-id="{key_of(source.path)}">Only this document</button>'
        return (
            f'<article class="card" id="evidence-{self.number}-{label}" tabindex="-1">'
            f'<header><span class="label">{label}</span>'
            f'<div class="head"><h4 dir="auto">{title}</h4>{beneath}</div>{badges}</header>{body}'
            f'<footer><p class="more">{opened}{only}</p><details class="details"><summary>Details</summary>'
            f'<p class="where">{where}</p>{ranks}</details></footer></article>'
        )


def _heads(item: RetrievedPassage | None) -> str:
    """The heads of the table that a passage is of, where it does not begin with them itself."""
    columns = item.columns if item else None
    if item is None or not columns or item.passage.text.startswith(columns):
        return ""
    return f'<p class="columns"><span class="unseen">Columns: </span><bdi dir="auto">{safe(columns)}</bdi></p>'


def _where(source: Source, also: Sequence[str], spans: Sequence[Span], page: int | None, checked: str) -> str:
    places = ", ".join(f"{span.start:,}–{span.end:,}" for span in spans)
    on_page = f" · page {page}" if page is not None else ""
    return f'<span class="path">{safe(source.path)}</span>{on_page} · characters {places}{checked}{_also(also)}'


def _by_ocr(sure: float | None) -> str:
    return f' · <span class="ocr">{safe(wording.by_ocr(sure))}</span>' if sure is not None else ""


def _also(paths: Sequence[str]) -> str:
    """Where the same words lie too; a few names of many, since the JSON has them all."""
    every = tuple(dict.fromkeys(paths))
    named = ", ".join(f'<span class="path">{safe(name)}</span>' for name in every[:_ALSO_NAMED])
    more = len(every) - _ALSO_NAMED
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
    legs = (("meaning", item.ranks.dense), ("wording", item.ranks.lexical), ("reading", item.ranks.reader))
    places = " · ".join(f"{leg} #{rank}" for leg, rank in legs if rank is not None)
    title = "Place in the dense and the lexical list, and as the reader orders them"
    return f'<span class="ranks" title="{title}">Found by {places}</span>' if places else ""


def _around(file_text: str, span: Span) -> str:
    before, after = file_text[max(0, span.start - _AROUND) : span.start], file_text[span.end : span.end + _AROUND]
    if not (before.strip() or after.strip()):
        return ""
    lead, trail = "… " if span.start > _AROUND else "", " …" if span.end + _AROUND < len(file_text) else ""
    return (
        '<details class="around"><summary>Read around it</summary><blockquote dir="auto">'
        f"{lead}{safe(before)}<b>{safe(span.of(file_text))}</b>{safe(after)}{trail}</blockquote></details>"
    )
