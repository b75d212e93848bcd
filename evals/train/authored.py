"""The authored everyday documents as examples: Markdown read as units under headings, rows under their heads."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.train.examples import (
    CONTRADICTED,
    NOT_SAID,
    NOT_SUPPORTED,
    SUPPORTED,
    Group,
    Judged,
    Reading,
    Source,
    cut,
    words,
)
from index.cut.searchable import row_text
from index.cut.sentences import sentences
from rag.reader.layout import Unit

_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_RULE = re.compile(r"\|?[\s:|-]+\|?$")
_MARKER = re.compile(r"\s*(?:[-*+]|\d{1,3}[.)])\s+")
_MISS_ALONE = 0.2
"""Share of the draws that are a near miss over the part of the document that it shares most words with."""
_ELSEWHERE = 0.2
"""Share of the questions that are asked over a window without their answer."""
_FAR = 12
"""Evidence whose units lie further apart is given without what lies between."""
_ALONE = 0.3
"""Share of the statements that are given their evidence alone."""
_UNRELATED = 0.12
"""Share of the true statements that are held against another part of their document."""
_LABELS = {
    "negation": CONTRADICTED, "opposite": CONTRADICTED, "number": CONTRADICTED, "swap": CONTRADICTED,
    "cause reversed": CONTRADICTED, "invented": NOT_SAID, "other attribute": NOT_SAID,
}  # fmt: skip


@dataclass(frozen=True)
class Document:
    """One authored document: its units with their raw text, and what was written about it."""

    source: Source
    raw: tuple[str, ...]
    questions: tuple[dict[str, str], ...]
    places: tuple[int, ...]
    """The unit that answers each question."""
    misses: dict[int, tuple[str, ...]]
    """Near misses by the question whose answer they stand nearest to."""
    statements: tuple[tuple[str, tuple[str, ...], int], ...]
    """Each with its evidence, and the label."""


def load(folder: Path) -> list[Document]:
    """Every authored document, in the order of the files. Raises: OSError, where there are none to read."""
    rows = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    return [_document(row) for row in rows]


def _document(row: dict) -> Document:  # type: ignore[type-arg]
    source, raw = read_markdown(row["text"])
    known = [item for item in row["qa"] if unit_of(raw, item["a"]) is not None]
    places = [unit_of(raw, item["a"]) or 0 for item in known]
    misses: dict[int, tuple[str, ...]] = {}
    for item in row["near"]:
        nearest = _nearest(source, item["q"], known, places)
        misses[nearest] = (*misses.get(nearest, ()), item["q"])
    true = [(item["s"], tuple(item["e"]), SUPPORTED) for item in row["true"]]
    false = [(item["s"], tuple(item["e"]), _LABELS.get(item["kind"], NOT_SUPPORTED)) for item in row["false"]]
    return Document(source, tuple(raw), tuple(known), tuple(places), misses, (*true, *false))


def read_markdown(text: str) -> tuple[Source, list[str]]:
    """The units of a Markdown text with the heading path of each, and each unit as it is written."""
    source, raw = Source([]), []
    path: list[str] = []
    heads: list[str] = []
    for line in text.splitlines():
        heading = _HEADING.match(line)
        if heading:
            path = [*path[: len(heading[1]) - 1], heading[2]]
        if not line.lstrip().startswith("|"):
            heads = []
        for unit, written in _units(line, heads, bool(heading)):
            source.headings[len(source.units)] = " > ".join(path)
            source.units.append(unit)
            raw.append(written)
        if line.lstrip().startswith("|") and not heads:
            heads = _cells(line)
    return source, raw


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _units(line: str, heads: Sequence[str], is_heading: bool) -> Iterator[tuple[Unit, str]]:
    if not line.strip() or (line.lstrip().startswith("|") and _RULE.fullmatch(line.strip())):
        return
    if is_heading:
        yield Unit(line.lstrip("# "), candidate=False), line
    elif line.lstrip().startswith("|"):
        cells = _cells(line)
        named = [*heads, *[""] * len(cells)][: len(cells)]
        yield Unit(row_text(list(zip(named, cells, strict=True))), candidate=bool(heads)), line
    else:
        marker = _MARKER.match(line)
        for number, span in enumerate(sentences(line[marker.end() :] if marker else line)):
            text = span.of(line[marker.end() :] if marker else line)
            written = f"{marker[0].strip()} {text}" if marker and not number else text
            yield Unit(written), written


def unit_of(raw: Sequence[str], quote: str) -> int | None:
    """The unit that holds `quote`, or that `quote` holds; None where it is not found."""
    wanted = quote.strip()
    for number, written in enumerate(raw):
        if wanted in written or (len(written) > 12 and written.strip() in wanted):
            return number
    return None


def reading(rng: random.Random, document: Document) -> Group:
    """A question over a window with its answer, beside the near misses that belong there; or over a window without."""
    if document.misses and rng.random() < _MISS_ALONE:
        question = rng.choice([miss for misses in document.misses.values() for miss in misses])
        return (Reading(question, _elsewhere(rng, document, question)),)
    number = rng.randrange(len(document.questions))
    item, gold = document.questions[number], document.places[number]
    if rng.random() < _ELSEWHERE:
        return (Reading(item["q"], _elsewhere(rng, document, item["q"], gold)),)
    units, where = cut(rng, document.source, gold)
    answerable = answered(item["q"], units, where[gold], item["short"])
    return (answerable, *(Reading(question, units) for question in document.misses.get(number, ())))


def answered(question: str, units: tuple[Unit, ...], gold: int, short: str) -> Reading:
    """The reading of a question whose answer is unit `gold`, and the words `short` in it where they stand there."""
    text = units[gold].text
    start = text.find(short)
    span = (gold, start, start + len(short)) if short and text.count(short) == 1 else None
    return Reading(question, units, (gold,), answer=span)


def _nearest(source: Source, question: str, known: Sequence[dict[str, str]], places: Sequence[int]) -> int:
    """The answerable question whose answer's neighbourhood shares most words with a near miss."""
    wanted = set(words(question))

    def shared(number: int) -> float:
        beside = " ".join(unit.text for unit in source.units[max(0, places[number] - 1) : places[number] + 2])
        return len(wanted & set(words(beside))) + 0.5 * len(wanted & set(words(known[number]["q"])))

    return max(range(len(places)), key=shared)


