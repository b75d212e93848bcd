"""Questions that the documents themselves suggest, each kept only where its own words are found again as the answer.

They are made of what a format marks: a heading that is a question, the cells of a table, a sentence that says what
something is or how many, and the other headings. No model writes any. A question is offered only once it was asked, and
the words that it was made from came first and plainly. Pure but for the asking, which is an argument.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TypeVar

from index.cut.sentences import sentences
from index.types import TITLE_LEVEL, Block, Cell, Document, Span
from index.words.tokens import STOP_WORDS
from rag.asking.phrases import tokens
from rag.lexicon import AUXILIARIES, NUMBERS

MOST = 4
"""Questions that are offered at once."""
TRIED = 6
"""Questions that are tried for each one wanted."""
_OF_A_KIND = 3
_LONGEST = 110
"""Characters of a question: one that is longer is no line to choose from."""
_NUMBERED = re.compile(r"^\W*(?:\d+[.)]?)+\s+")
_SAYS_WHAT_IS = re.compile(
    r"^The (?P<subject>(?:[\w'’-]+ ){0,4}(?P<noun>[\w'’-]+)) (?P<verb>is|are|was|were) (?!that\b)(?=.*\d)"
)
_SEVERAL = "|".join(sorted(NUMBERS.keys() - {"one"}))
_COUNTED = re.compile(
    rf"(?:^|, (?:and |but )?)(?:\d{{1,3}}(?:,\d{{3}})*|{_SEVERAL}) (?P<rest>[^\W\d_][^,;:()“”\"]*)[.!]$", re.IGNORECASE
)
"""A clause at the end of a sentence that begins with how many."""
_FEWEST_OF_CLAUSE = 3
_LETTERS = re.compile(r"[^\W\d_]{2}")

_STANDS_FOR_ANOTHER = STOP_WORDS | NUMBERS.keys()
"""Words that name nothing by themselves, as in “the first one”."""
_T = TypeVar("_T")
Finds = Callable[[str], "DocumentSpan | None"]
"""Where the words stand that come first and plainly answer a question; None where none do."""


@dataclass(frozen=True, slots=True)
class DocumentSpan:
    """Words of a document, and those of them that answer, where they are known."""

    document_id: str
    span: Span
    answer: Span | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question, and the words of a document that it was made from: what answers it lies in them."""

    question: str
    document_id: str
    answer: Span

    def is_answered_by(self, words: DocumentSpan | None) -> bool:
        """Whether the words that were found are those that the question was made from."""
        return words is not None and words.document_id == self.document_id and words.span.overlap(self.answer) > 0


def suggestions(documents: Iterable[Document], finds: Finds, most: int = MOST) -> Iterator[Suggestion]:
    """Up to `most` questions that the documents answer, one of each document first; each is yielded once it was tried.

    Raises: what `finds` raises.
    """
    tried = islice(untried(documents), most * TRIED)
    yield from islice((one for one in tried if one.is_answered_by(finds(one.question))), most)


def untried(documents: Iterable[Document]) -> Iterator[Suggestion]:
    """All that the documents suggest, one of each document first; none was asked yet."""
    return _in_turn([candidates(document) for document in documents])


def candidates(document: Document) -> Iterator[Suggestion]:
    """The questions that one document suggests, of each kind in turn, none twice."""
    kinds = (_asked_by_headings, _of_sentences, _of_counts, _of_rows, _about_headings)
    made = _in_turn([islice(kind(document), _OF_A_KIND) for kind in kinds])
    known: set[str] = set()
    for question, answer in made:
        if len(question) <= _LONGEST and question not in known:
            known.add(question)
            yield Suggestion(question, document.id, answer)


_Made = tuple[str, Span]


def _asked_by_headings(document: Document) -> Iterator[_Made]:
    """Headings that are questions, as those of an FAQ."""
    for block, below in _sections(document):
        heading = block.span.of(document.text)
        if heading.endswith("?"):
            yield _line(heading), below


