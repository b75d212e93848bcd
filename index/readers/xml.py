"""XML as a stream of events, for files that nobody vouches for: no tree, no entities, no document type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import IO, NamedTuple
from xml.parsers import expat

from index.errors import UnreadableFile

_CHUNK = 64 * 1024
_NAMES_KEPT = 4096


class Start(NamedTuple):  # not a dataclass: large sheets make millions, and these cost a third
    """An element begins. Names are local, without namespace; of attributes only `r:id` and its like keep a prefix."""

    name: str
    attributes: dict[str, str]


class End(NamedTuple):
    """An element ends."""

    name: str


Event = Start | End | str
"""A tag, or characters between tags; a run of those may come in several pieces."""


def events(stream: IO[bytes]) -> Iterator[Event]:
    """The events of an XML file, in order, read piece by piece.

    Raises: UnreadableFile, when it is not well formed or declares a document type, with which a few bytes could name
    other files or grow without end.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    ready: list[Event] = []
    parser.StartElementHandler = lambda name, attributes: ready.append(
        Start(_local(name), {_attribute(key): value for key, value in attributes.items()})
    )
    parser.EndElementHandler = lambda name: ready.append(_end(name))
    parser.CharacterDataHandler = ready.append
    parser.StartDoctypeDeclHandler = _refuse
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            yield from ready
            ready.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise UnreadableFile(f"its XML is broken: {error}") from error
    yield from ready


@lru_cache(_NAMES_KEPT)
def _local(name: str) -> str:
    return name.rpartition(" ")[2]


@lru_cache(_NAMES_KEPT)
def _end(name: str) -> End:
    return End(_local(name))


@lru_cache(_NAMES_KEPT)
def _attribute(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return f"r:{local}" if space.endswith("/relationships") else local


def _refuse(*_: object) -> None:
    raise UnreadableFile("its XML declares a document type, which could hide a bomb or name other files")
