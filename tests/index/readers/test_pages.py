"""HTML, EPUB, mail, JSON and notebooks."""

from __future__ import annotations

import json
from email.message import EmailMessage

import pytest

from index.cut.articles import split_articles
from index.readers.epub import read_epub
from index.readers.extracted import Extracted
from index.readers.html import read_html
from index.readers.jsontext import read_json
from index.readers.mail import read_mail
from index.readers.notebook import read_notebook
from index.types import Document
from tests.making import epub, notebook


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>One\n  line <b>with</b> words.<p>Two &amp; a half", "One line with words.\n\nTwo & a half"),
        ("a<br>b<hr>c", "a\nb\n\nc"),
        ("<ul><li>one<li><p>two</p><ul><li>three</ul></ul>after", "- one\n- two\n- three\n\nafter"),
        ("<ul><li></li></ul><p>x", "x"),
        ("<pre>a\n  b\n</pre>", "a\n  b"),
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>", "| A | B |\n| 1 | 2 |"),
        ("<table><tr><td>1<td>2<tr><td>3<td>4</table>", "| 1 | 2 |\n| 3 | 4 |"),
        ("<table><tr><td><p>a</p><p>b</p></td><td>c</td></tr></table>", "a\n\nb\n\nc"),
        ("<table><tr><td><table><tr><td>in<td>ner</table><td>out</table>", "| in | ner |\n\nout"),
        ("<table><tr><td>alone</table>", "alone"),
        ("<dl><dt>term<dd>meaning</dl>", "term\n\nmeaning"),
        ("<script>var a = '<p>x</p>';</script><style>p{}</style><template>t</template>seen", "seen"),
        ("<svg><title>t</title><text>x</text></svg>seen", "seen"),
        ("</div></p>still <i>here", "still here"),
        ("<select><option>a<option>b</select>", "a\n\nb"),
        ("no tags at all", "no tags at all"),
    ],
)
def test_what_a_page_shows(source: str, text: str) -> None:
    got = read_html(source.encode())
    assert (got.text, got.hidden) == (text, 0)


def test_the_head_of_a_page_tells_who_wrote_it_and_when() -> None:
    page = """<head><title>Harbour closed | Lissa News</title><meta property="og:site_name" content="Lissa News">
        <meta name="author" content="Ada Writer"><meta property="article:published_time" content="2019-03-02T10:00:00Z">
        </head><body><nav>Home</nav><h1>Harbour closed for <i>weeks</i></h1><p>The harbour was closed.</p>"""
    (article,) = articles(read_html(page.encode()))
    assert (article.title, article.outlet, article.author, article.date) == (
        "Harbour closed for weeks",
        "Lissa News",
        "Ada Writer",
        "2019-03-02",
    )


def test_what_a_page_prints_goes_before_what_its_head_says() -> None:
    page = """<head><meta name="author" content="Webmaster"><meta name="date" content="2001-01-01"></head>
        <h2>Harbour closed for many weeks</h2><p>Lissa News, by Ada Writer, March 2, 2019:</p><p>It was closed.</p>"""
    (article,) = articles(read_html(page.encode()))
    assert (article.outlet, article.author, article.date) == ("Lissa News", "Ada Writer", "2019-03-02")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'<meta charset="utf-8"><p>caf\xe9 noir', "café noir"),  # the head is wrong
        ('<meta charset="shift_jis"><p>東京'.encode("cp932"), "東京"),
        ('<meta charset="iso-8859-1"><p>“quoted”'.encode("cp1252"), "“quoted”"),
        ('<meta charset="iso-2022-jp"><p>東京で会議'.encode("iso-2022-jp"), "東京で会議"),
        (b'<meta charset="no-such"><p>plain', "plain"),
        ('<meta charset="shift_jis"><p>naïve'.encode(), "naïve"),  # UTF-8 all the same
        ("<p>mark".encode("utf-16"), "mark"),
    ],
)
def test_the_encoding_of_a_page(data: bytes, text: str) -> None:
    assert read_html(data).text == text


def test_chapters_of_a_book() -> None:
    got = read_epub(
        epub(
            ["<h1>The Sea</h1><p>It was <br/>calm.<a id='x'/></p><script src='x'/><p>Nobody spoke.</p>", "<p>End.</p>"],
            title="The Lissa Book",
            author="Ada Writer",
            date="2019-03",
        )
    )
    assert got.text == "The Sea\n\nIt was\ncalm.\n\nNobody spoke.\n\nEnd."
    assert [(s.title, s.author, s.date) for s in got.sections] == [
        ("The Lissa Book: The Sea", "Ada Writer", "2019-03"),
        ("The Lissa Book", "Ada Writer", "2019-03"),
    ]
    assert [article.title for article in articles(got)] == ["The Lissa Book: The Sea", "The Lissa Book"]


