"""The public JSON form of an answer, and the way back: `rag ask --json`, the API, kept conversations, evals.

`answer_from(as_json(answer))` is the answer but for what the contract leaves out: a statement's own probability, the
other paths of a cited source (they stand with its passages), and the digest of a source that nothing is quoted from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar, get_args

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

if TYPE_CHECKING:
    from rag.checking.excerpt import Excerpt, Outline
    from rag.checking.quotation import Quotation
    from rag.checking.text import Check

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
        "statements": [_statement(s) for s in answer.statements],
        "citations": [_citation(c) for c in answer.citations],
        "quotes": [_citation(c) for c in answer.quotes],
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


def answer_from(told: Json) -> Answer:
    """The answer whose contract object `told` is: `as_json` of it is `told` again.

    Objects of version 0.1 are read too. Its quotes are called quotes, whatever verdict they had; what was withheld is
    left out; and what was missing, which was a sentence then, is the notice.

    Raises: KeyError, TypeError, ValueError or AttributeError, when it is no object of the contract.
    """
    told = told if "probability" in told else _of_today(told)
    cited = (*told["citations"], *told["quotes"])
    digests = {item["document_id"]: item["sha256"] for item in cited}
    status: Status = _one_of(told["status"], get_args(Status))
    reason: Reason | None = None if told["reason"] is None else _one_of(told["reason"], get_args(Reason))
    answerer: AnswererName = _one_of(told["answerer"], get_args(AnswererName))
    return Answer(
        question=told["question"],
        standalone_question=told["standalone_question"],
        status=status,
        probability=float(told["probability"]),
        reason=reason,
        text=told["text"],
        statements=tuple(_statement_from(item) for item in told["statements"]),
        citations=tuple(_citation_from(item) for item in told["citations"]),
        passages=tuple(_passage_from(item, digests) for item in told["passages"]),
        conflicts=tuple(_conflict_from(item) for item in told["conflicts"]),
        answerer=answerer,
        model=told["model"],
        settings_fingerprint=told["settings_fingerprint"],
        index=IndexState(**told["index"]),
        timings_ms=dict(told["timings_ms"]),
        filters=filters_from_json(told["filters"]),
        missing=told["missing"],
        unknown_labels=tuple(told["unknown_labels"]),
        unsent=tuple(told["unsent_labels"]),
        notice=told["notice"],
        quotes=tuple(_citation_from(item) for item in told["quotes"]),
        computed=_computed_from(told["computed"]) if told["computed"] else None,
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


def filters_from_json(told: Json) -> Filtering:
    """The filters of which `filters_as_json` gave the form."""
    if not told:
        return Filtering()
    return Filtering(tuple(Filter(**item) for item in told["items"]), told["articles"], told["undated"])


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


def _computed_from(told: Json) -> Computed:
    operation: Operation = _one_of(told["operation"], get_args(Operation))
    rows = tuple((row["label"], Span(row["start"], row["end"])) for row in told["rows"])
    return Computed(operation, told["condition"], told["text"], told["value"], told["counted"], told["of"], rows)


def search_as_json(query: str, filtering: Filtering, passages: Sequence[RetrievedPassage]) -> Json:
    """The contract's object for a search."""
    return {
        "query": query,
        "filters": filters_as_json(filtering),
        "passages": [passage_as_json(item) for item in passages],
    }


