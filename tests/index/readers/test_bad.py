"""Files that are damaged, locked, or bombs: each is refused in one sentence, and costs no more than it may."""

from __future__ import annotations

import io
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from evals.making import docx, paragraph, pdf, pptx, run, shape, sheet, sheet_row, slide, xlsx, zipped
from index.errors import UnreadableFile
from index.readers import Worker, fetch, parse
from index.readers.bounded import Limits
from index.types import Document
from tests.making import epub, notebook

LAUGHS = '<!DOCTYPE a [<!ENTITY a "lol">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
XXE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">'
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LONG = b"word " * 1_100_000
GOOD = docx(paragraph(run("The harbour was closed.")))
ENTITY = paragraph("<w:r><w:t>&x;</w:t></w:r>")


def bomb() -> bytes:
    """A Word file of 300 MB in 300 KB."""
    return docx("<w:p><w:r><w:t>" + "a" * 300_000_000 + "</w:t></w:r></w:p>")


def pdf_bomb() -> bytes:
    stream = zlib.compress(b"BT (" + b"a" * 400_000_000 + b") Tj ET", 9)
    made = pdf([["x"]])
    start, end = made.index(b"<< /Length"), made.index(b"endstream")
    body = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode() + stream + b"\n"
    return made[:start] + body + made[end:]


def deep_mail(depth: int) -> bytes:
    """A message in a message in a message."""
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (level, level) for level in range(depth)
    )
    return b"From: a@example.org\nSubject: deep\n" + head + b"Content-Type: text/plain\n\nhello\n"


BAD: dict[str, tuple[bytes, str]] = {
    "cut.docx": (GOOD[:200], "a damaged or truncated ZIP archive"),
    "flipped.docx": (GOOD.replace(b"word/document.xml", b"word/dokument.xml", 1), "does not unpack"),
    "no document.docx": (zipped({"a.txt": "x"}), "named as a Word document, but holds none"),
    "sheet.docx": (zipped({"x/word/document.xml": "x"}), "named as a Word document, but holds none"),
    "laughs.docx": (docx(ENTITY, doctype=LAUGHS + "]>"), "declares a document type"),
    "outside.docx": (docx(ENTITY, doctype=XXE + "]>"), "declares a document type"),
    "broken.docx": (docx("<w:p>"), "its XML is broken"),
    "locked.docx": (OLD + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
    "old.docx": (OLD + bytes(600), "in the format of before 2007, though its name ends in .docx"),
    "text.docx": (b"only text", "not a Word document, though its name ends in .docx"),
    "locked.epub": (
        epub(["<p>x</p>"], lock="http://www.w3.org/2001/04/xmlenc#aes256-cbc"),
        "protected (DRM)",
    ),
    "no book.epub": (zipped({"mimetype": "application/epub+zip"}), "named as an EPUB book, but holds none"),
    "program.pdf": (b"MZ\x90" + bytes(300), "a Windows program, though its name ends in .pdf"),
    "cut.pdf": (pdf([["x"]])[:150], "a damaged or truncated PDF"),
    "a.json": (b'{"a": 1,\n "b": }', "not valid JSON: Expecting value in line 2, column 7"),
    "deep.json": (b"[" * 100_000 + b"]" * 100_000, "nests too deep"),
    "a.ipynb": (b'{"a": 1}', "named as a Jupyter notebook, but holds no cells"),
    "a.eml": (b"no head here", "has no sender, date or subject"),
    "deep.eml": (deep_mail(2000), "a mail message whose parts nest too deep"),
    "long.txt": (LONG, "a line of 5,500,000 characters"),
    "long.md": (LONG, "a line of 5,500,000 characters"),
    "long.html": (LONG, "a line of 5,499,999 characters"),
    "long.json": (b'["' + LONG + b'"]', "a line of 5,499,999 characters"),
    "binary.csv": (bytes(range(32)) * 50, "not text"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_sentence(name: str, tmp_path: Path) -> None:
    data, reason = BAD[name]
    (tmp_path / name).write_bytes(data)
    with Worker() as worker, pytest.raises(UnreadableFile) as caught:
        parse(fetch(tmp_path / name, 100_000_000), worker)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def read(name: str, data: bytes, tmp_path: Path) -> Document:
    (tmp_path / name).write_bytes(data)
    with Worker() as worker:
        return parse(fetch(tmp_path / name, 100_000_000), worker)


def test_a_slide_that_is_missing_loses_itself_and_not_the_deck(tmp_path: Path) -> None:
    deck = pptx(*(slide(shape(f"Slide {number} is about the harbour.")) for number in (1, 2, 3)))
    with zipfile.ZipFile(io.BytesIO(deck)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if not name.endswith("slide2.xml")}
    document = read("deck.pptx", zipped(parts), tmp_path)
    assert "Slide 1" in document.text
    assert "Slide 3" in document.text
    assert len(document.pages) == 3
    assert document.notes == ("slide 2 was not read: holds no 'ppt/slides/slide2.xml'",)


def test_a_deck_without_a_single_slide_that_reads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="holds no 'ppt/slides/slide1"):
        read("deck.pptx", pptx(slide(shape("x"))).replace(b"slides/slide1.xml", b"slides/slideX.xml"), tmp_path)


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="ZZZZ1"><v>1</v></c>',
        '<c r="a1"><v>1</v></c>',
        '<c r="B1" t="s"><v>²</v></c>',
        f'<c r="B1" t="s"><v>{"9" * 5000}</v></c>',
        '<c r="B1" s="²"><v>1e999</v></c>',
    ],
)
def test_a_cell_that_cannot_be_loses_itself_and_not_the_workbook(cell: str, tmp_path: Path) -> None:
    rows = sheet_row('<c r="A1" t="inlineStr"><is><t>harbour</t></is></c>', cell)
    document = read("a.xlsx", xlsx({"S": sheet(rows)}), tmp_path)
    assert document.text.startswith("| harbour |")
    impossible = "ZZZZ" in cell or "a1" in cell
    told = "1 cell of the sheet 'S' in a column that no workbook has was left out"
    assert document.notes == ((told,) if impossible else ())