def letter(**head: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in head.items():
        message[name] = value
    return message


def test_a_letter_is_known_by_its_head() -> None:
    message = letter(
        From="Ada Writer <ada@x.org>", To="b@x.org", Subject="Über the harbour", Date="Sat, 02 Mar 2019 10:00:00 +0100"
    )
    message.set_content("It is closed.\n\nAda")
    message.add_alternative("<p>It is <b>closed</b>.</p>", subtype="html")
    message.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="plan.pdf")
    got = read_mail(message.as_bytes())
    assert got.text == (
        "From: Ada Writer <ada@x.org>\nTo: b@x.org\nDate: Sat, 02 Mar 2019 10:00:00 +0100\nSubject: Über the harbour"
        "\n\nIt is closed.\n\nAda"
    )
    (section,) = got.sections
    assert (section.title, section.author, section.date) == ("Über the harbour", "Ada Writer", "2019-03-02")
    assert got.notes == ("the attached 'plan.pdf' was not read",)


def test_a_letter_in_html_alone_is_read_as_a_page() -> None:
    message = letter(Subject="x")
    message.set_content("<p>Seen.</p><p style='display:none'>unseen</p>", subtype="html")
    got = read_mail(message.as_bytes())
    assert (got.text, got.hidden) == ("Subject: x\n\nSeen.", 6)


def test_a_letter_whose_date_is_none() -> None:
    (section,) = read_mail(b"Subject: x\nDate: yesterday\n\nhello").sections
    assert section.date is None


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('{"a": {"b": [1, 2.50, "x"]}, "c": null, "d": true, "e": ""}', "a.b: 1, 2.50, x\nd: true"),
        ('[{"a": "one"}, {"a": "two"}]', "a: one\n\na: two"),
        ('{"a": "one"}\n{"a": "two"}\n', "a: one\n\na: two"),
        ('{"list": [{"a": 1}, {"a": 2}]}', "list[0].a: 1\n\nlist[1].a: 2"),
        ('"a text"', "a text"),
        ('{"a": "two\\nlines \\u00e9"}', "a: two\nlines é"),
        ("[]", ""),
        ("", ""),
    ],
)
def test_json(source: str, text: str) -> None:
    assert read_json(source.encode()).text == text


def test_cells_of_a_notebook() -> None:
    got = read_notebook(
        notebook(
            {"cell_type": "markdown", "source": ["# Title\n", "Text.<!-- note -->"]},
            {
                "cell_type": "code",
                "source": "print(1)",
                "outputs": [
                    {"output_type": "stream", "text": ["1\n"]},
                    {"output_type": "display_data", "data": {"text/plain": "<Figure>", "image/png": "AAAA"}},
                    {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["\x1b[31mx"]},
                ],
            },
        )
    )
    assert got.text == "# Title\nText.\n\nprint(1)\n\n1\n\n<Figure>\n\nValueError: bad"
    assert got.hidden == 4


def test_an_old_notebook() -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"], "outputs": []}]}]}
    assert read_notebook(json.dumps(old).encode()).text == "x = 1"


def articles(got: Extracted) -> tuple:  # type: ignore[type-arg]
    return split_articles(Document("0" * 16, "0" * 64, got.text, got.encoding, sections=got.sections))


def test_menus_and_notices_on_cookies_are_left_out_and_counted() -> None:
    page = (
        "<body><header><nav><ul><li>Home<li>Sport</ul></nav></header>"
        "<div class='cookie-banner'><p>We use cookies.</p><button>Accept</button></div>"
        "<main><h1>People</h1><p>Ada lives here.</p><nav>On this page</nav></main>"
        "<aside><h3>Related</h3><ul><li>Ten mayors</ul></aside>"
        "<div class='related-links'><p>Old streets</p></div><p id=correlated>Ada is old.</p>"
        "<aside><p>Open on Mondays.</p></aside>"
        "<footer><p>Revised on 12 May.</p></footer></body>"
    )
    got = read_html(page.encode())
    assert got.text == "People\n\nAda lives here.\n\nAda is old.\n\nOpen on Mondays.\n\nRevised on 12 May."
    assert got.notes == ("8 menus, notices on cookies and the like left out",)
    assert read_html(b"<footer>Only this</footer>").text == "Only this"
    assert read_html(b"<body class='cookie-banner-open'><p>Hello.</p></body>").text == "Hello."
