"""German as a second language of the page: a catalogue of its phrases, and the script that puts them in, in a browser.

The HTML is the same in both languages. What comes from documents, models and people is marked in it (`dir="auto"`,
`<bdi>`, `translate="no"`) and left alone; `translate="yes"` marks words of the page that stand within such.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rag.app.page.style import script

Language = Literal["en", "de"]
IN_HEAD = '<script src="/language.js"></script>'
"""What a page has in its head to be read in either language."""
SWITCH = '<button type="button" data-language>Deutsch</button>'
"""The button that changes the language; in German it says “English”."""
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


@cache
def catalogue() -> Mapping[str, str]:
    """The German for each English phrase of the page; `{n}` stands for a number, `{HOST}` for what has no blank, and
    `{title}` for anything."""
    return {
        english: german
        for part in json.loads((files("rag.app.page") / "german.json").read_text(encoding="utf-8")).values()
        for english, german in part.items()
    }


def script_route(preferred: Language | None = None) -> Route:
    """`/language.js`; where a browser has not chosen itself, `preferred`, or else the browser's own language, holds."""
    given = json.dumps([catalogue(), preferred], ensure_ascii=False)
    body = f"({script('language').strip()})(...{given});\n"
    headers = _HEADERS | {"ETag": f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'}

    def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="text/javascript", headers=headers)

    return Route("/language.js", answer, methods=["GET"])
