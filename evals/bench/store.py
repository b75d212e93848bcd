"""What a Chroma server on this machine gives beside the store that is kept in the home: time, and whose memory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from evals.bench.index import Say, home_of, indexed, loaded_embedder
from evals.bench.measure import PeakMemory, Spread, free_port, fresh, peak_mib, running, spread, times_ms
from evals.bench.tables import Row, amount, render_rows
from index.settings import EMBEDDED, IndexSettings, StoreSettings
from index.store.caches import Silent, store_vectors
from index.store.probe import CHROMA
from index.vectors.remote import Remote
from index.vectors.stores import open_vectors

NEAREST = 10
NOTE = (
    "Stores: the vectors of one corpus are stored by ours in the home, and by the same code on `chroma run` on this "
    "machine; then the ten nearest of each question are looked for, its vector given. Memory is that of our process, "
    "above what it held before, and in the sentence below that of the server."
)


@dataclass(frozen=True, slots=True)
class Filled:
    """Where the vectors are, how many, the seconds that took, and the MiB that our process took meanwhile."""

    remote: Remote | None
    vectors: int
    seconds: float
    mib: float


@dataclass(frozen=True, slots=True)
class Searched:
    """Milliseconds a question, and the MiB that our process took to open the store and search it."""

    ms: Spread
    mib: float


@dataclass(frozen=True, slots=True)
class Measured:
    """Both stores of one size, and the MiB that the server held at most."""

    home: tuple[Filled, Searched]
    server: tuple[Filled, Searched]
    server_mib: float


def measure(work: Path, questions: Sequence[str], say: Say, *, static: bool = False) -> Measured:
    """Store the vectors of the index that `evals.bench.index.prepare` left in `work` twice, and search them.

    Raises: EvalError, when there is no index, or a process dies.
    """
    home, port = home_of(work), free_port()
    say("store: in the home")
    in_home = _both(home, work / "store-home", EMBEDDED, questions, static=static)
    say("store: on a Chroma server")
    chroma = str(Path(sys.executable).with_name("chroma"))
    path = str(work / "store-server")
    with running([chroma, "run", "--path", path, "--host", "127.0.0.1", "--port", str(port)]) as server:
        settings = StoreSettings(host="127.0.0.1", port=port, timeout=600)
        remote = _both(home, work / "store-remote", settings, questions, static=static)
        return Measured(in_home, remote, peak_mib(server))


def fill(home: Path, folder: Path, store: StoreSettings) -> Filled:
    """Store each vector of the index in `home` once, in `folder` or on the server of `store`."""
    folder.mkdir(parents=True)
    with indexed(home) as (corpus, fingerprint):
        settings = IndexSettings(home=folder, store=store)
        settings.root.mkdir(parents=True)
        memory, begun = PeakMemory(), perf_counter()
        remote, count = store_vectors(folder, corpus, "bench", fingerprint, settings, Silent())
        return Filled(remote, count, perf_counter() - begun, memory.mib())


def ask(
    home: Path, folder: Path, remote: Remote | None, store: StoreSettings, questions: Sequence[str], *, static: bool
) -> Searched:
    """Time the search for the nearest of each question."""
    vectors = list(loaded_embedder(home, static=static).embed(questions))
    memory = PeakMemory()
    with closing(open_vectors(folder / CHROMA, remote, store)) as opened:
        ms = times_ms(lambda vector: opened.query(vector, NEAREST), vectors)
    return Searched(spread(ms), memory.mib())


def render(one: Measured) -> str:
    """The server beside the home, as Markdown."""
    (home, here), (server, there) = one.home, one.server
    count = f"{home.vectors:,} vectors"
    rows = render_rows(
        [
            Row(f"{count}, on a server: storing them", server.seconds, "s", "in the home", home.seconds),
            Row(f"{count}, on a server: a question, p50", there.ms.p50, "ms", "in the home", here.ms.p50),
            Row(f"{count}, on a server: a question, p95", there.ms.p95, "ms", "in the home", here.ms.p95),
            Row(f"{count}, on a server: our memory, storing", server.mib, "MiB", "in the home", home.mib),
            Row(f"{count}, on a server: our memory, asking", there.mib, "MiB", "in the home", here.mib),
        ]
    )
    return f"{rows}\n\nThe server itself held {amount(one.server_mib)} MiB at most."


def _both(
    home: Path, folder: Path, store: StoreSettings, questions: Sequence[str], *, static: bool
) -> tuple[Filled, Searched]:
    filled = fresh(fill, home, folder, store)
    return filled, fresh(ask, home, folder, filled.remote, store, questions, static=static)
