"""What a question names exactly: an identifier, a row of a table by its values, a cell that holds none."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from index.cut.searchable import row_text
from index.words.tokens import content_stems
from rag.answering.decide import Decision, Ranked
from rag.answering.heads import cells_named, is_said
from rag.answering.reading import FEATURES, Candidate, Reading, mark_key, marks
from rag.reader.layout import Unit
from rag.reader.reader import Reader
from rag.reader.units import ReadUnit
from rag.types import Evidence, Quote

_JOINT = "; "
_OF_READER = ("margin", "share", "lead")
Pair = tuple[float, Candidate]
Cells = Sequence[tuple[str, str]]


def named_first(ranked: Ranked, question: str) -> list[Pair]:
    """The candidates, those that a question names before others of their kind, which are left out."""
    return _rows_named(_without_rivals(ranked, question), question)


def is_identifier(mark: str) -> bool:
    """Whether a mark is the name of one thing by its form: letters and digits, in capitals or with three digits."""
    digits = sum(character.isdigit() for character in mark)
    letters = [character for character in mark if character.isalpha()]
    return bool(digits and letters) and (digits > 2 or any(map(str.isupper, letters)))


def _without_rivals(ranked: Ranked, question: str) -> Ranked:
    """The candidates without those that have another identifier of the form of one asked for, where that is held."""
    for identifier in filter(is_identifier, (mark.text for mark in marks(question))):
        held = [_identifiers(item.unit.unit.text) for _, item in ranked]
        key = mark_key(identifier)
        if any(key in keys for keys in held):
            is_rival = [key not in keys and any(_form(key) == _form(other) for other in keys) for keys in held]
            own = [pair for pair, rival in zip(ranked, is_rival, strict=True) if not rival]
            ranked = _with_first(own[0], own, ranked[0])
    return ranked


def identified(ranked: Ranked, question: str) -> list[Pair]:
    """The candidates, in order, that hold an identifier of the question, or are rows that it looks up."""
    wanted = _identifiers(question)
    by_name = [pair for pair in ranked if wanted & _identifiers(pair[1].unit.unit.text)]
    return by_name or [pair for pair in ranked if _is_looked_up(pair[1].unit, question)]


def _is_looked_up(row: ReadUnit, question: str) -> bool:
    """Whether a question names a value of a row and the head of another: "the deposit for the belt sander"."""
    is_meant = any(is_said(value, question) for _, value in row.cells)
    return is_meant and bool(cells_named(row.cells, question))


def _identifiers(text: str) -> frozenset[str]:
    return frozenset(mark_key(mark.text) for mark in marks(text) if is_identifier(mark.text))


def _form(identifier: str) -> str:
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", identifier))


def _rows_named(ranked: Ranked, question: str) -> list[Pair]:
    """The candidates without the rows that hold fewer of the question's words than another of the same table.

    "Melk, 2020" is the row with both: one with Melk alone answers it no more than one with 2020 alone. Where the best
    candidate is such a row, the one that holds more stands in its place. Heads are not counted, since every row has
    them.
    """
    if not ranked or not ranked[0][1].unit.cells:
        return list(ranked)
    best = ranked[0][1]
    wanted = content_stems(question)
    held = {id(item): wanted & _held(item) for _, item in ranked if _is_of_table(item, best)}
    full = [(score, item) for score, item in ranked if not _is_less(held.get(id(item)), held.values())]
    first = next(pair for pair in full if id(pair[1]) in held and held[id(pair[1])] >= held[id(best)])
    return _with_first(first, full, ranked[0])


def _with_first(first: Pair, pairs: Ranked, best: Pair) -> list[Pair]:
    """`pairs`, with `first` in the place of `best`, the likeliest of its kind.

    What the reader makes of one of several rows or sentences that are alike it makes of any: which of them is meant,
    the words tell better.
    """
    if first is best:
        return list(pairs)
    features = [
        max(own, other) if name in _OF_READER else own
        for name, own, other in zip(FEATURES, first[1].features, best[1].features, strict=True)
    ]
    stand_in = (max(first[0], best[0]), replace(first[1], features=tuple(features)))
    return [stand_in, *(pair for pair in pairs if pair is not first)]


def named_apart(ranked: Ranked, question: str) -> tuple[str, ...]:
    """The values of a table that the question names, one a column, where the best candidate is a row of it that does
    not have them all; empty else.

    Where it names two values of a column it compares or lists, and no row is meant alone.
    """
    if not ranked or not ranked[0][1].unit.cells:
        return ()
    best, wanted = ranked[0][1], content_stems(question)
    rows = [item.unit.cells for _, item in ranked if _is_of_table(item, best)]
    values: list[str] = []
    differs = False
    for at, (_, own) in enumerate(best.unit.cells):
        named = {row[at][1] for row in rows if is_said(row[at][1], question)}
        if len(named) == 1 and own:
            values += named
            differs = differs or (own not in named and not content_stems(own) & wanted)
    return tuple(values) if differs else ()


def with_empty_cell(evidence: Evidence, reading: Reading, decision: Decision, reader: Reader) -> Evidence:
    """The evidence; where what answers likeliest is a row that is quoted, and the question asks for a cell of it that
    is empty, that row alone and a refusal.

    Which cell that is, a head tells that the question names. Where it names none, the reader is asked again with the
    empty cells filled from other rows: the answer it then marks is what is wanted. Raises: ModelUnavailable.
    """
    best = [candidate for _, candidate in named_first(decision.ranked(reading.candidates), reading.question)[:1]]
    places = {(candidate.passage.label, candidate.span) for candidate in best}
    quote = next((quote for quote in evidence.quotes if (quote.label, quote.span) in places), None)
    unit = _unit_of(quote, reading) if quote is not None else None
    if quote is None or unit is None or all(value for _, value in quote.cells):
        return evidence
    named = cells_named(quote.cells, reading.question)
    head = named[0][0] if named else _head_marked(quote, unit, reading, reader)
    if head is None or any(value for _, value in named):
        return evidence
    doubt = min(evidence.probability, decision.refused / 2)
    return replace(evidence, quotes=(replace(quote, answer=None),), probability=doubt, missing=None, empty=head)


def _head_marked(quote: Quote, unit: ReadUnit, reading: Reading, reader: Reader) -> str | None:
    """The head of the empty cell in which the reader would find the answer; None where it would in another."""
    units = reading.units[quote.label]
    borrowed = _borrowed(quote.cells, _rows_of(reading, quote.label))
    filled = [(head, value or lent) for (head, value), lent in zip(quote.cells, borrowed, strict=True)]
    at = units.index(unit)
    completed = [Unit(row_text(filled)) if place == at else other.unit for place, other in enumerate(units)]
    answer = reader.read(reading.question, [completed])[0].answers[at]
    return _head_at(answer[0], filled, quote.cells) if answer else None


def _is_of_table(one: Candidate, other: Candidate) -> bool:
    """Whether two candidates are rows of data of one table, as far as document and heads tell."""
    heads = [[head for head, _ in candidate.unit.cells] for candidate in (one, other)]
    return one.passage.passage.document_id == other.passage.passage.document_id and heads[0] == heads[1]


def _held(candidate: Candidate) -> frozenset[str]:
    return content_stems(" ".join(value for _, value in candidate.unit.cells))


def _is_less(held: frozenset[str] | None, every: Collection[frozenset[str]]) -> bool:
    return held is not None and any(held < other for other in every)


def _unit_of(quote: Quote, reading: Reading) -> ReadUnit | None:
    return next((unit for unit in reading.units[quote.label] if unit.cells and unit.span == quote.span), None)


def _rows_of(reading: Reading, label: int) -> list[Cells]:
    """The rows of data of the document that a passage is of, as far as its passages were read."""
    document = reading.passages[label - 1].passage.document_id
    same = (item.label for item in reading.passages if item.passage.document_id == document)
    return [unit.cells for one in same for unit in reading.units[one] if unit.cells]


def _borrowed(cells: Cells, others: Sequence[Cells]) -> list[str]:
    """For each cell what another row has under its head; empty where none has anything."""
    alike = [other for other in others if [head for head, _ in other] == [head for head, _ in cells]]
    return [next((other[at][1] for other in alike if other[at][1]), "") for at in range(len(cells))]


def _head_at(place: int, filled: Cells, cells: Cells) -> str | None:
    """The head of the empty cell whose borrowed value stands at `place`; None for a value of its own."""
    end = 0
    for (head, value), (_, own) in zip(filled, cells, strict=True):
        if value:
            end += len(row_text([(head, value)])) + len(_JOINT)
        if place < end:
            return None if own else head
    return None
