"""The cell of a table that a question names by its row and by its head: looked up, and not guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from index.document.dates import find_dates
from index.types import Span
from index.words.tokens import fold, word_stems, words
from rag.answering.decide import Decision
from rag.answering.heads import Cell, cells_named, head_stems
from rag.answering.lookup import named_first
from rag.answering.quotes import as_quote
from rag.answering.reading import Candidate, Reading, mark_key, marks
from rag.asking.phrases import BE, phrases, tokens
from rag.lexicon import PREPOSITIONS
from rag.types import Evidence

Rows = Callable[[Candidate], Sequence[str]]
"""The values of each row of the whole table that a candidate is a row of, one text a row."""
_IS = re.compile(r"(?i)\b(what|who|when)['’]s\b")
_FRAME = {
    **dict.fromkeys(BE, "b"),
    **dict.fromkeys("do does did has have had".split(), "a"),
    **dict.fromkeys("the a an".split(), "d"),
    **dict.fromkeys("of for on at in".split(), "p"),
    **dict.fromkeys("which what".split(), "w"),
}
"""Words that ask for a cell and say nothing more of it, each with a sign for what it is."""
_PREPOSITIONS = dict.fromkeys(PREPOSITIONS, "r")
_HEAD, _NAME, _WHO, _VERB, _OTHER = "hnqvx"
"""The signs of a word of the head, of one that names the row or the table, of "who" or "when" where the value may be
that, of a word where a verb stands, and of any other.
"""
_NO_MORE = re.compile(
    r"""p?w n*h [badpnh]*                # which clerk has R-2125
        | [wq]b [dnh] (?:[badpnh]*[nh])? # what is the price of R-2125
        | [dpnh]* [nh]                   # R-2125 price""",
    re.VERBOSE,
)
_WITH_A_VERB = re.compile(r"p?w n*h [badpnh]* vr? [badpnh]*  # which clerk looks after R-2125", re.VERBOSE)


@dataclass(frozen=True, slots=True)
class _Named:
    """A row, the one cell of it that is asked for and where its value stands, and what names row and table."""

    row: Candidate
    cell: Cell
    place: Span
    names: tuple[str, ...]


def with_named_cell(evidence: Evidence, reading: Reading, decision: Decision, rows: Rows) -> Evidence:
    """The evidence; where what answers likeliest is a row that the question names, and no other row of its table, and
    where it names one head with a value: that row first, and the value as what answers.

    It answers where the question says no more than row and head, and the row is quoted alone. Where one verb is left
    over ("which clerk looks after R-2125") it may answer. Where anything else is, the evidence stays as it is.
    """
    ranked = named_first(decision.ranked(reading.candidates), reading.question)
    named = _named(ranked[0][1], reading, rows) if ranked else None
    if named is None or evidence.empty:
        return evidence
    signs = _signs(named, reading.question)
    quote = replace(as_quote(reading, named.row.passage.label, named.row.unit), answer=named.place)
    if _NO_MORE.fullmatch(signs):
        sure = max(evidence.probability, decision.answered)
        return replace(evidence, quotes=(quote,), probability=sure, missing=None)
    if _WITH_A_VERB.fullmatch(signs):
        doubtful = max(evidence.probability, (decision.refused + decision.answered) / 2)
        others = (other for other in evidence.quotes if (other.label, other.span) != (quote.label, quote.span))
        return replace(evidence, quotes=(quote, *others), probability=doubtful)
    return evidence


def _named(row: Candidate, reading: Reading, rows: Rows) -> _Named | None:
    """What the question names of a row and of no other; None where that is in doubt."""
    cells, wanted = row.unit.cells, cells_named(row.unit.cells, reading.question)
    if len(wanted) != 1 or not wanted[0][1]:
        return None
    filled = [cell for cell in cells if cell[1]]
    _, place = row.unit.pieces[filled.index(wanted[0])]
    by = _mark_keys(reading.question) & _keys(_text(cells))
    is_one = bool(by) and sum(_has_all(by, text) for text in rows(row)) == 1
    if not (is_one and row.span.contains(place)) or _is_contested(wanted[0], by, reading):
        return None
    names = [text for cell in cells if by & _keys(cell[1]) for text in cell]
    return _Named(row, wanted[0], place, (*names, *_called(row)))


def _has_all(by: frozenset[str], text: str) -> bool:
    """Whether a row has all these marks; most that have not are told by their letters."""
    folded = fold(text)
    return all(key[:2] in folded for key in by) and by <= _keys(text)


def _is_contested(cell: Cell, by: frozenset[str], reading: Reading) -> bool:
    """Whether a row of any table that was read is named as well, and has something else there."""
    read = (other.unit.cells for other in reading.candidates)
    rivals = (rival for cells in read if _has_all(by, _text(cells)) for rival in cells_named(cells, reading.question))
    return any(value != cell[1] for _, value in rivals)


def _signs(named: _Named, question: str) -> str:
    """The words of a question, a sign each."""
    text = _IS.sub(r"\1 is", question)
    nouns = {at for noun in phrases(text, linked=False) for at in range(*noun.place)}
    head, value = named.cell
    frame = _FRAME | _who_and_when(value)
    heads = dict.fromkeys(head_stems(head), _HEAD)
    names = dict.fromkeys((_singular(word.text) for word in words("; ".join(named.names))), _NAME)
    signs = ""
    for at, token in enumerate(tokens(text)):
        is_verb = token.has_content and not token.is_named and at not in nouns
        by_place = _VERB if is_verb else _PREPOSITIONS.get(token.form, _OTHER)
        by_name = names.get(_singular(token.text), by_place)
        signs += frame.get(token.form, heads.get(token.stem, by_name))
    return signs


def _who_and_when(value: str) -> dict[str, str]:
    """The signs of "who" and "when": a number is nobody, and only a date is a time."""
    has_number = any(map(str.isdigit, value))
    return {"who": _OTHER if has_number else _WHO, "when": _WHO if find_dates(value) else _OTHER}


def _called(row: Candidate) -> list[str]:
    """What the table of a row is called: its file, its title and the headings above it."""
    source = row.passage.source
    return [PurePosixPath(source.path).stem, source.title or "", *row.unit.headings]


def _singular(word: str) -> str:
    """A word without the ending of a plural or a possessive: not its stem, since what was "ordered" is no "order"."""
    return fold(word).removesuffix("'s").rstrip("s'")


def _text(cells: Sequence[Cell]) -> str:
    return "; ".join(value for _, value in cells)


def _keys(text: str) -> frozenset[str]:
    """The stems of the words of `text`, and the keys of its marks."""
    return _mark_keys(text) | word_stems(text)


def _mark_keys(text: str) -> frozenset[str]:
    return frozenset(mark_key(mark.text) for mark in marks(text))
