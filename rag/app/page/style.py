"""The page's styles and scripts: the files of `css/`, joined, and those of `js/`. They name no address of any kind."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

_PARTS = ("base", "ask", "documents", "conversations", "notebook", "model", "evals")


@cache
def stylesheet(*parts: str) -> str:
    """The styles of these parts of the page, of all of it where none is named."""
    folder = files("rag.app.page") / "css"
    return "\n".join((folder / f"{part}.css").read_text(encoding="utf-8") for part in parts or _PARTS)


@cache
def script(name: str) -> str:
    """One of the page's scripts, from `js/`."""
    return (files("rag.app.page") / "js" / f"{name}.js").read_text(encoding="utf-8")
