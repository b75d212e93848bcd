"""The kinds of document that the decision is fitted on, each as a folder of files and questions with their evidence.

None of them is reported on: held authored documents, parts of documents with near misses worded like what they answer,
parts with questions in other words than theirs, two held articles of SQuAD 2's tuning half, and the tuning halves of
the everyday and seeds suites.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.cases import load_suite, of_split
from evals.train import asked, public
from evals.train.mixture import HELD_EVERY, SQUAD_HELD, SQUAD_TUNE

SAMPLE = 480
"""Questions of the held authored documents that are asked, answerable and near misses as they come."""
TOGETHER = 10
"""Authored documents that lie in one folder, as people's do; few enough that a question means one of them."""
SUITES = Path(__file__).parent.parent / "suites"
SEEDS = Path(__file__).parent.parent.parent / "seeds"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the quotes that answer it, each with its file and the part of the answer that it gives; none
    where nothing does.
    """

    domain: str
    text: str
    evidence: tuple[tuple[str, str, int], ...]


def domains(data: Path, work: Path) -> Iterator[tuple[str, Path, list[Question]]]:
    """The name, the folder and the questions of each domain; what is no folder yet is written below `work`."""
    yield from _authored(data / "authored", work / "authored")
    yield "asked", *_near_misses("asked", asked.load("fit"), work / "asked")
    yield from _reworded(work / "reworded")
    yield "squad", *_squad(data / "squad2-cs224n" / "dev-v2.0.json", work / "squad")
    yield "everyday", data / "everyday" / "docs", _suite("everyday", data / "everyday" / "suite.jsonl")
    yield "seeds", SEEDS, _suite("seeds", SUITES / "seeds.jsonl")


def large(data: Path, work: Path) -> tuple[str, Path, list[Question]]:
    """One folder of some thousand passages, as `domains` gives one: all authored documents beside the articles of
    SQuAD 2's tuning half, with the questions about these, which say what they ask about.
    """
    folder = work / "large"
    _, questions = _squad(data / "squad2-cs224n" / "dev-v2.0.json", folder, SQUAD_TUNE, 600, "large")
    for path in sorted((data / "authored").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
            (folder / f"{path.stem}-{number}.md").write_text(json.loads(line)["text"], encoding="utf-8")
    return "large", folder, questions


def _authored(folder: Path, to: Path) -> Iterator[tuple[str, Path, list[Question]]]:
    """The held documents in folders of `TOGETHER`, drawn over all subjects."""
    rows = [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]
    held = rows[::HELD_EVERY]
    apart = -(-len(held) // TOGETHER)
    for first in range(apart):
        name = f"authored-{first}"
        (to / name).mkdir(parents=True, exist_ok=True)
        questions: list[Question] = []
        for number, row in enumerate(held[first::apart]):
            file = f"document-{number}.md"
            (to / name / file).write_text(row["text"], encoding="utf-8")
            questions += [Question("authored", item["q"], ((file, item["a"], 0),)) for item in row["qa"]]
            questions += [Question("authored", item["q"], ()) for item in row["near"]]
        yield name, to / name, random.Random(5).sample(questions, SAMPLE // apart)


def _reworded(to: Path) -> Iterator[tuple[str, Path, list[Question]]]:
    """The parts that are asked about in other words than theirs, in folders of twice `TOGETHER`, being short."""
    held = asked.load("fit", asked.REWORDED)
    apart = -(-len(held) // (2 * TOGETHER))
    for first in range(apart):
        name = f"reworded-{first}"
        yield name, *_near_misses("reworded", held[first::apart], to / name)


def _near_misses(name: str, contexts: Sequence[asked.Context], to: Path) -> tuple[Path, list[Question]]:
    """The parts of documents that are not trained on, each a file, with their questions and near misses."""
    to.mkdir(parents=True, exist_ok=True)
    questions: list[Question] = []
    for number, context in enumerate(contexts):
        file = f"part-{number}.md"
        (to / file).write_text(context.text, encoding="utf-8")
        for pair in context.pairs:
            questions.append(Question(name, pair.question, ((file, pair.evidence, 0),)))
            questions.append(Question(name, pair.miss, ()))
    return to, questions


def _squad(
    path: Path, to: Path, titles: range = SQUAD_HELD, sample: int = 240, name: str = "squad"
) -> tuple[Path, list[Question]]:
    to.mkdir(parents=True, exist_ok=True)
    questions: list[Question] = []
    texts: dict[str, list[str]] = {}
    for title, answerable, impossible in public.squad_groups(path, titles):
        file = f"{title}.txt"
        for row in answerable:
            if row["ctx"] not in texts.setdefault(file, []):
                texts[file].append(row["ctx"])
            start, end = row["spans"][0]  # type: ignore[str-unpack]
            low = max(row["ctx"].rfind(". ", 0, int(start)) + 2, 0) if ". " in row["ctx"][: int(start)] else 0
            questions.append(Question(name, row["q"], ((file, row["ctx"][low : int(end)], 0),)))
        questions += [Question(name, question, ()) for question in impossible]
    for file, paragraphs in texts.items():
        (to / file).write_text("\n\n".join(paragraphs), encoding="utf-8")
    return to, random.Random(5).sample(questions, min(sample, len(questions)))


def _suite(name: str, path: Path) -> list[Question]:
    """The questions of the tuning half that stand alone."""
    cases = [case for case in of_split(load_suite(path), "tune") if not case.history]
    return [Question(name, case.question, tuple((e.file, e.quote, e.part) for e in case.evidence)) for case in cases]
