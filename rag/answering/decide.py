"""Whether to answer: before the answerer is asked, by the evidence; after it, by the verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Draft, Finding, Reason, Statement


def before(passages: int, findings: Sequence[Finding]) -> Reason | None:
    """Why no answerer should be asked; None where at least one part of the question has evidence."""
    if passages == 0:
        return "empty_index"
    return None if any(finding.quotes for finding in findings) else "no_evidence"


def after(draft: Draft, statements: Sequence[Statement]) -> Reason | None:
    """Why a draft is no answer; None where at least one statement stands, wholly or in part."""
    if any(statement.verdict in ("supported", "partly") for statement in statements):
        return None
    return "model_declined" if draft.declined or not statements else "unsupported"


def lacking(findings: Sequence[Finding]) -> str | None:
    """What the passages lack, in words, over all parts that have no evidence; None where every part has."""
    parts = [finding for finding in findings if not finding.quotes and finding.missing]
    if len(findings) == 1:
        return parts[0].missing if parts else None
    return "; ".join(f"“{part.question}”: {part.missing}" for part in parts) or None
