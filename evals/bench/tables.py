"""What the benchmarks print: rows beside their baselines, the machine, and a plot."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from importlib.metadata import version
from pathlib import Path

from evals.markdown import NOTHING, table

_PACKAGES = ("torch", "sentence-transformers", "chromadb", "llama-index-core", "bm25s", "numpy")
_SHORTCUTS = ("avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
_WIDTH, _LABEL, _LINE = 720, 300, 22
"""Pixels of a plot: its width, the room for labels, and the height of a bar's line."""


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
            f"- CPU: {cpu}, {_cores()} cores; shortcuts for bf16 and int8: {fast}",
            f"- Load when it began (1 minute): {os.getloadavg()[0]:.1f}",
            f"- {_system()}, Python {platform.python_version()}",
            f"- {versions}",
        ]
    )


def plot(title: str, unit: str, bars: Sequence[tuple[str, float]]) -> str:
    """A bar a value, from the top down, as SVG that loads nothing."""
    most = max((value for _, value in bars), default=1.0) or 1.0
    height = _LINE * (len(bars) + 2)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12"><rect width="100%" height="100%" fill="white"/>'
        f'<text x="8" y="{_LINE - 6}" font-size="14">{escape(title)} ({escape(unit)})</text>'
    ]
    for number, (label, value) in enumerate(bars, start=1):
        top = _LINE * number + 6
        width = (_WIDTH - _LABEL - 80) * value / most
        lines.append(
            f'<text x="{_LABEL - 8}" y="{top + 12}" text-anchor="end">{escape(label)}</text>'
            f'<rect x="{_LABEL}" y="{top}" width="{width:.1f}" height="{_LINE - 6}" fill="#4c78a8"/>'
            f'<text x="{_LABEL + width + 6:.1f}" y="{top + 12}">{amount(value)}</text>'
        )
    return "\n".join([*lines, "</svg>"]) + "\n"


def _cpu() -> tuple[str, set[str]]:
    """The processor's name and what it can do, as Linux tells it; elsewhere what Python knows."""
    told = ""
    with suppress(OSError):
        told = Path("/proc/cpuinfo").read_text()
    name, flags = (re.search(rf"^{key}\s*:\s*(.+)$", told, re.MULTILINE) for key in ("model name", "flags"))
    return (name[1] if name else platform.processor() or platform.machine(), set(flags[1].split()) if flags else set())


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _system() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{platform.system()} {platform.release()}"
