"""What `rag index` does once, as a plan and until it is ended, and `rag doctor`."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import IndexDamaged, IndexFault, NoIndex, RagError
from index.telemetry import event_folder, remove_events
from rag.commands.options import Collection, Config, Home, Json, named, settings_of
from rag.commands.signals import interruptible
from rag.commands.terminal import StageBars, Terminal, one_line, passed_over

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from index.doctor import Finding
    from index.patterns import Patterns
    from index.plan import Plan
    from index.repair import Repair
    from index.settings import IndexSettings
    from index.types import Change, Report


_CHANGES: tuple[Change, ...] = ("new", "changed", "moved", "deleted")

Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="PATTERN",
        help="Index only what matches, as '*.md' or '/notes/'; repeatable. Kept for when no PATH is named.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="PATTERN", help="Leave out what matches, whatever is included; repeatable."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and write nothing.")]
Watch = Annotated[bool, typer.Option("--watch", help="Go on indexing what changes, until Ctrl-C.")]


def index(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(parser=named, metavar="PATH", help="Files and folders; without any, those of last time."),
    ] = None,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build the whole index anew.")] = False,
    include: Include = None,
    exclude: Exclude = None,
    dry_run: DryRun = False,
    watch: Watch = False,
    json: Json = False,
) -> None:
    """Index files and folders; only changes are read."""
    if watch and dry_run:
        raise typer.BadParameter("--watch writes the index and --dry-run writes nothing; give one of them.")
    settings = settings_of(home, config, collection).for_index()
    chosen, patterns = (_existing(paths), None) if paths else _last_time(settings)
    patterns = _patterns_of(include, exclude, patterns)
    if dry_run:
        _print_plan(settings, chosen, patterns, rebuild=rebuild, json=json)
    elif watch:
        _keep_in_step(settings, chosen, patterns, rebuild=rebuild, json=json)
    else:
        _index_once(settings, chosen, patterns, rebuild=rebuild, json=json)


def _existing(paths: Sequence[Path]) -> Sequence[Path]:
    for path in paths:
        try:
            path.stat()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise typer.BadParameter(f"there is no file or folder {str(path)!r} ({reason}).") from None
    return paths


def _last_time(settings: IndexSettings) -> tuple[Sequence[Path], Patterns]:
    from index.open import open_index

    try:
        with open_index(settings) as present:
            return present.roots, present.patterns
    except NoIndex:
        example = "rag index ~/Documents"
        raise typer.BadParameter(f"nothing is indexed yet, so name what to index, as in: {example}") from None


def _patterns_of(
    include: Sequence[str] | None, exclude: Sequence[str] | None, last_time: Patterns | None = None
) -> Patterns:
    """The patterns that were typed; where none were, those of last time.

    Raises: SettingsInvalid, when one cannot be used.
    """
    from index.patterns import EVERYTHING, Patterns

    typed = Patterns(tuple(include or ()), tuple(exclude or ()))
    return last_time or EVERYTHING if typed == EVERYTHING else typed


def _index_once(
    settings: IndexSettings, paths: Sequence[Path], patterns: Patterns, *, rebuild: bool, json: bool
) -> Callable[[], Report]:
    """Index `paths` and print the report; what does so again with the model that is loaded now, and prints nothing."""
    from index.build import build_index
    from index.embed import embedder_of

    with StageBars() as bars:
        embedder = embedder_of(settings)
        report = build_index(settings, paths, embedder, bars, patterns=patterns, rebuild=rebuild)
    if json:
        Terminal().json(asdict(report))
    else:
        Terminal().report(report)
    return lambda: build_index(settings, paths, embedder, patterns=patterns)


def _keep_in_step(
    settings: IndexSettings, paths: Sequence[Path], patterns: Patterns, *, rebuild: bool, json: bool
) -> None:
    """Index `paths`, and then what changes there, until SIGINT or SIGTERM; print a line for each time."""
    from index.watch import Mounts, Scope, changes_of, watch

    def tell(sentence: str) -> None:
        Terminal(sys.stderr).line(one_line(sentence))

    def sync() -> None:
        try:
            mounts.require()
            report = again()
        except Exception as error:
            if ended.is_set():
                raise KeyboardInterrupt from None  # lost on its way, or turned into another error
            raise _as_fault(error) from error
        _print_sync(report, json=json)

    with interruptible(signal.SIGINT, signal.SIGTERM) as ended:
        changes = changes_of(Scope.of(settings, paths, patterns), ended, tell)
        next(changes)  # from here on no change is missed
        mounts = Mounts(paths)
        again = _index_once(settings, paths, patterns, rebuild=rebuild, json=json)
        if ended.is_set():
            raise KeyboardInterrupt
        with suppress(KeyboardInterrupt):
            if not json:
                Terminal().line("What changes is indexed while this runs; Ctrl-C ends it.")
            watch(changes, sync, tell)


def _as_fault(error: Exception) -> RagError:
    """An error that a watch outlives, as one sentence."""
    if os.environ.get("RAG_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, RagError):
        return error
    said = f"{type(error).__name__}: {error}".removesuffix(": ")
    return IndexFault(f"Indexing failed in a way not foreseen ({said}) and is tried again; RAG_DEBUG=1 shows where.")


def _print_sync(report: Report, *, json: bool) -> None:
    """One line, if anything was changed."""
    changed = ", ".join(f"{report.files[name]:,} {name}" for name in _CHANGES if report.files[name])
    if not changed:
        return
    if json:
        Terminal().json(asdict(report))
        return
    embedded = f"{report.embedded:,} of {report.passages:,} passages embedded"
    Terminal().line(f"{time.strftime('%H:%M:%S')}  {changed}; {embedded} in {report.seconds['total']:.1f} seconds.")


def _print_plan(
    settings: IndexSettings, paths: Sequence[Path], patterns: Patterns, *, rebuild: bool, json: bool
) -> None:
    """Print what indexing `paths` would do to each file. Nothing is written and no model is loaded."""
    from index.embed import embedder_of
    from index.plan import plan_index

    fingerprint = embedder_of(settings).fingerprint
    with StageBars() as bars:
        plan = plan_index(settings, paths, fingerprint, patterns, bars, rebuild=rebuild)
    if json:
        Terminal().json(asdict(plan))
    else:
        _show(plan, Terminal())


def _show(plan: Plan, terminal: Terminal) -> None:
    rows = [(item.change, item.path, f"was {item.was}" if item.was else "") for item in plan.files]
    told = [row for row in rows if row[0] != "unchanged"]
    if told:
        terminal.table(("Would be", "File", ""), told)
        terminal.line()
    counts = ", ".join(f"{count:,} {change}" for change, count in plan.counts.items() if count) or "no file"
    terminal.line(f"{counts}; {plan.passages:,} passages would be read. Nothing was written.")
    if passed := passed_over(plan.hidden_files, plan.excluded):
        terminal.line(f"Passed over: {passed}.")
    for note in plan.notes:
        terminal.line(f"Note: {note}.")
    if plan.skipped:
        terminal.line()
        terminal.table((f"Left out ({len(plan.skipped)})", "Why"), [(s.path, s.reason) for s in plan.skipped])


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Build what is damaged anew from the stored text; nothing is embedded.")
    ] = False,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
    json: Json = False,
) -> None:
    """Examine the index; a fault gives exit code 1."""
    settings = settings_of(home, config, collection).for_index()
    from index.doctor import examine
    from index.embed import embedder_of

    fingerprint = embedder_of(settings).fingerprint
    removed = _events_removed() if repair else None
    findings = (*examine(settings, fingerprint), *_left_events())
    done = _repaired(settings, findings) if repair else None
    if done is not None:
        findings = (*examine(settings, fingerprint), *_left_events())
    if json:
        mended = {"repair": asdict(done) if done else None, "removed": str(removed) if removed else None}
        told = mended if repair else {}
        Terminal().json(told | {"findings": [asdict(finding) for finding in findings]})
    else:
        if removed:
            Terminal().line(f"Removed {str(removed)!r}, which onnxruntime had written before its telemetry was off.")
        if repair:
            Terminal().line(_in_words(done))
        rows = [("ok" if f.ok else "FAULT", f.name, f.detail, f.remedy) for f in findings]
        Terminal().table(("", "Looked at", "Seen", "What mends it"), rows)
    _require_sound(findings)


def _left_events() -> tuple[Finding, ...]:
    """What onnxruntime kept for its maker in the user's cache while its telemetry was on: no fault of the index."""
    from index.doctor import Finding

    folder = event_folder()
    if folder is None:
        return ()
    seen = f"onnxruntime kept a device id and events for its maker in {str(folder)!r}; nothing is sent from there now"
    return (Finding("telemetry", True, seen, "run `rag doctor --repair`"),)


