"""Small files of the formats that only tests make, beside those of `evals.making`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape

from evals.making import paragraph, run, zipped

_OPEN_DOCUMENT = ("office", "text", "table", "style")


def word_table(rows: Sequence[Sequence[str]]) -> str:
    """A table of Word, a paragraph a cell."""
    cells = ("".join(f"<w:tc>{paragraph(run(cell))}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def epub(chapters: Sequence[str], *, title: str = "", author: str = "", date: str = "", lock: str = "") -> bytes:
    """A book with these chapters; `lock` is the method by which it says it is protected."""
    items = "".join(
        f'<item id="c{n}" href="text/c%20{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    parts: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        "OEBPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<metadata><dc:title>{escape(title)}</dc:title><dc:creator>{escape(author)}</dc:creator>"
        f"<dc:date>{date}</dc:date></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>",
    }
    for number, body in enumerate(chapters):
        parts[f"OEBPS/text/c {number}.xhtml"] = (
            f'<?xml version="1.0"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>'
        )
    if lock:
        parts["META-INF/encryption.xml"] = (
            '<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>'
            f'<enc:EncryptionMethod Algorithm="{lock}"/></enc:EncryptedData></encryption>'
        )
    return zipped(parts)


def odt(body: str, *, styles: str = "", meta: str = "") -> bytes:
    """An OpenDocument text with this body."""
    names = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in _OPEN_DOCUMENT)
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"<office:document-content{names}>"
            f"<office:automatic-styles>{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>",
            "meta.xml": f'<office:document-meta{names} xmlns:dc="urn:dc"><office:meta>{meta}</office:meta>'
            "</office:document-meta>",
        }
    )


def notebook(*cells: Mapping[str, object]) -> bytes:
    """A Jupyter notebook of these cells."""
    return json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()
