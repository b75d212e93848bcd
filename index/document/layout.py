"""Where the pages and sections of a document lie, as one line of JSON, to be stored or sent."""

from __future__ import annotations

import json
from collections.abc import Sequence

from index.types import Section, Span


def to_json(pages: Sequence[int], sections: Sequence[Section]) -> str:
    """Both in one line."""
    rows = [(s.span.start, s.span.end, s.title, s.outlet, s.author, s.date, s.columns) for s in sections]
    return json.dumps([list(pages), rows])


def from_json(line: str) -> tuple[tuple[int, ...], tuple[Section, ...]]:
    """The pages and sections that `to_json` was given."""
    pages, rows = json.loads(line)
    return tuple(pages), tuple(Section(Span(start, end), *told) for start, end, *told in rows)
