"""What of an HTML page a person sees: elements that its own styles, inline or in the page, hide from sight."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_MARK = re.compile(r"[{};]")
_SIMPLE = re.compile(r"[a-z][a-z0-9]*|(?:[a-z][a-z0-9]*)?[.#][\w-]+", re.IGNORECASE)
_HIDES = re.compile(
    r"""(?:^|;)\s*(?:
        display\s*:\s*none | visibility\s*:\s*(?:hidden|collapse) | opacity\s*:\s*0(?:\.0*)?(?![.\d])
      | font-size\s*:\s*(?:0(?:px|pt|em|rem|%)?|1px)\s*(?:;|!|$)
      | (?:text-indent|left|right|top)\s*:\s*-\d{3,}
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_WHITE = re.compile(
    r"(?:^|;)\s*color\s*:\s*(?:white|\#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255\b)(?![\w-])", re.IGNORECASE
)
_BACKGROUND = re.compile(r"(?:^|;)\s*background(?:-color|-image)?\s*:", re.IGNORECASE)

Attributes = Mapping[str, str | None]


class Styles:
    """The page's own rules, as far as they name single tags, classes or ids."""

    def __init__(self) -> None:
        self._hiding: set[str] = set()
        self._may_colour = False

    def add(self, sheet: str) -> None:
        """Take over the rules of a `<style>` element."""
        self._may_colour |= "background" in sheet
        for selectors, body in _rules(_without_comments(sheet)):
            if _HIDES.search(body):
                self._hiding.update(name for part in selectors.split(",") if _SIMPLE.fullmatch(name := part.strip()))

    def add_link(self) -> None:
        """The page has a stylesheet elsewhere, which may set any background."""
        self._may_colour = True

    def hides(self, tag: str, attributes: Attributes) -> bool:
        """Whether an element is hidden by itself, its parents aside."""
        if "hidden" in attributes or (tag == "dialog" and "open" not in attributes):
            return True
        if attributes and _HIDES.search(attributes.get("style") or ""):
            return True
        return bool(self._hiding) and any(name in self._hiding for name in _names(tag, attributes))

    def whitens(self, attributes: Attributes) -> bool:
        """Whether an element's text is white on a page that, as far as one can know, is white."""
        white = (attributes.get("color") or "").lower() in ("white", "#ffffff", "#fff")
        return not self._may_colour and (white or bool(_WHITE.search(attributes.get("style") or "")))


def has_background(attributes: Attributes) -> bool:
    """Whether an element sets what its text stands on."""
    style = attributes.get("style") or ""
    return "bgcolor" in attributes or "background" in attributes or bool(_BACKGROUND.search(style))


def _without_comments(sheet: str) -> str:
    first, *others = sheet.split("/*")  # no pattern: one that looks for each end anew takes hours over a hostile page
    return first + "".join(other.partition("*/")[2] for other in others)


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """The selectors and the body of every rule but those that an @ begins: for print, small screens and the like."""
    depth = begun = body = 0
    head = ""
    for mark in _MARK.finditer(sheet):
        if mark[0] == "{":
            depth += 1
            if depth == 1:
                head, body = sheet[begun : mark.start()].strip(), mark.end()
        elif mark[0] == "}" and depth:
            depth -= 1
            if not depth and not head.startswith("@"):
                yield head, sheet[body : mark.start()]
        if not depth:
            begun = mark.end()


def _names(tag: str, attributes: Attributes) -> Iterator[str]:
    """The simple selectors that an element answers to."""
    yield tag
    marks = [f".{name}" for name in (attributes.get("class") or "").split()]
    marks += [f"#{attributes['id']}"] if attributes.get("id") else []
    for mark in marks:
        yield mark
        yield tag + mark
