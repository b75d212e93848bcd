"""Public question sets, read from where the user put them. None of them is part of this project."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, TypeAdapter, ValidationError

from evals.cases import NEAR_MISS, Case, Evidence, Split
from evals.errors import EvalError
from evals.gold import Gold, Place
from evals.words import tokens
from index.types import Span

CHUNKING_HOME = "https://github.com/brandonstarxel/chunking_evaluation"
SQUAD_HOME = "https://rajpurkar.github.io/SQuAD-explorer"
WICE_HOME = "https://github.com/ryokamoi/wice"


@dataclass(frozen=True, slots=True)
class PublicSet:
    """The documents by file name, the cases, and by a case's id its file and, where there is evidence, its places."""

    documents: Mapping[str, str]
    cases: tuple[Case, ...]
    gold: Mapping[str, Gold]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of Wikipedia, the sentences of the page it cites, and whether they bear all of it out."""

    text: str
    evidence: tuple[str, ...]
    supported: bool
    split: Split


class _WiceRow(BaseModel):
    label: str
    claim: str
    evidence: list[str]


class _Reference(BaseModel):
    content: str
    start_index: int
    end_index: int


class _QuestionRow(BaseModel):
    question: str
    references: str
    corpus_id: str


class _SquadAnswer(BaseModel):
    text: str
    answer_start: int


class _SquadQuestion(BaseModel):
    id: str
    question: str
    is_impossible: bool = False
    answers: list[_SquadAnswer] = []


class _SquadParagraph(BaseModel):
    context: str
    qas: list[_SquadQuestion]


class _SquadArticle(BaseModel):
    title: str
    paragraphs: list[_SquadParagraph]


class _Squad(BaseModel):
    data: list[_SquadArticle]


_REFERENCES = TypeAdapter(list[_Reference])


def chunking_eval(folder: Path) -> PublicSet:
    """Chroma's chunking evaluation (Smith and Troynikov 2024): a case a question, an evidence part a reference.

    `folder` holds `questions_df.csv` and a `<corpus_id>.md` for each corpus. The case's kind is its corpus.

    Raises: EvalError, when it is not there, or when an offset does not give the reference's words.
    """
    rows = list(_question_rows(folder / "questions_df.csv"))
    documents = {
        f"{name}.md": text_of(folder / f"{name}.md", CHUNKING_HOME) for name in sorted({r.corpus_id for r in rows})
    }
    cases: dict[str, Case] = {}
    gold: dict[str, Gold] = {}
    for number, row in enumerate(rows, start=1):
        case_id, file = f"chunking-{number:03d}", f"{row.corpus_id}.md"
        try:
            references = _REFERENCES.validate_json(row.references)
            cases[case_id] = _chunking_case(case_id, file, row, references)
        except ValidationError as error:
            raise EvalError(f"Question {number} of {str(folder)!r}: {_first(error)}; fetch the set again.") from error
        if any(documents[file][r.start_index : r.end_index] != r.content for r in references):
            raise EvalError(f"Question {number} of {str(folder)!r}: offsets do not fit {file}; fetch the set again.")
        gold[case_id] = tuple((Place(file, Span(r.start_index, r.end_index)),) for r in references)
    files = {id_: f"{case.kind}.md" for id_, case in cases.items()}
    return PublicSet(documents, tuple(cases.values()), gold, files)


def squad(path: Path) -> PublicSet:
    """SQuAD 2.0 (Rajpurkar et al. 2018): a document a paragraph; impossible questions are near misses.

    `path` is the JSON file. Articles sorted by title alternate between the tune and the test half, so that no
    article is in both. An answerable case is of kind `answerable`; the places of its answers are alternatives.

    Raises: EvalError, when the file is not there or is not of this format.
    """
    try:
        return _squad_set(_Squad.model_validate_json(text_of(path, SQUAD_HOME)))
    except ValidationError as error:
        raise EvalError(f"{str(path)!r} is not SQuAD JSON ({_first(error)}); get it from {SQUAD_HOME}.") from error


def wice(path: Path) -> tuple[Claim, ...]:
    """WiCE (Kamoi et al. 2023): the claims of a file `claim/*.jsonl`; those at even places are the tune half.

    Partly supported claims count as not supported. The evidence is the whole cited page, sentence by sentence.

    Raises: EvalError, when the file is not there or is not of this format.
    """
    lines = [line for line in text_of(path, WICE_HOME).split("\n") if line.strip()]
    try:
        rows = [_WiceRow.model_validate_json(line) for line in lines]
    except ValidationError as error:
        raise EvalError(f"{str(path)!r} is not of WiCE's form ({_first(error)}); get it from {WICE_HOME}.") from error
    return tuple(
        Claim(row.claim, tuple(row.evidence), row.label == "supported", "test" if at % 2 else "tune")
        for at, row in enumerate(rows)
    )


def find(data: Path, name: str) -> Path:
    """The first file of this name below `data`.

    Raises: EvalError, when there is none.
    """
    first = next(iter(sorted(data.rglob(name))), None)
    if first is None:
        raise EvalError(f"There is no {name} below {str(data)!r}; name the folder of the public sets with --data.")
    return first


def text_of(path: Path, home: str) -> str:
    """The text of a file of a set that is had from `home`.

    Raises: EvalError, when it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"The data file {str(path)!r} cannot be read ({error}); get the set from {home}.") from error


def _chunking_case(case_id: str, file: str, row: _QuestionRow, references: list[_Reference]) -> Case:
    evidence = tuple(Evidence(file=file, quote=r.content, part=at) for at, r in enumerate(references))
    return Case(id=case_id, kind=row.corpus_id, question=row.question, answerable=True, evidence=evidence)


def _squad_set(content: _Squad) -> PublicSet:
    documents: dict[str, str] = {}
    cases: list[Case] = []
    gold: dict[str, Gold] = {}
    files: dict[str, str] = {}
    for number, article in enumerate(sorted(content.data, key=lambda a: a.title)):
        split: Split = "test" if number % 2 else "tune"
        for at, paragraph in enumerate(article.paragraphs):
            file = f"{number:03d}-{at:03d}.txt"
            documents[file] = paragraph.context
            cases += [_squad_case(question, file, split) for question in paragraph.qas]
            gold |= {q.id: (_squad_part(q, file),) for q in paragraph.qas if not q.is_impossible}
            files |= {question.id: file for question in paragraph.qas}
    return PublicSet(documents, tuple(cases), gold, files)


def _squad_case(question: _SquadQuestion, file: str, split: Split) -> Case:
    forms = () if question.is_impossible else tuple(dict.fromkeys(a.text for a in question.answers))
    return Case(
        id=question.id,
        kind=NEAR_MISS if question.is_impossible else "answerable",
        question=question.question,
        answerable=not question.is_impossible,
        answers=tuple(form for form in forms if tokens(form)),  # annotators marked a lone "." once
        evidence=tuple(Evidence(file=file, quote=form) for form in forms),
        split=split,
    )


def _squad_part(question: _SquadQuestion, file: str) -> tuple[Place, ...]:
    spans = dict.fromkeys(Span(a.answer_start, a.answer_start + len(a.text)) for a in question.answers)
    return tuple(Place(file, span) for span in spans)


def _question_rows(path: Path) -> Iterator[_QuestionRow]:
    lines = io.StringIO(text_of(path, CHUNKING_HOME), newline="")
    for number, row in enumerate(csv.DictReader(lines), start=1):
        try:
            yield _QuestionRow.model_validate(row)
        except ValidationError as error:
            raise EvalError(f"{str(path)!r}, question {number}: {_first(error)}; fetch the set again.") from error


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"
