"""Files to documents. Each module reads one family of formats; `read` chooses by the file's name and its bytes."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from index.decode import Decoded
from index.errors import UnreadableFile
from index.readers import markdown, text
from index.types import Document

_READERS: dict[str, Callable[[bytes], Decoded]] = {
    **dict.fromkeys(text.SUFFIXES, text.read_text),
    **dict.fromkeys(markdown.SUFFIXES, markdown.read_markdown),
}
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
)
_MARKUP = {".html": "an HTML page", ".htm": "an HTML page", ".xhtml": "an HTML page", ".rtf": "an RTF document"}


def read(path: Path, max_bytes: int) -> Document:
    """The document at `path`, known by the digest of its bytes. Never blocks on a pipe or a device.

    Raises: UnreadableFile, with a reason that starts in lower case and does not repeat the path.
    """
    return parse(path.suffix, read_bytes(path, max_bytes))


def parse(suffix: str, data: bytes) -> Document:
    """The document that `data` makes as a file whose name ends in `suffix`.

    Raises: UnreadableFile, when this version has no reader for it or it is not text.
    """
    kind = _MARKUP.get(suffix.lower()) or _first(name for magic, name in _MAGIC if _is(data, magic))
    if kind:
        raise UnreadableFile(f"{kind}; this version reads text and Markdown")
    decoded = _READERS.get(suffix.lower(), text.read_text)(data)
    digest = hashlib.sha256(data).hexdigest()
    return Document(digest[:16], digest, decoded.text, decoded.encoding, decoded.replaced)


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


def _is(data: bytes, magic: bytes) -> bool:
    # Two letters alone may begin a sentence, so a program must also look like one.
    return data.startswith(magic) and (magic != b"MZ" or b"\0" in data[:64])


def _first(names: Iterable[str]) -> str | None:
    return next(iter(names), None)
