"""The public JSON form of an answer, and the way back: `rag ask --json`, the API, kept conversations, evals.

`answer_from(as_json(answer))` is the answer but for what the contract leaves out: a statement's own probability, the
other paths of a cited source (they stand with its passages), and the digest of a source that nothing is quoted from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar, get_args

from index.document.scan import confidence
from index.types import Frame, IndexState, Passage, ScannedSpan, Source, Span
from rag.types import (
    Answer,
    AnswererName,
    Citation,
    Computed,
    Conflict,
    Filter,
    Filtering,
    Operation,
    Ranks,
    Reason,
    RetrievedPassage,
    Side,
    Statement,
    Status,
    Verdict,
)

Json = dict[str, Any]
PATH = " > "
"""What stands between the headings of a path."""
_Name = TypeVar("_Name", bound=str)


def as_json(answer: Answer) -> Json:
    """The contract's object for `answer`; every value is a JSON type."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "status": answer.status,
        "probability": answer.probability,
        "reason": answer.reason,
        "missing": answer.missing,
        "text": answer.text,
        "statements": [statement_as_json(s) for s in answer.statements],
        "citations": [citation_as_json(c) for c in answer.citations],
        "quotes": [citation_as_json(c) for c in answer.quotes],
        "passages": [passage_as_json(p) for p in answer.passages],
        "unknown_labels": list(answer.unknown_labels),
        "unsent_labels": list(answer.unsent),
        "notice": answer.notice,
        "filters": filters_as_json(answer.filters),
        "conflicts": [asdict(c) for c in answer.conflicts],
        "computed": _computed(answer.computed) if answer.computed else None,
        "answerer": answer.answerer,
        "model": answer.model,
        "settings_fingerprint": answer.settings_fingerprint,
        "index": asdict(answer.index),
        "timings_ms": dict(answer.timings_ms),
    }


def answer_from(payload: Json) -> Answer:
    """The answer whose contract object `payload` is: `as_json` of it is `payload` again.

    Objects of version 0.1 are read too. Its quotes are called quotes, whatever verdict they had; what was withheld is
    left out; and what was missing, which was a sentence then, is the notice.

    Raises: KeyError, TypeError, ValueError or AttributeError, when it is no object of the contract.
    """
    payload = payload if "probability" in payload else _of_today(payload)
    cited = (*payload["citations"], *payload["quotes"])
    digests = {item["document_id"]: item["sha256"] for item in cited}
    status: Status = _one_of(payload["status"], get_args(Status))
    reason: Reason | None = None if payload["reason"] is None else _one_of(payload["reason"], get_args(Reason))
    answerer: AnswererName = _one_of(payload["answerer"], get_args(AnswererName))
    return Answer(
        question=payload["question"],
        standalone_question=payload["standalone_question"],
        status=status,
        probability=float(payload["probability"]),
        reason=reason,
        text=payload["text"],
        statements=tuple(_statement_from(item) for item in payload["statements"]),
        citations=tuple(_citation_from(item) for item in payload["citations"]),
        passages=tuple(_passage_from(item, digests) for item in payload["passages"]),
        conflicts=tuple(_conflict_from(item) for item in payload["conflicts"]),
        answerer=answerer,
        model=payload["model"],
        settings_fingerprint=payload["settings_fingerprint"],
        index=IndexState(**payload["index"]),
        timings_ms=dict(payload["timings_ms"]),
        filters=filters_from_json(payload["filters"]),
        missing=payload["missing"],
        unknown_labels=tuple(payload["unknown_labels"]),
        unsent=tuple(payload["unsent_labels"]),
        notice=payload["notice"],
        quotes=tuple(_citation_from(item) for item in payload["quotes"]),
        computed=_computed_from(payload["computed"]) if payload["computed"] else None,
    )


def filters_as_json(filtering: Filtering) -> Json:
    """The contract's form of the filters; empty where there was none."""
    if not filtering.filters:
        return {}
    return {
        "items": [asdict(item) for item in filtering.filters],
        "articles": filtering.articles,
        "undated": filtering.undated,
    }


