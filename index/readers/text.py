"""Plain text."""

from __future__ import annotations

from index.decode import Decoded, decode

SUFFIXES = frozenset({"", ".txt", ".text", ".log"})


def read_text(data: bytes) -> Decoded:
    """The decoded text, as it stands.

    Raises: UnreadableFile, when the bytes are not text.
    """
    return decode(data)
