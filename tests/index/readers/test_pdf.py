from __future__ import annotations

import pytest

from evals.making import pdf
from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.errors import UnreadableFile
from index.readers.pdf import read_pdf
from index.types import Document


def test_paragraphs_are_told_by_the_space_between_lines() -> None:
    got = read_pdf(pdf([["A heading", "", "A line that", "goes on.", "And more.", "", "Another."]]))
    assert got.text == "A heading\n\nA line that\ngoes on.\nAnd more.\n\nAnother."


def test_every_sentence_of_a_passage_begins_on_its_page() -> None:
    first = ["The harbour was closed.", "Fishermen waited and"]
    got = read_pdf(pdf([first, ["went home at night.", "The ferry did not sail."], [], ["The end came."]]))
    assert got.text == (
        "The harbour was closed.\nFishermen waited and\nwent home at night.\nThe ferry did not sail.\n\nThe end came."
    )
    assert [got.text[start:][:8] for start in got.pages] == ["The harb", "went hom", "The end ", "The end "]
    assert got.notes[0].startswith("no text layer on page 3: empty, or ")
    document = Document("0" * 16, "0" * 64, got.text, "utf-8", pages=got.pages)
    passages = chunk(document, split_articles(document), 200)
    assert [(p.page, p.text) for p in passages] == [
        (1, "The harbour was closed.\nFishermen waited and\nwent home at night."),
        (2, "The ferry did not sail."),
        (4, "The end came."),
    ]


def test_a_new_page_begins_a_new_paragraph_unless_a_sentence_runs_on() -> None:
    assert read_pdf(pdf([["One ends."], ["two"]])).text == "One ends.\n\ntwo"
    assert read_pdf(pdf([["One"], ["Two"]])).text == "One\n\nTwo"
    assert read_pdf(pdf([["one"], ["two"]])).text == "one\ntwo"


def test_a_scan_without_text_is_told() -> None:
    with pytest.raises(UnreadableFile, match="no text layer on pages 1-2"):
        read_pdf(pdf([[], []]))


def test_a_password_is_told_and_an_owners_lock_is_no_hindrance() -> None:
    with pytest.raises(UnreadableFile, match="protected with a password"):
        read_pdf(pdf([["secret"]], user=b"key"))
    assert read_pdf(pdf([["Anyone may read."]], user=b"")).text == "Anyone may read."


@pytest.mark.parametrize("keep", [9, 200, 400])
def test_a_pdf_that_is_cut_short(keep: int) -> None:
    with pytest.raises(UnreadableFile, match="damaged or truncated"):
        read_pdf(pdf([["The harbour was closed."]])[:keep])


def test_a_page_tree_that_leads_to_itself_ends() -> None:
    loop = pdf([["x"]]).replace(b"/Kids [4 0 R]", b"/Kids [2 0 R]")
    with pytest.raises(UnreadableFile, match="none of its pages can be read"):
        read_pdf(loop)


def placed(*texts: tuple[float, float, str]) -> str:
    """Lines of text at these points of a page, in this order."""
    return "\n".join(f"BT /F1 10 Tf {across} {up} Td ({text}) Tj ET" for across, up, text in texts)


LEFT = [
    "The committee reviewed the annual",
    "report on the harbour and found",
    "that the pier was closed all year",
    "because of ice.",
]
RIGHT = [
    "The western pier will be rebuilt",
    "in steel and reopens in autumn",
    "with a budget of four millions",
    "from the county.",
]


@pytest.mark.parametrize("by_row", [True, False])
def test_columns_are_read_one_after_the_other_however_they_are_drawn(by_row: bool) -> None:
    sides = [[(50.0, 700.0 - 12 * n, text) for n, text in enumerate(LEFT)]]
    sides += [[(320.0, 700.0 - 12 * n, text) for n, text in enumerate(RIGHT)]]
    order = [piece for row in zip(*sides, strict=True) for piece in row] if by_row else [*sides[0], *sides[1]]
    text = read_pdf(
        pdf([[]], drawing=placed((50, 730, "One line over both of the columns of this page."), *order))
    ).text
    assert text.split("\n\n")[1:] == ["\n".join(LEFT), "\n".join(RIGHT)]


def test_cells_that_stand_in_columns_are_no_columns_of_prose() -> None:
    rows = [
        ("Eco", "50 C", "205 min"),
        ("Quick", "45 C", "35 min"),
        ("Glass", "40 C", "82 min"),
        ("Rinse", "cold", "12"),
    ]
    drawing = placed(
        *((50.0 + 150 * n, 700.0 - 12 * at, cell) for at, row in enumerate(rows) for n, cell in enumerate(row))
    )
    assert read_pdf(pdf([[]], drawing=drawing)).text.split("\n")[1] == "Quick 45 C 35 min"


