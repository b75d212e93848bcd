"""Questions made from a document's own marks, and kept only where its own words answer them."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from index.readers.markdown import read_markdown
from index.types import Block, BlockKind, Cell, Document, Span
from rag.asking.suggest import MOST, TRIED, DocumentSpan, Suggestion, candidates, suggestions

LEASE = (
    ("heading", "Lease of Flat 4"),
    ("heading", "3. RENT AND DEPOSIT"),
    ("paragraph", "The rent is £1,045 a month. It is raised once a year. The door is green."),
    ("heading", "How do I end it?"),
    ("paragraph", "By a letter, eight weeks before."),
    ("heading", "Nothing below"),
)


def document(parts: tuple[tuple[str, str], ...], key: str = "lease") -> Document:
    text, blocks = "", []
    for kind, words in parts:
        blocks.append(Block(_kind(kind), Span(len(text), len(text) + len(words)), level=kind == "heading"))
        text += f"{words}\n\n"
    return Document(key, "0" * 64, text, "utf-8", blocks=tuple(blocks))


def _kind(name: str) -> BlockKind:
    return name  # type: ignore[return-value]


def table(rows: tuple[tuple[str, ...], ...], heads: tuple[str, ...]) -> Document:
    text, blocks = "", []
    for row in rows:
        start, cells = len(text), []
        for head, value in zip(heads, row, strict=True):
            cells.append(Cell(head, Span(len(text), len(text) + len(value))))
            text += f"{value}|"
        blocks.append(Block("row", Span(start, len(text)), cells=tuple(cells), table=0))
        text += "\n"
    return Document("fares", "1" * 64, text, "utf-8", blocks=tuple(blocks))


def questions(document: Document) -> list[str]:
    return [one.question for one in candidates(document)]


def test_headings_and_sentences_that_say_in_numbers_what_something_is_are_asked_about() -> None:
    assert questions(document(LEASE)) == [
        "How do I end it?",
        "What is the rent?",
        "What is said about rent and deposit?",
    ]


def test_how_many_is_asked_of_a_clause_that_begins_with_a_number_and_says_something() -> None:
    prose = (
        ("paragraph", "After the flood, 40 vurns remain inside Ostrum. Two trokes were mended."),
        ("paragraph", "It holds for 3 years, five years on the glim. The truth is that 9 are lost. 12 per cent."),
    )
    assert questions(document(prose)) == ["How many vurns remain inside Ostrum?", "How many trokes were mended?"]


def test_a_row_is_asked_for_by_the_cell_that_no_other_row_has() -> None:
    fares = table(
        (("Bus", "Zone one", "1.80"), ("Bus", "Zone two", "2.60"), ("Bus", "Zone two", "5.90")),
        ("Kind", "Where", "Single"),
    )
    assert questions(fares) == ["What is listed under “Single” for Zone one?"]


def test_the_title_of_a_table_takes_no_question_from_the_heading_above_it() -> None:
    rows = "| Stage | Single |\n| Ormsby | 2.40 |\n| Vurn | 3.10 |\n"
    plain, titled = (
        read_markdown(f"# Ostrum\n\nBy the sea.\n\n## Ferry fares\n\n{title}{rows}".encode())
        for title in ("", "| Of 2031 | |\n")
    )
    without, beside = (
        questions(Document("fares", "1" * 64, one.text, one.encoding, blocks=one.blocks)) for one in (plain, titled)
    )
    assert without == beside
    assert "What is said about Ferry fares?" in beside


def test_what_answers_lies_in_the_words_that_the_question_was_made_from() -> None:
    lease = document(LEASE)
    for one in candidates(lease):
        assert one.is_answered_by(DocumentSpan("lease", Span(one.answer.start + 1, one.answer.start + 2)))
        assert not one.is_answered_by(DocumentSpan("other", one.answer))
        assert not one.is_answered_by(DocumentSpan("lease", Span(0, 1)))
        assert not one.is_answered_by(None)


def test_only_what_was_found_again_is_offered_and_one_of_each_document_first() -> None:
    many = [document(LEASE, str(number)) for number in range(3)]
    known = {one.question: one for lease in many[1:] for one in candidates(lease)}
    asked: list[str] = []

    def finds(question: str) -> DocumentSpan | None:
        asked.append(question)
        return None if question.startswith("How") else DocumentSpan("1", known[question].answer)

    offered = list(suggestions(many, finds))
    assert [(one.document_id, one.question) for one in offered] == [
        ("1", "What is the rent?"),
        ("1", "What is said about rent and deposit?"),
    ]
    assert len(asked) <= MOST * TRIED


WORDS = st.text(min_size=1).filter(str.strip)


@given(st.lists(st.tuples(st.sampled_from(["heading", "paragraph", "item"]), WORDS), max_size=12))
def test_any_document_suggests_questions_of_its_own_words_on_one_line(parts: list[tuple[str, str]]) -> None:
    made = document(tuple(parts))
    found: Iterator[Suggestion] = candidates(made)
    for one in found:
        assert one.question == " ".join(one.question.split())
        assert one.question.endswith("?")
        assert one.answer.of(made.text).strip()
