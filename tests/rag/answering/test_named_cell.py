"""A cell that a question names by row and head is looked up, and nothing that is only near to one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering.heads import cells_named
from rag.answering.named_cell import with_named_cell
from rag.answering.quotes import evidence_of
from rag.answering.reading import Candidate, Reading
from rag.types import Evidence, Quote
from tests.rag.counting.tables import pipeline_over
from tests.rag.readings import by_margin, read_over

DECISION = by_margin()
SILENT = 9.0
"""The logit of nothing, above that of every row: without a lookup none of these questions is told plainly."""
HEADS = ("glim", "brole", "tarnel", "vosk", "quend", "ploon")
VALUES = ("Ostrum", "Fennimor", "Sinje Auk", "Ulva Prenn", "kraft", "none", "Weir End")
ABSENT = "spindle"

PLAIN = (
    "What is the {head} of {id}?",
    "What's the {head} of {id}?",
    "Who is the {head} for {id}?",
    "Which {head} has {id}?",
    "What {head} does order {id} have?",
    "For which {head} is {id}?",
    "{head} of {id}",
    "{id} {head}?",
)
WITH_A_VERB = (
    "Which {head} prawls after {id}?",
    "Which {head} is {id} brolled on?",
    "What {head} was ordered in {id}?",
)
NEAR_MISSES = (
    "What is the {absent} of {id}?",
    "Which {absent} prawls after {id}?",
    "What is the {head} and the {other} of {id}?",
    "Which {head} has the {other} of {id}?",
    "What is the {head} per wemble of {id}?",
    "What was the {head} of {id} last year?",
    "What is the {head} of {id} today?",
    "What is the {head} of {id} without wemble?",
    "What is the wembled {head} of {id}?",
    "Which {head} wembled and brolled {id}?",
    "What is the {head} of {id} in Tarnholm?",
    "Is the {head} of {id} higher than that of {next}?",
    "What is the {head} of {id} and {next}?",
    "Which {head} is above that of {id}?",
    "Which {head} is not of {id}?",
    "What is the difference between the {head} of {id} and of {next}?",
    "How many {head}s does {id} have?",
    "Which {head} ordered {id}?",
    "How many have the {head} of {id}?",
    "Where is the {head} of {id}?",
    "Why does {id} have the {head}?",
    "Who wembled the {head} of {id}?",
    "Does {id} have a {head}?",
    "What did the {head} of {id} do?",
    "What is on the {head} of {id}?",
    "What is the {head} of {id} for?",
    "What is the {head} of X{id}?",
    "What is the {head} of {id}-B?",
    "What is the {head}?",
)


@dataclass(frozen=True)
class Orders:
    """A table of orders by number, and a row and two columns of it."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row: int
    column: int
    other: int

    @property
    def text(self) -> str:
        """The table in Markdown."""
        return table(("order_no", *self.heads), self.rows)

    @property
    def value(self) -> str:
        """What stands in the cell of row and column."""
        return self.rows[self.row][self.column + 1]

    def question(self, form: str) -> str:
        """The question of this form after the cell."""
        number, following = (self.rows[(self.row + step) % len(self.rows)][0] for step in (0, 1))
        head, other = self.heads[self.column], self.heads[self.other]
        return form.format(id=number, next=following, head=head, other=other, absent=ABSENT)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows)]
    return "\n".join(lines) + "\n"


@st.composite
def orders(draw: st.DrawFn) -> Orders:
    heads = draw(st.lists(st.sampled_from(HEADS), min_size=2, max_size=5, unique=True))
    numbers = draw(st.lists(st.integers(1000, 9999), min_size=2, max_size=6, unique=True))
    rows = tuple((f"K-{number}", *(draw(st.sampled_from(VALUES)) for _ in heads)) for number in numbers)
    column, other = draw(st.permutations(range(len(heads))))[:2]
    return Orders(tuple(heads), rows, draw(st.integers(0, len(rows) - 1)), column, other)


def rows_read(reading: Reading, more: Sequence[str] = ()) -> list[str]:
    """The rows that were read, as texts, and `more`."""
    units = (unit for of_one in reading.units.values() for unit in of_one if unit.cells)
    return ["; ".join(value for _, value in unit.cells) for unit in units] + list(more)


def looked_up(question: str, *texts: str, more: Sequence[str] = ()) -> tuple[Evidence, Evidence]:
    """The evidence before and after the lookup, over these tables; the first has `more` rows, which were not read."""
    reading = read_over(question, texts, nothing=SILENT)
    before = evidence_of(reading, DECISION, 75)

    def rows(row: Candidate) -> list[str]:
        return rows_read(read_over(question, [texts[row.passage.label - 1]]), more)

    return before, with_named_cell(before, reading, DECISION, rows)


def answer(quote: Quote) -> str:
    assert quote.answer is not None
    return quote.text[quote.answer.start - quote.span.start : quote.answer.end - quote.span.start]


@pytest.mark.parametrize("form", PLAIN)
@settings(max_examples=20)
@given(given_orders=orders())
def test_the_cell_of_a_row_and_a_head_that_are_named_is_the_answer(given_orders: Orders, form: str) -> None:
    before, after = looked_up(given_orders.question(form), given_orders.text)
    assert DECISION.status(before.probability) != "answered"
    assert DECISION.status(after.probability) == "answered"
    (quote,) = after.quotes
    assert answer(quote) == given_orders.value
    assert quote.cells[0] == ("order_no", given_orders.rows[given_orders.row][0])


