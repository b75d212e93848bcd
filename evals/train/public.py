"""The public sets as examples. Each is read by path from the folder that its README describes, and never copied."""

from __future__ import annotations

import ast
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from evals.train.examples import (
    CONTRADICTED,
    NOT_SAID,
    NOT_SUPPORTED,
    SUPPORTED,
    Edits,
    Group,
    Judged,
    Reading,
    Source,
    cut,
    json_lines,
    pieces,
)
from index.cut.sentences import sentences
from rag.reader.layout import Unit

Row = dict[str, str]
SPANS = ("qed-train", "qed-dev", "nq-oracle", "timeqa", "covidqa", "onestopqa", "quoref-ni", "molweni")
"""Sets of a question, a text and where in it the answer stands."""
SCHEMATIC = ("qasrl", "qanom", "qadiscourse", "qamr")
"""Sets of questions on single sentences."""
_LABELS = {"e": SUPPORTED, "c": CONTRADICTED, "n": NOT_SAID}
_UNSURE = ("summedits", "halueval-qa", "wice-train", "fm2-retrieved")
"""Sets whose "n" does not tell what is denied from what is not said."""


def rows(folder: Path, name: str) -> list[Row]:
    """The rows of one set. Raises: OSError, when it is not there."""
    return json_lines(folder / f"{name}.jsonl.gz")


def edits(folder: Path, questions: Sequence[str]) -> Edits:
    """What near misses are made with: the edits that people made, and the names and numbers of `questions`."""
    swaps: dict[str, list[str]] = defaultdict(list)
    for row in rows(folder, "unansq-edits"):
        swaps[row["from"]] += [row["to"]] * min(10, int(row["n"]))
    names = {word.strip("?.,") for question in questions for word in question.split()[1:] if word[:1].isupper()}
    numbers = {word.strip("?.,") for question in questions for word in question.split()[1:] if word[:1].isdigit()}
    return Edits(swaps, [*sorted(names), *sorted(numbers)])


@lru_cache(maxsize=200_000)
def _spans(text: str) -> list[tuple[int, int]]:
    """Sentences of a text; of one in lower case and cut into tokens, by its spaced full stops."""
    if any(character.isupper() for character in text[:400]):
        return [(span.start, span.end) for span in sentences(text)]
    return pieces(text)


def _source(text: str) -> tuple[Source, list[tuple[int, int]]]:
    spans = _spans(text)
    return Source([Unit(text[start:end]) for start, end in spans]), spans


def spanned(rng: random.Random, row: Row, heading: str = "") -> Iterator[Reading]:
    """The reading of a row with `spans`, over a window of its text; of one without, that nothing answers."""
    source, spans = _source(row["ctx"])
    marks = ast.literal_eval(row["spans"]) if isinstance(row["spans"], str) else row["spans"]
    if heading:
        source.headings = dict.fromkeys(range(len(spans)), heading)
    if not spans:
        return
    if not marks:
        units, _ = cut(rng, source, rng.randrange(len(spans)))
        yield Reading(row["q"], units)
        return
    start, end = marks[0]
    gold = next((n for n, span in enumerate(spans) if span[0] <= start < span[1]), None)
    if gold is None:
        return
    every = {n for mark in marks for n, span in enumerate(spans) if span[0] <= mark[0] < span[1]}
    units, where = cut(rng, source, gold)
    inside = tuple(sorted(where[n] for n in every if n in where))
    offset, stop = start - spans[gold][0], min(end, spans[gold][1]) - spans[gold][0]
    yield Reading(row["q"], units, inside, answer=(where[gold], offset, stop))


def human_pairs(rng: random.Random, row: Row) -> Iterator[Group]:
    """A question beside the near miss that a person made of it, over one window (UnAnsQ)."""
    for reading in spanned(rng, row):
        yield reading, Reading(row["uq"], reading.units)


def neighbours(folder: Path) -> list[Row]:
    """The sentences of nqg-squadtrain in the order of their articles, with the questions on each."""
    by_place: dict[int, Row] = {}
    for row in rows(folder, "nqg-squadtrain"):
        by_place.setdefault(int(row["pos"]), row)
    return [by_place[place] for place in sorted(by_place)]


def in_order(rng: random.Random, row: Row, ordered: Sequence[Row], places: Sequence[int], at: int) -> Reading:
    """A question on one sentence, over a window of the sentences that stand near it in the article."""
    low, high = max(0, at - 6), min(len(ordered), at + 7)
    near = [n for n in range(low, high) if abs(places[n] - int(row["pos"])) <= 12 and ordered[n]["sent"] != row["sent"]]
    texts = [(places[n], ordered[n]["sent"]) for n in near] + [(int(row["pos"]), row["sent"])]
    texts.sort()
    source = Source([Unit(text) for _, text in texts])
    gold = next(n for n, (_, text) in enumerate(texts) if text == row["sent"])
    units, where = cut(rng, source, gold)
    return Reading(row["q"], units, (where[gold],))


