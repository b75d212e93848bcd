"""Markdown, kept as it is written: a quote must be a run of the file's own characters, marks included."""

from __future__ import annotations

from index.decode import Decoded, decode

SUFFIXES = frozenset({".md", ".markdown", ".mdown", ".mkd"})


def read_markdown(data: bytes) -> Decoded:
    """The decoded source text, marks included.

    Raises: UnreadableFile, when the bytes are not text.
    """
    return decode(data)
