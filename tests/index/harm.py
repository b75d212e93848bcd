"""What can happen to a file: it is gone, cut short, or one bit of it is another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Harm = Callable[[Path], None]
CACHES = (
    "chroma/chroma.sqlite3",
    "chroma/*/data_level0.bin",
    "chroma/*/header.bin",
    "chroma/*/index_metadata.pickle",
    "chroma/*/length.bin",
    "chroma/*/link_lists.bin",
    "lexical/counts.npy",
    "lexical/ids.json",
    "lexical/lengths.npy",
    "lexical/rows.npy",
    "lexical/starts.npy",
    "lexical/vocabulary.json",
)
"""The files of a generation that are made from the corpus."""
FILES = ("corpus.sqlite", *CACHES)


def delete(file: Path) -> None:
    file.unlink()


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    at = data.find(b"passages") if file.name == "chroma.sqlite3" else len(data) // 2
    data[at] ^= 0x04
    file.write_bytes(data)
