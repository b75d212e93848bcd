"""Real text and real questions to measure with, read from where the user put the public sets."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from evals.cases import load_suite, of_split
from evals.errors import EvalError
from evals.loaders import PublicSet, chunking_eval, squad
from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.errors import UnreadableFile
from index.folder.files import discover
from index.readers import read
from index.settings import IndexSettings
from index.types import Document

PASSAGES_A_FILE = 10
WORDS = IndexSettings(home=Path()).passage_words
_CHUNKING, _SQUAD = "questions_df.csv", "dev-v2.0.json"
_NOISE = 10
"""One word in this many is replaced when a text is used again."""
_SEED = 0


@dataclass(frozen=True, slots=True)
class Material:
    """Passages of real documents and questions about them; `source` says where they are from."""

    source: str
    passages: tuple[str, ...]
    questions: tuple[str, ...]
    words: int = WORDS
    """How long a passage is cut: it ends at the sentence that brings it near so many words."""


@dataclass(frozen=True, slots=True)
class Written:
    """How many files were written, and how many characters they hold."""

    files: int
    characters: int


def load(data: Path, docs: Path, suite: Path, words: int = WORDS) -> tuple[Material, str | None]:
    """The public sets below `data`; without any, the documents in `docs` with `suite`'s questions of the tune half.

    The second value is None, or a warning that what was wanted is not there and what is used in its stead.

    Raises: EvalError, when neither is there, or a set is not of its format.
    """
    sets = list(_public(data))
    if sets:
        names = " and ".join(name for name, _ in sets)
        texts = [text for _, public in sets for text in public.documents.values()]
        questions = _shuffled(case.question for _, public in sets for case in public.cases)
        return Material(names, _cut(texts, words), questions, words), None
    warning = (
        f"no {_CHUNKING} and no {_SQUAD} below {str(data)!r}: the sample documents are measured with instead, many "
        "times over. Name the folder of the public sets with --data."
    )
    return Material("the sample documents", _cut(_texts(docs), words), tune_questions(suite), words), warning


def describe(material: Material, warning: str | None) -> str:
    """What is measured with, as Markdown, the warning of `load` above it."""
    words = (
        f"Text: {material.source}, {len(material.passages):,} passages of about {material.words} words, all real text, "
        f"in files of {PASSAGES_A_FILE}. "
        f"Where more are asked for they come again, each time with one word in {_NOISE} replaced by another of the "
        f"same text, so that no two are equal. Questions: {len(material.questions):,}, about the same text."
    )
    return f"**NOTE: {warning}**\n\n{words}" if warning else words


def tune_questions(suite: Path) -> tuple[str, ...]:
    """The questions of the suite's tune half that stand alone, in a shuffled order that is always the same."""
    return _shuffled(case.question for case in of_split(load_suite(suite), "tune") if not case.history)


def write_files(material: Material, passages: int, folder: Path, a_file: int = PASSAGES_A_FILE) -> Written:
    """Write files that hold about `passages` passages of the material to the new `folder`.

    Each file holds `a_file` that follow one another. Once all are used they come again, each time with other words
    replaced by words of the same material, so that no two texts are equal.
    """
    folder.mkdir(parents=True)
    files = characters = 0
    for text in _file_texts(material, passages, a_file):
        (folder / f"{files:06d}.txt").write_text(text, encoding="utf-8", newline="")
        files += 1
        characters += len(text)
    return Written(files, characters)


def noisy(text: str, vocabulary: Sequence[str], rng: random.Random) -> str:
    """`text` with a tenth of its words, at least one, replaced by words of `vocabulary`."""
    pieces = re.split(r"(\s+)", text)
    places = [at for at, piece in enumerate(pieces) if piece.strip()]
    for at in rng.sample(places, min(len(places), max(1, len(places) // _NOISE))):
        pieces[at] = rng.choice(vocabulary)
    return "".join(pieces)


def _file_texts(material: Material, passages: int, a_file: int) -> Iterator[str]:
    rng = random.Random(_SEED)
    starts = list(range(0, len(material.passages), a_file))
    rng.shuffle(starts)
    vocabulary = [word for passage in material.passages for word in passage.split()]
    left = passages
    for turn in count():
        for start in starts:
            group = material.passages[start : start + a_file][:left]
            yield "\n\n".join(noisy(passage, vocabulary, rng) if turn else passage for passage in group)
            left -= len(group)
            if left <= 0:
                return


def _public(data: Path) -> Iterator[tuple[str, PublicSet]]:
    for file in sorted(data.rglob(_CHUNKING))[:1]:
        yield "Chroma's chunking evaluation", chunking_eval(file.parent)
    for file in sorted(data.rglob(_SQUAD))[:1]:
        yield "SQuAD 2.0 (dev)", squad(file)


def _texts(docs: Path) -> list[str]:
    try:
        settings = IndexSettings(home=docs)
        texts = [read(file.path, settings.max_file_bytes).text for file in discover([docs]).files]
    except UnreadableFile as error:
        raise EvalError(f"The sample documents in {str(docs)!r} cannot be read ({error}); check --docs.") from error
    if not texts:
        raise EvalError(f"There are no documents in {str(docs)!r}; check --docs.")
    return texts


def _cut(texts: Iterable[str], words: int) -> tuple[str, ...]:
    documents = [Document(f"{number:016d}", "", text, "utf-8") for number, text in enumerate(texts)]
    return tuple(dict.fromkeys(passage.text for d in documents for passage in chunk(d, split_articles(d), words)))


def _shuffled(questions: Iterable[str]) -> tuple[str, ...]:
    once = sorted(set(questions))
    random.Random(_SEED).shuffle(once)
    return tuple(once)
