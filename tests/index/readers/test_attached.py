"""Files attached to a mail are read by the readers for their kind, each under its own name."""

from __future__ import annotations

from email.message import EmailMessage

from evals.making import docx, paragraph, pdf, run, sheet, sheet_row, xlsx
from index.readers import Worker
from index.readers.bounded import Limits
from index.readers.extracted import Extracted


def mail(*files: tuple[str, bytes], subject: str = "The harbour") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["Subject"] = "Ada Writer <ada@x.org>", subject
    message.set_content("See below.")
    for name, data in files:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return message


def read(message: EmailMessage, limits: Limits | None = None) -> Extracted:
    with Worker(limits) as worker:
        return worker.read("mail", message.as_bytes())


def test_each_file_is_a_part_under_its_name_and_not_the_senders_words() -> None:
    book = xlsx({"Prices": sheet(sheet_row("name", "price") + sheet_row("crane", "34"))})
    got = read(
        mail(
            ("notes.txt", b"# Plan\n\nThe quay is closed."),
            ("plan.pdf", pdf([["The crane is old."]])),
            ("letter.docx", docx(paragraph(run("The ferry leaves at six.")))),
            ("page.html", b"<nav>Home</nav><h1>Tides</h1><p>High at noon.</p>"),
            ("prices.xlsx", book),
        )
    )
    assert [(part.title, part.author, got.text[part.span.start : part.span.end]) for part in got.sections] == [
        ("The harbour", "Ada Writer", "From: Ada Writer <ada@x.org>\nSubject: The harbour\n\nSee below."),
        ("notes.txt", None, "# Plan\n\nThe quay is closed."),
        ("plan.pdf", None, "The crane is old."),
        ("letter.docx", None, "The ferry leaves at six."),
        ("page.html: Tides", None, "Tides\n\nHigh at noon."),
        ("prices.xlsx: Prices", None, "| name | price |\n| crane | 34 |"),
    ]
    cells = [(cell.head, got.text[cell.span.start : cell.span.end]) for block in got.blocks for cell in block.cells]
    assert cells == [("name", "crane"), ("price", "34")]
    assert [got.text[one.span.start : one.span.end] for one in got.blocks if one.kind == "heading"] == ["Plan", "Tides"]
    assert got.notes == ("page.html: 1 menus, notices on cookies and the like left out",)


def test_what_is_not_read_is_named_with_the_reason() -> None:
    got = read(mail(("a.zip", b"PK\x03\x04" + bytes(50)), ("broken.pdf", b"%PDF-1.4 nothing"), ("empty.txt", b"")))
    assert got.notes == (
        "the attached 'a.zip' was not read: a ZIP archive",
        "the attached 'broken.pdf' was not read: a damaged or truncated PDF",
    )


def test_mails_attached_as_files_are_read_only_so_deep() -> None:
    message = mail(subject="mail 0")
    for depth in range(1, 8):
        message = mail(("inner.eml", message.as_bytes()), subject=f"mail {depth}")
    got = read(message)
    assert [f"Subject: mail {depth}" in got.text for depth in (7, 4, 3, 0)] == [True, True, False, False]
    assert got.notes[0].endswith("the attached 'inner.eml' was not read")


def test_of_very_many_files_the_first_are_read() -> None:
    got = read(mail(*((f"{number}.txt", b"word %d." % number) for number in range(150))))
    assert len(got.sections) == 101
    assert got.notes[-1] == "the attached '149.txt' was not read: no more than 100 files of a message are"


def test_a_bomb_that_is_attached_does_not_take_the_letter_with_it() -> None:
    got = read(mail(("page.html", b"<p>x" * 1_000_000)), Limits(seconds=0.4, seconds_a_megabyte=0))
    assert got.text.endswith("See below.")
    assert got.notes == (
        "the attached 'page.html' was not read",
        "none of the files attached was read (not read within 2 s)",
    )
