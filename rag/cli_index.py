"""The commands that look after an index: `rag doctor`, and what `rag index --dry-run` prints."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from index.errors import IndexDamaged
from rag.options import Collection, Config, Home, Json, settings_of
from rag.terminal import StageBars, Terminal, passed_over

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from index.doctor import Finding
    from index.patterns import Patterns
    from index.plan import Plan
    from index.repair import Repair
    from index.settings import IndexSettings


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


def patterns_of(
    include: Sequence[str] | None, exclude: Sequence[str] | None, last_time: Patterns | None = None
) -> Patterns:
    """The patterns that were typed; where none were, those of last time.

    Raises: SettingsInvalid, when one cannot be used.
    """
    from index.patterns import EVERYTHING, Patterns

    typed = Patterns(tuple(include or ()), tuple(exclude or ()))
    return last_time or EVERYTHING if typed == EVERYTHING else typed


def print_plan(settings: IndexSettings, paths: Sequence[Path], patterns: Patterns, *, json: bool) -> None:
    """Print what indexing `paths` would do to each file. Nothing is written and no model is loaded."""
    from index.embed import SentenceTransformerEmbedder
    from index.plan import plan_index

    fingerprint = SentenceTransformerEmbedder(settings.model).fingerprint
    with StageBars() as bars:
        plan = plan_index(settings, paths, fingerprint, patterns, bars)
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
    from index.embed import SentenceTransformerEmbedder

    fingerprint = SentenceTransformerEmbedder(settings.model).fingerprint
    findings = examine(settings, fingerprint)
    done = _repaired(settings, findings) if repair else None
    if done is not None:
        findings = examine(settings, fingerprint)
    if json:
        told = {"repair": asdict(done) if done else None} if repair else {}
        Terminal().json(told | {"findings": [asdict(finding) for finding in findings]})
    else:
        if repair:
            Terminal().line(_in_words(done))
        rows = [("ok" if f.ok else "FAULT", f.name, f.detail, f.remedy) for f in findings]
        Terminal().table(("", "Looked at", "Seen", "What mends it"), rows)
    _require_sound(findings)


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
