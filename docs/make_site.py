"""`python docs/make_site.py OUT`: README and docs/ as a small static site, made offline, that fetches nothing.

A page is every Markdown file of the root and of docs/, and what else of Markdown these link to. A file of the program
that a page links to is copied beside it as text; a folder becomes a list of its files.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
FIRST = "README.md"
_OUT_OF_HERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#")
_PICTURES = (".png", ".svg", ".jpg")
_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#22262b, #e7e5e0); --paper: light-dark(#fff, #14171a);
  --soft: light-dark(#565e69, #a6aeb8); --line: light-dark(#e2dfd7, #363d44); --accent: light-dark(#1f5f66, #7cc4c6); }
body { margin: 0 auto; max-width: 1120px; padding: 24px; display: grid; grid-template-columns: 210px minmax(0, 1fr);
  gap: 48px; background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, sans-serif; }
a { color: var(--accent); } nav ul { list-style: none; margin: 0; padding: 0; font-size: 14px; }
nav a { display: block; padding: 3px 0; text-decoration: none; } nav [aria-current] { font-weight: 650; }
img { max-width: 100%; } h1, h2, h3 { line-height: 1.25; margin-top: 1.6em; } h1 { margin-top: 0; }
pre { overflow: auto; padding: 12px 16px; border: 1px solid var(--line); border-radius: 8px; }
code { font: .9em ui-monospace, monospace; } main { overflow-wrap: anywhere; }
table { display: block; overflow: auto; border-collapse: collapse; font-size: 14px; }
th, td { border-bottom: 1px solid var(--line); padding: 5px 12px 5px 0; text-align: left; vertical-align: top; }
@media (max-width: 800px) { body { display: flex; flex-direction: column; padding: 16px; } nav { order: 1; } }
"""
_MARK = ".made-by-make-site"
"""A file in a folder that a site was written to, which may be emptied."""


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown file at `path` of the repository, read into tokens."""

    path: str
    tokens: Sequence[Token]

    @property
    def title(self) -> str:
        """Its first heading, else its name."""
        return next((words for _, words in _headings(self.tokens)), PurePosixPath(self.path).stem)

    @property
    def links(self) -> list[tuple[Token, str, str]]:
        """The tokens that link or show a picture, each with its attribute and the path that is meant."""
        inside = [child for token in self.tokens for child in token.children or ()]
        named = [(token, "src" if token.type == "image" else "href") for token in inside]
        linking = [(token, name, str(token.attrs.get(name, ""))) for token, name in named]
        here = PurePosixPath(self.path).parent
        return [
            (token, name, normpath(here / target.partition("#")[0]))
            for token, name, target in linking
            if target and not _OUT_OF_HERE.match(target)
        ]


def build(out: Path) -> list[str]:
    """Write the site into the folder `out`, emptied before; the paths of its pages, the first one first.

    Raises: ValueError, where the folder holds something that is no site of before.
    """
    if out.exists() and any(out.iterdir()) and not (out / _MARK).exists():
        raise ValueError(f"{str(out)!r} holds other files, and nothing was written; name an empty folder.")
    pages = _pages()
    shutil.rmtree(out, ignore_errors=True)
    _write(out / _MARK, "")
    for page in pages.values():
        for token, name, path in page.links:
            anchor = str(token.attrs[name]).partition("#")[2]
            target = relpath(_placed(path, pages, out), PurePosixPath(_address(page.path)).parent)
            token.attrSet(name, target + (f"#{anchor}" if anchor else ""))
        _write(out / _address(page.path), _html(page, pages.values()))
    return [_address(path) for path in pages]


def _pages() -> dict[str, Page]:
    """Every page by its path: the README, what it links to, and the others."""
    waiting = [FIRST]
    rest = sorted(path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))
    pages: dict[str, Page] = {}
    while waiting or rest:
        path = waiting.pop(0) if waiting else rest.pop(0)
        if path not in pages:
            pages[path] = _read(path)
            waiting += [linked for _, _, linked in pages[path].links if linked.endswith(".md")]
    return pages


def _read(path: str) -> Page:
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = reader.parse((ROOT / path).read_text(encoding="utf-8"))
    for token, words in _headings(tokens):
        token.attrSet("id", re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-"))  # as GitHub has them
    return Page(path, tokens)


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open":
            yield token, "".join(child.content for child in inline.children or ())


def _address(path: str) -> str:
    return "index.html" if path == FIRST else str(PurePosixPath(path).with_suffix(".html"))


def _placed(path: str, pages: dict[str, Page], out: Path) -> str:
    """Where the site has what a link means; what is no page is put there."""
    if path in pages:
        return _address(path)
    source = ROOT / path
    if source.is_dir():
        names = sorted(one.name for one in source.iterdir() if one.is_file())
        rows = "".join(f"<li>{_named(f'{path}/{name}', pages, path)}</li>" for name in names)
        _write(out / path / "index.html", _frame(path, "", f"<h1>{escape(path)}</h1><ul>{rows}</ul>"))
        return f"{path}/index.html"
    place = path if path.endswith(_PICTURES) else f"{path}.txt"
    (out / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, out / place)
    return place


def _named(path: str, pages: dict[str, Page], folder: str) -> str:
    name = escape(PurePosixPath(path).name)
    return f'<a href="{relpath(_address(path), folder)}">{escape(pages[path].title)}</a>' if path in pages else name


def _html(page: Page, pages: Iterable[Page]) -> str:
    body = MarkdownIt("commonmark", {"html": True}).renderer.render(page.tokens, MarkdownIt().options, {})
    return _frame(page.title, _menu(page, pages), body)


def _menu(page: Page, pages: Iterable[Page]) -> str:
    here = PurePosixPath(_address(page.path)).parent
    rows = "".join(
        f'<li><a href="{relpath(_address(one.path), here)}"{" aria-current=page" if one is page else ""}>'
        f"{escape(one.title)}</a></li>"
        for one in pages
    )
    return f'<nav aria-label="Pages"><ul>{rows}</ul></nav>'


def _frame(title: str, menu: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body>{menu}<main>{body}</main></body></html>\n"
    )


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    try:
        made = build(folder)
    except ValueError as error:
        sys.exit(f"site: {error}")
    sys.stdout.write(f"site: {len(made)} pages; open {folder / 'index.html'}\n")
