"""Asking every case of a suite and keeping what came back: `results.jsonl`, `controls.jsonl` and `run.json`."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from pydantic import TypeAdapter, ValidationError

from evals.cases import Case, Split, gold_of
from evals.errors import EvalError
from evals.metrics import Scores, score
from index.seal import make_private
from rag.contract import Json, as_json
from rag.errors import Cancelled
from rag.types import Answer, Turn

RESULTS, CONTROLS, RUN = "results.jsonl", "controls.jsonl", "run.json"
_PACKAGES = ("rag", "chromadb", "ir-measures", "numpy", "sentence-transformers")

Control = Callable[[Case, Answer], Answer]
"""A plain answerer: from the case and the system's own answer, with its passages, to another answer."""
Progress = Callable[[int, int], None]
"""Called with the cases done and all cases."""
Stop = Callable[[], bool]
"""Whether to ask no further case."""


class System(Protocol):
    """What is evaluated."""

    def ask(self, question: str, *, history: Sequence[Turn] = ()) -> Answer:
        """The whole outcome of one question."""
        ...

    def text(self, document_id: str) -> str:
        """The decoded text of a document that an answer names."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One case's outcome: scores, or an error in words. A crash has no scores, and is never a zero."""

    id: str
    kind: str
    answerable: bool
    answer: Json | None = None
    scores: Scores = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What was run, on what, and when; `seconds` is wall time. Fields are None where nothing was answered.

    `cases` are those meant to be asked; `stopped` says that the run ended before it had asked them all.
    """

    suite: str | None
    suite_sha256: str | None
    split: Split | None
    cases: int
    settings_fingerprint: str | None
    generation: str | None
    answerer: str | None
    model: str | None
    versions: Mapping[str, str]
    started: str
    seconds: float
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """A whole run: a row a case in the order of the suite, and the same for each control by its name."""

    about: About
    rows: tuple[Row, ...]
    controls: Mapping[str, tuple[Row, ...]]


def run_suite(
    system: System,
    cases: Sequence[Case],
    out: Path,
    *,
    suite: Path | None = None,
    split: Split | None = None,
    controls: Mapping[str, Control] | None = None,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> Results:
    """The results of asking every case, also written to `out`, each file whole or not at all.

    `suite` and `split` are only recorded. A case that raises becomes a row with its error, and the run goes on. It
    ends early, with the cases asked until then, when `stop` says so between two cases, or a case raises `Cancelled`.

    Raises: EvalError, when `out` cannot be written.
    """
    _make(out)
    started, clock = datetime.now(UTC), time.perf_counter()
    answers: list[Answer] = []
    rows: list[Row] = []
    beside: dict[str, list[Row]] = {name: [] for name in controls or {}}
    for done, case in enumerate(cases, start=1):
        if stop and stop():
            break
        try:
            row, answer = _ask(system, case)
        except Cancelled:
            break
        rows.append(row)
        answers += [answer] if answer else []
        for name, control in (controls or {}).items():
            beside[name].append(_control(system, case, answer, control))
        if progress:
            progress(done, len(cases))
    about = _about(answers, suite, split, len(cases), started, time.perf_counter() - clock)
    about = replace(about, stopped=len(rows) < len(cases))
    results = Results(about, tuple(rows), {name: tuple(control_rows) for name, control_rows in beside.items()})
    _write(results, out)
    return results


def load_results(folder: Path) -> Results:
    """The run that `run_suite` left in `folder`.

    Raises: EvalError, when there is none, or when a file is damaged or of another run.
    """
    stored = _manifest_in(folder)
    files = {name: _read(folder / name) for name in (RESULTS, CONTROLS)}
    try:
        rows = tuple(_ROW.validate_json(line) for line in files[RESULTS].splitlines())
        beside = [_BESIDE.validate_json(line) for line in files[CONTROLS].splitlines()]
    except ValidationError as error:
        raise _damaged(folder, error) from error
    if stored.sha256 != {name: _sha256(data) for name, data in files.items()}:
        raise EvalError(f"The files of the run in {str(folder)!r} are not of one run; run it again.")
    names = dict.fromkeys(item.control for item in beside)
    return Results(stored.about, rows, {name: tuple(b.row for b in beside if b.control == name) for name in names})


def load_about(folder: Path) -> About:
    """What the run in `folder` says of itself, without reading its results.

    Raises: EvalError, when there is none, or when it is damaged.
    """
    return _manifest_in(folder).about


def write_whole(path: Path, data: bytes) -> None:
    """Puts `data` at `path`, replacing what was there in one step.

    Raises: EvalError, when the folder cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise EvalError(f"{str(path)!r} cannot be written ({error.strerror}); choose another --out.") from error


