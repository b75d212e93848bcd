"""How fast folders are indexed and kept in step, beside LlamaIndex's default pipeline and txtai."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from evals.bench.material import WORDS, Material, Written, write_files
from evals.bench.measure import IndexRun, PeakMemory, fresh
from evals.bench.tables import Row, amount, render_rows
from evals.errors import EvalError
from evals.markdown import NOTHING, table
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store import probe
from index.store.corpus import Corpus
from index.store.published import in_use
from index.types import Embedder

LLAMA_MOST = 1_000
"""Passages of the largest size over whose files LlamaIndex is run; it would take hours over more."""
TXTAI_MOST = 1_000
"""Passages that txtai is given at most: it embeds them itself."""
OURS, TXTAI = "ours", "txtai, the same passages"
_ADDED = "\n\nThis sentence was not in the file before, and the passage that it is in is another one now."

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Synced:
    """A first run over a folder, a second with nothing changed, and a third with a sentence added to one file."""

    first: IndexRun
    unchanged: IndexRun
    edited: IndexRun


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was written for one size, and our runs over it."""

    written: Written
    ours: Synced


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: ours, LlamaIndex over the same files, and txtai over our passages.

    `llama` is None above `LLAMA_MOST`, `txtai` above `TXTAI_MOST` and where it is not installed.
    """

    prepared: Prepared
    llama: IndexRun | None
    txtai: IndexRun | None = None


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
    """Run LlamaIndex, and txtai where it is installed, over what `prepare` left in `work`.

    Raises: EvalError, when a process dies.
    """
    passages, llama, txtai = prepared.ours.first.passages, None, None
    if passages <= 1.5 * LLAMA_MOST:
        say("index: LlamaIndex over the same files")
        llama = fresh(llama_files, documents_of(work), work / "llama-files")
    if runs_txtai(passages):
        say("index: txtai over the same passages")
        txtai = fresh(txtai_passages, home_of(work), txtai_of(work))
    return Measured(prepared, llama, txtai)


def runs_txtai(passages: int) -> bool:
    """Whether txtai, which nothing here needs, is installed, and may be given so many passages."""
    return _txtai_version() is not None and passages <= 1.5 * TXTAI_MOST


def about_txtai() -> str:
    """How txtai is run, or that it is not."""
    installed = _txtai_version()
    if installed is None:
        return "txtai is not installed here: its rows are left out."
    return (
        f"txtai {installed} is given the passages that ours cut, up to {TXTAI_MOST:,}, and reads no file: its hybrid "
        "index (vectors and words) with content, all else its defaults, saved at the end. One call embeds and makes "
        "both indexes; all of it stands under `embed`. Its search embeds the question, searches vectors and words for "
        "100 passages each, fuses, and gives the ten best with their texts."
    )


def _txtai_version() -> str | None:
    try:
        return version("txtai")
    except PackageNotFoundError:
        return None


def documents_of(work: Path) -> Path:
    """Where `prepare` writes the files."""
    return work / "documents"


def home_of(work: Path) -> Path:
    """Where `prepare` leaves our index."""
    return work / "home"


def txtai_of(work: Path) -> Path:
    """Where txtai's index is saved."""
    return work / "txtai"


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
    spent = report.seconds
    seconds = {
        "read and cut": spent["read"],
        "embed": spent["embed"],
        "store": spent["store"],
        "probe": tried,
        "publish": spent["publish"] - tried,
    }
    return IndexRun(report.passages, report.embedded, seconds, spent["total"], memory.mib())


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
    used = in_use(IndexSettings(home=home).root)
    if used is None:
        raise EvalError(f"There is no index in {str(home)!r}; measure indexing first.")
    with used.corpus() as corpus:
        yield corpus, used.manifest.fingerprint


def loaded_embedder(home: Path, *, static: bool = False) -> Embedder:
    """The embedder of an index in `home`, its model loaded and used once; with `static` the quick one."""
    if static:
        from evals.bench.static import StaticEmbedder

        return StaticEmbedder()
    from index.vectors.embedder import embedder_of

    embedder = embedder_of(IndexSettings(home=home))
    embedder.embed(["warm"])
    return embedder


def render(one: Measured) -> str:
    """The runs with their ratios, and the syncs of one size, as Markdown."""
    head = ("system", "passages", "read and cut s", "embed s", "store s", "probe and publish s", "total s",
            "passages/s", "ours / this", "1,000 characters/s", "ours / this", "peak MiB above the model")  # fmt: skip
    return f"{table(head, _runs(one))}\n\n{render_rows(_syncs(one.prepared))}"


def render_ours(prepared: Prepared) -> str:
    """Our runs of one size alone, as Markdown."""
    run = prepared.ours.first
    seconds = ", ".join(f"{part} {amount(spent)}" for part, spent in run.seconds.items())
    peak = f"peak {amount(run.peak_mib)} MiB above the model"
    sentence = f"{run.passages:,} passages in {amount(run.total)} s ({seconds}); {peak}."
    return f"{sentence}\n\n{render_rows(_syncs(prepared))}"


NOTE = (
    "LlamaIndex, files: SimpleDirectoryReader, SentenceSplitter (1,024 tokens), VectorStoreIndex and Chroma, all with "
    "their defaults; the model reads only the first 256 tokens of a chunk, so most of the text is never embedded. "
    "The model is loaded before the clock starts, in a new process for each row. Reading and embedding go on side by "
    "side in ours, so `embed` is what is left of it when all is read. LlamaIndex is run over files up to "
    f"{LLAMA_MOST:,} passages."
)


def _runs(one: Measured) -> list[tuple[str, ...]]:
    ours, text = one.prepared.ours.first, one.prepared.written.characters
    systems = ((OURS, ours), ("LlamaIndex, files", one.llama), (TXTAI, one.txtai))
    return [
        (
            name,
            f"{run.passages:,}",
            *_parts(run),
            amount(run.total),
            amount(run.rate),
            NOTHING if name == OURS else amount(ours.rate / run.rate),
            amount(text / run.total / 1000),
            NOTHING if name == OURS else amount(run.total / ours.total),
            amount(run.peak_mib),
        )
        for name, run in systems
        if run
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


def llama_files(folder: Path, store: Path) -> IndexRun:
    """One run of LlamaIndex with its defaults over the files in `folder`."""
    from evals.bench import baselines

    return baselines.index_files(folder, store, baselines.loaded())


def txtai_passages(home: Path, store: Path) -> IndexRun:
    """One run of txtai over the passages of our index, in the text that ours embeds."""
    from evals.bench import baselines

    with indexed(home) as (corpus, _):
        texts = corpus.embedding_texts(corpus.passage_ids())
    return baselines.index_texts(texts, store, baselines.hybrid())
