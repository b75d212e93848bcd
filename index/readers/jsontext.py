"""JSON and JSON Lines: a record a paragraph, a line for every value, with the path that leads to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from index.errors import UnreadableFile
from index.readers.decode import decode
from index.readers.extracted import Composer, Extracted

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def read_json(data: bytes) -> Extracted:
    """One paragraph for each record: each item of a list, each line of JSON Lines, or the whole.

    A value stands behind its path, `author.name: Ada`; a text of several lines keeps them.

    Raises: UnreadableFile, when it is neither JSON nor JSON Lines.
    """
    decoded = decode(data)
    composer = Composer(decoded.encoding)
    for record in _records(decoded.text):
        composer.block("\n".join(_lines(record)))
    return composer.done(replaced=decoded.replaced)


def parse(text: str) -> Json:
    """The value that a JSON text holds.

    Raises: UnreadableFile, when it holds none, or nests deeper than any reader follows.
    """
    try:
        value: Json = json.loads(text, parse_int=str, parse_float=str)  # numbers as they are written
    except json.JSONDecodeError as error:
        raise UnreadableFile(f"not valid JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise UnreadableFile("not read: its JSON nests too deep") from error
    return value


def _records(text: str) -> Iterator[Json]:
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and _is_whole(lines[0]) and _is_whole(lines[-1]):
        yield from map(parse, lines)
    elif lines:
        value = parse(text)
        yield from value if isinstance(value, list) else [value]


def _is_whole(line: str) -> bool:
    """Whether a line is a record by itself, as every line of JSON Lines is."""
    try:
        return isinstance(json.loads(line), dict | list)
    except (ValueError, RecursionError):
        return False


def _lines(record: Json) -> Iterator[str]:
    """Every value that says something, in order; a list, not recursion, since what nests deep is still read.

    A blank line stands before each record of a list.
    """
    pending: list[tuple[str, Json]] = [("", record)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, dict):
            if path.endswith("]"):
                yield ""
            prefix = f"{path}." if path else ""
            pending.extend((f"{prefix}{key}", inner) for key, inner in reversed(value.items()))
        elif isinstance(value, list):
            pending.extend(_items(path, value))
        elif value is not None and value != "":
            plain = value if isinstance(value, str) else json.dumps(value)
            yield f"{path}: {plain}" if path else plain


def _items(path: str, values: list[Json]) -> list[tuple[str, Json]]:
    """A list of plain values is one line; one of records has them numbered from 0."""
    if not any(isinstance(value, dict | list) for value in values):
        line = ", ".join(value if isinstance(value, str) else json.dumps(value) for value in values)
        return [(path, line)]
    return [(f"{path}[{number}]", value) for number, value in reversed(list(enumerate(values)))]
