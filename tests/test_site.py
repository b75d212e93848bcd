"""The site that `make site` writes: every link between its pages works, and nothing is fetched from elsewhere."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT


@dataclass
class Seen(HTMLParser):
    """What a page links to, what it fetches, and its anchors."""

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        elif place := given.get("src") or given.get("href"):
            self.fetched.append(place)


def seen(page: Path) -> Seen:
    parser = Seen()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site")
    runpy.run_path(str(ROOT / "docs" / "make_site.py"))["build"](out)
    return out


def inward(site: Path) -> Iterator[tuple[Path, str, str]]:
    """Every link and picture of the site that names no other host: its page, the path and the anchor."""
    for page in site.rglob("*.html"):
        parsed = seen(page)
        for link in (*parsed.links, *parsed.fetched):
            parts = urlsplit(link)
            if not parts.scheme and not parts.netloc:
                yield page, parts.path, parts.fragment


def test_every_document_is_a_page(site: Path) -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    pages = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}
    wanted = {document.relative_to(ROOT).with_suffix(".html").as_posix() for document in documents}
    assert wanted - {"README.html"} <= pages
    assert "index.html" in pages


def test_every_link_of_the_site_leads_to_a_file_and_its_anchor(site: Path) -> None:
    links = list(inward(site))
    assert len(links) > 100
    for page, path, anchor in links:
        target = page.parent / path if path else page
        assert target.is_file(), f"{page.relative_to(site)} links to {path}"
        if anchor:
            assert anchor in seen(target).ids, f"{page.relative_to(site)} links to {path}#{anchor}"


def test_nothing_is_fetched_from_another_place(site: Path) -> None:
    fetched = [place for page in site.rglob("*.html") for place in seen(page).fetched]
    assert [place for place in fetched if urlsplit(place).scheme not in ("", "data") or urlsplit(place).netloc] == []
    assert [page for page in site.rglob("*.html") if "@import" in page.read_text("utf-8")] == []


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear all")
    with pytest.raises(ValueError, match="name an empty folder"):
        runpy.run_path(str(ROOT / "docs" / "make_site.py"))["build"](tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "Dear all"
