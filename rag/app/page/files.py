"""The documents of a collection as HTML: where they come from, each file with its articles, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from index.folder.files import printable
from index.types import Article, Skipped
from rag.app.library.holdings import Entry, Holdings, Place, Unread
from rag.app.library.jobs import Outcome, Stage
from rag.app.page import reader
from rag.app.page.html import count, given, message, safe

PAGE = 200
"""Rows that are added at a time."""
_ARTICLES = 40
_SKIPPED, _FEW = 20, 5
_STAGES = {
    "": "Looking through the files",
    "read": "Reading files",
    "embed": "Embedding passages",
    "store": "Storing passages",
    "publish": "Trying the new index",
}
_STEPS = {"read": "file", "embed": "passage", "store": "passage"}


@dataclass(frozen=True, slots=True)
class Look:
    """What one browser tab looks at: words searched for, rows shown, what is to be removed, and what had the focus.

    Where it may not change anything, nothing offers to, and a place is told without the folders above it.
    """

    words: str = ""
    limit: int = PAGE
    left: int = PAGE
    removing: str = ""
    focus: str = ""
    may_change: bool = True


def head(holdings: Holdings) -> str:
    """The title, and how much there is."""
    line = "Nothing is indexed here yet."
    if holdings.generation is not None:
        line = " · ".join(
            (
                count(len(holdings.entries), "document"),
                count(holdings.articles, "section"),
                count(holdings.passages, "passage"),
                *([f"in step since {holdings.last.ended:%Y-%m-%d %H:%M}"] if holdings.last else []),
            )
        )
    return f'<h2>Documents</h2><p class="note">{safe(line)}</p>'


def places(holdings: Holdings, look: Look, question: str = "") -> str:
    """Where the files come from, each with a way out; `question` is asked where `look.removing` is one of them."""
    if not holdings.places:
        return ""
    rows = "".join(_place(place, look, question) for place in holdings.places)
    return f'<section><h3>Indexed from</h3><ul class="doc-places">{rows}</ul></section>'


def listing(holdings: Holdings, look: Look, question: str = "") -> str:
    """Each file with its articles, as far as `look` goes, and then what was left out; an invitation where none is."""
    if holdings.generation is None:
        return _empty(holdings, look) + _left_out(holdings, look, question)
    words = look.words.casefold().split()
    entries = [entry for entry in holdings.entries if entry.matches(words)] if words else holdings.entries
    rows = "".join(_entry(holdings.collection, entry, look, question) for entry in entries[: look.limit])
    if len(entries) > look.limit:
        more = f"Show {min(PAGE, len(entries) - look.limit):,} more of {len(entries):,}"
        rows += f'<li class="doc-more"><button type="button" data-do="more">{more}</button></li>'
    total = f"{len(entries):,} of {len(holdings.entries):,}" if words else f"{len(entries):,}"
    none = "" if entries else '<p class="note">No file matches; try fewer letters of a name or a title.</p>'
    return (
        f'<section><h3>Files <span class="count" role="status">{total}</span></h3>{none}'
        f'<ul class="doc-files">{rows}</ul></section>{_left_out(holdings, look, question)}'
    )


def damaged(sentence: str, *, may_change: bool = True) -> str:
    """Why the collection cannot be read, and what mends it."""
    mends = (
        "<p>Repair makes all but the stored text anew, and embeds nothing. "
        "Where the text itself is lost, the sentence above says what to run.</p>"
        '<button type="button" data-do="repair">Repair</button>'
    )
    return (
        f'<section class="doc-empty"><h3>This collection cannot be read</h3>{message(sentence, wrong=True)}'
        f"{mends if may_change else ''}</section>"
    )


def progress(stage: Stage) -> str:
    """How far a run is: stage, steps done of all, rate and time left."""
    name = "Stopping" if stage.stopping else _STAGES.get(stage.name, stage.name)
    known = stage.total > 0 and stage.name in _STEPS
    bar = f' value="{min(stage.done, stage.total)}" max="{stage.total}"' if known else ""
    parts = []
    if known:
        parts.append(f"{min(stage.done, stage.total):,} of {count(stage.total, _STEPS[stage.name])}")
        if stage.rate and stage.done < stage.total:
            parts += [f"{_rate(stage.rate)} a second", f"{_duration(stage.left)} left"]
    return (
        f'<div class="doc-run"><p><b>{safe(name)}</b> <span class="note">{safe(" · ".join(parts))}</span></p>'
        f'<progress aria-label="{safe(name)}"{bar}></progress></div>'
    )


def ended(outcome: Outcome) -> str:
    """How a run ended, what it skipped, and a way to let go of files that are gone."""
    skipped = outcome.report.skipped if outcome.report else ()
    status = message(outcome.sentence, wrong=outcome.wrong) + (_skipped(skipped) if skipped else "")
    return status + ('<button type="button" class="doc-yes" data-do="let-go">Let them go</button>' * outcome.gone)


def _skipped(skipped: Sequence[Skipped]) -> str:
    rows = "".join(_row(item.path, item.reason) for item in skipped[:_SKIPPED])
    more = f'<p class="note">{len(skipped) - _SKIPPED:,} more, all below.</p>' if len(skipped) > _SKIPPED else ""
    return (
        f'<details class="doc-skipped"{" open" * (len(skipped) <= _FEW)}>'
        f"<summary>{count(len(skipped), 'file')} skipped, and why</summary>"
        f'<dl class="doc-left">{rows}</dl>{more}</details>'
    )


def _place(place: Place, look: Look, question: str) -> str:
    path = printable(str(place.path) if look.may_change else place.path.name)
    name = "Uploaded files" if place.given else f'<span class="path">{safe(path)}</span>'
    about = count(place.files, "file") + ("" if place.there else " · not there now")
    if look.removing == place.key:
        return f'<li class="doc-asked">{_sure(place.key, question)}</li>'
    return (
        f'<li><span class="doc-what">{name} <span class="note">{about}</span></span>'
        f"{_remove(place.key, look, 'uploaded files' if place.given else path)}</li>"
    )


def _entry(collection: str, entry: Entry, look: Look, question: str) -> str:
    is_removing = entry.key is not None and look.removing == entry.key
    count_of = f"{count(len(entry.articles), 'section')} · {count(entry.passages, 'passage')}"
    about = " · ".join(
        (given(entry.kind), _size(entry.size), count_of, *(["–".join(entry.dates)] if entry.dates else []))
    )
    mark = ' <span class="badge">Read in part</span>' if entry.remark else ""
    body = _body(collection, entry) + ("" if is_removing or entry.key is None else _remove(entry.key, look, entry.path))
    sure = _sure(look.removing, question) if is_removing else ""
    return (
        f"<li><details{' open' if is_removing or (entry.key and entry.key == look.focus) else ''}>"
        f'<summary><span class="doc-name" translate="no">{safe(entry.path)}</span>{mark}'
        f'<span class="note">{about}</span></summary><div class="doc-body">{body}{sure}</div></details></li>'
    )


def _body(collection: str, entry: Entry) -> str:
    rows = "".join(_article(article, passages) for article, passages in entry.articles[:_ARTICLES])
    if len(entry.articles) > _ARTICLES:
        rows += f'<li class="note">{len(entry.articles) - _ARTICLES:,} more in the document.</li>'
    notes = [f"Read in part: {entry.remark}."] if entry.remark else []
    notes += [f"The same content lies at {', '.join(entry.also[:5])}{' and more' * (len(entry.also) > 5)}."] * bool(
        entry.also
    )
    notes.append(f"The file was last changed {entry.changed:%Y-%m-%d %H:%M}.")
    remarks = "".join(f'<p class="note">{safe(note)}</p>' for note in notes)
    href = safe(reader.link(collection, entry.document_id, (), ()))
    look = f'<button type="button" data-do="overview" data-id="{safe(entry.document_id)}">Overview</button>'
    opened = f'<a class="doc-open" href="{href}" target="reader">Open</a>'
    return f'<ol class="doc-articles">{rows}</ol>{remarks}{opened}{look}'


def _article(article: Article, passages: int) -> str:
    title = given(article.title) if article.title else "<i>No title</i>"
    printed = [given(part) for part in (article.outlet, article.author, article.date) if part]
    about = " · ".join((*printed, count(passages, "passage")))
    return f'<li><span class="doc-title">{title}</span> <span class="note">{about}</span></li>'


def _left_out(holdings: Holdings, look: Look, question: str) -> str:
    counts = []
    if holdings.hidden:
        counts.append(f"{count(holdings.hidden, 'hidden character')} left out of the files above")
    if holdings.last and holdings.last.report.hidden_files:
        counts.append(f"{count(holdings.last.report.hidden_files, 'hidden file or folder')} passed over")
    if holdings.last and holdings.last.report.excluded:
        counts.append(f"{count(holdings.last.report.excluded, 'file')} left out by the patterns")
    if not (counts or holdings.unread):
        return ""
    rows = "".join(_unread(item, look, question) for item in holdings.unread[: look.left])
    rest = len(holdings.unread) - look.left
    more = f'<button type="button" data-do="more-left">Show {min(PAGE, rest):,} more</button>' if rest > 0 else ""
    number = f'<span class="count">{len(holdings.unread):,}</span>' if holdings.unread else ""
    note = f'<p class="note">{safe("; ".join(counts))}.</p>' if counts else ""
    return f'<section><h3>Left out {number}</h3>{note}<dl class="doc-left">{rows}</dl>{more}</section>'


def _unread(item: Unread, look: Look, question: str) -> str:
    if item.key is None:
        return _row(item.path, item.reason)
    is_removing = look.removing == item.key
    return _row(
        item.path, item.reason, _sure(item.key, question) if is_removing else _remove(item.key, look, item.path)
    )


def _row(path: str, reason: str, after: str = "") -> str:
    return f'<div><dt translate="no">{safe(path)}</dt><dd>{safe(reason)}{after}</dd></div>'


def _remove(key: str, look: Look, name: str) -> str:
    if not look.may_change:
        return ""
    focus = " data-focus" if look.focus == key else ""
    return (
        f'<button type="button" class="doc-remove" data-do="remove" data-id="{key}"{focus} '
        f'aria-label="Remove {safe(name)}">Remove</button>'
    )


def _sure(key: str, question: str) -> str:
    return (
        f'<div class="doc-sure" role="group" aria-label="Confirm"><p>{safe(question)}</p>'
        f'<button type="button" class="doc-yes" data-do="yes" data-id="{key}">Remove</button>'
        '<button type="button" data-do="back" data-focus>Keep</button></div>'
    )


def _empty(holdings: Holdings, look: Look) -> str:
    how = (
        "<p>Add files above, or type the path of a folder on this computer. They are read and indexed at once, "
        "here, and nothing leaves the machine.</p>"
    )
    return (
        f'<section class="doc-empty"><h3>Nothing in “{safe(holdings.collection)}” yet</h3>'
        f"{how if look.may_change else ''}</section>"
    )


def _size(size: int) -> str:
    number, unit = float(size), "bytes"
    for larger in ("KB", "MB", "GB"):
        if number < 1000:
            break
        number, unit = number / 1000, larger
    return f"{size:,} bytes" if unit == "bytes" else f"{number:.1f} {unit}"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return count(max(1, round(seconds)), "second")
    if seconds < 5400:
        return count(round(seconds / 60), "minute")
    return count(round(seconds / 3600), "hour")
