"""A folder of documents in numbered states, and whether an index holds one of them whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from index.errors import NoIndex, RagError
from index.store import generation
from index.store.doctor import examine
from index.store.open import Index, open_index
from index.store.published import Published, in_use
from index.vectors.lines import embed_texts
from tests.faults.child import Embedder, settings_of

State = Mapping[str, str]
"""The text of each file by its path."""
NOTHING: State = {}
FILES, FEW = 24, 12
_PARAGRAPHS = 20


def state(number: int, files: int = FILES) -> State:
    """State `number` of so many files: a quarter are as in the one before, one is gone and one is new."""
    steady = {f"{file:02}.{'html' if file % 6 == 0 else 'txt'}": _text(file, number) for file in range(files)}
    return steady | {f"only {number}.txt": _text(files, number)}


def write(folder: Path, wanted: State) -> None:
    """Make the folder hold this state and no more."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        page = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in text.split("\n\n"))
        (folder / name).write_text(page if name.endswith(".html") else text, encoding="utf-8")


def problem(home: Path, allowed: Sequence[State], *, doctor: bool = True) -> str | None:
    """What is wrong with the index in use, if anything: it must hold one of the states allowed, whole.

    Whole is: no file of it is damaged, its texts are those of the files, and every passage is found by its own vector.
    """
    if doctor and (bad := [finding for finding in examine(settings_of(home)) if not finding.ok]):
        return None if _is_none(home) and NOTHING in allowed else f"the doctor says {bad[0].name}: {bad[0].detail}"
    try:
        if texts(home) not in allowed:
            return "it holds neither the old state of the files nor the new"
        with open_index(settings_of(home), Embedder.fingerprint) as opened:
            return _lost(home, opened)
    except NoIndex:
        return None if NOTHING in allowed else "there is no index any more"
    except (RagError, OSError) as error:
        return f"it does not answer: {error}"


def texts(home: Path) -> State:
    """What the index in use holds, as text by path.

    Raises: NoIndex, where there is none; IndexDamaged.
    """
    with _in_use(home).corpus() as corpus:
        return {stored.path: corpus.text(stored.document_id) for stored in corpus.paths()}


def left_behind(home: Path) -> list[str]:
    """What no index in use needs and a finished run should have removed."""
    root = settings_of(home).root
    return sorted(path.name for pattern in ("staging-*", "trash-*", "*.new") for path in root.glob(pattern))


def _is_none(home: Path) -> bool:
    return generation.read_current(settings_of(home).root) is None


def _in_use(home: Path) -> Published:
    root = settings_of(home).root
    used = in_use(root)
    if used is None:
        raise NoIndex(f"There is no index in {str(root)!r}.")
    return used


def _lost(home: Path, opened: Index) -> str | None:
    """The first passage that is not found by its own vector."""
    with _in_use(home).corpus() as corpus:
        ids = corpus.passage_ids()
        texts = corpus.embedding_texts(ids)
    for key, text in zip(ids, texts, strict=True):
        (vectors,) = embed_texts(Embedder(), [text])
        (hit,) = opened.dense(vectors.whole, 1)
        if hit.passage_id != key:
            return f"the passage {key!r} is not found by its own vector"
    return None


def _text(file: int, number: int) -> str:
    written = number if (file + number) % 4 else number - 1
    return "\n\n".join(
        f"Entry {place} of book {file}, written on day {written}. The keeper of lighthouse {place} counted "
        f"{(7 * file + 3 * written + place) % 90} ships before the fog came in from the sea."
        for place in range(_PARAGRAPHS)
    )
