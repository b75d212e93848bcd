"""What the benchmarks print: rows beside their baselines, and the machine."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from evals.markdown import NOTHING, table
from index.cores import cores

_PACKAGES = ("torch", "sentence-transformers", "chromadb", "llama-index-core", "numpy")
_SHORTCUTS = ("avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


@dataclass(frozen=True, slots=True)
class Row:
    """One measured value, beside that of a named baseline from the same run where there is one."""

    what: str
    value: float
    unit: str
    baseline: str | None = None
    base: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours over the baseline; None without one."""
        return self.value / self.base if self.base else None


def render_rows(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    return table(
        ("what", "measured", "baseline", "measured", "ours / baseline"),
        [
            (
                row.what,
                f"{amount(row.value)} {row.unit}".strip(),
                row.baseline or NOTHING,
                NOTHING if row.base is None else f"{amount(row.base)} {row.unit}".strip(),
                NOTHING if row.ratio is None else amount(row.ratio),
            )
            for row in rows
        ],
    )


def amount(value: float) -> str:
    """The value with about three digits that count, and no exponent."""
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"


def machine() -> str:
    """The machine and the versions in a few lines; no name of a host and no path."""
    cpu, flags = _cpu()
    fast = ", ".join(name for name in _SHORTCUTS if name in flags) or "none of VNNI, bf16 and AMX"
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return "\n".join(
        [
            f"- CPU: {cpu}, {cores()} cores; shortcuts for bf16 and int8: {fast}",
            f"- Load when it began (1 minute): {os.getloadavg()[0]:.1f}",
            f"- {_system()}, Python {platform.python_version()}",
            f"- {versions}",
        ]
    )


def _cpu() -> tuple[str, set[str]]:
    """The processor's name and what it can do, as Linux tells it; elsewhere what Python knows."""
    cpuinfo = ""
    with suppress(OSError):
        cpuinfo = Path("/proc/cpuinfo").read_text()
    name, flags = (re.search(rf"^{key}\s*:\s*(.+)$", cpuinfo, re.MULTILINE) for key in ("model name", "flags"))
    return (name[1] if name else platform.processor() or platform.machine(), set(flags[1].split()) if flags else set())


def _system() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{platform.system()} {platform.release()}"
