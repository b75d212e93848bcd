"""OpenDocument texts and RTF."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.making import zipped
from index.errors import UnreadableFile
from index.readers.extracted import Extracted
from index.readers.odt import read_odt
from index.readers.rtf import read_rtf
from tests.making import odt


def blocks(got: Extracted) -> list[tuple[str, int, str]]:
    return [(block.kind, block.level, block.span.of(got.text)) for block in got.blocks]


def test_an_opendocument_text() -> None:
    body = (
        '<text:h text:outline-level="2">Rules</text:h><text:p>One<text:s text:c="2"/>two<text:line-break/>three.'
        "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>By order.</text:p>"
        "</text:note-body></text:note></text:p><text:list><text:list-item><text:p>first</text:p></text:list-item>"
        "<text:list-item><text:p>second</text:p></text:list-item></text:list>"
        '<text:p text:style-name="H">unseen</text:p>'
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes><office:annotation><text:p>remark</text:p>"
        "</office:annotation>"
    )
    styles = '<style:style style:name="H"><style:text-properties text:display="none"/></style:style>'
    got = read_odt(odt(body, styles=styles, meta="<dc:title>House</dc:title>"))
    assert blocks(got) == [
        ("heading", 2, "Rules"),
        ("paragraph", 0, "One  two\nthree.[1]"),
        ("item", 0, "- first"),
        ("item", 0, "- second"),
        ("paragraph", 0, "[1] By order."),
    ]
    assert got.hidden == 6
    assert [section.title for section in got.sections] == ["House"]


def test_what_is_no_opendocument_text() -> None:
    with pytest.raises(UnreadableFile, match="holds none"):
        read_odt(zipped({"a.xml": "<a/>"}))
    locked = zipped({"content.xml": "x", "META-INF/manifest.xml": "<a><encryption-data/></a>"})
    with pytest.raises(UnreadableFile, match="protected with a password"):
        read_odt(locked)


def test_an_rtf_document() -> None:
    source = (
        rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}{\*\generator x;}{\header Our firm\par}"
        rb"\pard\outlinelevel0 Rota\par\pard Caf\'e9, \u8364?5 \u-10179?\u-8704? {\v secret}\{x\}\line end\par"
        rb"\pard\ls1 one\par two\par\pard{\pict 00ff}{\*\shpinst{\shptxt In a box.\par}}Bye}"
    )
    got = read_rtf(source)
    assert blocks(got) == [
        ("heading", 1, "Rota"),
        ("paragraph", 0, "Café, €5 😀 {x}\nend"),
        ("item", 0, "- one"),
        ("item", 0, "- two"),
        ("paragraph", 0, "In a box."),
        ("paragraph", 0, "Bye"),
    ]
    assert got.hidden == 6


def test_bytes_in_an_rtf_document_are_no_text() -> None:
    assert read_rtf(rb"{\rtf1 a\bin5 {{{{{b\par}").text == "ab"


def test_an_rtf_document_that_nests_too_deep_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="nest too deep"):
        read_rtf(b"{\\rtf1 " + b"{" * 20_000)


@given(
    st.lists(
        st.sampled_from(
            [b"{", b"}", b"\\par", b"\\cell", b"\\row", b"\\trowd", b"\\u-5", b"\\'e", b"\\*", b" x", b"\\"]
        )
    )
)
def test_whatever_follows_the_first_word_is_read(pieces: list[bytes]) -> None:
    got = read_rtf(b"{\\rtf1" + b"".join(pieces))
    assert all(block.span.of(got.text).strip() for block in got.blocks)
