"""One cold `rag ask`, taken apart: run in a fresh process, it prints the seconds of each phase as JSON.

`python -m evals.bench.phases STARTED HOME QUESTION`, with STARTED the time when the process was started, in seconds
since the epoch. The model and the index are opened twice: what the first time takes longer is the import of their
libraries. So the sum is what one `rag ask` takes, and this process takes longer.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # at run time they belong to a phase
    from index.types import Embedder, Vectors

INTERPRETER, IMPORTS, MODEL, INDEX, ANSWER = "interpreter", "imports", "model load", "opening the index", "answering"
_T = TypeVar("_T")


def main(arguments: Sequence[str]) -> int:
    """Print the phases as one line of JSON; 0."""
    started, home, question = arguments
    interpreter = time.time() - float(started)
    sys.stdout.write(json.dumps({INTERPRETER: interpreter, **phases(Path(home), question)}) + "\n")
    return 0


def phases(home: Path, question: str) -> dict[str, float]:
    """Seconds by phase of one question to the index in `home`, from the import of the command line on."""
    _, code = _timed(_import)
    _, first_model = _timed(lambda: _loaded(home, question))
    embedder, model = _timed(lambda: _loaded(home, question))
    vector = embedder.embed([question])
    _, first_index = _timed(lambda: _search(home, vector, question))
    _, index = _timed(lambda: _search(home, vector, question))
    _, answer = _timed(lambda: _ask(home, embedder, question))
    return {
        IMPORTS: code + max(0.0, first_model - model) + max(0.0, first_index - index),
        MODEL: model,
        INDEX: index,
        ANSWER: max(0.0, answer - index),  # it opens the index once more
    }


def _import() -> None:
    import rag.app.cli.main
    import rag.contract
    import rag.pipeline  # noqa: F401


def _loaded(home: Path, question: str) -> Embedder:
    from index.settings import IndexSettings
    from index.vectors.embedder import embedder_of

    embedder = embedder_of(IndexSettings(home=home))
    embedder.embed([question])
    return embedder


def _search(home: Path, vector: Vectors, question: str) -> None:
    """Open each part of the index by using it once."""
    from index.store.open import open_index
    from rag.settings import Settings

    with open_index(Settings(home=home).for_index()) as index:
        index.dense(vector, 1)
        index.lexical(question, 1)
        index.articles()


def _ask(home: Path, embedder: Embedder, question: str) -> None:
    from rag.answering.extract import QuotesAnswerer
    from rag.pipeline import Pipeline
    from rag.reader.session import OnnxReader
    from rag.settings import Settings

    with closing(Pipeline(Settings(home=home), embedder, QuotesAnswerer(), OnnxReader())) as pipeline:
        pipeline.ask(question)


def _timed(call: Callable[[], _T]) -> tuple[_T, float]:
    begun = time.perf_counter()
    made = call()
    return made, time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
