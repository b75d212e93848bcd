"""Quoted and forwarded words belong to whom they are quoted from, or to nobody."""

from __future__ import annotations

import re
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cut.articles import split_articles
from index.document.dates import printed_date
from index.readers.extracted import Extracted
from index.readers.mail import messages_of, read_mail
from index.types import Document

SENDER = ("Ada Writer", "2024-05-06")
WORDS = "The crane costs 600 euros."


def mail(text: str, subtype: str = "plain") -> bytes:
    message = EmailMessage()
    message["From"] = "Ada Writer <ada@x.org>"
    message["Date"] = "Mon, 06 May 2024 08:00:00 +0000"
    message["Subject"] = "Windows"
    message.set_content(text, subtype=subtype)
    return message.as_bytes()


def voice(got: Extracted, words: str) -> tuple[str | None, str | None]:
    """Whose words these are, by the article that they stand in."""
    at = got.text.index(words)
    document = Document("0" * 16, "0" * 64, got.text, "utf-8", sections=got.sections, blocks=got.blocks)
    (article,) = (article for article in split_articles(document) if article.span.start <= at < article.span.end)
    return article.author, article.date


@pytest.mark.parametrize(
    ("line", "author", "date"),
    [
        ("On Fri, 3 May 2024 at 15:02, Greta Loos <greta@example.com> wrote:", "Greta Loos", "2024-05-03"),
        ("On Fri, 3 May 2024 at 15:02, Greta Loos <greta@example.com>\nwrote:", "Greta Loos", "2024-05-03"),
        ("On May 3, 2024, at 3:02 PM, Greta Loos <g@example.com> wrote:", "Greta Loos", "2024-05-03"),
        ("On 2024-05-03 15:02, Greta Loos wrote:", "Greta Loos", "2024-05-03"),
        ("On 03/05/2024 15:02, Greta Loos wrote:", "Greta Loos", "2024"),
        ("On 23/05/2024 15:02, Greta Loos wrote:", "Greta Loos", "2024-05-23"),
        ("On Fri, May 3, 2024 at 3:02 PM greta@example.com wrote:", "greta@example.com", "2024-05-03"),
        ("On Thu, 8 May 2025 at 16:40 Tom Wexley wrote:", "Tom Wexley", "2025-05-08"),
        ("At 15:02 on 3 May 2024, you wrote:", None, "2024-05-03"),
        ("On Friday, May 3, 2024 at 03:02:13 PM GMT+2, Greta Loos wrote:", "Greta Loos", "2024-05-03"),
        ("Greta Loos wrote:", "Greta Loos", None),
        ("Greta Loos wrote on 3 May 2024:", "Greta Loos", "2024-05-03"),
        ("Am 3. Mai 2024 um 15:02 schrieb Greta Loos <greta@example.com>:", "Greta Loos", "2024-05-03"),
        ("Am Fr., 3. März 2024 um 15:02 Uhr schrieb Greta Loos:", "Greta Loos", "2024-03-03"),
        ("Am 03.05.24 um 15:02 schrieb Greta Loos:", "Greta Loos", "2024-05-03"),
        ("Am 03.05.2024 15:02, schrieb Greta Loos:", "Greta Loos", "2024-05-03"),
        ("Greta Loos schrieb am 03.05.2024 um 15:02:", "Greta Loos", "2024-05-03"),
        ("Am 3. Mai 2024 hat Greta Loos geschrieben:", "Greta Loos", "2024-05-03"),
        ("Le ven. 3 mai 2024 à 15:02, Greta Loos <greta@example.com> a écrit :", "Greta Loos", "2024-05-03"),
        ("Le 3 août 2024 à 15:02, Greta Loos a écrit :", "Greta Loos", "2024-08-03"),
        ("Le 1er juin 2024 à 15h02, Greta Loos a écrit :", "Greta Loos", "2024-06-01"),
        ("El vie, 3 may 2024 a las 15:02, Greta Loos (<greta@example.com>) escribió:", "Greta Loos", "2024-05-03"),
        ("El 3 de mayo de 2024 a las 15:02, Greta Loos escribió:", "Greta Loos", "2024-05-03"),
        ("Greta Loos escribió:", "Greta Loos", None),
        ("", None, None),
        ("I see it otherwise.", None, None),
    ],
)
def test_a_quoted_part_belongs_to_whom_the_line_above_it_names(line: str, author: str | None, date: str | None) -> None:
    got = read_mail(mail(f"No.\n\n{line}\n\n> {WORDS}\n>\n> Bye\n\nYours"))
    assert voice(got, WORDS) == (author, date)
    assert voice(got, "No.") == voice(got, "Yours") == SENDER
    assert "\n>" not in got.text
    (block,) = (block for block in got.blocks if WORDS in block.span.of(got.text))
    assert (block.author, block.date) == (author, date)


