"""Kept conversations and notebooks as files that the browser saves: `/conversation/<id>.md`, `.json`, `/notebook/…`."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Literal
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from index.errors import SettingsInvalid
from rag.app.conversations.export import as_markdown, as_object, notebook_as_markdown
from rag.app.conversations.notebook import Notebooks, Pin
from rag.app.conversations.store import ConversationStore, StoredConversation, Summary
from rag.app.conversations.word import MEDIA_TYPE, notebook_as_docx
from rag.app.page.pins import Check
from rag.app.page.printed import notebook_as_page
from rag.app.page.trouble import discreetly
from rag.errors import NoConversation

_LONGEST_NAME = 60
_BROKEN = "It could not be written as a file; look at the log for the cause."
_ALONE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes(store: ConversationStore | None) -> list[Route]:
    """The routes of both forms, GET alone; none where there is no store."""
    if store is None:
        return []
    return [
        _route(store, "md", "text/markdown; charset=utf-8", as_markdown),
        _route(store, "json", "application/json", _as_json),
    ]


def notebook_routes(notebooks: Notebooks, checking: Callable[[str], Check]) -> list[Route]:
    """The notebook of a collection in each form, GET alone; `checking` gives what tells how its quotes stand now."""
    return [
        _notebook_route(notebooks, checking, "md", "text/markdown; charset=utf-8", notebook_as_markdown),
        _notebook_route(notebooks, checking, "docx", MEDIA_TYPE, notebook_as_docx),
        _notebook_route(notebooks, checking, "html", "text/html; charset=utf-8", notebook_as_page, "inline"),
    ]


def _notebook_route(
    notebooks: Notebooks,
    checking: Callable[[str], Check],
    suffix: str,
    media_type: str,
    written: Callable[[str, Sequence[Pin], Check], str | bytes],
    disposition: Literal["attachment", "inline"] = "attachment",
) -> Route:
    def answer(request: Request) -> Response:
        collection = request.path_params["collection"]
        try:
            body = written(collection, notebooks.pins(collection), checking(collection))
        except SettingsInvalid as error:
            return _plain_text(str(error), 404)
        except Exception as error:  # noqa: BLE001  (the page is a boundary)
            return _plain_text(discreetly(error, _BROKEN), 500)
        name = f"notebook-{re.sub('[^A-Za-z0-9._-]', '', collection)[:_LONGEST_NAME]}.{suffix}"
        headers = {**_ALONE, "Content-Disposition": f'{disposition}; filename="{name}"'}
        return Response(body, media_type=media_type, headers=headers)

    return Route(f"/notebook/{{collection}}.{suffix}", answer, methods=["GET"])


def file_names(summary: Summary, suffix: str) -> tuple[str, str]:
    """A name of ASCII letters, digits and dashes alone, and one that keeps every letter of the title."""
    plain = unicodedata.normalize("NFKD", summary.title).encode("ascii", "ignore").decode()
    return _name(plain, summary.id, suffix), _name(summary.title, summary.id, suffix)


def _name(title: str, key: str, suffix: str) -> str:
    letters = "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in title)
    words = "-".join(letters.split())[:_LONGEST_NAME].strip("-") or "conversation"
    return f"{words}-{re.sub('[^0-9a-f]', '', key)}.{suffix}"


def _as_json(conversation: StoredConversation) -> str:
    return json.dumps(as_object(conversation), indent=1) + "\n"


def _route(
    store: ConversationStore, suffix: str, media_type: str, written: Callable[[StoredConversation], str]
) -> Route:
    def answer(request: Request) -> Response:
        try:
            conversation = store.get(request.path_params["key"])
            body = written(conversation)
        except NoConversation:
            return _plain_text("There is no such conversation; it may have been deleted.", 404)
        except Exception as error:  # noqa: BLE001  (the page is a boundary)
            return _plain_text(discreetly(error, _BROKEN), 500)
        plain, full = file_names(conversation.summary, suffix)
        disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(full, safe='')}"
        return Response(body, media_type=media_type, headers={**_ALONE, "Content-Disposition": disposition})

    return Route(f"/conversation/{{key}}.{suffix}", answer, methods=["GET"])


def _plain_text(sentence: str, status: int) -> Response:
    return PlainTextResponse(f"{sentence}\n", status, headers=_ALONE)
