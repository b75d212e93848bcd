"""What an indexing run did, or would do, for a person: long lists as counts with the first of each kind."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.indexing.plan import Plan
    from index.types import Loss, Report
    from rag.app.cli.terminal import Terminal

_FEW = 20
"""Rows shown of each reason, and reasons shown."""


def show_report(report: Report, terminal: Terminal, kept_in: Path) -> None:
    """Print what a run did, and the files that it left out with the reasons; `kept_in` has the whole list."""
    files = ", ".join(f"{count:,} {change}" for change, count in report.files.items() if count) or "none"
    seconds = ", ".join(f"{stage} {value:.1f}" for stage, value in report.seconds.items())
    rows = [
        ("files", files),
        ("documents", f"{report.documents:,} with {report.articles:,} articles"),
        ("passages", f"{report.passages:,}: {report.embedded:,} embedded, {report.reused:,} reused"),
        ("seconds", seconds),
        ("generation", report.generation),
    ]
    if passed := passed_over(report.hidden_files, report.excluded):
        rows.insert(1, ("passed over", passed))
    terminal.table(("Indexed", ""), rows)
    if report.lost:
        terminal.line()
        terminal.line(kept_all_the_same(report.lost))
    if report.owed:
        terminal.line()
        terminal.line(report.owed)
    skipped = [(item.path, item.reason) for item in report.skipped]
    _list("Left out", "Why", skipped, terminal, f"the whole list is in {str(kept_in)!r}")
    remarks = [(item.path, item.text) for item in report.remarks]
    _list("Read in part", "What was left out", remarks, terminal, "the page's Documents tab marks them all")


def show_plan(plan: Plan, terminal: Terminal) -> None:
    """Print what a run would do to each file that it would change."""
    rows = [(item.change, item.path, f"was {item.was}" if item.was else "") for item in plan.files]
    changed = [row for row in rows if row[0] != "unchanged"]
    if changed:
        terminal.table(("Would be", "File", ""), _first_of_each(changed, 0))
        _tell_rest(changed, 0, terminal, "--json prints them all")
        terminal.line()
    counts = ", ".join(f"{count:,} {change}" for change, count in plan.counts.items() if count) or "no file"
    terminal.line(f"{counts}; {plan.passages:,} passages would be read. Nothing was written.")
    if passed := passed_over(plan.hidden_files, plan.excluded):
        terminal.line(f"Passed over: {passed}.")
    for note in plan.notes:
        terminal.line(f"Note: {note}.")
    skipped = [(item.path, item.reason) for item in plan.skipped]
    _list("Left out", "Why", skipped, terminal, "--json prints them all")


def kept_all_the_same(losses: Sequence[Loss]) -> str:
    """That files are gone and were kept, in a sentence that says how to let them go."""
    from index.folder.gone import in_words

    return f"{in_words(losses)}; they are kept in the index, and `rag index --yes` lets them go."


def passed_over(hidden: int, excluded: int) -> str:
    """How many files and folders were not looked into, in words; empty where there are none."""
    counts = ((hidden, "hidden"), (excluded, "left out by the patterns"))
    return ", ".join(f"{count:,} {why}" for count, why in counts if count)


def _list(title: str, why: str, rows: Sequence[tuple[str, str]], terminal: Terminal, whole: str) -> None:
    if not rows:
        return
    terminal.line()
    if len(rows) > _FEW:
        counts = Counter(reason for _, reason in rows)
        terminal.table((f"{title} ({len(rows):,})", why), [(f"{n:,}", text) for text, n in counts.most_common(_FEW)])
        terminal.line()
    terminal.table((f"{title} ({len(rows):,})", why), _first_of_each(rows, 1))
    _tell_rest(rows, 1, terminal, whole)


def _first_of_each(rows: Sequence[tuple[str, ...]], kind: int) -> list[tuple[str, ...]]:
    """The first rows of each of the commonest kinds, in order, a row's kind being what it has at `kind`."""
    if len(rows) <= _FEW:
        return list(rows)
    by_kind: dict[str, list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        by_kind[row[kind]].append(at)
    commonest = sorted(by_kind.values(), key=len, reverse=True)[:_FEW]
    return [rows[at] for at in sorted(at for places in commonest for at in islice(places, _FEW))]


def _tell_rest(rows: Sequence[tuple[str, ...]], kind: int, terminal: Terminal, whole: str) -> None:
    rest = len(rows) - len(_first_of_each(rows, kind))
    if rest:
        terminal.line(f"And {rest:,} more; {whole}.")
