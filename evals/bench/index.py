"""How fast folders are indexed and kept in step, beside LlamaIndex's default pipeline and the model alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.bench.material import WORDS, Material, Written, write_files
from evals.bench.measure import IndexRun, PeakMemory, fresh, share_of_nearest
from evals.bench.tables import Row, amount, plot, render_rows
from evals.errors import EvalError
from evals.markdown import NOTHING, table
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store import generation, probe
from index.store.corpus import FILE, Corpus
from index.types import Embedder, Vectors

SAME_MOST = 300
"""Passages that LlamaIndex and the model alone are given ready cut, at most."""
LLAMA_MOST = 1_000
"""Passages of the largest size over whose files LlamaIndex is run; it would take hours over more."""
NEAREST = 10
OURS = "ours"
_ADDED = "\n\nThis sentence was not in the file before, and the passage that it is in is another one now."

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Synced:
    """A first run over a folder, a second with nothing changed, and a third with a sentence added to one file."""

    first: IndexRun
    unchanged: IndexRun
    edited: IndexRun


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far our vectors agree with the model's own: mean cosine, and share of the ten nearest that are the same."""

    cosine: float
    overlap: float
    n: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was written for one size, and our runs over it."""

    written: Written
    ours: Synced


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: ours and LlamaIndex over the same files, then LlamaIndex and the model over passages of ours.

    `llama` is None above `LLAMA_MOST`.
    """

    prepared: Prepared
    llama: IndexRun | None
    cut_characters: int
    llama_cut: IndexRun
    model: IndexRun
    agreement: Agreement


def prepare(material: Material, passages: int, work: Path, say: Say, *, static: bool = False) -> Prepared:
    """Write about `passages` passages of the material below the new folder `work`, and index them by ours.

    The index stays in `home_of(work)`.

    Raises: EvalError, when the process dies.
    """
    say(f"{passages:,} passages: ours, three runs")
    written = write_files(material, passages, documents_of(work))
    ours = fresh(index_and_sync, documents_of(work), home_of(work), words=material.words, static=static)
    return Prepared(written, ours)


def measure(prepared: Prepared, work: Path, say: Say) -> Measured:
    """Run the baselines over what `prepare` left in `work`.

    Raises: EvalError, when a process dies.
    """
    llama = None
    if prepared.ours.first.passages <= 1.5 * LLAMA_MOST:
        say("index: LlamaIndex over the same files")
        llama = fresh(_llama_files, documents_of(work), work / "llama-files")
    say("index: LlamaIndex and the model alone over passages of ours")
    cut_characters, llama_cut = fresh(_llama_cut, home_of(work), work / "llama-cut")
    model, agreed = fresh(_model_alone, home_of(work))
    return Measured(prepared, llama, cut_characters, llama_cut, model, agreed)


def documents_of(work: Path) -> Path:
    """Where `prepare` writes the files."""
    return work / "documents"


def home_of(work: Path) -> Path:
    """Where `prepare` leaves our index."""
    return work / "home"


def index_ours(
    folder: Path,
    home: Path,
    embedder: Embedder | None = None,
    trial: Callable[[Path], str | None] = probe.run,
    words: int = WORDS,
) -> IndexRun:
    """One run of `build_index` over `folder` in passages of about `words` words, the model loaded before it."""
    embedder = embedder or loaded_embedder(home)
    tried = 0.0

    def timed(built: Path) -> str | None:
        nonlocal tried
        begun = time.perf_counter()
        problem = trial(built)
        tried = time.perf_counter() - begun
        return problem

    memory = PeakMemory()
    report = build_index(IndexSettings(home=home, passage_words=words), [folder], embedder, trial=timed)
    told = report.seconds
    seconds = {
        "read and cut": told["read"],
        "embed": told["embed"],
        "store": told["store"],
        "probe": tried,
        "publish": told["publish"] - tried,
    }
    return IndexRun(report.passages, report.embedded, seconds, told["total"], memory.mib())


