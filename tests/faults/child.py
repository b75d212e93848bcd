"""The process that indexes and is done harm to. It tells its parent every step, so that a kill can be placed."""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, RLock
from typing import Literal

import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from index.cut.searchable import digest_of
from index.errors import IndexBusy, RagError
from index.indexing.build import build_index
from index.settings import IndexSettings
from index.store import probe
from index.store.writer import CorpusWriter
from index.types import Vectors

Event = tuple[str, object, float]
"""What happened, what there is to say of it, and when, in seconds.

It is `ready`, `stage`, `embed`, `stored`, and at the end `busy`, `refused`, `broke` or `done`.
"""
STAGES = ("lock", "read", "embed", "store", "probe", "publish", "collect")
DIMENSION = 16
WORDS = 20
"""Words a passage."""
POINTS: dict[str, tuple[str, str, int]] = {
    "keeping vectors": ("index.store.writer", "CorpusWriter.add_vectors", 2),
    "copying vectors": ("index.store.writer", "CorpusWriter.take_vectors", 1),
    "building the store": ("index.vectors.chroma", "build_store", 1),
    "building the word index": ("index.words.postings", "save_postings", 1),
    "sealing": ("index.store.caches", "seal", 1),
    "the trial": ("index.store.probe", "run", 1),
    "flushing the generation": ("index.store.generation", "flush", 1),
    "renaming the generation": ("pathlib", "Path.rename", 1),
    "replacing CURRENT": ("pathlib", "Path.replace", 1),
    "flushing CURRENT": ("index.store.generation", "flush_one", 3),
    "collecting": ("index.store.generation", "_collect", 2),
    "putting the oldest in the bin": ("pathlib", "Path.rename", 2),
}
"""The steps before and after which harm can be done: where each is, and which call of it is meant."""


@dataclass(frozen=True, slots=True)
class Harm:
    """What is done before or after a step: the process killed, or every write from then on refused, as by a full disk.

    Without a point, no file may grow past `limit` bytes from the start.
    """

    kind: Literal["kill", "fill"]
    point: str = ""
    after: bool = False
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Task:
    """What the process is to do. With `waits` it begins when it is sent something; `slow` is seconds a batch."""

    home: Path
    documents: Path
    slow: float = 0.0
    harm: Harm | None = None
    waits: bool = False
    trial: bool = True


class Embedder:
    """A vector by chance for each text, always the same."""

    fingerprint = f"chance-{DIMENSION}"
    dimension = DIMENSION

    def __init__(self, tell: Callable[[str, object], None] = lambda what, value: None, slow: float = 0.0) -> None:
        self._tell = tell
        self._slow = slow

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One unit row a text; the parent is told of each."""
        self._tell("embed", [digest_of(text) for text in texts])
        time.sleep(self._slow)
        rows = np.stack([self._row(text) for text in texts]) if texts else np.zeros((0, DIMENSION), dtype=np.float32)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)

    @staticmethod
    def _row(text: str) -> Vectors:
        chance = np.random.default_rng(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))
        return np.asarray(chance.normal(size=DIMENSION), dtype=np.float32)


def settings_of(home: Path) -> IndexSettings:
    """How the index in `home` is built."""
    return IndexSettings(home=home, passage_words=WORDS)


def main(task: Task, parent: Connection) -> None:
    """Index once, as the task says, and tell how it ended."""
    tqdm.set_lock(RLock())  # what it makes by itself is shared between processes, and outlives one that is killed
    teller = _Teller(parent)
    _listen_to_stored(teller)
    if not task.trial:
        probe.run = lambda *_, **__: None
    if task.harm:
        _prepare(task.harm)
    if task.waits:
        teller.tell("ready")
        parent.recv()
    teller.tell("stage", "lock")
    embedder = Embedder(teller.tell, task.slow)
    try:
        report = build_index(settings_of(task.home), [task.documents], embedder, teller, trial=teller.try_it)
        teller.tell("done", report)
    except IndexBusy as error:
        teller.tell("busy", str(error))
    except RagError as error:
        teller.tell("refused", str(error))
    except Exception as error:  # noqa: BLE001 - what is measured is that this does not come to pass
        teller.tell("broke", f"{type(error).__name__}: {error}")


class _Teller:
    """Tells the parent; also the run's progress and its trial, from which it knows the stage."""

    def __init__(self, parent: Connection) -> None:
        self._parent = parent
        self._lock = Lock()
        self._stage = "lock"

    def tell(self, what: str, value: object = None) -> None:
        with self._lock:
            self._parent.send((what, value, time.monotonic()))

    def start(self, stage: str, total: int) -> None:
        self._stage = stage
        if stage != "publish":
            self.tell("stage", stage)

    def advance(self, n: int) -> None:
        if self._stage == "publish":
            self.tell("stage", "collect")

    def try_it(self, folder: Path) -> str | None:
        self.tell("stage", "probe")
        problem = probe.run(folder)
        self.tell("stage", "publish")
        return problem


def _listen_to_stored(teller: _Teller) -> None:
    """Tell which vectors are on the disk, after they are."""
    keep = CorpusWriter.add_vectors

    def add_vectors(self: CorpusWriter, digests: Sequence[str], vectors: Vectors) -> None:
        keep(self, digests, vectors)
        teller.tell("stored", list(digests))

    CorpusWriter.add_vectors = add_vectors  # type: ignore[method-assign]


def _prepare(harm: Harm) -> None:
    act = _kill if harm.kind == "kill" else lambda: _fill(0)
    if not harm.point:
        _fill(harm.limit)
        return
    module, path, call = POINTS[harm.point]
    *owners, name = path.split(".")
    owner: object = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    step: Callable[..., object] = getattr(owner, name)
    made = _harmful(step, act, call, after=harm.after)
    is_bound = hasattr(step, "__self__")  # a class method already has its class
    setattr(owner, name, staticmethod(made) if is_bound else made)


def _harmful(step: Callable[..., object], act: Callable[[], None], call: int, *, after: bool) -> Callable[..., object]:
    calls = 0

    def done(*given: object, **named: object) -> object:
        nonlocal calls
        calls += 1
        meant = calls == call
        if meant and not after:
            act()
        result = step(*given, **named)
        if meant and after:
            act()
        return result

    return done


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _fill(limit: int) -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
