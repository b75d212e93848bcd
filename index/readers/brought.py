"""Readers that other packages bring for an ending of their own; they run in the bounded process, as ours do."""

from __future__ import annotations

from index.errors import UnreadableFile
from index.plugins import breaking_as, brought, loaded
from index.readers.extracted import Extracted

GROUP = "rag.readers"
"""An entry point here is named by an ending without its dot, and is a function from bytes to `Extracted`."""


def is_brought(ending: str) -> bool:
    """Whether an installed package reads files of this ending, as `.ics`."""
    return ending.startswith(".") and ending[1:] in brought(GROUP)


def read_brought(ending: str, data: bytes) -> Extracted:
    """What the reader for `ending` makes of a file. Raises: UnreadableFile, whatever goes wrong in it."""
    reader = f"the installed reader for {ending}"
    with breaking_as(lambda why: UnreadableFile(f"{reader} broke ({why})"), UnreadableFile, MemoryError):
        extracted = loaded(GROUP, ending[1:])(data)
    if not isinstance(extracted, Extracted):
        raise UnreadableFile(f"{reader} gave no text, but {type(extracted).__name__!r}")
    return extracted
