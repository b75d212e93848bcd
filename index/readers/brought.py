"""Readers that other packages bring for an ending of their own; they run in the bounded process, as ours do."""

from __future__ import annotations

from index.errors import UnreadableFile
from index.plugins import brought, loaded, reason
from index.readers.extracted import Extracted

GROUP = "rag.readers"
"""An entry point here is named by an ending without its dot, and is a function from bytes to `Extracted`."""


def is_brought(ending: str) -> bool:
    """Whether an installed package reads files of this ending, as `.ics`."""
    return ending.startswith(".") and ending[1:] in brought(GROUP)


def read_brought(ending: str, data: bytes) -> Extracted:
    """What the reader for `ending` makes of a file. Raises: UnreadableFile, whatever goes wrong in it."""
    try:
        extracted = loaded(GROUP, ending[1:])(data)
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:
        raise UnreadableFile(f"the installed reader for {ending} broke ({reason(error)})") from error
    if not isinstance(extracted, Extracted):
        raise UnreadableFile(f"the installed reader for {ending} gave no text, but {type(extracted).__name__!r}")
    return extracted
