"""A process of its own that reads what may be a bomb. `python -m index.readers.worker MEGABYTES`.

It takes one file after the other on stdin: a line of JSON, `{"kind": "pdf", "size": 1234, "seconds": 20}`, then that
many bytes. With `"alone": true` in the line what is attached to a mail is not read. With `"draw": {"page": 3, "text":
"…", "quotes": [[0, 9]], "frames": []}` it draws that page of the file.

It answers each on stdout with a line of JSON and, unless that says `{"refused": "why"}`, `size` bytes: the text as
UTF-8 and after it `blocks` bytes for its blocks, or the page as PNG. It ends when stdin does. A file that takes more
memory or time than allowed ends it at once, and so does one that breaks a reader: the process that asked tells the
reason from how it ended, and starts another.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from functools import partial
from pathlib import PurePath
from typing import BinaryIO, NotRequired, TypedDict

from index.document import layout
from index.errors import UnreadableFile
from index.readers.brought import read_brought
from index.readers.docx import read_docx
from index.readers.drawing import Wanted
from index.readers.epub import read_epub
from index.readers.extracted import Extracted
from index.readers.html import read_html
from index.readers.jsontext import read_json
from index.readers.kind import Kind, kind_of
from index.readers.mail import read_mail
from index.readers.markdown import read_markdown
from index.readers.notebook import read_notebook
from index.readers.odt import read_odt
from index.readers.pptx import read_pptx
from index.readers.rtf import read_rtf
from index.readers.table import read_table
from index.readers.text import read_text
from index.readers.xlsx import read_xlsx
from index.types import Frame, Span


def _read_pdf(data: bytes) -> Extracted:
    from index.readers.pdf import read_pdf  # which needs a library that most files do not

    return read_pdf(data)


def _read_picture(data: bytes) -> Extracted:
    from index.readers.picture import read_picture

    return read_picture(data)


class _Draw(TypedDict):
    page: int
    text: str
    quotes: list[tuple[int, int]]
    frames: list[list[tuple[float, float, float, float]]]


class _Request(TypedDict):
    kind: Kind
    size: int
    seconds: float
    alone: NotRequired[bool]
    draw: NotRequired[_Draw]


_Answer = tuple[dict[str, object], bytes]
_PATIENCE = 5
_DEEPEST_MAIL = 3
"""Mails attached as files to mails that are read inside each other."""
_READERS: dict[str, Callable[[bytes], Extracted]] = {
    "text": read_text,
    "markdown": read_markdown,
    "html": read_html,
    "table": read_table,
    "json": read_json,
    "notebook": read_notebook,
    "pdf": _read_pdf,
    "picture": _read_picture,
    "docx": read_docx,
    "pptx": read_pptx,
    "xlsx": read_xlsx,
    "epub": read_epub,
    "odt": read_odt,
    "rtf": read_rtf,
}


def main(megabytes: int) -> None:
    """Answer until stdin ends."""
    _bound(megabytes)
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not mix with the answers
    while line := sys.stdin.buffer.readline():
        request: _Request = json.loads(line)
        data = sys.stdin.buffer.read(request["size"])
        _allow(request["seconds"])
        _answer(answers, request, data)
        _allow(0)


def _allow(seconds: float) -> None:
    """Set the time after which the kernel ends this process, in native code too, since no one catches its signals.

    What counts is the processor's time, which is the same on a busy machine; the clock's is allowed to be far more.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * _PATIENCE)


def _bound(megabytes: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks, whose end ends this one
    with suppress(ValueError, OSError):  # not every system bounds memory
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(answers: BinaryIO, request: _Request, data: bytes) -> None:
    try:
        if "draw" in request:
            answer, body = _drawn(request["kind"], request["draw"], data)
        else:
            answer, body = _packed(_read(request["kind"], data, _DEEPEST_MAIL if request.get("alone") else 0))
    except UnreadableFile as error:
        answer, body = {"refused": str(error)}, b""
    answers.write(json.dumps(answer).encode() + b"\n")
    answers.write(body)
    answers.flush()


def _read(kind: Kind, data: bytes, depth: int) -> Extracted:
    if kind.startswith("."):
        return read_brought(kind, data)
    if kind != "mail":
        return _READERS[kind](data)
    return read_mail(data, partial(_read_attached, depth + 1) if depth < _DEEPEST_MAIL else None)


def _read_attached(depth: int, name: str, data: bytes) -> Extracted:
    return _read(kind_of(PurePath(name).suffix, data), data, depth)


def _packed(extracted: Extracted) -> _Answer:
    text, blocks = extracted.text.encode(), extracted.blocks.pack()
    return {
        "size": len(text) + len(blocks),
        "blocks": len(blocks),
        "encoding": extracted.encoding,
        "replaced": extracted.replaced,
        "hidden": extracted.hidden,
        "notes": extracted.notes,
        "layout": layout.to_json(extracted.pages, extracted.sections, extracted.scanned),
    }, text + blocks


def _drawn(kind: Kind, draw: _Draw, data: bytes) -> _Answer:
    from index.readers.pdf_picture import draw_page
    from index.readers.picture import draw_picture

    quotes = tuple(Span(start, end) for start, end in draw["quotes"])
    frames = tuple(tuple(Frame(*frame) for frame in frames) for frames in draw["frames"])
    wanted = Wanted(draw["page"], draw["text"], quotes, frames)
    drawn = draw_picture(data, wanted) if kind == "picture" else draw_page(data, wanted)
    boxes = [astuple(box) for box in drawn.boxes]
    return {"size": len(drawn.png), "width": drawn.width, "height": drawn.height, "boxes": boxes}, drawn.png


if __name__ == "__main__":
    main(int(sys.argv[1]))