def check_as_json(check: Check) -> Json:
    """The contract's object for a text that was checked; `place` counts in the text, all other offsets in sources."""
    rows = zip(check.statements, check.places, check.citations, strict=True)
    verdicts = [statement.verdict for statement in check.statements]
    return {
        "supported": round(check.supported, 4),
        "verdicts": {verdict: verdicts.count(verdict) for verdict in get_args(Verdict) if verdict in verdicts},
        "statements": [
            {
                **_statement(statement),
                "probability": round(statement.probability, 4),
                "place": _pair(place),
                "citations": [_citation(citation) for citation in citations],
            }
            for statement, place, citations in rows
        ],
        "sources": [
            {
                **source_as_json(offer.source, offer.label),
                "span": [offer.span.start, offer.span.end] if offer.span else None,
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
        "places": [_citation(place) for place in quotation.places],
        "nearest": _citation(quotation.nearest) if quotation.nearest else None,
        "likeness": quotation.likeness,
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


def _statement(statement: Statement) -> Json:
    return {
        "text": statement.text,
        "labels": list(statement.labels),
        "verdict": statement.verdict,
        "note": statement.note,
        "evidence": [{"label": label, "start": span.start, "end": span.end} for label, span in statement.evidence],
    }


def _citation(citation: Citation) -> Json:
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
        "answer": _pair(citation.answer),
        "cells": [list(cell) for cell in citation.cells],
    }


def _pair(span: Span | None) -> list[int] | None:
    return [span.start, span.end] if span else None


def _printed(source: Source, headings: Sequence[str]) -> Json:
    return {
        "title": source.title,
        "heading": PATH.join(headings) or None,
        "outlet": source.outlet,
        "author": source.author,
        "date": source.date,
    }


def _statement_from(told: Json) -> Statement:
    evidence = tuple((item["label"], Span(item["start"], item["end"])) for item in told["evidence"])
    return Statement(told["text"], tuple(told["labels"]), _verdict(told), told["note"], evidence)


def _citation_from(told: Json) -> Citation:
    return Citation(
        label=told["label"],
        verdict=_verdict(told),
        source=_source(told, told["sha256"]),
        page=told["page"],
        span=Span(told["start"], told["end"]),
        quote=told["quote"],
        headings=_headings(told),
        answer=Span(*told["answer"]) if told["answer"] else None,
        cells=tuple((head, value) for head, value in told["cells"]),
        ocr=told.get("ocr"),
    )


def _passage_from(told: Json, digests: Mapping[str, str]) -> RetrievedPassage:
    document = told["document_id"]
    return RetrievedPassage(
        label=told["label"],
        passage=Passage(told["passage_id"], document, 0, told["start"], told["end"], told["text"], told["page"]),
        source=_source(told, digests.get(document, "")),
        score=told["score"],
        ranks=Ranks(**told["ranks"]),
        headings=_headings(told),
        columns=told["columns"],
        also_in=tuple(told["also_in"]),
        scanned=_scanned(told),
    )


def _scanned(told: Json) -> tuple[ScannedSpan, ...]:
    """The whole of a passage as if it were one word, of which the contract knows but how sure OCR is."""
    sure = told.get("ocr")
    return () if sure is None else (ScannedSpan(Span(told["start"], told["end"]), sure, Frame(0, 0, 0, 0)),)


def _source(told: Json, sha256: str) -> Source:
    return Source(
        document_id=told["document_id"],
        path=told["path"],
        sha256=sha256,
        title=told["title"],
        outlet=told["outlet"],
        author=told["author"],
        date=told["date"],
    )


def _headings(told: Json) -> tuple[str, ...]:
    return tuple(told["heading"].split(PATH)) if told["heading"] else ()


def _conflict_from(told: Json) -> Conflict:
    return Conflict(told["about"], tuple(Side(side["label"], side["claim"]) for side in told["sides"]))


def _verdict(told: Json) -> Verdict:
    verdict: Verdict = _one_of(told["verdict"], get_args(Verdict))
    return verdict


def _one_of(value: object, allowed: tuple[_Name, ...]) -> _Name:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return next(name for name in allowed if name == value)


def _of_today(told: Json) -> Json:
    """An object of version 0.1 in today's form."""
    quoted = told["answerer"] == "extract"
    return {
        **told,
        "probability": 1.0 if told["status"] == "answered" else 0.0,
        "missing": None,
        "computed": None,
        "notice": told.get("notice") or told["missing"],
        "statements": [_statement_of_today(item, told["citations"], quoted) for item in told["statements"]],
        "citations": [_citation_of_today(item, quoted) for item in told["citations"]],
        "quotes": [_citation_of_today(item, quoted=True) for item in told.get("quotes", ())],
        "passages": [_passage_of_today(item) for item in told["passages"]],
        "unsent_labels": told.get("unsent_labels", ()),
        "answerer": "quotes" if quoted else told["answerer"],
    }


def _statement_of_today(told: Json, citations: Sequence[Json], quoted: bool) -> Json:
    """What it was checked against were the citations of its labels with its verdict."""
    ours = quoted or told.get("added", False)
    own = [cited for cited in citations if cited["label"] in told["labels"] and cited["verdict"] == told["verdict"]]
    return {**told, "verdict": "quoted" if ours else told["verdict"], "evidence": own}


def _citation_of_today(told: Json, quoted: bool) -> Json:
    return {**told, "verdict": "quoted" if quoted else told["verdict"], "heading": None, "answer": None, "cells": ()}


def _passage_of_today(told: Json) -> Json:
    ranks = {"reader" if leg == "rerank" else leg: rank for leg, rank in told["ranks"].items()}
    return {**told, "heading": None, "columns": None, "also_in": told.get("also_at", ()), "ranks": ranks}
