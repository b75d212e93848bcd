"""Whatever the format: every passage is a slice of the text that the reader found, and nothing of the file is lost."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from html import escape
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from evals import making
from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.readers import Raw, document_of
from index.readers.docx import read_docx
from index.readers.epub import read_epub
from index.readers.extracted import Extracted
from index.readers.html import read_html
from index.readers.jsontext import read_json
from index.readers.mail import read_mail
from index.readers.markdown import read_markdown
from index.readers.notebook import read_notebook
from index.readers.odt import read_odt
from index.readers.pdf import read_pdf
from index.readers.pptx import read_pptx
from index.readers.rtf import read_rtf
from index.readers.table import read_table
from index.readers.text import read_text
from index.readers.xlsx import read_xlsx
from index.store.corpus import Corpus
from index.store.writer import CorpusWriter
from tests.making import epub, notebook, odt

WORDS = st.text(st.sampled_from("abcdefghij éßñÀ.,;!?|\"'<&>()-0123456789"), min_size=1, max_size=90)
PARAGRAPHS = st.lists(WORDS, min_size=1, max_size=8)


def as_docx(lines: Sequence[str]) -> bytes:
    return making.docx("".join(making.paragraph(making.run(line)) for line in lines))


def as_pptx(lines: Sequence[str]) -> bytes:
    return making.pptx(*(making.slide(making.shape(line)) for line in lines))


def as_xlsx(lines: Sequence[str]) -> bytes:
    return making.xlsx({"S": making.sheet("".join(making.sheet_row(line, "x") for line in lines))})


def as_csv(lines: Sequence[str]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows([["one", "two"], *([line, "x"] for line in lines)])
    return file.getvalue().encode()


def as_epub(lines: Sequence[str]) -> bytes:
    return epub([f"<h1>Chapter</h1><p>{escape(line)}</p>" for line in lines], title="A book")


def as_mail(lines: Sequence[str]) -> bytes:
    message = EmailMessage()
    message["Subject"] = "A letter"
    message.set_content("\n\n".join(lines))
    return message.as_bytes()


def as_html(lines: Sequence[str]) -> bytes:
    return ("<body>" + "".join(f"<p>{escape(line)}</p>" for line in lines)).encode()


def as_notebook(lines: Sequence[str]) -> bytes:
    return notebook(*({"cell_type": "code", "source": [line], "outputs": []} for line in lines))


def as_odt(lines: Sequence[str]) -> bytes:
    return odt("".join(f"<text:p>{escape(line)}</text:p>" for line in lines))


def as_rtf(lines: Sequence[str]) -> bytes:
    marked = (re.sub(r"([\\{}])", r"\\\1", line) for line in lines)
    escaped = ("".join(c if c < "\x80" else f"\\u{ord(c)}?" for c in line) for line in marked)
    return ("{\\rtf1\\ansi " + "".join(f"\\pard {line}\\par\n" for line in escaped) + "}").encode("ascii")


def as_pdf(lines: Sequence[str]) -> bytes:
    # One page: what repeats at the edge of several is left out.
    return making.pdf([[part for line in lines for part in (line, "end")]])


FORMATS: dict[str, tuple[Callable[[Sequence[str]], bytes], Callable[[bytes], Extracted]]] = {
    "text": (lambda lines: "\n".join(lines).encode(), read_text),
    "markdown": (lambda lines: "\n\n".join(lines).encode(), read_markdown),
    "html": (as_html, read_html),
    "csv": (as_csv, read_table),
    "json": (lambda lines: json.dumps([{"a": line} for line in lines]).encode(), read_json),
    "jsonl": (lambda lines: "\n".join(json.dumps({"a": line}) for line in lines).encode(), read_json),
    "notebook": (as_notebook, read_notebook),
    "mail": (as_mail, read_mail),
    "odt": (as_odt, read_odt),
    "rtf": (as_rtf, read_rtf),
    "docx": (as_docx, read_docx),
    "pptx": (as_pptx, read_pptx),
    "xlsx": (as_xlsx, read_xlsx),
    "epub": (as_epub, read_epub),
    "pdf": (as_pdf, read_pdf),
}


RAW = Raw("text", "0" * 16, "0" * 64, b"")
"""Of it a document takes its names alone."""


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=PARAGRAPHS, words=st.integers(3, 60))
def test_passages_are_slices_of_what_the_reader_found(name: str, lines: Sequence[str], words: int) -> None:
    make, read = FORMATS[name]
    document = document_of(RAW, read(make(lines)))
    text = document.text
    articles = split_articles(document)
    passages = chunk(document, articles, words)
    assert all(text[p.start : p.end] == p.text for p in passages)
    assert all(articles[p.article].span.contains(p.span) for p in passages)
    assert all(a.end <= b.start for a, b in itertools.pairwise(passages))
    assert [article.ordinal for article in articles] == list(range(len(articles)))
    for section in document.sections:
        assert section.span.of(text) == section.span.of(text).strip() != ""
    for passage in passages:
        pages = [page for page, start in enumerate(document.pages, start=1) if start <= passage.start]
        assert passage.page == (pages[-1] if pages else None)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=30)
@given(lines=PARAGRAPHS)
def test_no_word_of_a_file_is_lost(name: str, lines: Sequence[str]) -> None:
    assume(name != "markdown" or "<!--" not in "".join(lines))  # a comment is left out, and counted
    assume(name != "mail" or not any(line.startswith(">") for line in lines))  # the mark of a quotation is left out
    make, read = FORMATS[name]
    got = read(make(lines))
    # A hyphen at the end of a PDF's line joins a word that was parted there.
    dropped = "-" if name == "pdf" else ""
    text = "".join(got.text.split()).replace(dropped, "")
    at = 0
    for line in lines:
        wanted = "".join(line.split()).replace(dropped, "")
        at = text.find(wanted, at)
        assert at >= 0, (line, got.text)
        at += len(wanted)
    assert got.hidden == 0


@pytest.mark.parametrize("name", FORMATS)
def test_a_document_comes_back_from_the_corpus_as_it_was_read(name: str, tmp_path: Path) -> None:
    make, read = FORMATS[name]
    got = read(make(["The harbour of Lissa was closed on Monday.", "Fishermen waited at the quay, “all day”."]))
    document = document_of(RAW, got)
    articles = split_articles(document)
    passages = chunk(document, articles, 20)
    with CorpusWriter(tmp_path / "corpus.sqlite", "model") as writer:
        writer.add_document(document, articles, passages, [p.id for p in passages])
    with Corpus(tmp_path / "corpus.sqlite") as corpus:
        assert corpus.document(document.id) == document
        assert corpus.articles(document.id) == articles
        assert corpus.passages_of(document.id) == passages