def filters_from_json(payload: Json) -> Filtering:
    """The filters of which `filters_as_json` gave the form."""
    if not payload:
        return Filtering()
    return Filtering(tuple(Filter(**item) for item in payload["items"]), payload["articles"], payload["undated"])


def passage_as_json(item: RetrievedPassage) -> Json:
    """The contract's form of one passage, with its rank in every search leg."""
    return {
        "label": item.label,
        "passage_id": item.passage.id,
        "document_id": item.source.document_id,
        "path": item.source.path,
        **_printed(item.source, item.headings),
        "page": item.passage.page,
        "ocr": confidence(item.scanned, item.passage.span),
        "start": item.passage.start,
        "end": item.passage.end,
        "text": item.passage.text,
        "columns": item.columns,
        "also_in": list(dict.fromkeys((*item.source.also, *item.also_in))),
        "score": item.score,
        "ranks": asdict(item.ranks),
    }


def _computed(computed: Computed) -> Json:
    rows = [{"label": label, "start": span.start, "end": span.end} for label, span in computed.rows]
    return {
        "operation": computed.operation,
        "condition": computed.condition,
        "text": computed.text,
        "value": computed.value,
        "counted": computed.counted,
        "of": computed.of,
        "rows": rows,
    }


def _computed_from(payload: Json) -> Computed:
    operation: Operation = _one_of(payload["operation"], get_args(Operation))
    rows = tuple((row["label"], Span(row["start"], row["end"])) for row in payload["rows"])
    return Computed(
        operation, payload["condition"], payload["text"], payload["value"], payload["counted"], payload["of"], rows
    )


def search_as_json(query: str, filtering: Filtering, passages: Sequence[RetrievedPassage]) -> Json:
    """The contract's object for a search."""
    return {
        "query": query,
        "filters": filters_as_json(filtering),
        "passages": [passage_as_json(item) for item in passages],
    }


def source_as_json(source: Source, label: int) -> Json:
    """The contract's form of a document in a list; `label` is its number there."""
    return {
        "label": label,
        "document_id": source.document_id,
        "path": source.path,
        "also": list(source.also),
        "sha256": source.sha256,
        "title": source.title,
        "outlet": source.outlet,
        "author": source.author,
        "date": source.date,
    }


def statement_as_json(statement: Statement) -> Json:
    """The contract's form of a statement with its verdict."""
    return {
        "text": statement.text,
        "labels": list(statement.labels),
        "verdict": statement.verdict,
        "note": statement.note,
        "evidence": [{"label": label, "start": span.start, "end": span.end} for label, span in statement.evidence],
    }


def citation_as_json(citation: Citation) -> Json:
    """The contract's form of a citation."""
    return {
        "label": citation.label,
        "verdict": citation.verdict,
        "document_id": citation.source.document_id,
        "path": citation.source.path,
        "sha256": citation.source.sha256,
        **_printed(citation.source, citation.headings),
        "page": citation.page,
        "ocr": citation.ocr,
        "start": citation.span.start,
        "end": citation.span.end,
        "quote": citation.quote,
        "answer": span_as_json(citation.answer),
        "cells": [list(cell) for cell in citation.cells],
    }


def span_as_json(span: Span | None) -> list[int] | None:
    """The contract's form of a place: where it begins and ends; None where there is none."""
    return [span.start, span.end] if span else None


def _printed(source: Source, headings: Sequence[str]) -> Json:
    return {
        "title": source.title,
        "heading": PATH.join(headings) or None,
        "outlet": source.outlet,
        "author": source.author,
        "date": source.date,
    }


def _statement_from(payload: Json) -> Statement:
    evidence = tuple((item["label"], Span(item["start"], item["end"])) for item in payload["evidence"])
    return Statement(payload["text"], tuple(payload["labels"]), _verdict(payload), payload["note"], evidence)


