"""A second reading of a file, by other libraries than the readers use. `python -m index.readers.second KIND MEGABYTES`.

It reads the file on stdin and writes its paragraphs and cells to stdout as a list in JSON, or ends with code 3 where
the library is not installed. PDF is read by pypdf, XLSX by openpyxl, of the extra `fidelity`; all else by the standard
library. Nothing is left out: neither what nobody sees, nor what repeats on every page.
"""

from __future__ import annotations

import csv
import io
import json
import mailbox
import re
import resource
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, time
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import PurePath
from xml.etree import ElementTree

from index.errors import UnreadableFile
from index.readers.kind import Kind, kind_of

NOT_INSTALLED = 3
_CODE = frozenset({"script", "style", "template"})
_INLINE = frozenset("a abbr b bdi br cite code em font i mark q s small span strong sub sup time u".split())


def pieces(kind: Kind, data: bytes) -> Iterator[str]:
    """The paragraphs and cells of a file, in no order that counts.

    Raises: ImportError, where the library that reads this kind is not installed.
    """
    return _READERS[kind](data)


def _text(data: bytes) -> Iterator[str]:
    yield from data.decode("utf-8-sig", errors="replace").splitlines()


def _table(data: bytes) -> Iterator[str]:
    text = data.decode("utf-8-sig", errors="replace")
    dialect: type[csv.Dialect] = csv.excel
    with suppress(csv.Error):
        dialect = csv.Sniffer().sniff(text[:10_000], ",;\t|")
    for row in csv.reader(io.StringIO(text), dialect):
        yield from row


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces = [""]
        self._code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._code += tag in _CODE
        if tag not in _INLINE:
            self.pieces.append("")

    def handle_endtag(self, tag: str) -> None:
        self._code -= tag in _CODE
        if tag not in _INLINE:
            self.pieces.append("")

    def handle_data(self, data: str) -> None:
        if not self._code:
            self.pieces[-1] += data


def _html(data: bytes) -> Iterator[str]:
    page = _Page()
    page.feed(data.decode("utf-8-sig", errors="replace"))
    page.close()
    yield from page.pieces


def _mail(data: bytes) -> Iterator[str]:
    if not data.startswith(b"From "):
        yield from _message(message_from_bytes(data, policy=policy.default))
        return
    with tempfile.NamedTemporaryFile(suffix=".mbox") as file:
        file.write(data)
        file.flush()
        for message in mailbox.mbox(file.name):
            yield from _message(message_from_bytes(message.as_bytes(), policy=policy.default))


def _message(message: EmailMessage) -> Iterator[str]:
    yield from (f"{name}: {message[name]}" for name in ("From", "To", "Cc", "Date", "Subject") if message[name])
    body = message.get_body(("plain", "html"))
    text = body.get_payload(decode=True) if body is not None else None
    if body is not None and isinstance(text, bytes):
        plain = text.decode(body.get_content_charset("utf-8"), errors="replace").encode()
        yield from _html(plain) if body.get_content_type() == "text/html" else _text(re.sub(rb"(?m)^[> ]+", b"", plain))
    for part in message.iter_attachments() if message.is_multipart() else ():
        inner = part.get_payload(0) if part.get_content_type() == "message/rfc822" else None
        yield from _message(inner) if isinstance(inner, EmailMessage) else _attached(part)


def _attached(part: EmailMessage) -> Iterator[str]:
    data, name = part.get_payload(decode=True), part.get_filename() or ""
    with suppress(UnreadableFile):
        kind = kind_of(PurePath(name).suffix, data if isinstance(data, bytes) else b"")
        if kind in _READERS and isinstance(data, bytes):
            yield from pieces(kind, data)


def _json(data: bytes) -> Iterator[str]:
    try:
        values = [("", json.loads(data))]
    except ValueError:
        values = [("", json.loads(line)) for line in data.splitlines() if line.strip()]
    while values:
        path, value = values.pop()
        if isinstance(value, dict):
            values += ((f"{path} {key}", inner) for key, inner in value.items())
        elif isinstance(value, list):
            values += ((f"{path} {at}", inner) for at, inner in enumerate(value))
        elif value is not None:
            yield f"{path}: {json.dumps(value, ensure_ascii=False) if isinstance(value, bool) else value}"


def _pdf(data: bytes) -> Iterator[str]:
    from pypdf import PdfReader

    for page in PdfReader(io.BytesIO(data)).pages:
        yield from page.extract_text().splitlines()


def _xlsx(data: bytes) -> Iterator[str]:
    from openpyxl import load_workbook

    for sheet in load_workbook(io.BytesIO(data), read_only=True, data_only=True):
        for row in sheet.iter_rows():
            yield from (_displayed(cell.value, cell.number_format) for cell in row if cell.value is not None)


def _displayed(value: object, form: str) -> str:
    """A value as its cell shows it, as far as days and parts of a hundred go."""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else str(value)
    if not isinstance(value, float | int) or isinstance(value, bool):
        return str(value)
    return f"{value * 100 if '%' in form else value:.15g}"


def _packed(part: str, paragraph: str) -> Callable[[bytes], Iterator[str]]:
    """Reads the paragraphs of those parts of an archive whose names match; elements are known without name spaces."""

    def read(data: bytes) -> Iterator[str]:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                if re.fullmatch(part, name):
                    root = ElementTree.fromstring(archive.read(name))
                    yield from ("".join(one.itertext()) for one in root.iter() if re.fullmatch(paragraph, _name(one)))

    return read


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


_READERS: dict[Kind, Callable[[bytes], Iterator[str]]] = {
    "text": _text,
    "markdown": _text,
    "table": _table,
    "html": _html,
    "mail": _mail,
    "json": _json,
    "pdf": _pdf,
    "xlsx": _xlsx,
    "docx": _packed(r"word/(?:document|header\d*|footer\d*|footnotes|endnotes)\.xml", "p"),
    "pptx": _packed(r"ppt/(?:slides|notesSlides)/\w+\.xml", "p"),
    "odt": _packed(r"content\.xml", "p|h"),
    "epub": _packed(r".+\.x?html?", "p|h[1-6]|li|td|th|dt|dd"),
}
KINDS = frozenset(_READERS)
"""What can be read a second time."""


def main(kind: Kind, megabytes: int) -> None:
    """Write the pieces of the file on stdin."""
    with suppress(ValueError, OSError):  # not every system bounds memory
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    try:
        texts = list(pieces(kind, sys.stdin.buffer.read()))
    except ImportError:
        sys.exit(NOT_INSTALLED)
    json.dump(texts, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