def _elsewhere(rng: random.Random, document: Document, question: str, gold: int | None = None) -> tuple[Unit, ...]:
    """A window of the document without unit `gold`, about the unit that shares most words with the question."""
    wanted = set(words(question))
    answer = None if gold is None else document.source.units[gold]
    others = [
        n for n, unit in enumerate(document.source.units) if unit != answer and (gold is None or abs(n - gold) > 1)
    ]
    if not others:
        return (Unit("Nothing more is written here."),)
    best = max(others, key=lambda n: len(wanted & set(words(document.source.units[n].text))) + rng.random())
    units, _ = cut(rng, document.source, best, longest=110)
    return tuple(unit for unit in units if unit != answer) or (document.source.units[best],)


def judged(rng: random.Random, document: Document) -> Judged:
    """A statement over a window of the document that holds its evidence, or over the evidence alone."""
    statement, evidence, label = rng.choice(document.statements)
    places = [place for place in (unit_of(document.raw, quote) for quote in evidence) if place is not None]
    if not places:
        return Judged(statement, tuple(Unit(quote) for quote in evidence), label)
    if label == SUPPORTED and rng.random() < _UNRELATED:
        return Judged(statement, _elsewhere(rng, document, statement, places[0]), NOT_SUPPORTED)
    if max(places) - min(places) > _FAR or rng.random() < _ALONE:
        return Judged(statement, _alone(document, places), label)
    return Judged(statement, _around(rng, document, places), label)


def _alone(document: Document, places: Sequence[int]) -> tuple[Unit, ...]:
    heading = document.source.headings.get(min(places))
    prefix = [Unit(heading, candidate=False)] if heading else []
    return (*prefix, *(document.source.units[number] for number in sorted(set(places))))


def _around(rng: random.Random, document: Document, places: Sequence[int]) -> tuple[Unit, ...]:
    low = max(0, min(places) - rng.randint(0, 4))
    high = min(len(document.raw), max(places) + 1 + rng.randint(0, 4))
    heading = document.source.headings.get(low)
    prefix = [Unit(heading, candidate=False)] if heading else []
    return (*prefix, *document.source.units[low:high])
