"""Reads files in a worker process whose memory and time are bounded, so that none can take this one down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import IO, TypedDict

from index.document import layout
from index.document.blocks import Blocks
from index.errors import UnreadableFile
from index.readers.drawing import Box, Drawn, Wanted
from index.readers.extracted import Extracted
from index.readers.kind import Kind

_KEPT_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "LANG", "LC_ALL")
_LARGE = 16 * 1024 * 1024
"""After a file of this many bytes the worker is ended, so that its memory goes back."""


_PACKED: frozenset[Kind] = frozenset({"pdf", "docx", "pptx", "xlsx", "epub", "odt", "mail", "picture"})
_PACKED_PATIENCE = 4
"""What is packed holds several times its size, and takes as much longer to read."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost: megabytes of address space, and seconds of a processor, with more for each megabyte."""

    megabytes: int = 1024
    seconds: float = 6.0
    seconds_a_megabyte: float = 2.0

    def allow(self, kind: Kind, size: int) -> float:
        """The seconds that a file of `kind` and of `size` bytes may take."""
        return (self.seconds + self.seconds_a_megabyte * size / 1e6) * (_PACKED_PATIENCE if kind in _PACKED else 1)


class _Ended(UnreadableFile):
    """The process ended before it had answered."""


class Worker:
    """Starts the process when it is first needed, and again after a file has ended it. A context manager."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Nothing is started yet."""
        self._limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._files = ExitStack()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Closing twice does no harm."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._files.close()
        self._process = self._errors = None

    def read(self, kind: Kind, data: bytes) -> Extracted:
        """What the reader of `kind` makes of `data`; of a mail without what is attached where only so it is read.

        Raises: UnreadableFile, when the reader refuses it, breaks, or takes more than the limits.
        """
        try:
            return _extracted(*self._answer({"kind": kind}, kind, data))
        except _Ended as error:
            if kind != "mail":
                raise
            extracted = _extracted(*self._answer({"kind": kind, "alone": True}, kind, data))
            note = f"none of the files attached was read ({error})"
            return replace(extracted, notes=(*extracted.notes, note))

    def draw(self, kind: Kind, data: bytes, wanted: Wanted) -> Drawn:
        """A page of `data`, a PDF or a picture, as a picture.

        Raises: UnreadableFile, as `read` does.
        """
        quotes = [(quote.start, quote.end) for quote in wanted.quotes]
        frames = [[astuple(frame) for frame in frames] for frames in wanted.frames]
        draw = {"page": wanted.page, "text": wanted.text, "quotes": quotes, "frames": frames}
        answer, png = self._answer({"kind": kind, "draw": draw}, kind, data)
        return Drawn(png, answer["width"], answer["height"], tuple(Box(*box) for box in answer["boxes"]))

    def _answer(self, request: Mapping[str, object], kind: Kind, data: bytes) -> tuple[_Answer, bytes]:
        process = self._process or self._start()
        seconds = self._limits.allow(kind, len(data))
        try:
            answer, body = _ask(process, {**request, "size": len(data), "seconds": seconds}, data)
        except (OSError, ValueError) as error:
            reason = self._reason(process, seconds)
            self.close()
            raise _Ended(reason) from error
        if len(data) + len(body) > _LARGE:
            self.close()
        if "refused" in answer:
            raise UnreadableFile(answer["refused"])
        return answer, body

    def _start(self) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).resolve().parent.parent.parent)
        environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
        # One thread: each would reserve memory for itself, up to the bound on a machine of many cores.
        environment |= {"PYTHONPATH": root, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-P", "-m", "index.readers.worker", str(self._limits.megabytes)]
        with ExitStack() as stack:
            errors = stack.enter_context(tempfile.TemporaryFile())
            try:
                process = subprocess.Popen(
                    command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
                )
            except OSError as error:
                raise UnreadableFile(f"its reader cannot be started: {error.strerror}") from error
            self._files, self._errors, self._process = stack.pop_all(), errors, process
        return process

    def _reason(self, process: subprocess.Popen[bytes], seconds: float) -> str:
        """Why the process ended, from its exit code and the last line that it wrote."""
        with suppress(BrokenPipeError):
            process.communicate()
        if process.returncode in (-signal.SIGPROF, -signal.SIGALRM):
            return f"not read within {seconds:.0f} s"
        last = self._last_error()
        if "MemoryError" in last or process.returncode == -signal.SIGKILL:
            return f"takes more than {self._limits.megabytes:,} MB of memory to read"
        if process.returncode < 0:  # native code, which ends like this when it gets no more memory
            return f"breaks its reader, or takes more than {self._limits.megabytes:,} MB of memory to read"
        return f"its reader broke ({last[:200]})"

    def _last_error(self) -> str:
        if self._errors is None:
            return ""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - 4096))
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "no reason given"


def _ask(process: subprocess.Popen[bytes], request: Mapping[str, object], data: bytes) -> tuple[_Answer, bytes]:
    """The worker's answer.

    Raises: OSError or ValueError, when it ends before it has answered.
    """
    if process.stdin is None or process.stdout is None:
        raise ValueError("no pipes")
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.write(data)
    process.stdin.flush()
    answer: _Answer = json.loads(process.stdout.readline())
    size = answer.get("size", 0)
    body = process.stdout.read(size)
    if len(body) < size:
        raise ValueError("cut short")
    return answer, body


class _Answer(TypedDict, total=False):
    """The line with which the worker answers: `refused` alone, or what is told of a text, or of a picture."""

    refused: str
    size: int
    blocks: int
    encoding: str
    replaced: int
    hidden: int
    notes: list[str]
    layout: str
    width: int
    height: int
    boxes: list[tuple[int, float, float, float, float]]


def _extracted(answer: _Answer, body: bytes) -> Extracted:
    pages, sections, scanned = layout.from_json(answer["layout"])
    cut = len(body) - answer["blocks"]
    return Extracted(
        text=body[:cut].decode(),
        encoding=answer["encoding"],
        replaced=answer["replaced"],
        hidden=answer["hidden"],
        pages=pages,
        sections=sections,
        notes=tuple(answer["notes"]),
        scanned=scanned,
        blocks=Blocks.unpack(body[cut:]),
    )
