"""What every form of an answer needs: why there is none, and which citations stand under a sentence."""

from __future__ import annotations

from rag import wording
from rag.types import Answer, Citation, Statement

NO_ANSWER = "The documents do not seem to hold an answer."


def refusal(answer: Answer) -> str:
    """Why a question was not answered, in words."""
    return wording.outcome(answer) or NO_ANSWER


def cited_by(answer: Answer, statement: Statement) -> tuple[Citation, ...]:
    """The citations of an answer that are one statement's own: of labels that it cites, with its verdict."""
    own = {(label, span) for label, span in statement.evidence if label in statement.labels}
    return tuple(
        item for item in answer.citations if (item.label, item.span) in own and item.verdict == statement.verdict
    )
