"""The public JSON form of an answer: `rag ask --json`, the eval results and the API share it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from index.types import Source
from rag.types import Answer, Citation, Filter, Filtering, RetrievedPassage, Statement

Json = dict[str, Any]


def as_json(answer: Answer) -> Json:
    """The contract's object for `answer`; every value is a JSON type."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "status": answer.status,
        "reason": answer.reason,
        "missing": answer.missing,
        "text": answer.text,
        "statements": [_statement(s) for s in answer.statements],
        "citations": [_citation(c) for c in answer.citations],
        "passages": [passage_as_json(p) for p in answer.passages],
        "unknown_labels": list(answer.unknown_labels),
        "unsent_labels": list(answer.unsent),
        "notice": answer.notice,
        "quotes": [_citation(c) for c in answer.quotes],
        "withheld": [_statement(s) for s in answer.withheld],
        "filters": filters_as_json(answer.filters),
        "conflicts": [asdict(c) for c in answer.conflicts],
        "answerer": answer.answerer,
        "model": answer.model,
        "settings_fingerprint": answer.settings_fingerprint,
        "index": asdict(answer.index),
        "timings_ms": dict(answer.timings_ms),
    }


def filters_as_json(filtering: Filtering) -> Json:
    """The contract's form of the filters; empty where there was none."""
    if not filtering.filters:
        return {}
    return {
        "items": [asdict(item) for item in filtering.filters],
        "articles": filtering.articles,
        "undated": filtering.undated,
    }


def filters_from_json(told: Json) -> Filtering:
    """The filters of which `filters_as_json` gave the form."""
    if not told:
        return Filtering()
    return Filtering(tuple(Filter(**item) for item in told["items"]), told["articles"], told["undated"])


def _statement(statement: Statement) -> Json:
    return {
        "text": statement.text,
        "labels": list(statement.labels),
        "verdict": statement.verdict,
        "note": statement.note,
        "attached": statement.attached,
        "added": statement.added,
        "instead_of": list(statement.instead_of),
    }


def _source(source: Source) -> Json:
    return {
        "document_id": source.document_id,
        "path": source.path,
        "also_at": list(source.also),
        "title": source.title,
        "outlet": source.outlet,
        "author": source.author,
        "date": source.date,
    }


def _citation(citation: Citation) -> Json:
    return {
        "label": citation.label,
        "verdict": citation.verdict,
        **_source(citation.source),
        "sha256": citation.source.sha256,
        "page": citation.page,
        "start": citation.span.start,
        "end": citation.span.end,
        "quote": citation.quote,
    }


def passage_as_json(item: RetrievedPassage) -> Json:
    """The contract's form of one passage, with its rank in every search leg."""
    return {
        "label": item.label,
        "passage_id": item.passage.id,
        **_source(item.source),
        "page": item.passage.page,
        "start": item.passage.start,
        "end": item.passage.end,
        "text": item.passage.text,
        "score": item.score,
        "ranks": asdict(item.ranks),
    }
