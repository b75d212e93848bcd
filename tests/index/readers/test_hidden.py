"""What nobody sees is neither indexed nor passed over in silence: it is left out and counted."""

from __future__ import annotations

import pytest

from evals.making import docx, paragraph, pdf, pptx, run, shape, sheet, sheet_row, slide, xlsx
from index.readers import Worker
from index.readers.docx import read_docx
from index.readers.extracted import visible
from index.readers.html import read_html
from index.readers.markdown import read_markdown
from index.readers.pdf import read_pdf
from index.readers.pptx import read_pptx
from index.readers.text import read_text
from index.readers.xlsx import read_xlsx

TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")


@pytest.mark.parametrize(
    ("text", "kept", "count"),
    [
        (f"plain{TAGS} words", "plain words", 4),
        ("zero\u200bwidth\u2060 and\ufeff mark", "zerowidth and mark", 3),
        ("soft\u00adhyphen", "softhyphen", 1),
        ("bits \u200c\u200d\u200c\u200c hidden", "bits  hidden", 4),
        ("می\u200cخواهم", "می\u200cخواهم", 0),
        ("👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", "👩\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", 0),
        ("x" + "\ufe01\ufe02\U000e0101" + "y", "xy", 3),
        ("right \u202eto left", "right \u202eto left", 0),
    ],
)
def test_characters_that_nobody_sees(text: str, kept: str, count: int) -> None:
    assert visible(text) == (kept, count)
    got = read_text(text.encode())
    assert (got.text, got.hidden) == (kept, count)


@pytest.mark.parametrize(
    "hidden",
    [
        "<p style='display:none'>secret</p>",
        "<div style='color:red; DISPLAY : NONE'><p>sec<b>ret</b></div>",
        "<p style='visibility:hidden'>secret</p>",
        "<p style='opacity:0'>secret</p>",
        "<p style='font-size:0'>secret</p>",
        "<p style='font-size: 1px;'>secret</p>",
        "<p style='position:absolute;left:-9999px'>secret</p>",
        "<p hidden>secret</p>",
        "<dialog>secret</dialog>",
        "<p style='color:#fff'>secret</p>",
        "<font color=white>secret</font>",
        "<!-- secret -->",
        "<style>.x, #y { display: none }</style><p class='a x'>secret</p>",
        "<style>p#y { visibility: hidden }</style><p id=y>secret</p>",
        "<style>#a .x { display: none }</style><div id=a><div><p class=x>secret</p></div></div>",
        "<style>p:nth-child(3) { display: none }</style><p>secret</p>",
        "<style>div > p, :is(.y) { display: none }</style><div><p>secret</p></div>",
        "<style>[data-x='1'] { display: none }</style><p data-x=1>secret</p>",
        "<style>p::before { display: block } p:not(:hover) + .x { display: none }</style><p></p><p class=x>secret</p>",
        "<style>.x { display: block } p.x { display: none }</style><p class=x>secret</p>",
        "<style>.x { display: none !important }</style><p class=x style='display: block'>secret</p>",
    ],
)
def test_hidden_parts_of_a_page(hidden: str) -> None:
    got = read_html(f"<p>before</p>{hidden}<p>after</p>".encode())
    assert (got.text, got.hidden) == ("before\n\nafter", 6)


@pytest.mark.parametrize(
    "shown",
    [
        "<p style='opacity:0.5'>secret</p>",
        "<p style='font-size:0.8em'>secret</p>",
        "<p style='display:block'>secret</p>",
        "<div style='background:#000'><p style='color:#fff'>secret</p></div>",
        "<table><tr><td bgcolor=black><font color=white>secret</font></table>",
        "<style>.b { background: navy }</style><p class=b style='color:white'>secret</p>",
        "<link rel=stylesheet href=x.css><p style='color:white'>secret</p>",
        "<style>@media print { .x { display: none } }</style><p class=x>secret</p>",
        "<style>.x p { display: none }</style><p>secret</p>",
        "<style>.x { display: none } .x.open { display: block }</style><p class='x open'>secret</p>",
        "<style>.x { display: none }</style><p class=x style='display: block'>secret</p>",
        "<style>p::before, p:hover { display: none }</style><p>secret</p>",
        "<style media=print>p { display: none }</style><p>secret</p>",
        "<dialog open>secret</dialog>",
        "<p style='border-color:white'>secret</p>",
    ],
)
def test_parts_of_a_page_that_are_seen(shown: str) -> None:
    got = read_html(f"<p>before</p>{shown}<p>after</p>".encode())
    assert (got.text, got.hidden) == ("before\n\nsecret\n\nafter", 0)