@given(orders(), st.sampled_from(WITH_A_VERB))
def test_a_verb_that_nothing_stands_for_leaves_a_doubt(given_orders: Orders, form: str) -> None:
    _, after = looked_up(given_orders.question(form), given_orders.text)
    assert DECISION.status(after.probability) == "may_answer"
    assert answer(after.quotes[0]) == given_orders.value


@pytest.mark.parametrize("form", NEAR_MISSES)
@settings(max_examples=20)
@given(given_orders=orders())
def test_what_is_only_near_to_row_and_head_is_never_looked_up(given_orders: Orders, form: str) -> None:
    before, after = looked_up(given_orders.question(form), given_orders.text)
    assert after == before


@given(orders(), st.sampled_from(PLAIN + WITH_A_VERB), st.integers(100, 999))
def test_a_number_that_is_not_there_is_never_looked_up(given_orders: Orders, form: str, number: int) -> None:
    absent = Orders(given_orders.heads, ((f"K-{number}", *given_orders.rows[0][1:]),), 0, given_orders.column, 0)
    before, after = looked_up(absent.question(form), given_orders.text)
    assert after == before


@given(orders(), st.sampled_from(PLAIN + WITH_A_VERB))
def test_two_rows_that_fit_are_never_looked_up_though_one_was_not_read(given_orders: Orders, form: str) -> None:
    question, number = given_orders.question(form), given_orders.rows[given_orders.row][0]
    twice = table(("order_no", *given_orders.heads), [*given_orders.rows, given_orders.rows[given_orders.row]])
    assert len({*looked_up(question, twice)}) == 1
    assert len({*looked_up(question, given_orders.text, more=[f"{number.lower()}; Ostrum"])}) == 1


@given(orders(), st.sampled_from(PLAIN))
def test_another_table_must_not_gainsay_the_cell(given_orders: Orders, form: str) -> None:
    question, number = given_orders.question(form), given_orders.rows[given_orders.row][0]
    heads = ("Bill", given_orders.heads[given_orders.column], "Paid")
    same, others = (table(heads, [(number, value, "yes")]) for value in (given_orders.value, "Vurn"))
    assert DECISION.status(looked_up(question, given_orders.text, same)[1].probability) == "answered"
    before, after = looked_up(question, given_orders.text, others)
    assert after == before


@given(orders(), st.sampled_from(PLAIN))
def test_an_empty_cell_and_a_value_that_the_question_says_are_never_looked_up(given_orders: Orders, form: str) -> None:
    row = list(given_orders.rows[given_orders.row])
    row[given_orders.column + 1] = ""
    empty = table(("order_no", *given_orders.heads), [row, ("K-1", *["Vurn"] * len(given_orders.heads))])
    assert len({*looked_up(given_orders.question(form), empty)}) == 1
    said = f"{given_orders.question(form).rstrip('?')} {given_orders.value}?"
    assert len({*looked_up(said, given_orders.text)}) == 1


SHEDS = """| Brillet | Quarter | Fee (EUR) | Trade fee | Opens | Keeper |
|---|---|---|---|---|---|
| Great Orl | Osk | 48 | 40 | 3 May 2031 | Ulva Prenn |
| Little Orl | Fennimor | 60 | | 9 June 2031 | Tobin Rale |
"""


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("What is the fee for the Great Orl?", "48"),
        ("What is the trade fee for the Great Orl?", "40"),
        ("Which quarter is the Little Orl in?", "Fennimor"),
        ("When is the Great Orl open?", "3 May 2031"),
        ("Who is the keeper of the Little Orl?", "Tobin Rale"),
        ("What is the trade fee for the Little Orl?", None),  # and the fee is none
        ("Who is the fee of the Great Orl?", None),
        ("When is the keeper of the Great Orl?", None),
        ("What is the fee for the Orl?", None),
        ("What is the fee for the Great Vurn?", None),
    ],
)
def test_a_row_is_named_by_all_of_its_names(question: str, value: str | None) -> None:
    before, after = looked_up(question, SHEDS)
    if value is None:
        assert after == before
    else:
        assert answer(after.quotes[0]) == value
        assert DECISION.status(after.probability) == "answered"


def test_a_title_above_the_table_may_be_said_with_the_row() -> None:
    question = "What is the fee for the Great Orl of the Ostrum sheds?"
    assert len({*looked_up(question, SHEDS)}) == 1
    _, after = looked_up(question, f"# The Ostrum sheds\n\n{SHEDS}")
    assert answer(after.quotes[0]) == "48"


def test_a_head_is_named_without_its_unit_and_by_its_parts() -> None:
    cells = [("order_no", "K-1"), ("tide_fee_eur", "4"), ("moorDays", "9"), ("Water (m³)", "7"), ("Sail kg", "")]
    named = [cells_named(cells, f"What is the {name} of it?") for name in ("tide fee", "moor days", "water", "sail")]
    assert [head for ((head, _),) in named] == ["tide_fee_eur", "moorDays", "Water (m³)", "Sail kg"]
    assert cells_named([("school year", "4"), ("back yard", "none")], "Which school has a back door?") == []


def test_a_row_among_many_is_looked_up_in_its_whole_table(tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = "".join(f"K-{number},Tarn {number},{number % 7}\n" for number in range(1000, 1400))
    tables = {"orders.csv": f"order_no,keeper,tide\n{rows}"}
    for pipeline in pipeline_over(tables, tmp_path_factory):
        answered = pipeline.ask("Which keeper has K-1234?")
        (citation,) = answered.citations
        assert (answered.status, citation.quote) == ("answered", "| K-1234 | Tarn 1234 | 2 |")
        assert citation.answer is not None
        assert citation.answer.of(pipeline.text(citation.source.document_id)) == "Tarn 1234"