def test_heads_and_feet_are_left_out_and_counted() -> None:
    pages = [
        [f"Staff handbook, page {n}", "", f"{rule} is that", f"{rule} of us come."]
        for n, rule in enumerate(("One", "Two", "Three"), 1)
    ]
    foot = placed((50, 30, "Version 4.2 of 2023"))
    got = read_pdf(pdf(pages, drawing=foot))
    assert got.text == "\n\n".join(f"{rule} is that\n{rule} of us come." for rule in ("One", "Two", "Three"))
    assert got.notes == ("6 lines that repeat at the head or the foot of pages left out",)
    assert read_pdf(pdf([[], []], drawing=foot)).text == "Version 4.2 of 2023\n\nVersion 4.2 of 2023"


def test_large_letters_at_the_head_of_two_pages_are_headings() -> None:
    drawings = [f"BT /F1 20 Tf 50 760 Td (Part {number}) Tj ET" for number in (1, 2)]
    pages = [["", "", "Clean the sieve every week and the door."], ["", "", "Oil the hinges once a month."]]
    got = read_pdf(pdf(pages, drawings=drawings))
    assert [block.span.of(got.text) for block in got.blocks if block.kind == "heading"] == ["Part 1", "Part 2"]


def test_a_sentence_runs_on_over_a_foot_and_a_head() -> None:
    pages = [["Our paper", "", "We came to"], ["Our paper", "", "the town late."]]
    assert read_pdf(pdf(pages)).text == "We came to\nthe town late."


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["The code is AX-", "4471-B."], "The code is AX-4471-B."),
        (["All the mainte-", "nance is done."], "All the maintenance is done."),
        (["It is a low-", "emission car."], "It is a low-emission car."),
        (["My mother-in-", "law came."], "My mother-in-law came."),
        (["Write to info@lund-", "berg.example now."], "Write to info@lund-berg.example now."),
        (["The Saltmere-", "tide rose.", "", "A saltmeretide."], "The Saltmeretide rose.\n\nA saltmeretide."),
        (["One -", "two."], "One -\ntwo."),
    ],
)
def test_a_hyphen_at_a_lines_end_is_kept_where_it_is_of_the_word(lines: list[str], text: str) -> None:
    assert read_pdf(pdf([lines])).text == text


def test_larger_letters_are_headings() -> None:
    sizes = [
        (20, 700, "Manual"),
        (14, 670, "Care"),
        (10, 650, "Clean the sieve every week, and the"),
        (10, 638, "door."),
    ]
    drawing = "\n".join(f"BT /F1 {size} Tf 50 {up} Td ({text}) Tj ET" for size, up, text in sizes)
    got = read_pdf(pdf([[]], drawing=drawing))
    assert [(block.kind, block.level, block.span.of(got.text)) for block in got.blocks][:2] == [
        ("heading", 1, "Manual"),
        ("heading", 2, "Care"),
    ]


@pytest.mark.parametrize("mark", ["-", "\\267", "2."])
def test_the_items_of_a_list_are_blocks_and_what_stands_at_their_margin_below_is_none(mark: str) -> None:
    lines = [
        (50, "Not covered are:"),
        (50, f"{mark} the larboard wick, and"),
        (58, "what hangs from it"),
        (50, f"{mark} any troke"),
        (50, "Bring the slip to Ostrum"),
        (50, "- or send it."),
    ]
    drawing = "\n".join(f"BT /F1 10 Tf {x} {700 - 12 * n} Td ({text}) Tj ET" for n, (x, text) in enumerate(lines))
    read = read_pdf(pdf([[]], drawing=drawing))
    shown = mark.replace("\\267", "·")
    assert [(block.kind, block.span.of(read.text)) for block in read.blocks] == [
        ("paragraph", "Not covered are:"),
        ("item", f"{shown} the larboard wick, and\nwhat hangs from it"),
        ("item", f"{shown} any troke"),
        ("paragraph", "Bring the slip to Ostrum\n- or send it."),
    ]


def test_the_file_gives_title_author_and_date() -> None:
    info = "/Title (Lease) /Author (Ann) /CreationDate (D:20240503101500Z)"
    made = pdf([["Text."]], info=info)
    (section,) = read_pdf(made).sections
    assert (section.title, section.author, section.date) == ("Lease", "Ann", "2024-05-03")
    (section,) = read_pdf(made.replace(b"(Lease)", b"(untitled)").replace(b"(Ann)", b"(anonymous)")).sections
    assert (section.title, section.author) == (None, None)


def test_quotes_are_boxed_where_they_stand_in_columns() -> None:
    from index.readers.drawing import Wanted
    from index.readers.pdf_picture import draw_page
    from index.types import Span

    order = [piece for n in range(4) for piece in ((50.0, 500.0 - 12 * n, LEFT[n]), (320.0, 500.0 - 12 * n, RIGHT[n]))]
    made = pdf([["Our paper"], ["Our paper"]], drawing=placed(*order))
    got = read_pdf(made)
    assert "Our paper" not in got.text
    page = got.text[: got.pages[1]]
    start = page.index("The western")
    drawn = draw_page(made, Wanted(1, page, (Span(start, len(page.rstrip())),)))
    assert len(drawn.boxes) == 4
    assert all(box.left > 0.5 for box in drawn.boxes)
