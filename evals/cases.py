"""The cases of a suite, read and checked at the edge.

`answers`: any one of them counts. `answers_all`: every part is needed, in any of its forms; where a case gives
both, either way of being right counts. Evidence items of one `part` are alternatives; the parts are all needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from evals.errors import EvalError
from evals.gold import Gold, Place, occurrences
from evals.words import tokens
from index.types import Span
from rag.types import Turn

Split = Literal["tune", "test"]
NEAR_MISS = "near_miss"
"""The kind of an unanswerable question whose subject the documents do treat."""

Filled = Annotated[str, StringConstraints(min_length=1, strip_whitespace=False, pattern=r"\S")]
Forms = tuple[Filled, ...]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Exchange(_Strict):
    """An earlier question of the conversation and its answer."""

    question: str
    answer: str


class Evidence(_Strict):
    """A verbatim quote of a file that holds the answer, or its `part`."""

    file: Filled
    quote: Filled
    part: int = Field(default=0, ge=0)

    @field_validator("file")
    @classmethod
    def _inside(cls, file: str) -> str:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{file!r} must be a path within the documents folder")
        return file


class Case(_Strict):
    """One question with what a right answer says and where it is written."""

    id: Filled
    kind: Filled
    question: Filled
    history: tuple[Exchange, ...] = ()
    answerable: bool
    answers: Forms = ()
    answers_all: tuple[Annotated[Forms, Field(min_length=1)], ...] = ()
    evidence: tuple[Evidence, ...] = ()
    split: Split | None = None
    note: str = ""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The history in the form that `ask` takes."""
        return tuple(Turn(question=e.question, answer=e.answer) for e in self.history)

    @field_validator("answers", "answers_all")
    @classmethod
    def _has_words(cls, value: tuple[str | Forms, ...]) -> tuple[str | Forms, ...]:
        for form in (f for item in value for f in ([item] if isinstance(item, str) else item)):
            if not tokens(form):
                raise ValueError(f"{form!r} has no word that counts (articles and punctuation do not)")
        return value

    @model_validator(mode="after")
    def _unanswerable_is_bare(self) -> Case:
        if not self.answerable and (self.evidence or self.answers or self.answers_all):
            raise ValueError("'answerable' is false, so 'evidence', 'answers' and 'answers_all' must be empty")
        return self


def load_suite(path: Path) -> tuple[Case, ...]:
    """The cases of a JSON-lines file, in order; blank lines are passed over.

    Raises: EvalError, naming the file, the line and the field.
    """
    cases: dict[str, Case] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        case = _case(line, path, number)
        if case.id in cases:
            raise EvalError(f"{path}, line {number}, field 'id': {case.id!r} is used twice; give each case its own.")
        cases[case.id] = case
    if not cases:
        raise EvalError(f"{path} holds no cases; write one JSON object a line.")
    return tuple(cases.values())


def of_split(cases: Iterable[Case], split: Split | None) -> tuple[Case, ...]:
    """The cases marked with `split`, or all of them where it is None.

    Raises: EvalError, when no case is left.
    """
    chosen = tuple(case for case in cases if split is None or case.split == split)
    if not chosen:
        raise EvalError(f"No case has the split {split!r}; mark some in the suite, or run without a split.")
    return chosen


def gold_of(case: Case, text_of: Callable[[str], str | None]) -> Gold:
    """Every occurrence of the case's evidence, by part.

    `text_of` gives a file's decoded text, or None for a file that cannot matter to the comparison at hand: its
    offsets are then not looked for, only its length counts.

    Raises: EvalError, when a quote does not stand in its file.
    """
    parts: dict[int, list[Place]] = {}
    for item in case.evidence:
        text = text_of(item.file)
        spans = (Span(0, len(item.quote)),) if text is None else occurrences(text, item.quote)
        if not spans:
            raise EvalError(
                f"Case {case.id!r}: the quote {_short(item.quote)!r} does not stand in {item.file!r}; copy it verbatim."
            )
        parts.setdefault(item.part, []).extend(Place(item.file, span) for span in spans)
    return tuple(tuple(parts[number]) for number in sorted(parts))


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise EvalError(f"The suite {str(path)!r} cannot be read ({error.strerror}); check the path.") from error
    except UnicodeDecodeError as error:
        raise EvalError(f"The suite {str(path)!r} is not UTF-8 (byte {error.start}); save it as UTF-8.") from error


def _case(line: str, path: Path, number: int) -> Case:
    try:
        return Case.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(the whole case)"
        problem = "unknown key" if first["type"] == "extra_forbidden" else first["msg"].removeprefix("Value error, ")
        raise EvalError(f"{path}, line {number}, field {field!r}: {problem}.") from error


def _short(quote: str) -> str:
    return quote if len(quote) <= 80 else quote[:79] + "…"