@pytest.mark.parametrize("by_line", [False, True])
def test_a_notebook_that_printed_very_much_keeps_its_text(by_line: bool, tmp_path: Path) -> None:
    line = "step 12345 of the run, and the loss is going down\n"
    count = 50_000_000 // len(line)
    printed: object = [line] * count if by_line else line * count
    cells = (
        {"cell_type": "markdown", "source": "The harbour was closed."},
        {"cell_type": "code", "source": "train()", "outputs": [{"output_type": "stream", "text": printed}]},
        {"cell_type": "markdown", "source": "It was opened again."},
    )
    document = read("a.ipynb", notebook(*cells), tmp_path)
    assert document.text.startswith("The harbour was closed.\n\ntrain()\n\nstep 12345")
    assert document.text.endswith("It was opened again.")
    assert document.notes == (f"an output of {count * len(line):,} characters was cut to 100,000",)


@pytest.mark.parametrize("make", [bomb, pdf_bomb])
def test_what_unpacks_beyond_measure_is_refused(make: object, tmp_path: Path) -> None:
    path = tmp_path / ("a.docx" if make is bomb else "a.pdf")
    path.write_bytes(make())  # type: ignore[operator]
    assert path.stat().st_size < 1_000_000
    reason = "a ZIP bomb" if make is bomb else "more than 256 MB of memory"
    with Worker(Limits(megabytes=256)) as worker, pytest.raises(UnreadableFile, match=reason):
        parse(fetch(path, 1_000_000), worker)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + "inside" + "</div>" * 100_000,
        "<table><tr><td>" * 30_000 + "inside",
        "<b>" * 100_000 + "<p>inside",
        "<ul><li>" * 50_000 + "inside",
        "<p><button>" + "<div>" * 100_000 + "inside",
        "<div class=x>" * 100_000 + "inside" + "</div><p hidden>not</p>" * 3,
    ],
)
def test_pages_that_nest_deep_are_read(page: str) -> None:
    with Worker() as worker:
        assert worker.read("html", page.encode()).text.removeprefix("- ") == "inside"


@pytest.mark.parametrize(
    ("page", "hidden"),
    [
        ("seen<style>" + "@" * 1_000_000 + "</style>", 0),
        ("seen<style>" + "a" * 1_000_000 + "</style>", 0),
        ("seen<style>" + "/*" * 500_000 + "</style>", 0),
        ("seen<script>" + "</" * 500_000, 0),
        ("seen" + "<a b='" * 150_000, 750_000),
        ("seen" + "</" * 500_000, 999_998),  # a comment, without its marks
        ("seen" + "<!--" * 250_000, 999_994),
    ],
)
def test_pages_that_never_end_what_they_begin_are_read_once(page: str, hidden: int) -> None:
    with Worker() as worker:
        got = worker.read("html", page.encode())
    assert (got.text, got.hidden) == ("seen", hidden)


def test_what_stands_behind_a_broken_tag_is_read() -> None:
    with Worker() as worker:
        got = worker.read("html", b'<p>one</p><a b="x",c><p>two</p><![what[]>three & four<i title="five')
    assert got.text == "one\n\ntwo\n\nthree & four"


def test_a_file_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    slow = b"<p>x" * 1_000_000
    with Worker(Limits(seconds=1, seconds_a_megabyte=0)) as worker:
        with pytest.raises(UnreadableFile, match="not read within 1 s"):
            worker.read("html", slow)
        assert worker.read("html", b"<p>next").text == "next"


def test_a_file_that_takes_too_much_memory_is_given_up_and_the_next_is_read() -> None:
    with Worker(Limits(megabytes=400)) as worker:
        with pytest.raises(UnreadableFile, match="more than 400 MB of memory"):
            worker.read("table", b"a," * 15_000_000)
        assert worker.read("table", b"a,b").text == "| a | b |"


def test_a_reader_that_breaks_is_told_by_its_error() -> None:
    with Worker() as worker:
        with pytest.raises(UnreadableFile, match=r"its reader broke \(KeyError: 'nothing'\)"):
            worker.read("nothing", b"x")  # type: ignore[arg-type]
        assert worker.read("html", b"<p>next").text == "next"


def test_a_process_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with Worker() as worker, pytest.raises(UnreadableFile, match="its reader cannot be started: No such file"):
        worker.read("html", b"<p>x")
