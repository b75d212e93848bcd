"""In: the bytes of one file. Each module reads one family of formats; `kind` says which, by name and bytes.

Out: a document, or in words why it cannot be read. Formats that need a parser are read in a process of its own.
May import: `index.document`, and the words that the installed model knows (`index.vectors.model_files`).
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from index.errors import UnreadableFile
from index.readers.bounded import Limits, Worker
from index.readers.extracted import Extracted
from index.readers.kind import Kind, kind_of
from index.readers.markdown import read_markdown
from index.readers.text import read_text
from index.readers.turns import with_turns
from index.types import Document

__all__ = ["Limits", "Raw", "Worker", "document_of", "fetch", "id_of", "parse", "read", "read_bytes"]


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of a file, not yet read as a document, and the id that the document will have."""

    kind: Kind
    id: str
    sha256: str
    data: bytes


def read(path: Path, max_bytes: int) -> Document:
    """The document at `path`. Never blocks on a pipe or a device.

    Raises: UnreadableFile, with a reason that starts in lower case and does not repeat the path.
    """
    with Worker() as worker:
        return parse(fetch(path, max_bytes), worker)


def fetch(path: Path, max_bytes: int) -> Raw:
    """The file at `path`, known by the digest of its bytes.

    Raises: UnreadableFile, as `read` does, when the file is none, or no reader is for it.
    """
    data = read_bytes(path, max_bytes)
    kind = kind_of(path.suffix, data)
    if kind == "markdown" and b"<!--" not in data:
        kind = "text"  # which then is read alike, so that equal bytes make one document
    digest = hashlib.sha256(data).hexdigest()
    return Raw(kind, id_of(kind, digest), digest, data)


def id_of(kind: Kind, sha256: str) -> str:
    """The id of the document that the reader of `kind` makes of the bytes with this digest."""
    known_by = sha256 if kind == "text" else hashlib.sha256(f"{kind}:{sha256}".encode()).hexdigest()
    return known_by[:16]


def parse(raw: Raw, worker: Worker) -> Document:
    """The document that a file's bytes make. All but plain text is read by `worker`.

    Raises: UnreadableFile, when it is damaged, locked, a bomb, or holds no text where it should.
    """
    if raw.kind == "text":
        extracted = read_text(raw.data)
    elif raw.kind == "markdown":
        extracted = read_markdown(raw.data)
    else:
        extracted = worker.read(raw.kind, raw.data)
    return document_of(raw, extracted)


def document_of(raw: Raw, extracted: Extracted) -> Document:
    """The document of a file, of which a reader has `extracted` so much."""
    return Document(
        id=raw.id,
        sha256=raw.sha256,
        text=extracted.text,
        encoding=extracted.encoding,
        replaced=extracted.replaced,
        hidden=extracted.hidden,
        pages=extracted.pages,
        sections=extracted.sections,
        notes=extracted.notes,
        scanned=extracted.scanned,
        blocks=with_turns(extracted.text, extracted.blocks),
    )


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """The bytes of a regular file.

    Raises: UnreadableFile, when it is no regular file, is larger than `max_bytes`, or may not be read.
    """
    try:
        # O_NONBLOCK: opening a pipe that nobody writes to would otherwise wait for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise UnreadableFile(_reason(error)) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile("not a regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = b"" if status.st_size > max_bytes else file.read(max_bytes + 1)
    except OSError as error:
        raise UnreadableFile(_reason(error)) from error
    finally:
        os.close(descriptor)
    size = max(status.st_size, len(data))
    if size > max_bytes:
        raise UnreadableFile(f"too large: {size:,} bytes, the limit is {max_bytes:,}")
    return data


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.errno in (errno.ENXIO, errno.ENODEV):
        return "not a regular file"
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"cannot be opened: {words}"
