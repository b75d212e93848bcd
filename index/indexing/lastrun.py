"""What the last indexing run of a collection did, kept beside its index: counts, paths and reasons, and no text."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from index.types import Report

FILE = "report.json"
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LastRun:
    """A report and when its run ended, in local time."""

    ended: datetime
    report: Report


def kept(root: Path, report: Report) -> Report:
    """`report`, which is now what `last_run` tells of, but for its remarks: the index holds those.

    A disk that does not take it costs the record alone, since the index is published by then.
    """
    ended = datetime.now().astimezone().isoformat(timespec="seconds")
    line = json.dumps({"ended": ended, "report": asdict(replace(report, remarks=()))})
    fresh = root / f"{FILE}.new"  # by the one writer
    with suppress(OSError):
        fresh.touch(mode=0o600)
        fresh.write_text(line, encoding="utf-8")
        fresh.replace(root / FILE)
    return report


def last_run(root: Path) -> LastRun | None:
    """What is kept of the last run; None where nothing is, or it does not read."""
    from pydantic import TypeAdapter, ValidationError

    file = root / FILE
    try:
        if file.stat().st_size > _LARGEST:
            return None
        return TypeAdapter(LastRun).validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None
