"""The line about notes: plain questions over texts of three sentences, none of which should be refused."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from evals.cases import Case, Split
from evals.errors import EvalError
from evals.loaders import text_of
from evals.table.asking import Asks
from evals.table.cells import Line, share


class Note(BaseModel):
    """A short text with a question that it answers."""

    id: str
    split: Split
    text: str
    question: str


_NOTE = TypeAdapter(Note)


def refused(system: Asks, base: Asks | None, suite: Path, work: Path) -> list[Line]:
    """The line of a suite whose every case brings its own `text`; all of them are indexed together, below `work`.

    Raises: EvalError, when it is not there or is not of this form.
    """
    try:
        notes = [_NOTE.validate_json(line) for line in text_of(suite, str(suite)).split("\n") if line.strip()]
    except ValidationError as error:
        raise EvalError(f"{str(suite)!r} does not read as notes, one a line: {error.errors()[0]['msg']}.") from error
    docs = work / "notes"
    docs.mkdir(parents=True, exist_ok=True)
    for note in notes:
        (docs / f"{note.id}.txt").write_text(note.text, encoding="utf-8")
    cases = [Case(id=note.id, kind="note", question=note.question, answerable=True, split=note.split) for note in notes]
    replies = [one.replies("notes-run", cases, docs) for one in ([system, base] if base else [system])]
    ours, *theirs = ((share(reply.is_refusal for reply in found.values()),) for found in replies)
    return [Line("notes of three sentences: plain questions refused", ours, "≤ 1 of 60", theirs[0] if theirs else ())]
