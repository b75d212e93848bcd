"""Where the time of a question went: its stages, kept for `rag trace` or sent to a collector, where that is configured.

A trace has times, counts and names, and no text of a question, an answer or a document.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from rag.errors import TraceMissing
from rag.private import write_private
from rag.settings import Settings
from rag.stages import Clock, Timed, Trace
from rag.types import Answer

FILE = "trace.json"
"""The last question's trace, in the home."""


def record(clock: Clock, answer: Answer, settings: Settings) -> None:
    """Keep and send the trace of a question, where the settings say so; a question never fails by it."""
    if settings.trace.keep:
        with suppress(OSError):
            write_private(settings.home / FILE, json.dumps(asdict(clock.trace(answer, settings))))
    if settings.trace.endpoint:
        from rag.spans import send

        send(clock.trace(answer, settings), settings.trace.endpoint)


def last_trace(home: Path) -> Trace:
    """The trace of the last question that was asked of a home. Raises: TraceMissing."""
    try:
        fields = json.loads((home / FILE).read_text("utf-8"))
        stages = tuple(Timed(**stage) for stage in fields.pop("stages"))
        return Trace(whole=Timed(**fields.pop("whole")), stages=stages, **fields)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise TraceMissing(
            f"No trace is kept in {str(home)!r}; put `keep = true` under [trace] in rag.toml, and ask a question."
        ) from None
