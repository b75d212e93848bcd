"""Which reader a file is for: its name says it, and its first bytes must agree."""

from __future__ import annotations

from typing import Literal

from index.errors import UnreadableFile
from index.readers import tesseract
from index.readers.brought import is_brought

BuiltIn = Literal[
    "text",
    "markdown",
    "html",
    "table",
    "json",
    "notebook",
    "mail",
    "pdf",
    "docx",
    "pptx",
    "xlsx",
    "epub",
    "odt",
    "rtf",
    "picture",
]
Kind = str
"""One of `BuiltIn`, or an ending with its dot, for which another package brings a reader."""

_SUFFIXES: dict[BuiltIn, str] = {
    "markdown": ".md .markdown .mdown .mkd",
    "html": ".html .htm .xhtml",
    "table": ".csv .tsv .tab",
    "json": ".json .jsonl .ndjson",
    "notebook": ".ipynb",
    "mail": ".eml .mbox .mbx",
    "pdf": ".pdf",
    "docx": ".docx .docm",
    "pptx": ".pptx .pptm .ppsx",
    "xlsx": ".xlsx .xlsm",
    "epub": ".epub",
    "odt": ".odt .ott",
    "rtf": ".rtf",
    "picture": ".png .jpg .jpeg .tif .tiff",
}
"""What else is text is read as it stands: notes, logs, source code."""
_NAMED: dict[str, BuiltIn] = {suffix: kind for kind, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
_PDF, _ZIP, _OLD_OFFICE = "a PDF", "a ZIP archive", "an Office document in the format of before 2007"
_BINARY: dict[BuiltIn, str] = {
    "pdf": _PDF,
    "docx": "a Word document",
    "pptx": "a PowerPoint presentation",
    "xlsx": "an Excel workbook",
    "epub": "an EPUB book",
    "odt": "an OpenDocument text",
    "rtf": "an RTF document",
}
_PARTS: tuple[tuple[bytes, BuiltIn], ...] = (
    (b"word/document.xml", "docx"),
    (b"ppt/presentation.xml", "pptx"),
    (b"xl/workbook.xml", "xlsx"),
    (b"META-INF/container.xml", "epub"),
)
"""A part by whose name each kind of ZIP archive is known."""
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_MAGIC = (
    (b"%PDF-", _PDF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _OLD_OFFICE),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x7fELF", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\0asm", "a program"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF87a", "a GIF picture"),
    (b"GIF89a", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"OggS\0", "an Ogg recording"),
    (b"fLaC\0", "a FLAC recording"),
    (b"\x1aE\xdf\xa3", "a film"),
    (b"wOF2\0", "a font"),
    (b"\0\x01\0\0\0", "a font"),
)
_PICTURES = frozenset({"a PNG picture", "a JPEG picture", "a TIFF picture"})
_MAGIC_BEFORE_NUL = ((b"MZ", "a Windows program"), (b"ID3", "an MP3 recording"), (b"RIFF", "a recording or picture"))
"""Letters that may begin a text too, so a NUL must follow soon."""


def kind_of(suffix: str, data: bytes) -> Kind:
    """The kind of a file whose name ends in `suffix`. Where the name has no end, the bytes alone say it.

    Raises: UnreadableFile, when no reader is for it, or its name and its bytes disagree.
    """
    suffix = suffix.lower()
    named = _NAMED.get(suffix, "text")
    if not data.strip():
        return "text"  # and holds none
    if suffix not in _NAMED and is_brought(suffix):
        return suffix
    content = _content(data)
    if named in _BINARY:
        return _checked(named, suffix, data, content)
    if named == "picture":
        return _pictured(content or "not a picture, though its name says so")
    if content is None and suffix != ".svg":
        return named
    if suffix == "" and content in _BINARY.values():
        return next(kind for kind, words in _BINARY.items() if words == content)
    reason = content or "an SVG picture"
    raise UnreadableFile(f"{reason}, though its name ends in {suffix}" if reason in _BINARY.values() else reason)


def _checked(named: BuiltIn, suffix: str, data: bytes, content: str | None) -> BuiltIn:
    """`named`, unless the bytes are of something else."""
    if content == _BINARY[named] or (content == _ZIP and named not in ("pdf", "rtf")):
        return named  # of an archive that is cut short its reader tells what is wrong
    if named == "pdf" and b"%PDF-" in data[:1024]:
        return named  # some programs write a few bytes of their own before it
    if content == _OLD_OFFICE and _LOCKED in data:
        raise UnreadableFile("protected with a password")
    raise UnreadableFile(f"{content or 'not ' + _BINARY[named]}, though its name ends in {suffix}")


def _pictured(content: str) -> BuiltIn:
    if content not in _PICTURES:
        raise UnreadableFile(content)
    if not tesseract.is_installed():
        raise UnreadableFile(f"{content}; {tesseract.HOW}")
    return "picture"


def _content(data: bytes) -> str | None:
    """What the bytes are, in words; None for what may be text."""
    if data.startswith(b"PK\x03\x04"):
        return _zipped(data)
    for magic, words in _MAGIC:
        if data.startswith(magic):
            return words
    for magic, words in _MAGIC_BEFORE_NUL:
        if data.startswith(magic) and b"\0" in data[:64]:
            return words
    if data[4:8] == b"ftyp":
        return "a film or picture"
    return "a tar archive" if data[257:262] == b"ustar" else None


def _zipped(data: bytes) -> str:
    if b"mimetypeapplication/vnd.oasis.opendocument.text" in data[:200]:
        return _BINARY["odt"]
    if b"mimetypeapplication/vnd.oasis.opendocument" in data[:200]:
        return "an OpenDocument file"
    return next((_BINARY[kind] for part, kind in _PARTS if part in data), _ZIP)
