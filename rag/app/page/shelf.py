"""The kept conversations as HTML: a list by day, and the mark of a source that is not as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Literal

from index.document.dates import human
from rag.app.conversations.store import StoredConversation, Summary
from rag.app.page.html import count, given, safe
from rag.types import Citation
from rag.verification.reopen import State, in_words

PAGE = 100
"""How many conversations are listed at first, and added by each “Show more”."""
NOT_KEPT = "Conversations are not kept while this page is open to others."
_LONGEST_TITLE = 120
_MARKS = {"changed": "△", "gone": "✕"}


@dataclass(frozen=True, slots=True)
class View:
    """What one browser tab sees of the list: how much of it, and what it is being asked about which conversation."""

    limit: int = PAGE
    doing: Literal["", "rename", "clear"] = ""
    id: str = ""
    deleted: StoredConversation | None = None
    """What was deleted last: here alone, so that it can be put back until the next press."""
    focus: tuple[str, str] = ("", "")
    """What a button does and to which conversation: the button that has the keyboard after the list is shown anew."""


def listing(view: View, matches: Sequence[Summary], search: str, now: datetime, *, keep: bool = True) -> str:
    """The conversations of `matches`, grouped by the day they were last asked on in the time zone of `now`.

    `search` is what they were looked for with, `keep` whether new ones are kept. Raises: ValueError, when a time of
    `matches` is none.
    """
    note = "" if keep else '<p class="kept-note">New conversations are not kept: this is off in the settings.</p>'
    note += _undo(view.deleted) if view.deleted else ""
    if not matches:
        return note + (_no_match(search) if search.strip() else _empty(keep))
    listed = matches[: view.limit]
    days = groupby(listed, key=lambda summary: _local(summary, now).date())
    body = "".join(_day(day, tuple(summaries), view, now) for day, summaries in days)
    return note + body + _more(len(listed), len(matches), view) + ("" if search.strip() else _clear(len(matches), view))


def not_kept() -> str:
    """What stands in the list's place where none may be seen."""
    return f'<div class="kept-empty"><p>{NOT_KEPT}</p></div>'


def standing(citation: Citation, state: State) -> str:
    """The mark of a citation whose source has changed or gone, in words; nothing where it is the same."""
    if state.standing == "same":
        return ""
    words = in_words(citation, state)
    sign = f'<span aria-hidden="true">{_MARKS[state.standing]}</span>'
    return f'<p class="standing {state.standing}-since">{sign} {safe(words[:1].upper() + words[1:])}.</p>'


def _local(summary: Summary, now: datetime) -> datetime:
    """When it was last asked. The zone is the system's own where `now` has none, so that summer time counts."""
    return datetime.fromisoformat(summary.updated).astimezone(now.tzinfo)


def _day(day: date, summaries: Sequence[Summary], view: View, now: datetime) -> str:
    rows = "".join(_row(summary, view, now) for summary in summaries)
    return f'<section class="kept-day"><h3>{_day_name(day, now.date())}</h3><ul>{rows}</ul></section>'


def _day_name(day: date, today: date) -> str:
    near = {today: "Today", today - timedelta(days=1): "Yesterday"}
    return near.get(day) or human(day.isoformat())


def _row(summary: Summary, view: View, now: datetime) -> str:
    doing = view.doing if view.id == summary.id else ""
    if doing == "rename":
        return f'<li class="kept asked">{_rename(summary)}</li>'
    return f'<li class="kept">{_what(summary, now)}{_does(summary, view)}</li>'


def _what(summary: Summary, now: datetime) -> str:
    updated = _local(summary, now)
    time = f'<time datetime="{updated.isoformat(timespec="minutes")}">{updated:%H:%M}</time>'
    details = f"{time} · {count(summary.turns, 'question')} · {given(summary.collection)}"
    return f'<div class="what"><p class="title" dir="auto">{_title(summary)}</p><p class="meta">{details}</p></div>'


def _title(summary: Summary) -> str:
    return safe(summary.title) or "Untitled"


def _does(summary: Summary, view: View) -> str:
    return (
        f'<div class="does">{_act("Open", "open", summary, view)}{_act("Rename", "rename", summary, view)}'
        f"{_file('Markdown', 'md', summary)}{_file('JSON', 'json', summary)}"
        f"{_act('Delete', 'delete', summary, view, 'data-once')}</div>"
    )


def _act(word: str, do: str, summary: Summary, view: View, more: str = "") -> str:
    named = f'aria-label="{word}: {_title(summary)}" {more}'
    return _button(word, do, view, summary.id, named)


def _button(words: str, do: str, view: View, key: str = "", more: str = "") -> str:
    focus = " data-focus" if view.focus == (do, key) else ""
    return f'<button type="button" class="do-{do}" data-do="{do}" data-id="{safe(key)}" {more}{focus}>{words}</button>'


def _file(form: str, suffix: str, summary: Summary) -> str:
    """A link, so that the browser itself saves the file."""
    address = f"/conversation/{safe(summary.id)}.{suffix}"
    return f'<a href="{address}" download aria-label="{form} file: {_title(summary)}">{form}</a>'


def _rename(summary: Summary) -> str:
    """The title in a field. The script sends what it holds."""
    key = safe(summary.id)
    return (
        f'<div class="rename" data-id="{key}"><label>New title<input type="text" value="{safe(summary.title)}" '
        f'maxlength="{_LONGEST_TITLE}" dir="auto" autocomplete="off" data-title data-focus></label><div class="does">'
        '<button type="button" class="do-save" data-save>Save</button>'
        '<button type="button" class="do-back" data-do="back">Cancel</button></div></div>'
    )


def _undo(deleted: StoredConversation) -> str:
    """What was deleted last, and the way back."""
    title = safe(deleted.summary.title) or "Untitled"
    button = '<button type="button" data-do="undo" data-focus>Undo</button>'
    return f'<div class="undo" role="status"><p>Deleted: <bdi dir="auto">{title}</bdi></p>{button}</div>'


def _more(listed: int, total: int, view: View) -> str:
    if listed == total:
        return ""
    button = _button(f"Show {min(PAGE, total - listed)} more", "more", view)
    return f'<div class="kept-more"><p>{listed:,} of {total:,} conversations</p>{button}</div>'


def _clear(total: int, view: View) -> str:
    if total == 1:  # its own button does the same
        return ""
    if view.doing != "clear":
        return f'<div class="kept-clear">{_button("Delete all conversations", "clear", view)}</div>'
    return (
        '<div class="kept-clear sure" role="group" aria-label="Delete all conversations">'
        f"<p>Delete all {total:,} conversations? They cannot be brought back.</p>"
        '<button type="button" class="danger" data-do="all">Delete all</button>'
        '<button type="button" class="do-back" data-do="back" data-focus>Keep them</button></div>'
    )


def _empty(keep: bool) -> str:
    sentence = "What you ask is kept here with its answers, on this computer alone. " if keep else ""
    return f'<div class="kept-empty"><h3>No conversation yet</h3><p>{sentence}Ask a question to begin one.</p></div>'


def _no_match(search: str) -> str:
    words = " ".join(search.split())
    short = words if len(words) <= 80 else words[:80] + " …"
    return (
        f'<div class="kept-none"><h3>Nothing found</h3><p role="status">No conversation holds “{safe(short)}”. '
        "Titles, questions and answers are searched for every word.</p></div>"
    )
