"""What `rag index` does once, as a plan and until it is ended, and `rag doctor`."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import IndexDamaged, IndexFault, NoIndex, RagError
from index.telemetry import event_folder, remove_events
from rag.app.cli.indexed import kept_all_the_same, show_plan, show_report
from rag.app.cli.options import Collection, Config, Home, Json, named, settings_of
from rag.app.cli.roots import Chosen, chosen, take_out
from rag.app.cli.signals import interruptible
from rag.app.cli.terminal import StageBars, Terminal, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from index.settings import IndexSettings
    from index.store.doctor import Finding
    from index.store.repair import Repair
    from index.types import Change, Embedder, Loss, Report


_CHANGES: tuple[Change, ...] = ("new", "changed", "moved", "deleted")

Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="PATTERN",
        help="Index only what matches of PATH, as '*.md' or '/notes/'; repeatable. Kept until PATH is named again.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option("--exclude", metavar="PATTERN", help="Leave out what matches, whatever is included; repeatable."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done, and write nothing.")]
Watch = Annotated[bool, typer.Option("--watch", help="Go on indexing what changes, until Ctrl-C.")]
Only = Annotated[bool, typer.Option("--only", help="Index PATH and nothing else; all other folders leave the index.")]
Remove = Annotated[
    Path | None,
    typer.Option("--remove", parser=named, metavar="PATH", help="Take a folder out of the index; its files stay."),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Yes, let go of files that are gone, even if a whole folder of them is.")
]


def index(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=named,
            metavar="PATH",
            help="Files and folders to add to what is indexed; without any, all that is.",
        ),
    ] = None,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
    only: Only = False,
    remove: Remove = None,
    yes: Yes = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build the whole index anew.")] = False,
    include: Include = None,
    exclude: Exclude = None,
    dry_run: DryRun = False,
    watch: Watch = False,
    json: Json = False,
) -> None:
    """Add files and folders to the index, and bring it in step; only changes are read."""
    _require_fitting(paths, include or exclude, only=only, remove=remove, dry_run=dry_run, watch=watch)
    settings = settings_of(home, config, collection).for_index()
    if remove is not None:
        take_out(settings, remove, yes=yes, dry_run=dry_run, json=json)
        return
    what = chosen(settings, paths or (), include, exclude, only=only, rebuild=rebuild)
    run = _Run(settings, what, let_go=yes, rebuild=rebuild, json=json)
    if dry_run:
        run.plan()
    elif watch:
        _keep_in_step(run)
    else:
        run.once()


def _require_fitting(
    paths: Sequence[Path] | None, patterns: object, *, only: bool, remove: Path | None, dry_run: bool, watch: bool
) -> None:
    if watch and dry_run:
        raise typer.BadParameter("--watch writes the index and --dry-run writes nothing; give one of them.")
    if only and not paths:
        raise typer.BadParameter("--only needs the PATH that is to be indexed and nothing else.")
    if remove is not None and (paths or only or patterns or watch):
        raise typer.BadParameter("--remove takes a folder out of the index and nothing more; run it by itself.")


@dataclass(frozen=True, slots=True)
class _Run:
    """What is to be indexed, and how."""

    settings: IndexSettings
    what: Chosen
    let_go: bool
    rebuild: bool
    json: bool

    def once(self) -> Callable[[], Report]:
        """Index and print the report; what brings in step with the model that is loaded now, and prints nothing."""
        from index.indexing.lastrun import FILE as REPORT
        from index.vectors.embedder import embedder_of

        settings, embedder = self.settings, embedder_of(self.settings)
        report = self.build(embedder)
        if self.json:
            Terminal().json(asdict(report))
        else:
            show_report(report, Terminal(), settings.root / REPORT)
        return lambda: _again(settings, embedder)

    def build(self, embedder: Embedder) -> Report:
        """Index, and show on stderr alone how far it is."""
        from index.indexing.build import build_index
        from index.indexing.survey import Missing

        what = self.what
        with StageBars() as bars:
            return build_index(
                *(self.settings, what.roots, embedder, bars),
                missing=Missing(self.let_go, what.aside),
                onto=what.known,
                rebuild=self.rebuild,
            )

    def plan(self) -> None:
        """Print what indexing would do to each file. Nothing is written and no model is loaded."""
        from index.indexing.plan import plan_index
        from index.indexing.survey import Missing
        from index.vectors.embedder import embedder_of

        fingerprint = embedder_of(self.settings).fingerprint
        missing = Missing(self.let_go, self.what.aside)
        with StageBars() as bars:
            plan = plan_index(
                *(self.settings, self.what.roots, fingerprint), progress=bars, missing=missing, rebuild=self.rebuild
            )
        if self.json:
            Terminal().json(asdict(plan))
        else:
            show_plan(plan, Terminal())


def bring_in(settings: IndexSettings, paths: Sequence[Path]) -> None:
    """Add files and folders to the index, as `rag index` does, but without a report. Raises: as that."""
    from index.vectors.embedder import embedder_of

    what = chosen(settings, paths, None, None, only=False, rebuild=False)
    _Run(settings, what, let_go=False, rebuild=False, json=False).build(embedder_of(settings))


def _again(settings: IndexSettings, embedder: Embedder) -> Report:
    """Bring all that is indexed by now in step, and keep what is gone too much at once."""
    from index.indexing.build import build_index
    from index.indexing.survey import Missing
    from index.store.open import known_roots

    known = known_roots(settings)
    if not known:
        raise NoIndex("Nothing is indexed any more; run `rag index PATH --watch` anew.")
    missing = Missing(aside=tuple(root.path for root in known))
    return build_index(settings, known, embedder, missing=missing, onto=known)


def _keep_in_step(run: _Run) -> None:
    """Index, and then what changes, until SIGINT or SIGTERM; print a line for each time."""
    from index.folder.watch import Scope, changes_of, watch

    lost: tuple[Loss, ...] = ()

    def tell(sentence: str) -> None:
        Terminal(sys.stderr).line(one_line(sentence))

    def sync() -> None:
        nonlocal lost
        try:
            report = again()
        except Exception as error:
            if ended.is_set():
                raise KeyboardInterrupt from None  # lost on its way, or turned into another error
            raise _as_fault(error) from error
        _print_sync(report, json=run.json)
        if report.lost and report.lost != lost:
            tell(kept_all_the_same(report.lost))
        lost = report.lost

    with interruptible(signal.SIGINT, signal.SIGTERM) as ended:
        changes = changes_of(Scope(run.what.roots, run.settings.home), ended, tell)
        next(changes)  # from here on no change is missed
        again = run.once()
        if ended.is_set():
            raise KeyboardInterrupt
        with suppress(KeyboardInterrupt):
            if not run.json:
                Terminal().line("What changes is indexed while this runs; Ctrl-C ends it.")
            watch(changes, sync, tell)


def _as_fault(error: Exception) -> RagError:
    """An error that a watch outlives, as one sentence."""
    if os.environ.get("RAG_DEBUG") == "1":
        traceback.print_exception(error)
    if isinstance(error, RagError):
        return error
    reason = f"{type(error).__name__}: {error}".removesuffix(": ")
    return IndexFault(f"Indexing failed in a way not foreseen ({reason}) and is tried again; RAG_DEBUG=1 shows where.")


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


def doctor(
    repair: Annotated[
        bool, typer.Option("--repair", help="Build what is damaged anew from the stored text; nothing is embedded.")
    ] = False,
    fidelity: Annotated[
        bool, typer.Option("--fidelity", help="Read every file again by a second library, and list what differs.")
    ] = False,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
    json: Json = False,
) -> None:
    """Examine the index; a fault, or a file of which one of two readings has more, gives exit code 1."""
    settings = settings_of(home, config, collection).for_index()
    if fidelity:
        from rag.app.cli.fidelity import check

        check(settings, json=json)
        return
    from index.store.doctor import examine
    from index.vectors.embedder import embedder_of

    fingerprint = embedder_of(settings).fingerprint
    removed = _events_removed() if repair else None
    findings = (*examine(settings, fingerprint), *_left_events())
    done = _repaired(settings, findings) if repair else None
    if done is not None:
        findings = (*examine(settings, fingerprint), *_left_events())
    if json:
        mended = {"repair": asdict(done) if done else None, "removed": str(removed) if removed else None}
        payload = mended if repair else {}
        Terminal().json(payload | {"findings": [asdict(finding) for finding in findings]})
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
    from index.store.doctor import Finding

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
    from index.store.repair import repair

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