@dataclass(frozen=True, slots=True)
class _Beside:
    control: str
    row: Row


@dataclass(frozen=True, slots=True)
class _Manifest:
    about: About
    sha256: dict[str, str]


_ROW, _BESIDE, _MANIFEST = TypeAdapter(Row), TypeAdapter(_Beside), TypeAdapter(_Manifest)


def _manifest_in(folder: Path) -> _Manifest:
    try:
        return _MANIFEST.validate_json(_read(folder / RUN))
    except ValidationError as error:
        raise _damaged(folder, error) from error


def _damaged(folder: Path, error: ValidationError) -> EvalError:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"]))
    return EvalError(f"The run in {str(folder)!r} does not read ({where}: {first['msg']}); run it again.")


def _make(out: Path) -> None:
    try:
        make_private(out)
    except OSError as error:
        raise EvalError(f"The folder {str(out)!r} cannot be made ({error.strerror}); choose another --out.") from error


def _ask(system: System, case: Case) -> tuple[Row, Answer | None]:
    try:
        answer = system.ask(case.question, history=case.turns)
        row = Row(case.id, case.kind, case.answerable, as_json(answer), _score(system, case, answer))
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - whatever the system under test does is a result
        return _failed(case, error), None
    return row, answer


def _control(system: System, case: Case, answer: Answer | None, control: Control) -> Row:
    if answer is None:
        return Row(case.id, case.kind, case.answerable, error="no answer to start from")
    try:
        scores = _score(system, case, control(case, answer))
    except Exception as error:  # noqa: BLE001 - as above
        return _failed(case, error)
    return Row(case.id, case.kind, case.answerable, scores=scores)


def _score(system: System, case: Case, answer: Answer) -> Scores:
    documents = {p.source.path: p.source.document_id for p in answer.passages}
    documents |= {c.source.path: c.source.document_id for c in answer.citations}

    def text_of(file: str) -> str | None:
        return system.text(documents[file]) if file in documents else None

    return score(case, answer, gold_of(case, text_of), system.text)


def _failed(case: Case, error: Exception) -> Row:
    return Row(case.id, case.kind, case.answerable, error=f"{type(error).__name__}: {error}")


def _about(
    answers: Sequence[Answer], suite: Path | None, split: Split | None, cases: int, started: datetime, seconds: float
) -> About:
    first = answers[0] if answers else None
    return About(
        suite=suite.name if suite else None,
        suite_sha256=_sha256(suite.read_bytes()) if suite else None,
        split=split,
        cases=cases,
        settings_fingerprint=first.settings_fingerprint if first else None,
        generation=first.index.generation if first else None,
        answerer=first.answerer if first else None,
        model=first.model if first else None,
        versions=_versions(),
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 3),
    )


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _write(results: Results, out: Path) -> None:
    beside = (asdict(_Beside(name, row)) for name, rows in results.controls.items() for row in rows)
    files = {RESULTS: _lines(asdict(row) for row in results.rows), CONTROLS: _lines(beside)}
    for name, data in files.items():
        write_whole(out / name, data)
    stored = _Manifest(results.about, {name: _sha256(data) for name, data in files.items()})
    write_whole(out / RUN, json.dumps(asdict(stored), ensure_ascii=False, indent=1).encode() + b"\n")


def _lines(items: Iterable[Json]) -> bytes:
    return "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items).encode("utf-8", "replace")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvalError(
            f"There is no whole run in {str(path.parent)!r} ({path.name}: {error.strerror}); name the folder that "
            "`rag eval run SUITE --out DIR` wrote, or run it again."
        ) from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
