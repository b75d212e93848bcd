"""The grammar of citations: `[1]`, `[1, 2]`, `[1-3]`, `[1][2]`. One parser reads every answer, whoever wrote it.

A marker is one or more labels or ranges between square brackets, with what models add to them: `[[1]]`, `[^1]`, `[#1]`,
`[passage 1 and 3]`, `【1】`. Markers in a row, with commas or "and" between or parentheses around, are one citation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.sentences import sentences
from index.types import Span
from rag.types import Statement

EXAMPLES = ("[1]", "[1, 2]")
"""How a model is asked to cite."""

_RUN = r"\d{1,4}(?:\s*[-–—]\s*\d{1,4})?"
_NAME = r"(?:(?:passages?|sources?|no\.)\s*|[#^])?"
_AND = r"\s*(?:[,;&](?:\s*and\b)?|and\b)\s*"
_LABELS = rf"{_NAME}{_RUN}(?:{_AND}{_NAME}{_RUN})*"
MARKER = re.compile(rf"(?:\[\[?|【)\s*({_LABELS})\s*(?:†[^\[\]【】]*)?(?:\]\]?|】)", re.IGNORECASE)
_ROW = rf"{MARKER.pattern}(?:(?:{_AND}|\s*){MARKER.pattern})*"
_CITATION = re.compile(rf"\(\s*{_ROW}\s*\)|{_ROW}", re.IGNORECASE)
_ONLY_MARKERS = re.compile(rf"(?:\s|{MARKER.pattern}|[.,;:!?()])+", re.IGNORECASE)
_LEADING = re.compile(rf"(?:\s*{MARKER.pattern}[.,]?)+", re.IGNORECASE)
_LIST = re.compile(r"(?:sources?|references?|citations?|passages?)(?:\s+used)?\s*:?[\s.,;]*", re.IGNORECASE)
_NUMBER = re.compile(r"\(?\d{1,3}[.)]")
_OPEN, _CLOSE = "“", "”"
_MAX_RANGE = 50


@dataclass(frozen=True, slots=True)
class Marked:
    """One sentence of an answer, without its markers, and the labels that they name, in order, each once."""

    text: str
    labels: tuple[int, ...]


def chosen(statement: Statement) -> str:
    """Why the label of a statement is not the model's, in words; empty where it is."""
    if statement.added:
        return "a quote that was added; the model did not write it"
    if not statement.attached:
        return ""
    if not statement.instead_of:
        return "written without a source; this one was found for it"
    told = "".join(f"[{label}]" for label in statement.instead_of)
    return f"written under {told}, where not all of it stands; this source was found for it"


def labels_in(text: str) -> tuple[int, ...]:
    """The labels that the markers of `text` name, in order, each once; a range names all it spans."""
    found: list[int] = []
    for match in _outside(MARKER, text):
        for run in re.findall(_RUN, match[1]):
            ends = [int(number) for number in re.findall(r"\d+", run)]
            first, last = ends[0], ends[-1]
            found.extend(range(first, last + 1) if first <= last <= first + _MAX_RANGE else ends)
    return tuple(dict.fromkeys(found))


def without_markers(text: str) -> str:
    """`text` with its markers and the space before them taken out."""
    for match in reversed(_outside(_CITATION, text)):
        text = text[: match.start()].rstrip() + text[match.end() :]
    return text.strip()


def _outside(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """The markers of `text`; brackets inside quoted words are the source's own, unless there are no others."""
    found = list(pattern.finditer(text))
    inside = Span(text.find(_OPEN), text.rfind(_CLOSE)) if _OPEN in text and _CLOSE in text else Span(0, 0)
    outside = [match for match in found if not inside.start <= match.start() < inside.end]
    return outside or found


def parse(text: str) -> tuple[Marked, ...]:
    """The sentences of an answer with what each cites.

    A marker belongs to the sentence it stands in or directly after. Quoted words are never split, the number of a
    list's item is no sentence, and neither is a run of markers alone, or a list of them at the end under a heading
    like "Sources:". Every marker in `text` is in exactly one result.
    """
    found: list[Marked] = []
    for line in text.split("\n"):
        for n, span in enumerate(_joined(line, sentences(line))):
            piece = span.of(line)
            cut = _leading_markers(piece) if n or _ONLY_MARKERS.fullmatch(piece) else 0
            _give(found, labels_in(piece[:cut]))
            labels = labels_in(piece[cut:])
            said = without_markers(piece[cut:]).strip()
            if said and not (labels and _LIST.fullmatch(said)):
                found.append(Marked(said, labels))
            else:
                _give(found, labels)
    return tuple(found)


def _give(found: list[Marked], labels: tuple[int, ...]) -> None:
    """Add labels to the last sentence; to an empty one where nothing was said before them."""
    if labels:
        last = found.pop() if found else Marked("", ())
        found.append(Marked(last.text, tuple(dict.fromkeys(last.labels + labels))))


def _leading_markers(piece: str) -> int:
    """How many characters of markers a piece opens with: they belong to the sentence before."""
    match = _LEADING.match(piece)
    return match.end() if match else 0


def _joined(line: str, spans: Sequence[Span]) -> list[Span]:
    """Spans joined until every opened quotation is closed, to the markers that follow, and to an item's number."""
    joined: list[Span] = []
    for span in spans:
        if joined and (_goes_on(joined[-1].of(line)) or _ONLY_MARKERS.fullmatch(span.of(line))):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _goes_on(text: str) -> bool:
    return text.count(_OPEN) > text.count(_CLOSE) or _NUMBER.fullmatch(text) is not None