def index_and_sync(
    folder: Path,
    home: Path,
    embedder: Embedder | None = None,
    trial: Callable[[Path], str | None] = probe.run,
    words: int = WORDS,
    *,
    static: bool = False,
) -> Synced:
    """Index the folder, index it again, and again with a sentence added to the file in the middle."""
    embedder = embedder or loaded_embedder(home, static=static)
    first = index_ours(folder, home, embedder, trial, words)
    unchanged = index_ours(folder, home, embedder, trial, words)
    files = sorted(folder.iterdir())
    with files[len(files) // 2].open("a", encoding="utf-8") as file:
        file.write(_ADDED)
    return Synced(first, unchanged, index_ours(folder, home, embedder, trial, words))


@contextmanager
def indexed(home: Path) -> Iterator[tuple[Corpus, str]]:
    """The corpus of the index in `home`, and the fingerprint of its vectors.

    Raises: EvalError, when nothing is indexed there.
    """
    root = IndexSettings(home=home).root
    manifest = generation.read_current(root)
    if manifest is None:
        raise EvalError(f"There is no index in {str(home)!r}; measure indexing first.")
    with Corpus(generation.folder_of(root, manifest.generation) / FILE) as corpus:
        yield corpus, manifest.fingerprint


def embedding_texts(corpus: Corpus, ids: Sequence[str]) -> list[str]:
    """What was embedded of each passage."""
    return corpus.embedding_texts(ids)


def loaded_embedder(home: Path, *, static: bool = False) -> Embedder:
    """The embedder of an index in `home`, its model loaded and used once; with `static` the quick one."""
    if static:
        from evals.bench.static import StaticEmbedder

        return StaticEmbedder()
    from index.vectors.embedder import embedder_of

    embedder = embedder_of(IndexSettings(home=home))
    embedder.embed(["warm"])
    return embedder


def agreement(ours: Vectors, plain: Vectors) -> Agreement:
    """How far two models' unit vectors of the same texts agree; a text is not counted among its own neighbours."""
    mine, theirs = ours @ ours.T, plain @ plain.T
    for scores in (mine, theirs):
        np.fill_diagonal(scores, -2.0)
    k = min(NEAREST, len(ours) - 1)
    nearest = np.argpartition(-mine, k - 1, axis=1)[:, :k]
    cosine = float(np.mean(np.sum(ours * plain, axis=1)))
    return Agreement(cosine, share_of_nearest(theirs, nearest.tolist(), k), len(ours))


def render(one: Measured) -> str:
    """The runs with their ratios, the syncs, and the agreement of one size, as Markdown."""
    head = ("system", "passages", "read and cut s", "embed s", "store s", "probe and publish s", "total s",
            "passages/s", "ours / this", "1,000 characters/s", "ours / this", "peak MiB above the model")  # fmt: skip
    return f"{table(head, _runs(one))}\n\n{render_rows(_syncs(one.prepared))}\n\n{_agreed(one.agreement)}"


def render_ours(prepared: Prepared) -> str:
    """Our runs of one size alone, as Markdown."""
    run = prepared.ours.first
    seconds = ", ".join(f"{part} {amount(spent)}" for part, spent in run.seconds.items())
    peak = f"peak {amount(run.peak_mib)} MiB above the model"
    told = f"{run.passages:,} passages in {amount(run.total)} s ({seconds}); {peak}."
    return f"{told}\n\n{render_rows(_syncs(prepared))}"


def bars(measured: Sequence[Measured]) -> str:
    """Passages a second by system and size, as SVG."""
    values = [(f"{name}, {run.passages:,}", run.rate) for one in measured for name, run, _ in _systems(one)]
    return plot("Passages indexed", "passages a second", values)


NOTE = (
    "LlamaIndex, files: SimpleDirectoryReader, SentenceSplitter (1,024 tokens), VectorStoreIndex and Chroma, all with "
    "their defaults; the model reads only the first 256 tokens of a chunk, so most of the text is never embedded. "
    f"LlamaIndex, cut: the same given our passages, at most {SAME_MOST:,}. Model alone: one call of `encode` on these. "
    "The model is loaded before the clock starts, in a new process for each row. Reading and embedding go on side by "
    "side in ours, so `embed` is what is left of it when all is read. LlamaIndex is run over files up to "
    f"{LLAMA_MOST:,} passages."
)


def _systems(one: Measured) -> tuple[tuple[str, IndexRun, int], ...]:
    """Each system's name, its run, and the characters of text that it took in."""
    whole = one.prepared.written.characters
    files = (("LlamaIndex, files", one.llama, whole),) if one.llama else ()
    return (
        (OURS, one.prepared.ours.first, whole),
        *files,
        ("LlamaIndex, cut", one.llama_cut, one.cut_characters),
        ("model alone", one.model, one.cut_characters),
    )


def _runs(one: Measured) -> list[tuple[str, ...]]:
    ours, text = one.prepared.ours.first, one.prepared.written.characters
    return [
        (
            name,
            f"{run.passages:,}",
            *_parts(run),
            amount(run.total),
            amount(run.rate),
            NOTHING if name == OURS else amount(ours.rate / run.rate),
            amount(characters / run.total / 1000),
            NOTHING if name == OURS else amount(text / ours.total * run.total / characters),
            amount(run.peak_mib),
        )
        for name, run, characters in _systems(one)
    ]


def _parts(run: IndexRun) -> list[str]:
    """The seconds of each column's parts, a dash where the system has none of them."""
    columns = (("read and cut",), ("embed",), ("store",), ("probe", "publish"))
    spent = [[run.seconds[part] for part in column if part in run.seconds] for column in columns]
    return [amount(sum(parts)) if parts else NOTHING for parts in spent]


def _syncs(prepared: Prepared) -> list[Row]:
    first, files = prepared.ours.first, prepared.written.files
    base = f"the first run, {first.embedded:,} embedded"
    runs = (("nothing changed", prepared.ours.unchanged), ("one file changed", prepared.ours.edited))
    return [
        Row(f"{files:,} files, {what}: {run.embedded:,} passages embedded", run.total, "s", base, first.total)
        for what, run in runs
    ]


def _agreed(found: Agreement) -> str:
    return (
        f"Our vectors and the model's own in float32, {found.n:,} passages: mean cosine {found.cosine:.5f}, "
        f"{NEAREST} nearest the same {found.overlap:.3f}."
    )


def _llama_files(folder: Path, store: Path) -> IndexRun:
    from evals.bench import baselines

    return baselines.index_files(folder, store, baselines.loaded())


def _llama_cut(home: Path, store: Path) -> tuple[int, IndexRun]:
    from evals.bench import baselines

    with indexed(home) as (corpus, _):
        texts = embedding_texts(corpus, corpus.passage_ids()[:SAME_MOST])
    return sum(map(len, texts)), baselines.index_passages(texts, store, baselines.loaded())


def _model_alone(home: Path) -> tuple[IndexRun, Agreement]:
    from evals.bench import baselines

    with indexed(home) as (corpus, fingerprint):
        ids = corpus.passage_ids()[:SAME_MOST]
        texts, ours = embedding_texts(corpus, ids), corpus.vectors(fingerprint, ids)
    plain, run = baselines.encode_alone(texts, baselines.loaded())
    return run, agreement(ours, plain)
