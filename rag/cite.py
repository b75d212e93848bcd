"""The grammar of citations: `[1]`, `[1, 2]`, `[1-3]`, `[1][2]`. One parser reads every answer, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.sentences import sentences
from index.types import Span

_RUN = r"\d{1,4}(?:\s*[-–]\s*\d{1,4})?"
MARKER = re.compile(rf"\[\s*({_RUN}(?:\s*[,;]\s*{_RUN})*)\s*\]")
_ONLY_MARKERS = re.compile(rf"(?:\s|{MARKER.pattern}|[.,;:!?])+")
_OPEN, _CLOSE = "“", "”"
_MAX_RANGE = 50


@dataclass(frozen=True, slots=True)
class Marked:
    """One sentence of an answer, without its markers, and the labels that they name, in order, each once."""

    text: str
    labels: tuple[int, ...]


def labels_in(text: str) -> tuple[int, ...]:
    """The labels that the markers of `text` name, in order, each once; a range names all it spans."""
    found: list[int] = []
    for match in _markers(text):
        for run in re.split(r"[,;]", match[1]):
            ends = [int(number) for number in re.findall(r"\d+", run)]
            first, last = ends[0], ends[-1]
            found.extend(range(first, last + 1) if first <= last <= first + _MAX_RANGE else ends)
    return tuple(dict.fromkeys(found))


def without_markers(text: str) -> str:
    """`text` with its markers and the space before them taken out."""
    for match in reversed(_markers(text)):
        text = text[: match.start()].rstrip() + text[match.end() :]
    return text.strip()


def _markers(text: str) -> list[re.Match[str]]:
    """The markers of `text`; brackets inside quoted words are the source's own, unless there are no others."""
    found = list(MARKER.finditer(text))
    inside = Span(text.find(_OPEN), text.rfind(_CLOSE)) if _OPEN in text and _CLOSE in text else Span(0, 0)
    outside = [match for match in found if not inside.start <= match.start() < inside.end]
    return outside or found


def parse(text: str) -> tuple[Marked, ...]:
    """The sentences of an answer with what each cites.

    A marker belongs to the sentence it stands in or directly after. Quoted words are never split, and a run of
    markers alone is no sentence. Every marker in `text` is in exactly one result.
    """
    found: list[Marked] = []
    for line in text.split("\n"):
        for n, span in enumerate(_whole_quotes(line, sentences(line))):
            piece = span.of(line)
            cut = _leading_markers(piece) if n or _ONLY_MARKERS.fullmatch(piece) else 0
            _give(found, labels_in(piece[:cut]))
            if words := without_markers(piece[cut:]).strip():
                found.append(Marked(words, labels_in(piece[cut:])))
            else:
                _give(found, labels_in(piece[cut:]))
    return tuple(found)


def _give(found: list[Marked], labels: tuple[int, ...]) -> None:
    """Add labels to the last sentence; to an empty one where nothing was said before them."""
    if labels:
        last = found.pop() if found else Marked("", ())
        found.append(Marked(last.text, tuple(dict.fromkeys(last.labels + labels))))


def _leading_markers(piece: str) -> int:
    """How many characters of markers a piece opens with: they belong to the sentence before."""
    match = re.match(rf"(?:\s*{MARKER.pattern}[.,]?)+", piece)
    return match.end() if match else 0


def _whole_quotes(line: str, spans: Sequence[Span]) -> list[Span]:
    """Spans joined until every opened quotation is closed, and to the markers that follow."""
    joined: list[Span] = []
    for span in spans:
        if joined and (_is_open(joined[-1].of(line)) or _ONLY_MARKERS.fullmatch(span.of(line))):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _is_open(text: str) -> bool:
    return text.count(_OPEN) > text.count(_CLOSE)
