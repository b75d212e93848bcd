"""The answerer that needs no model: it quotes the sentences found, and says whose words they are."""

from __future__ import annotations

from collections.abc import Sequence

from index.dates import human
from index.types import Source
from rag.asking.followup import standalone
from rag.types import AnswererName, Draft, Finding, Live, Quote, RetrievedPassage, Turn


class ExtractAnswerer:
    """Quotes exact sentences, one line each, with outlet, author and date before the quotation marks."""

    @property
    def name(self) -> AnswererName:
        """Always "extract"."""
        return "extract"

    @property
    def model(self) -> None:
        """There is none."""
        return None

    def standalone(self, question: str, history: Sequence[Turn], live: Live | None = None) -> str:
        """`question` as the rules of `rag.asking.followup` read it after `history`."""
        return standalone(question, history)

    def draft(
        self,
        question: str,
        passages: Sequence[RetrievedPassage],
        findings: Sequence[Finding],
        live: Live | None = None,
    ) -> Draft:
        """Every quote of every finding, once, in order."""
        by_label = {item.label: item for item in passages}
        quotes = dict.fromkeys(quote for finding in findings for quote in finding.quotes)
        lines = [line(quote, by_label[quote.label].source) for quote in quotes]
        return Draft("\n".join(lines), declined=not lines)

    def confirms(self, question: str, findings: Sequence[Finding], live: Live | None = None) -> bool:
        """True where there is evidence: it quotes, and has no opinion of its own."""
        return any(finding.quotes for finding in findings)


def line(quote: Quote, source: Source) -> str:
    """`Forbes, Paul Roderick Gregory, 13 April 2017: “…” [2]`; the headline or the file where no outlet is printed."""
    words = " ".join(quote.text.split())
    return f"{attribution(source)}: “{words}” [{quote.label}]"


def attribution(source: Source) -> str:
    """Outlet, author and date as printed; else the headline; else the file's path."""
    printed = [part for part in (source.outlet, source.author) if part]
    if source.date:
        printed.append(human(source.date))
    return ", ".join(printed) or source.title or source.path