def _citation_from(payload: Json) -> Citation:
    return Citation(
        label=payload["label"],
        verdict=_verdict(payload),
        source=_source(payload, payload["sha256"]),
        page=payload["page"],
        span=Span(payload["start"], payload["end"]),
        quote=payload["quote"],
        headings=_headings(payload),
        answer=Span(*payload["answer"]) if payload["answer"] else None,
        cells=tuple((head, value) for head, value in payload["cells"]),
        ocr=payload.get("ocr"),
    )


def _passage_from(payload: Json, digests: Mapping[str, str]) -> RetrievedPassage:
    document = payload["document_id"]
    return RetrievedPassage(
        label=payload["label"],
        passage=Passage(
            payload["passage_id"], document, 0, payload["start"], payload["end"], payload["text"], payload["page"]
        ),
        source=_source(payload, digests.get(document, "")),
        score=payload["score"],
        ranks=Ranks(**payload["ranks"]),
        headings=_headings(payload),
        columns=payload["columns"],
        also_in=tuple(payload["also_in"]),
        scanned=_scanned(payload),
    )


def _scanned(payload: Json) -> tuple[ScannedSpan, ...]:
    """The whole of a passage as if it were one word, of which the contract knows but how sure OCR is."""
    sure = payload.get("ocr")
    return () if sure is None else (ScannedSpan(Span(payload["start"], payload["end"]), sure, Frame(0, 0, 0, 0)),)


def _source(payload: Json, sha256: str) -> Source:
    return Source(
        document_id=payload["document_id"],
        path=payload["path"],
        sha256=sha256,
        title=payload["title"],
        outlet=payload["outlet"],
        author=payload["author"],
        date=payload["date"],
    )


def _headings(payload: Json) -> tuple[str, ...]:
    return tuple(payload["heading"].split(PATH)) if payload["heading"] else ()


def _conflict_from(payload: Json) -> Conflict:
    return Conflict(payload["about"], tuple(Side(side["label"], side["claim"]) for side in payload["sides"]))


def _verdict(payload: Json) -> Verdict:
    verdict: Verdict = _one_of(payload["verdict"], get_args(Verdict))
    return verdict


def _one_of(value: object, allowed: tuple[_Name, ...]) -> _Name:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return next(name for name in allowed if name == value)


def _of_today(payload: Json) -> Json:
    """An object of version 0.1 in today's form."""
    quoted = payload["answerer"] == "extract"
    return {
        **payload,
        "probability": 1.0 if payload["status"] == "answered" else 0.0,
        "missing": None,
        "computed": None,
        "notice": payload.get("notice") or payload["missing"],
        "statements": [_statement_of_today(item, payload["citations"], quoted) for item in payload["statements"]],
        "citations": [_citation_of_today(item, quoted) for item in payload["citations"]],
        "quotes": [_citation_of_today(item, quoted=True) for item in payload.get("quotes", ())],
        "passages": [_passage_of_today(item) for item in payload["passages"]],
        "unsent_labels": payload.get("unsent_labels", ()),
        "answerer": "quotes" if quoted else payload["answerer"],
    }


def _statement_of_today(payload: Json, citations: Sequence[Json], quoted: bool) -> Json:
    """What it was checked against were the citations of its labels with its verdict."""
    ours = quoted or payload.get("added", False)
    own = [
        cited for cited in citations if cited["label"] in payload["labels"] and cited["verdict"] == payload["verdict"]
    ]
    return {**payload, "verdict": "quoted" if ours else payload["verdict"], "evidence": own}


def _citation_of_today(payload: Json, quoted: bool) -> Json:
    return {
        **payload,
        "verdict": "quoted" if quoted else payload["verdict"],
        "heading": None,
        "answer": None,
        "cells": (),
    }


def _passage_of_today(payload: Json) -> Json:
    ranks = {"reader" if leg == "rerank" else leg: rank for leg, rank in payload["ranks"].items()}
    return {**payload, "heading": None, "columns": None, "also_in": payload.get("also_at", ()), "ranks": ranks}
