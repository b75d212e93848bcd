"""The answerer that needs no model: it quotes the words found, and says whose they are."""

from __future__ import annotations

from collections.abc import Sequence

from index.types import Source
from rag.asking.followup import rewritings
from rag.types import AnswererName, Draft, Evidence, Live, Quote, RetrievedPassage, Turn
from rag.wording import attribution, path


class QuotesAnswerer:
    """Quotes exact words, one line a quote, with outlet, author and date before them."""

    @property
    def name(self) -> AnswererName:
        """Always "quotes"."""
        return "quotes"

    @property
    def model(self) -> None:
        """There is none."""
        return None

    def rewritings(self, question: str, history: Sequence[Turn], live: Live | None = None) -> tuple[str, ...]:
        """Forms of `question` that stand without `history`, by the rules of `rag.asking.followup`."""
        return rewritings(question, history)

    def draft(
        self, question: str, passages: Sequence[RetrievedPassage], evidence: Evidence, live: Live | None = None
    ) -> Draft:
        """What was worked out, where it was, and every quote, in order; declined where there is nothing."""
        offers = {item.label: item for item in passages}
        lines = [evidence.computed.text] if evidence.computed else []
        lines += [
            f"{line(quote, offers[quote.label].source_of(quote.span))} [{quote.label}]" for quote in evidence.quotes
        ]
        return Draft("\n".join(lines), declined=not lines)


def line(quote: Quote, source: Source) -> str:
    """`Forbes, Paul Roderick Gregory, 13 April 2017: “…”`; the headline or the file where no outlet is printed, and the
    headings below it that hold for the words: `Release notes › 4.2: “…”`.

    A table's row is told as its values under their heads, `Item: Tea; Price: 39.90`, and not in quotation marks: the
    exact run of characters is the quote's own.
    """
    below = (heading for heading in quote.headings if heading != source.title)
    return f"{path((attribution(source), *below))}: {_row(quote) or f'“{_one_line(quote.text)}”'}"


def _row(quote: Quote) -> str:
    cells = [(_one_line(head), _one_line(value)) for head, value in quote.cells]
    return "; ".join(f"{head}: {value}" if head else value for head, value in cells if value)


def _one_line(text: str) -> str:
    return " ".join(text.split())
