"""What is looked at before a suite is run, as HTML: a suggested question with its quote, and one's own cases."""

from __future__ import annotations

from collections.abc import Sequence

from rag.app.conversations.feedback import Case
from rag.app.conversations.review import Proposed
from rag.app.page import reader
from rag.app.page.html import given, safe

LISTED = 100
"""Cases that are listed, the newest first; a run asks them all."""
_MADE_BY = {
    "reviewed": "looked at here",
    "liked": "“Right” under an answer",
    "corrected": "“Wrong” under an answer",
    "refusal": "not in the documents",
}
_BY_ITSELF = {True: "The program finds these words itself.", False: "The program does not find these words yet."}
_JUDGEMENTS = (("Right", "right"), ("Wrong", "wrong"), ("Next", "next"))
WAITING = '<p class="soft" role="status" data-waiting>Trying questions that your documents suggest …</p>'
NOTHING_LEFT = '<p class="soft" role="status">Your documents suggest no further question.</p>'
NOT_INDEXED = '<p class="soft">Once documents are indexed, they suggest questions to check here.</p>'


def proposal(collection: str, one: Proposed) -> str:
    """A question with its quote, the words that answer in bold, which can be set right, and what can be said of it."""
    before, answer, after = one.parts
    bold = f"<strong>{safe(answer)}</strong>" if answer else ""
    link = safe(reader.link(collection, one.document_id, [one.span], [1]))
    buttons = "".join(_button(words, do, one.id) for words, do in _JUDGEMENTS)
    return (
        f'<article class="proposed"><h4 dir="auto">{safe(one.question)}</h4>'
        f'<blockquote dir="auto">{safe(before)}{bold}{safe(after)}</blockquote>'
        f'<p class="by"><bdi class="path">{safe(one.path)}</bdi> <a class="open" href="{link}" target="reader">'
        f'Open in document</a></p><p class="soft">{_BY_ITSELF[one.is_first]}</p>'
        f'<div data-form><label>Words that answer<input type="text" value="{safe(answer)}" dir="auto" '
        f'maxlength="{len(one.quote)}"></label><p class="does">{buttons}</p></div></article>'
    )


def undo(done: str, question: str) -> str:
    """What was done last with a question, and the way back."""
    button = '<button type="button" data-do="undo" data-id="undo">Undo</button>'
    return f'<div class="undo"><p role="status">{safe(done)}: {given(question)}</p>{button}</div>'


def own_cases(cases: Sequence[Case]) -> str:
    """One's own cases, newest first."""
    if not cases:
        return '<p class="soft">None yet: “Right” makes one of a question, here or under an answer.</p>'
    rows = "".join(_own(case) for case in reversed(cases[-LISTED:]))
    more = f'<p class="soft">and {len(cases) - LISTED:,} more</p>' if len(cases) > LISTED else ""
    return f'<ul class="own">{rows}</ul>{more}'


def _own(case: Case) -> str:
    question, kind = str(case.get("question", "")), str(case.get("kind", ""))
    rows = case.get("evidence")
    evidence = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    files = ", ".join(dict.fromkeys(str(row.get("file", "")) for row in evidence))
    made = (_MADE_BY.get(kind) or given(kind)) + (f" · {given(files)}" if files else "")
    remove = _button("Remove", "remove", str(case.get("id", "")), f"Remove: {question}")
    return f'<li><div><p dir="auto">{safe(question)}</p><p class="soft">{made}</p></div>{remove}</li>'


def _button(words: str, do: str, key: str, name: str = "") -> str:
    label = f' aria-label="{safe(name)}"' if name else ""
    return f'<button type="button" data-do="{do}" data-id="{safe(key)}" data-once{label}>{words}</button>'