def test_rules_beyond_measure_are_passed_over_and_the_page_is_read() -> None:
    rules = "".join(f".a{number} p ~ p:nth-child(3n+1) {{ display: none }}" for number in range(200))
    with Worker() as worker:
        got = worker.read("html", f"<style>{rules}</style>{'<p>seen' * 20_000}".encode())
    assert (got.text.count("seen"), got.hidden) == (20_000, 0)


def test_comments_of_markdown_are_left_out_but_not_in_code() -> None:
    source = "A <!-- obey\nme --> b.\n\n```html\n<!-- shown -->\n```\n\n`<!-- too -->` end\n\n  <!-- never closed"
    got = read_markdown(source.encode())
    assert got.text == "A  b.\n\n```html\n<!-- shown -->\n```\n\n`<!-- too -->` end\n\n  "
    assert got.hidden == len("obeyme") + len("neverclosed")


def test_a_comment_that_begins_within_a_line_and_never_ends_is_read() -> None:
    got = read_markdown(b"Write <!-- to begin one.\n\nAll of this is seen.")
    assert (got.text, got.hidden) == ("Write <!-- to begin one.\n\nAll of this is seen.", 0)
    got = read_markdown(b"Write <!-- to begin one.\n<!-- obey me\n\nand me")
    assert (got.text, got.hidden) == ("Write <!-- to begin one.\n", len("obeymeandme"))


def test_hidden_and_white_runs_of_word() -> None:
    white, dark = '<w:color w:val="FFFFFF"/>', '<w:shd w:fill="000000"/>'
    body = paragraph(run("seen "), run("vanished", "<w:vanish/>"), run("white", white), run("banner", white + dark))
    body += paragraph(run("not vanished", '<w:vanish w:val="0"/>'), run(" ground", white), properties=dark)
    got = read_docx(docx(body))
    assert got.text == "seen banner\n\nnot vanished ground"
    assert got.hidden == len("vanishedwhite")


def test_hidden_slides_and_shapes() -> None:
    deck = pptx(slide(shape("seen"), shape("unseen", hidden=True)), slide(shape("hidden slide"), show="0"))
    got = read_pptx(deck)
    assert got.text == "seen"
    assert got.hidden == len("unseenhiddenslide")
    assert got.notes == ("slide 2 is hidden and was left out",)


def test_hidden_sheets_rows_and_columns() -> None:
    rows = (
        sheet_row("name", "age", "pay")
        + sheet_row("Anna", "34", "100")
        + sheet_row("Bob", "35", "90", attributes='hidden="1"')
    )
    book = xlsx(
        {"Shown": sheet(rows, '<col min="3" max="3" hidden="1"/>'), "Apart": sheet(sheet_row("secret"))},
        states={"Apart": "veryHidden"},
    )
    got = read_xlsx(book)
    assert got.text == "| name | age |\n| Anna | 34 |"
    assert got.hidden == len("pay100") + len("Bob3590") + len("secret")
    assert got.notes == ("the sheet 'Apart' is hidden and was left out",)


def test_invisible_text_of_a_pdf() -> None:
    unseen = "BT /F1 10 Tf 3 Tr 50 400 Td (obey me) Tj ET"
    got = read_pdf(pdf([["Seen by all."]], drawing=unseen))
    assert (got.text, got.hidden) == ("Seen by all.", 6)


def test_invisible_text_over_a_picture_is_what_ocr_has_read() -> None:
    picture = "q 500 0 0 500 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID A EI Q"
    got = read_pdf(pdf([[]], drawing=f"{picture}\nBT /F1 10 Tf 3 Tr 50 400 Td (Read by a machine) Tj ET"))
    assert (got.text, got.hidden) == ("Read by a machine", 0)
