"""How long it takes until an edit is found, beside embedding the edited file alone."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from evals.bench.index import Say, documents_of, home_of, indexed, loaded_embedder
from evals.bench.material import WORDS
from evals.bench.measure import fresh
from evals.bench.tables import Row, render_rows
from evals.errors import EvalError
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store.caches import Silent
from index.store.open import Index, open_index
from index.types import Embedder
from index.vectors.lines import embed_texts

EDITS = 100
_LAST = 10
"""Edits at each end that are compared, one of which alone would be left to chance."""
_WORDS = 15
NOTE = (
    "Edits: a sentence is added to one file after another; each time the folder is indexed, the index that is open is "
    "opened anew over what it has in common with the one before, and the sentence is looked for. An edit's time is "
    "that until it is in use, and that of opening and looking; a run may then go on to make one whole index of all."
)


@dataclass(frozen=True, slots=True)
class Edited:
    """Seconds until each edit was in use and found, those of each whole run, which may go on to make one index of all,
    and those that the model alone took for the passages of that file."""

    files: int
    passages: int
    seconds: tuple[float, ...]
    runs: tuple[float, ...]
    embedded: tuple[float, ...]


class _InUse(Silent):
    """Notes when a run first put something in use."""

    def __init__(self) -> None:
        self.at = 0.0
        self._is_publishing = False

    def start(self, stage: str, total: int) -> None:
        self._is_publishing = stage == "publish"

    def advance(self, n: int) -> None:
        if self._is_publishing and not self.at:
            self.at = time.perf_counter()


def measure(work: Path, say: Say, words: int = WORDS, *, static: bool = False) -> Edited:
    """Edit files that `evals.bench.index.prepare` left in `work`.

    Raises: EvalError, when the process dies or an edit is not found.
    """
    say(f"edit: {EDITS} files, one after another")
    return fresh(edit_each, documents_of(work), home_of(work), words, static=static)


def edit_each(
    folder: Path, home: Path, words: int, embedder: Embedder | None = None, edits: int = EDITS, *, static: bool = False
) -> Edited:
    """As `measure`, in this process."""
    model = embedder or loaded_embedder(home, static=static)
    settings = IndexSettings(home=home, passage_words=words)
    files = sorted(folder.iterdir())
    seconds, runs, embedded = [], [], []
    index = open_index(settings, model.fingerprint)
    try:
        _is_found(index, model, home, "warm")
        for number in range(edits):
            mark = f"xq{number}z"
            file = files[(number * 7919) % len(files)]
            text = file.read_text("utf-8")
            own = " ".join(text.split()[number : number + _WORDS])  # so that no two edits have one vector
            file.write_text(f"{text}\n\nThis is edit {mark}: {own}.\n", encoding="utf-8")
            in_use, begun = _InUse(), time.perf_counter()
            build_index(settings, [folder], model, in_use)
            ended = time.perf_counter()
            before, index = index, open_index(settings, model.fingerprint, index)
            before.close()
            if not _is_found(index, model, home, mark):
                raise EvalError(f"The edit of {file.name!r} is not found.")
            seconds.append(in_use.at - begun + time.perf_counter() - ended)
            runs.append(ended - begun)
            embedded.append(_embedding(home, model, file.name))
        return Edited(len(files), index.state.passages, tuple(seconds), tuple(runs), tuple(embedded))
    finally:
        index.close()


def render(edited: Edited) -> str:
    """The first edits, the last, the one that took longest and all, as Markdown."""
    first, last = median(edited.seconds[:_LAST]), median(edited.seconds[-_LAST:])
    head = f"{edited.files:,} files, {edited.passages:,} passages"
    each, alone = mean(edited.seconds), mean(edited.embedded)
    return render_rows(
        [
            Row(f"{head}: an edit until it is found", each, "s", "embedding the edited file alone", alone),
            Row(f"{head}: the last {_LAST} of {len(edited.seconds)} edits, median", last, "s", "the first", first),
            Row(f"{head}: the edit that took longest", max(edited.seconds), "s", "the median", median(edited.seconds)),
            Row(f"{head}: the run that took longest", max(edited.runs), "s", "the median", median(edited.runs)),
        ]
    )


def _embedding(home: Path, model: Embedder, path: str) -> float:
    """The seconds that the model takes for all passages of one file."""
    with indexed(home) as (corpus, _):
        ids = [passage.id for passage in corpus.passages_of(corpus.document_at(path) or "")]
        texts = corpus.embedding_texts(ids)
    begun = time.perf_counter()
    embed_texts(model, texts)
    return time.perf_counter() - begun


def _is_found(index: Index, model: Embedder, home: Path, mark: str) -> bool:
    """Whether the passage with a word that no other has is found by that word, and by its own vector."""
    by_word = [hit.passage_id for hit in index.lexical(mark, 1)]
    with indexed(home) as (corpus, _):
        (vectors,) = embed_texts(model, corpus.embedding_texts(by_word) or [mark])
    by_vector = [hit.passage_id for hit in index.dense(vectors.whole, 10)]
    return bool(by_word) and by_word[0] in by_vector