def _about_headings(document: Document) -> Iterator[_Made]:
    """Headings below the first, which is the document's title."""
    title = next((block for block in document.blocks if block.kind == "heading"), None)
    for block, below in _sections(document):
        heading = block.span.of(document.text)
        name = _line(_NUMBERED.sub("", heading)).rstrip(".:")
        if block != title and _LETTERS.search(name) and not heading.endswith("?"):
            yield f"What is said about {_in_a_sentence(name)}?", below


def _of_rows(document: Document) -> Iterator[_Made]:
    """A value of each table's first rows, by the name of its row and the head of its column."""
    tables: dict[int | None, list[Block]] = {}
    for block in document.blocks:
        if block.cells:
            tables.setdefault(block.table, []).append(block)
    yield from _in_turn([_of_table(document.text, rows) for rows in tables.values()])


def _of_table(text: str, rows: Sequence[Block]) -> Iterator[_Made]:
    values = Counter(cell.span.of(text) for row in rows for cell in row.cells)
    for number, row in enumerate(rows):
        name = next((cell for cell in row.cells if _is_name(cell.span.of(text), values)), None)
        others = [cell for cell in row.cells if name and _is_value(cell, name, text)]
        if name and others:
            head = _line(others[number % len(others)].head)
            yield f"What is listed under “{head}” for {_line(name.span.of(text))}?", row.span


def _is_name(value: str, values: Mapping[str, int]) -> bool:
    """Whether a cell names its row: it has letters, and stands in no other row."""
    return values[value] == 1 and bool(_LETTERS.search(value))


def _is_value(cell: Cell, name: Cell, text: str) -> bool:
    return cell.span.start > name.span.start and bool(cell.head.strip()) and bool(cell.span.of(text).strip())


def _of_sentences(document: Document) -> Iterator[_Made]:
    """Sentences that say in numbers what something is: “The rent is £1,045 a month” asks for the rent."""
    for sentence in _prose(document):
        says = _SAYS_WHAT_IS.match(sentence.of(document.text))
        if says and says["noun"].lower() not in _STANDS_FOR_ANOTHER:
            yield f"What {says['verb']} the {_line(says['subject'])}?", sentence


def _of_counts(document: Document) -> Iterator[_Made]:
    """Sentences that end by saying of how many something is so: “…, 40 mills closed in May” asks how many mills did."""
    for sentence in _prose(document):
        counted = _COUNTED.search(_line(sentence.of(document.text)))
        if counted and _is_clause(counted["rest"]):
            yield f"How many {counted['rest']}?", sentence


def _is_clause(rest: str) -> bool:
    """Whether what follows a number is a noun of which something is said: by an auxiliary, or by the word after it."""
    line = tokens(rest)
    if len(line) < _FEWEST_OF_CLAUSE or not line[0].has_content:
        return False
    says = line[1].has_content and line[1].text.isalpha()
    return says or any(token.form in AUXILIARIES for token in line)


def _prose(document: Document) -> Iterator[Span]:
    """The sentences of paragraphs and items."""
    for block in document.blocks:
        if block.kind in ("paragraph", "item"):
            yield from sentences(document.text, block.span)


def _sections(document: Document) -> Iterator[tuple[Block, Span]]:
    """Each heading with what stands below it, up to the next one; a heading above nothing is left out, and titles of
    tables are."""
    headings = ((place, block) for place, block in enumerate(document.blocks) if block.kind == "heading")
    places = [place for place, heading in headings if heading.level < TITLE_LEVEL]
    for place, following in pairwise([*places, len(document.blocks)]):
        below = document.blocks[place + 1 : following]
        if below:
            yield document.blocks[place], Span(below[0].span.start, below[-1].span.end)


def _in_a_sentence(name: str) -> str:
    """A heading as it is named within a sentence: in small letters where it is all in capitals."""
    return name.lower() if name.isupper() else name


def _line(text: str) -> str:
    return " ".join(text.split())


def _in_turn(many: Iterable[Iterable[_T]]) -> Iterator[_T]:
    """The first of each, the second of each, and so on."""
    waiting = deque(iter(each) for each in many)
    while waiting:
        each = waiting.popleft()
        for one in islice(each, 1):
            waiting.append(each)
            yield one
