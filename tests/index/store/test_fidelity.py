"""What only one of two readings of a file has is listed, and how lines and numbers are written makes no difference."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import pytest

from evals.making import docx, paragraph, pdf, run
from index.readers import read
from index.store.corpus import Held, StoredPath
from index.store.fidelity import Compared, compare, differences
from tests.making import word_table

FILES = {
    "notes.md": b"# Plan\n\nThe quay is **closed**.\n\n| name | price |\n|---|---|\n| crane | 34 |\n",
    "prices.csv": b"name,price\ncrane,34\n",
    "page.html": b"<h1>Tides</h1><p>High at <b>noon</b>.</p><table><tr><th>a<th>b<tr><td>1<td>2</table>",
    "letter.docx": docx(paragraph(run("The ferry leaves at six.")) + word_table([["name", "price"], ["crane", "34"]])),
    "letter.eml": b"From: a@x.org\nSubject: x\n\nHello there.\n\nOn 1 May 2020 Bob wrote:\n> It is closed.\n",
    "a.json": b'{"name": "crane", "price": 34}',
}
needs_extra = pytest.mark.skipif(
    find_spec("pypdf") is None or find_spec("openpyxl") is None, reason="the extra `fidelity` is not installed"
)


def compared(name: str, data: bytes, folder: Path, *, text: tuple[str, str] | None = None) -> Compared:
    path = folder / name
    path.write_bytes(data)
    document = read(path, 10_000_000)
    if text is not None:
        assert len(text[0]) == len(text[1])
        document = replace(document, text=document.text.replace(*text))
    return compare(Held(document, (), (StoredPath(name, path, document.id, 0, 0),)), 10_000_000)


@pytest.mark.parametrize("name", FILES)
def test_files_that_both_read_alike(name: str, tmp_path: Path) -> None:
    got = compared(name, FILES[name], tmp_path)
    assert (got.only_first, got.only_second, got.reason) == ((), (), "")
    assert got.pieces > 0
    assert got.second_pieces > 0


@pytest.mark.parametrize("name", ["prices.csv", "page.html", "letter.docx"])
def test_a_word_that_is_read_wrong_is_listed_on_both_sides(name: str, tmp_path: Path) -> None:
    wrong = ("Tides", "Tines") if name == "page.html" else ("crane", "crabs")
    got = compared(name, FILES[name], tmp_path, text=wrong)
    assert (got.only_first, got.only_second) == ((wrong[1],), (wrong[0],))
    assert not got.is_alike


def test_what_the_page_hides_is_in_the_second_reading_alone(tmp_path: Path) -> None:
    got = compared("a.html", b"<p>Seen by all.</p><p hidden>Nobody sees this.</p>", tmp_path)
    assert got.only_second == ("Nobody sees this.",)


def test_a_file_that_is_not_compared_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one")
    held = Held(read(path, 100), (), (StoredPath("a.txt", path, "x", 0, 0),))
    path.write_bytes(b"two")
    assert compare(held, 100).reason == "the file has changed since it was indexed"
    assert compared("a.rtf", b"{\\rtf1 words}", tmp_path).reason == "nothing reads it a second time"
    if find_spec("pypdf") is None:
        why = "the second library is not installed: pip install 'rag[fidelity]'"
        assert compared("a.pdf", pdf([["The crane."]]), tmp_path).reason == why


@needs_extra
def test_pdf_and_xlsx(tmp_path: Path) -> None:
    import openpyxl

    assert compared("a.pdf", pdf([["The crane is old.", "The quay is new."]]), tmp_path) == Compared("a.pdf", 1, 2)
    book = openpyxl.Workbook()
    for row in (["name", "price", "day", "share"], ["crane", 34.567, date(2024, 1, 15), 0.25]):
        book.active.append(row)
    book.active["B2"].number_format, book.active["D2"].number_format = "#,##0.00", "0%"
    written = io.BytesIO()
    book.save(written)
    assert compared("a.xlsx", written.getvalue(), tmp_path) == Compared("a.xlsx", 8, 8)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1,234.50", "1234.5"),
        ("The crane is\nold and blue.", "The crane is old and blue."),
        ("Straße", "STRASSE"),
        ("ﬁrst of all", "first of all"),
    ],
)
def test_how_it_is_written_makes_no_difference(first: str, second: str) -> None:
    assert differences("x", first.split("\n"), second.split("\n")).is_alike


def test_numbers_are_not_taken_for_each_other() -> None:
    got = differences("x", ["34", "-5", "3.4"], ["35", "5", "34"])
    assert (got.only_first, got.only_second) == (("-5", "3.4"), ("35", "5"))
