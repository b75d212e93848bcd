"""Questions about the documents themselves, answered from the index: what there is, and what is in one of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.cut.sentences import sentences
from index.document.dates import human
from index.store.open import Index
from index.types import Span
from rag.asking.filters import Entry
from rag.asking.named import Known
from rag.asking.phrases import Token, tokens
from rag.lexicon import DEMONSTRATIVES
from rag.reader.units import heading_path
from rag.retrieval.retrieve import Retriever
from rag.types import Computed, Evidence, Operation, Quote, RetrievedPassage

Like = Callable[[str, Sequence[str]], Sequence[float]]
"""How alike a text is to each of others, -1 to 1."""

SURE = 0.95
"""The probability given to what is told from the index: there is nothing to be in doubt of."""
MOST_DOCUMENTS, MOST_PARTS = 12, 8
"""Documents of a list, and parts of one document, that are quoted."""
_NAMED = 40
"""Documents that a list names; the others are counted."""
_THINGS = frozenset(
    "document documents file files article articles text texts page pages index collection folder list".split()
)
"""What this program calls what it holds."""
_ASKS = frozenset("what which how do does can please".split())
_SUMMARY = ("summary", "summarize", "contents", "contain", "overview")
_ALIKE = 0.6
"""From this likeness on a word asks for a summary."""


def asks_for_overview(question: str, known: Known, like: Like) -> bool:
    """Whether a question says nothing but names of files and words for documents, and at most one for a summary."""
    files = [mention.span for mention in known.mentions(question) if mention.kind == "file"]
    line = [token for token in tokens(question) if not any(span.overlap(token.span) for span in files)]
    things = [token for token in line if token.form in _THINGS]
    left = [token for token in line if token.has_content and token.form not in _THINGS | _ASKS]
    opens = line[0].form if line else ""
    if len(left) > 1 or (not left and opens not in _ASKS | _THINGS) or not (files or things or _points(line)):
        return False
    return not left or max(like(left[0].text, _SUMMARY)) >= _ALIKE


def _points(line: Sequence[Token]) -> bool:
    """Whether a question is of what lies before one: "summarise this", "what is this about"."""
    content = sum(token.has_content for token in line)
    forms = {token.form for token in line}
    return bool(forms & DEMONSTRATIVES) and (content == 1 or "about" in forms)


@dataclass(frozen=True)
class Overview:
    """Tells of the documents of one generation of an index."""

    index: Index
    retriever: Retriever

    def of(self, entries: Sequence[Entry]) -> tuple[tuple[RetrievedPassage, ...], Evidence] | None:
        """What is in the one document that `entries` are of, or which documents they are of; None of none."""
        first = {entry.article.document_id: entry for entry in reversed(entries)}
        documents = sorted(first.values(), key=lambda entry: entry.paths[0])
        if not documents:
            return None
        return self._document(entries) if len(documents) == 1 else self._documents(documents)

    def _documents(self, entries: Sequence[Entry]) -> tuple[tuple[RetrievedPassage, ...], Evidence]:
        names = [self._name(entry) for entry in entries]
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        text = f"{len(names):,} documents: {'; '.join(names[:_NAMED])}{more}."
        parts = [part for entry in entries[:MOST_DOCUMENTS] for part in self._openings(entry, 1)]
        return self._evidence("documents", text, f"{len(names):,}", len(names), parts)

    def _document(self, entries: Sequence[Entry]) -> tuple[tuple[RetrievedPassage, ...], Evidence]:
        """The headings of a document, each with the first sentence below it; else its first sentences."""
        document = entries[0].article.document_id
        text, structure = self.index.text(document), self.index.structure(document)
        headings = structure.heading_spans()
        parts = [(document, span) for entry in entries for _, span in self._openings(entry, 1)]
        for heading in headings:
            after = next(self._from(document, heading.end), None)
            is_below = after is not None and structure.headings(after.start)[-1:] == (heading,)
            parts += [(document, after)] if after and is_below else []
        if len(parts) == 1:
            parts = list(self._openings(entries[0], MOST_PARTS // 2))
        parts = list(dict.fromkeys(parts))
        titles = {entry.article.title for entry in entries}
        listed = [name for heading in headings if (name := " ".join(heading.of(text).split())) not in titles]
        under = f" Its headings: {'; '.join(listed[:_NAMED])}." if listed else ""
        name = "; ".join(dict.fromkeys(self._name(entry) for entry in entries[:_NAMED]))
        return self._evidence("overview", f"{name}.{under}", name, len(parts), parts[:MOST_PARTS])

    def _name(self, entry: Entry) -> str:
        """`annual.md, “Annual report”, Forbes, 2 May 2024`: as far as it is printed."""
        article = entry.article
        title = f"“{article.title}”" if article.title else None
        date = human(article.date) if article.date else None
        return ", ".join(filter(None, (entry.paths[0], title, article.outlet, article.author, date)))

    def _openings(self, entry: Entry, many: int) -> Iterator[tuple[str, Span]]:
        """The first sentences of an article, its headings left out."""
        article = entry.article
        start = max(article.span.start, *(span.end for span in (article.headline, article.byline) if span), 0)
        spans = (span for span in self._from(article.document_id, start) if article.span.contains(span))
        yield from ((article.document_id, span) for span, _ in zip(spans, range(many), strict=False))

    def _from(self, document: str, at: int) -> Iterator[Span]:
        """The sentences and rows from a character on, one by one."""
        text, structure = self.index.text(document), self.index.structure(document)
        for block in structure.following(at):
            if block.kind == "row":
                yield from (block.span,) if block.cells else ()
            elif block.kind in ("paragraph", "item"):
                yield from sentences(text, block.span)

    def _evidence(
        self, operation: Operation, text: str, value: str, many: int, parts: Sequence[tuple[str, Span]]
    ) -> tuple[tuple[RetrievedPassage, ...], Evidence]:
        items: dict[str, RetrievedPassage] = {}
        quotes: list[Quote] = []
        for document, span in parts:
            passage = self.index.passage_at(document, span.start)
            if passage is None or not passage.span.contains(span):
                continue
            item = items.get(passage.id) or replace(self.retriever.item(passage), label=len(items) + 1)
            items[passage.id] = item
            path = heading_path(self.index.structure(document), self.index.text(document), span.start)
            quotes.append(Quote(item.label, span, span.of(self.index.text(document)), None, path))
        rows = tuple((quote.label, quote.span) for quote in quotes)
        computed = Computed(operation, "", text, value, many, many, rows)
        return tuple(items.values()), Evidence(tuple(quotes), SURE, computed=computed)
