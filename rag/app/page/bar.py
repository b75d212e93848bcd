"""The bar of the page: its title, and a line on what is indexed and which model answers."""

from __future__ import annotations

import time
from collections.abc import Iterator

from index.errors import NoIndex, RagError
from rag.app.model_form import model_line
from rag.app.page.answer import NOTHING_INDEXED, indexed
from rag.app.page.html import safe
from rag.app.page.trouble import discreet
from rag.app.workspace import Workspace

_PATIENCE = 120
"""Seconds for which the line under the title follows what is being loaded."""


def bar_of(title: str, state: str, model: str, busy: str = "") -> str:
    """The title, and the line under it: what is indexed, the model in use, and what is being loaded."""
    line = " · ".join(safe(part) for part in (state, model) if part)
    doing = f' · <span class="busy">{safe(busy)}</span>' if busy else ""
    return f'<div class="head"><h1>{safe(title)}</h1><p class="state" role="status">{line}{doing}</p></div>'


def headings(workspace: Workspace, title: str, collection: str) -> Iterator[str]:
    """The line under the title, again and again until all that answers need is loaded."""
    until = time.monotonic() + _PATIENCE
    while True:
        busy = workspace.busy
        yield bar_of(title, _state_line(workspace, collection), model_line(workspace), busy)
        if not busy or time.monotonic() > until:
            return
        while workspace.busy == busy and time.monotonic() <= until:
            time.sleep(0.1)


def _state_line(workspace: Workspace, collection: str) -> str:
    try:
        line = indexed(workspace.pipeline(collection).state)
    except NoIndex:
        line = NOTHING_INDEXED
    except RagError as error:
        return discreet(str(error))
    return line if collection == workspace.settings.collection else f"{collection}: {line}"