@pytest.mark.parametrize(
    ("head", "author", "date"),
    [
        (
            "---------- Forwarded message ---------\nFrom: Greta Loos <g@x.org>\nDate: Fri, 3 May 2024 at 15:02\n"
            "Subject: Crane\nTo: Ada Writer <ada@x.org>",
            "Greta Loos",
            "2024-05-03",
        ),
        (
            "-----Original Message-----\nFrom: Greta Loos [mailto:g@x.org]\nSent: Friday, May 3, 2024 3:02 PM\n"
            "To: Ada\nSubject: Crane",
            "Greta Loos",
            "2024-05-03",
        ),
        (
            "________________________________\nFrom: Greta Loos\nSent: Friday, 3 May 2024 15:02\nTo: Ada;\n Bo Berg\n"
            "Cc: Cy\nSubject: Crane",
            "Greta Loos",
            "2024-05-03",
        ),
        (
            "-----Ursprüngliche Nachricht-----\nVon: Greta Loos <g@x.org>\nGesendet: Freitag, 3. Mai 2024 15:02\n"
            "An: Ada\nBetreff: Kran",
            "Greta Loos",
            "2024-05-03",
        ),
        ("Von: Greta Loos\nDatum: 03.05.2024 15:02\nAn: Ada\nBetreff: Kran", "Greta Loos", "2024-05-03"),
        (
            "De : Greta Loos <g@x.org>\nEnvoyé : vendredi 3 mai 2024 15:02\nÀ : Ada\nObjet : Grue",
            "Greta Loos",
            "2024-05-03",
        ),
        (
            "De: Greta Loos\nEnviado el: viernes, 3 de mayo de 2024 15:02\nPara: Ada\nAsunto: Grúa",
            "Greta Loos",
            "2024-05-03",
        ),
        ("Begin forwarded message:\n\nFrom: Greta Loos\nSubject: Crane\nDate: 3 May 2024", "Greta Loos", "2024-05-03"),
        ("*From:* Greta Loos\n*Sent:* 3 May 2024\n*To:* Ada", "Greta Loos", "2024-05-03"),
        (
            "----- Forwarded Message -----\nSubject: Crane\nDate: Fri, 3 May 2024 15:02:00 +0200\nFrom: Greta Loos",
            "Greta Loos",
            "2024-05-03",
        ),
    ],
)
def test_a_forwarded_part_belongs_to_whom_its_head_names(head: str, author: str | None, date: str | None) -> None:
    got = read_mail(mail(f"See below.\n\n{head}\n\nHello,\n\n{WORDS}\n"))
    assert voice(got, WORDS) == (author, date)
    assert voice(got, "See below.") == SENDER
    assert [section.title for section in got.sections] == ["Windows", "Windows"]


def test_quotations_in_quotations_have_their_own_authors() -> None:
    text = "No.\n\nOn 4 May 2024 Bo wrote:\n> Why?\n> On 3 May 2024 Cy wrote:\n>> Come.\n>>> Soon.\n> Bo\nAda"
    got = read_mail(mail(text))
    assert [(section.author, section.date) for section in got.sections] == [
        SENDER,
        ("Bo", "2024-05-04"),
        ("Cy", "2024-05-03"),
        (None, None),
        ("Bo", "2024-05-04"),
        SENDER,
    ]


def test_answers_between_the_quoted_lines_are_the_senders() -> None:
    got = read_mail(mail("Bo wrote:\n> When?\n\nAt nine.\n\n> Where?\n\nHere."))
    assert [voice(got, words)[0] for words in ("When?", "At nine.", "Where?", "Here.")] == [
        "Bo",
        "Ada Writer",
        "Bo",
        "Ada Writer",
    ]


def test_what_stands_below_a_full_line_without_marks_is_not_the_senders() -> None:
    got = read_mail(mail("No.\n\nOn 4 May 2024, Bo Berg wrote:\n\nCome soon.\n\nBo"))
    assert voice(got, "Come soon.") == ("Bo Berg", "2024-05-04")


@pytest.mark.parametrize("text", ["She wrote:\n\nCome soon.", "From: here to there\n\nIt is far.", "From: Bo\n\nHi."])
def test_a_line_that_only_looks_like_a_head_is_the_senders(text: str) -> None:
    got = read_mail(mail(text))
    assert {section.author for section in got.sections} == {"Ada Writer"}


