"""EPUB books: a section a chapter, in reading order, under the book's title, author and date."""

from __future__ import annotations

from dataclasses import dataclass, field

from index.errors import UnreadableFile
from index.readers.archive import Archive, resolve
from index.readers.decode import decode
from index.readers.extracted import Composer, Extracted
from index.readers.html import iso_date, read_page
from index.readers.xml import End, Start

_CONTAINER, _LOCKS = "META-INF/container.xml", "META-INF/encryption.xml"
_PAGES = frozenset({"application/xhtml+xml", "text/html"})
_SCRAMBLED_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


@dataclass(slots=True)
class _Book:
    title: str = ""
    author: str = ""
    date: str = ""
    chapters: list[str] = field(default_factory=list)


def read_epub(data: bytes) -> Extracted:
    """The chapters of a book; what their pages hide is left out and counted.

    Raises: UnreadableFile, when it is damaged, a bomb, locked, or no book.
    """
    archive = Archive(data)
    if _CONTAINER not in archive:
        raise UnreadableFile("named as an EPUB book, but holds none")
    if _LOCKS in archive and _is_locked(archive):
        raise UnreadableFile("protected (DRM)")
    roots = [event.attributes.get("full-path", "") for event in _starts(archive, _CONTAINER, "rootfile")]
    if not roots:
        raise UnreadableFile("named as an EPUB book, but holds none")
    book = _book(archive, roots[0])
    composer = Composer()
    for name in book.chapters:
        if name in archive:
            page = read_page(decode(archive.read(name)).text, is_xml=True)
            heads = [part for part in (book.title, page.heading or page.title) if part]
            title = ": ".join(dict.fromkeys(heads))
            composer.section(title=title, author=book.author, date=iso_date(book.date))
            page.compose(composer)
        else:
            composer.note(f"the chapter {name!r} is missing")
    return composer.done()


def _is_locked(archive: Archive) -> bool:
    """Whether anything but fonts is encrypted."""
    methods = [event.attributes.get("Algorithm", "") for event in _starts(archive, _LOCKS, "EncryptionMethod")]
    return any(method not in _SCRAMBLED_FONTS for method in methods)


def _book(archive: Archive, root: str) -> _Book:
    book = _Book()
    items: dict[str, str] = {}
    element = ""
    fields: dict[str, list[str]] = {"title": [], "creator": [], "date": []}
    for event in archive.xml(root):
        if isinstance(event, str):
            if fields.get(element):
                fields[element][-1] += event
        elif isinstance(event, End):
            element = ""
        elif event.name == "item" and event.attributes.get("media-type") in _PAGES:
            if "nav" not in event.attributes.get("properties", "").split():
                items[event.attributes.get("id", "")] = resolve(root, event.attributes.get("href", ""))
        elif event.name == "itemref" and event.attributes.get("idref") in items:
            book.chapters.append(items[event.attributes["idref"]])
        elif event.name in fields:
            element = event.name
            fields[element].append("")
    book.title, book.date = (next(iter(fields[name]), "").strip() for name in ("title", "date"))
    book.author = ", ".join(name.strip() for name in fields["creator"])
    return book


def _starts(archive: Archive, part: str, name: str) -> list[Start]:
    return [event for event in archive.xml(part) if isinstance(event, Start) and event.name == name]