def _events_removed() -> Path | None:
    try:
        return remove_events()
    except OSError as error:
        raise IndexFault(
            f"{str(error.filename)!r} could not be removed ({error.strerror}); remove it by hand, and repair again."
        ) from error


def _repaired(settings: IndexSettings, findings: Sequence[Finding]) -> Repair | None:
    """What was done, if anything had to be; that another model is set is nothing that a repair mends."""
    if all(finding.ok or finding.name == "model" for finding in findings):
        return None
    from index.repair import repair

    with StageBars() as bars:
        return repair(settings, bars)


def _in_words(done: Repair | None) -> str:
    if done is None:
        return "Nothing needed repair."
    mended = f"; damaged or missing: {', '.join(done.mended)}" if done.mended else ""
    held = f"{done.documents:,} documents and {done.passages:,} passages"
    return f"Generation {done.generation} was made from the {held} of {done.taken_from}, embedding nothing{mended}."


def _require_sound(findings: Sequence[Finding]) -> None:
    faults = [finding for finding in findings if not finding.ok]
    if faults:
        names = ", ".join(dict.fromkeys(finding.name for finding in faults))
        remedies = ", or ".join(dict.fromkeys(finding.remedy for finding in faults))
        raise IndexDamaged(f"The index is not sound ({names}); {remedies}.")