def selected(rng: random.Random, group: Sequence[Row]) -> Reading:
    """A question over a run of sentences of which some are known to answer it (SelQA)."""
    labels = [int(row["label"]) for row in group]
    source = Source([Unit(row["sent"]) for row in group])
    centre = labels.index(1) if 1 in labels and rng.random() < 0.85 else rng.randrange(len(group))
    units, where = cut(rng, source, centre)
    gold = tuple(place for n, place in where.items() if labels[n])
    return Reading(group[0]["q"], units, gold)


def yes_or_no(rng: random.Random, row: Row) -> Iterator[Group]:
    """A yes/no question over the passage that settles it, no one knows with which sentence (BoolQ)."""
    question, _, passage = row["q"].partition("\npassage: ")
    title, _, text = passage.partition(" -- ")
    source, spans = _source(text or passage)
    units = tuple(source.units[:9])
    if spans:
        yield (Reading(f"{question}?", (Unit(title, candidate=False), *units), anywhere=True),)


def conditions(group: Sequence[Row]) -> Iterator[Group]:
    """The questions on one edited passage; those that it does not settle have no answer (CondaQA)."""
    source, _ = _source(group[0]["sentence1"])
    units = tuple(source.units[:9])
    unknown = [row for row in group if row["label"] == "DON'T KNOW"]
    for row in group:
        known = Reading(row["sentence2"], units, anywhere=True)
        if row not in unknown:
            yield (known, *(Reading(other["sentence2"], units) for other in unknown[:1]))


def entailment(row: Row, unsure: bool) -> Judged:
    """A statement over its premise, both as they are."""
    label = NOT_SUPPORTED if unsure and row["label"] == "n" else _LABELS[row["label"]]
    source, _ = _source(row["prem"][:1500])
    return Judged(row["hyp"].strip(), tuple(source.units), label)


def is_unsure(name: str) -> bool:
    """Whether the set's "n" may also mean "denied"."""
    return name in _UNSURE


def _another(rng: random.Random, units: Sequence[Unit], right: str) -> str | None:
    """A value of the window that is like `right` in form (a number, a name) and is not in it."""
    first = right.split()[0]
    words = [word.strip(".,;:()\"'|") for unit in units if unit.candidate for word in unit.text.split()[1:]]
    alike = [
        word for word in words
        if word and word.lower() not in right.lower() and word[0].isdigit() == first[0].isdigit()
    ]  # fmt: skip
    names = [word for word in alike if word[0].isdigit() or (word[0].isupper() and first[0].isupper())]
    return rng.choice(names) if names else None


def copied(rng: random.Random, units: Sequence[Unit]) -> Iterator[Judged]:
    """A sentence of the window as a statement: true as it is, false with a value of another sentence in it."""
    whole = [n for n, unit in enumerate(units) if unit.candidate and len(unit.text.split()) > 5]
    if not whole:
        return
    chosen = units[rng.choice(whole)].text
    yield Judged(chosen, tuple(units), SUPPORTED)
    values = [word.strip(".,;:()\"'|") for word in chosen.split()[1:] if word[:1].isdigit() or word[:1].isupper()]
    if not values:
        return
    value = rng.choice(values)
    other = _another(rng, [unit for unit in units if unit.text != chosen], value) if value else None
    if other and other not in chosen:
        yield Judged(chosen.replace(value, other, 1), tuple(units), NOT_SUPPORTED)


def squad_groups(path: Path, titles: range) -> list[tuple[str, list[Row], list[str]]]:
    """Paragraphs of SQuAD 2.0 with answerable and impossible questions, of the articles at `titles`, by title."""
    articles = sorted(json.loads(path.read_text())["data"], key=lambda article: article["title"])
    groups = []
    for number in titles:
        for paragraph in articles[number]["paragraphs"]:
            answerable, impossible = [], []
            for item in paragraph["qas"]:
                if item["is_impossible"]:
                    impossible.append(item["question"])
                else:
                    start, text = item["answers"][0]["answer_start"], item["answers"][0]["text"]
                    answerable.append(
                        {"q": item["question"], "ctx": paragraph["context"], "spans": [[start, start + len(text)]]}
                    )
            groups.append((articles[number]["title"], answerable, impossible))
    return groups


def squad_pairs(rng: random.Random, group: tuple[str, list[Row], list[str]]) -> Iterator[Group]:
    """Each answerable question of a paragraph beside an impossible one, over one window."""
    title, answerable, impossible = group
    misses = list(impossible)
    rng.shuffle(misses)
    for number, row in enumerate(answerable):
        for reading in spanned(rng, row, title.replace("_", " ")):
            yield (reading, *(Reading(question, reading.units) for question in misses[number : number + 1]))
