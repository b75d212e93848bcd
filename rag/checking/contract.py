"""The public JSON form of what was checked, looked up or read: `rag verify --json`, the API, MCP."""

from __future__ import annotations

from dataclasses import asdict
from typing import get_args

from rag.checking.excerpt import Excerpt, Outline
from rag.checking.quotation import Quotation
from rag.checking.text import Check
from rag.contract import Json, citation_as_json, source_as_json, span_as_json, statement_as_json
from rag.types import Verdict


def check_as_json(check: Check) -> Json:
    """The contract's object for a text that was checked; `place` counts in the text, all other offsets in sources."""
    rows = zip(check.statements, check.places, check.citations, strict=True)
    verdicts = [statement.verdict for statement in check.statements]
    return {
        "supported": round(check.supported, 4),
        "verdicts": {verdict: verdicts.count(verdict) for verdict in get_args(Verdict) if verdict in verdicts},
        "statements": [
            {
                **statement_as_json(statement),
                "probability": round(statement.probability, 4),
                "place": span_as_json(place),
                "citations": [citation_as_json(citation) for citation in citations],
            }
            for statement, place, citations in rows
        ],
        "sources": [
            {
                **source_as_json(offer.source, offer.label),
                "span": span_as_json(offer.span),
            }
            for offer in check.offers
        ],
        "unknown": list(check.unknown),
    }


def quotation_as_json(quotation: Quotation) -> Json:
    """The contract's object for words that were looked for."""
    return {
        "quote": quotation.quote,
        "verbatim": quotation.verbatim,
        "places": [citation_as_json(place) for place in quotation.places],
        "nearest": citation_as_json(quotation.nearest) if quotation.nearest else None,
        "likeness": quotation.likeness,
    }


def excerpt_as_json(excerpt: Excerpt) -> Json:
    """The contract's object for a part of a document."""
    return {
        **source_as_json(excerpt.source, excerpt.label),
        "start": excerpt.span.start,
        "end": excerpt.span.end,
        "length": excerpt.length,
        "text": excerpt.text,
    }


def outline_as_json(outline: Outline) -> Json:
    """The contract's object for the headings of a document."""
    return {
        **source_as_json(outline.source, outline.label),
        "length": outline.length,
        "headings": [asdict(heading) for heading in outline.headings],
    }
