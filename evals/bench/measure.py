"""How things are measured: wall time, percentiles, peak memory, and a process of its own for each thing measured."""

from __future__ import annotations

import multiprocessing
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, TypeVar

import numpy as np

from evals.errors import EvalError
from index.types import Vectors

WARM = 5
"""Calls made before any is counted."""
_PATIENCE = 180
"""Seconds that a server may take to start."""

_P = ParamSpec("_P")
_T = TypeVar("_T")
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 95th percentile of n measurements, in their unit."""

    p50: float
    p95: float
    n: int


@dataclass(frozen=True, slots=True)
class IndexRun:
    """One run that indexed `passages`, of which `embedded` were embedded in it.

    `seconds` is by part, `total` the wall seconds of the whole; neither holds the loading of the model. `peak_mib` is
    the most memory that the process held, above what it held with the model loaded.
    """

    passages: int
    embedded: int
    seconds: Mapping[str, float]
    total: float
    peak_mib: float

    @property
    def rate(self) -> float:
        """Passages a second."""
        return self.passages / self.total


class PeakMemory:
    """Watches how much memory this process holds at most from here on."""

    def __init__(self) -> None:
        with suppress(OSError):  # Linux forgets the earlier peak; elsewhere only what goes beyond it is seen
            Path("/proc/self/clear_refs").write_text("5")
        self._before = _peak_bytes()

    def mib(self) -> float:
        """MiB at most, above what was held at the start."""
        return (_peak_bytes() - self._before) / 2**20


def spread(values: Sequence[float]) -> Spread:
    """The median and the 95th percentile (linear between ranks) of at least one value."""
    p50, p95 = np.percentile(values, [50, 95])
    return Spread(float(p50), float(p95), len(values))


def times_ms(call: Callable[[_Item], object], items: Sequence[_Item], *, warm: int = WARM) -> list[float]:
    """Wall milliseconds of `call` on each item but the first `warm`, on which it is called uncounted.

    Every item is used once, so that no cache of answers can help.

    Raises: EvalError, when no item is left to count.
    """
    if len(items) <= warm:
        raise EvalError(f"{len(items)} questions are too few to time: {warm} are for warming up; give more.")
    return [_ms(call, item) for item in items][warm:]


def share_of_nearest(scores: Vectors, columns_found: Sequence[Sequence[int]], k: int) -> float:
    """Recall of the `k` nearest: the share of places filled by a column that scores no less than the k-th best.

    `scores` has a row a query and a column a candidate; `columns_found` has up to `k` columns for each query. A hair
    below counts as equal, since sums are not added in the same order everywhere.
    """
    least = np.partition(scores, -k, axis=1)[:, -k] - 1e-6
    right = sum(
        int((row[list(columns)] >= edge).sum()) for row, columns, edge in zip(scores, columns_found, least, strict=True)
    )
    return right / (k * len(scores))


def fresh(function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """What `function`, of the top level of a module, returns in a new process; its exceptions are raised here.

    Raises: EvalError, when the process dies.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(function, *args, **kwargs).result()
        except BrokenProcessPool as error:
            raise EvalError(
                f"The process that measured {function.__name__!r} died, for a reason above or because memory ran out; "
                "give smaller --sizes."
            ) from error


def run(arguments: Sequence[str], *, accepted: Iterable[int] = (0,)) -> tuple[float, str]:
    """Wall seconds of a fresh `python` with these arguments, and what it wrote on stdout.

    It runs without the user's RAG_ variables.

    Raises: EvalError, when its exit code is none of those accepted.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAG_")}
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    seconds = time.perf_counter() - begun
    if done.returncode not in accepted:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise EvalError(
            f"`python {' '.join(arguments[:3])} …` ended with exit code {done.returncode} ({' '.join(last)}); "
            "run it by hand to see why."
        )
    return seconds, done.stdout.decode(errors="replace")


@contextmanager
def running(command: Sequence[str]) -> Iterator[int]:
    """The number of a process that serves at the port that `command` names last, from when it answers until the block
    ends.

    Raises: EvalError, when it ends before that, or takes too long.
    """
    port = next(int(part) for part in reversed(command) if part.isdecimal())
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + _PATIENCE
            while time.monotonic() < until and process.poll() is None:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.01)
            else:
                raise EvalError(f"{' '.join(command)} did not serve; run it by hand to see why.")
            yield process.pid
        finally:
            process.kill()


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _ms(call: Callable[[_Item], object], item: _Item) -> float:
    begun = time.perf_counter()
    call(item)
    return 1000 * (time.perf_counter() - begun)


def peak_mib(process: int) -> float:
    """MiB that another process held at most; 0 where the system does not tell."""
    with suppress(OSError, StopIteration):
        return _high_water(str(process)) / 2**20
    return 0.0


def _peak_bytes() -> int:
    # Not ru_maxrss where there is better: on Linux a child inherits the peak of the process that started it.
    with suppress(OSError, StopIteration):
        return _high_water("self")
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _high_water(process: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