def test_quotations_in_a_page_are_known_by_their_element_and_heads() -> None:
    page = (
        "<p>No.</p><div>On 4 May 2024, Bo Berg &lt;b@x.org&gt; wrote:<br></div>"
        "<blockquote><p>Why?</p><ul><li>one<li>two</ul></blockquote>"
    )
    got = read_mail(mail(page, "html"))
    assert voice(got, "Why?") == voice(got, "- two") == ("Bo Berg", "2024-05-04")
    head = "<div><b>From:</b> Bo Berg<br><b>Sent:</b> Saturday, 4 May 2024 16:20<br><b>To:</b> Ada</div>"
    got = read_mail(mail(f"<p>Hm.</p><hr>{head}<p>It costs 85 euros.</p>", "html"))
    assert voice(got, "It costs") == ("Bo Berg", "2024-05-04")
    assert voice(got, "Hm.") == SENDER


def test_a_message_that_hangs_on_another_is_read_with_its_own_head() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"], inner["Date"] = "Bo Berg <b@x.org>", "Crane", "Sat, 04 May 2024 08:00:00 +0000"
    inner.set_content(WORDS)
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "Ada Writer <ada@x.org>", "Fwd: Crane"
    outer.set_content("See there.")
    outer.add_attachment(inner)
    got = read_mail(outer.as_bytes())
    assert voice(got, WORDS) == ("Bo Berg", "2024-05-04")
    assert voice(got, "See there.") == ("Ada Writer", None)
    assert not got.notes


def test_a_mail_quoted_two_hundred_times_over_is_read() -> None:
    lines = [f"{'>' * level} On {level % 28 + 1} May 2024 Bo wrote:" for level in range(200)]
    got = read_mail(mail("\n".join([*lines, ">" * 200 + " First."])))
    assert voice(got, "First.") == ("Bo", "2024-05-04")


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["", "Yes.", "Bo wrote:", "From: Bo", "To: Cy"]))))
def test_no_word_of_a_thread_is_lost(lines: list[tuple[int, str]]) -> None:
    got = read_mail(mail("\n".join(f"{'>' * level} {text}" for level, text in lines)))
    body = got.text.partition("Subject: Windows")[2]
    assert body.split() == " ".join(text for _, text in lines).split()
    assert all(section.span.of(got.text).strip() for section in got.sections)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("15 January 2024", "2024-01-15"),
        ("3. Dezember 2021", "2021-12-03"),
        ("le 1er février 2020", "2020-02-01"),
        ("5 de septiembre de 2019", "2019-09-05"),
        ("31.12.2024", "2024-12-31"),
        ("12/31/2024", "2024-12-31"),
        ("04/05/2024", "2024"),
        ("05/05/2024", "2024-05-05"),
        ("März 2024", "2024"),
        ("May 2024", "2024-05"),
        ("version 1.2.20244", None),
        ("yesterday", None),
    ],
)
def test_printed_dates_are_read_as_far_as_they_are_sure(text: str, date: str | None) -> None:
    assert printed_date(text) == date


def mailbox(*messages: bytes) -> bytes:
    line = b"From ada@x.org Mon May  6 08:00:00 2024\n"
    return b"".join(line + message.replace(b"\nFrom ", b"\n>From ") + b"\n" for message in messages)


def test_each_message_of_a_mailbox_has_its_own_writer_and_date() -> None:
    other = EmailMessage()
    other["From"] = "Quill Ostrander <q@x.org>"
    other["Date"] = "Tue, 07 May 2024 08:00:00 +0000"
    other["Subject"] = "Doors"
    other.set_content("From Monday on the glim is shut.\n\nFrom here it is far.\n")
    got = read_mail(mailbox(mail(WORDS), other.as_bytes()))
    assert voice(got, WORDS) == SENDER
    assert voice(got, "From Monday on") == ("Quill Ostrander", "2024-05-07")
    assert "From here it is far." in got.text
    assert [section.title for section in got.sections] == ["Windows", "Doors"]


def test_a_mail_that_speaks_of_where_it_is_from_is_one_message() -> None:
    text = "Hello,\n\nFrom 08:30 on the glim is open.\n"
    assert messages_of(mail(text)) == [mail(text)]
    assert len(read_mail(mail(text)).sections) == 1


@given(st.lists(st.text(st.characters(codec="ascii", exclude_characters="\r"), min_size=1), min_size=1, max_size=4))
def test_messages_come_back_from_a_mailbox_as_they_went_in(texts: list[str]) -> None:
    messages = [b"Subject: x\n\n" + text.encode() + b"\n" for text in texts]
    marked = [re.sub(rb"^(>*From )", rb">\1", message, flags=re.MULTILINE) for message in messages]
    line = b"From ada@x.org Mon May  6 08:00:00 2024\n"
    assert messages_of(b"".join(line + message + b"\n" for message in marked)) == [m + b"\n" for m in messages]
