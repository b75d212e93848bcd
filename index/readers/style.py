"""What of an HTML page a person does not see: elements that its own styles, inline or in the page, hide from sight.

The rules of the page win over each other as they do in a browser: by importance, by how exactly they name an element,
then by order; a property at the element itself goes before them. Rules for print, small screens and the like are
passed over, and so are those whose selectors no document without a reader can match, as `:visited`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

_MARK = re.compile(r"[{};]")
_FAR_OUT = re.compile(r"-\d{3,}")
_HIDING = {
    "display": re.compile(r"none"),
    "visibility": re.compile(r"hidden|collapse"),
    "opacity": re.compile(r"0(?:\.0*)?(?![.\d])"),
    "font-size": re.compile(r"(?:0(?:px|pt|em|rem|%)?|1px)$"),
    **dict.fromkeys(("text-indent", "left", "right", "top"), _FAR_OUT),
}
"""The properties that hide an element, and the values that do."""
_WHITE = re.compile(r"(?:white|#fff(?:fff)?|rgba?\(\s*255\s*,\s*255\s*,\s*255\b)(?![\w-])")
_BACKGROUNDS = frozenset({"background", "background-color", "background-image"})
_MEDIA = frozenset({"all", "screen"})
_COMMA = re.compile(r",(?![^()]*\)|[^\[\]]*\])")
_BY_PLACE = re.compile(r":(?:nth|last|only|has)|~")
_IDS, _CLASSES, _TAGS = (
    re.compile(form) for form in (r"#[\w-]", r"\.[\w-]|\[|(?<!:):[\w-]", r"(?<![\w.#:=\[\"'-])[a-z]")
)
_MOST_WORK = 20_000_000
"""Elements times selectors, of which a second takes five million; rules beyond that are passed over."""
_SQUARE = 14
"""So much faster is one of the steps that a selector by place takes for each two elements."""

Attributes = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class _State:
    """Whether a property of an element hides it, and whether the rule that says so goes before all others."""

    hides: bool
    is_important: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    selector: str
    states: Mapping[str, _State]

    @property
    def hides(self) -> bool:
        return any(state.hides for state in self.states.values())

    @property
    def specificity(self) -> tuple[int, int, int]:
        return len(_IDS.findall(self.selector)), len(_CLASSES.findall(self.selector)), len(_TAGS.findall(self.selector))


class Styles:
    """The styles of one page."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        """Take over the rules of the `<style>` elements of `tree`."""
        sheets = [node.text() for node in tree.css("style") if (node.attributes.get("media") or "all") in _MEDIA]
        # A stylesheet elsewhere, or a rule, may set any background.
        self._may_colour = bool(tree.css("link[rel~=stylesheet i]")) or any("background" in sheet for sheet in sheets)
        self._states = _matched(tree, [rule for sheet in sheets for rule in _rules(sheet)])

    def hides(self, element: int, tag: str, attributes: Attributes) -> bool:
        """Whether an element, known by its number in memory, is hidden by itself, its parents aside."""
        states: dict[str, _State] = {}
        if "hidden" in attributes or (tag == "dialog" and "open" not in attributes):
            states["display"] = _State(hides=True, is_important=False)
        states |= self._states.get(element, {})
        _overrule(states, _states(_declarations(attributes.get("style"))))
        return any(state.hides for state in states.values())

    def whitens(self, attributes: Attributes) -> bool:
        """Whether an element's text is white on a page that, as far as one can know, is white."""
        colours = (attributes.get("color"), _declarations(attributes.get("style")).get("color"))
        return not self._may_colour and any(_WHITE.match((colour or "").lower()) for colour in colours)


def has_background(attributes: Attributes) -> bool:
    """Whether an element sets what its text stands on."""
    if "bgcolor" in attributes or "background" in attributes:
        return True
    return not _BACKGROUNDS.isdisjoint(_declarations(attributes.get("style")))


def _matched(tree: LexborHTMLParser, rules: list[_Rule]) -> dict[int, dict[str, _State]]:
    """By element the states that the rules give it. None where no rule hides anything."""
    hiding = [rule for rule in rules if rule.hides]
    size = len(tree.css("*")) if hiding else 0
    matched: list[tuple[_Rule, list[int]]] = []
    work = 0
    for rule in (*hiding, *(rule for rule in rules if not rule.hides)) if hiding else ():
        work += size * max(1, size // _SQUARE) if _BY_PLACE.search(rule.selector) else size
        if work > _MOST_WORK:
            break
        try:
            matched.append((rule, [node.mem_id for node in tree.css(rule.selector)]))
        except SelectolaxError:
            continue
    return _cascaded(matched, {id(rule): at for at, rule in enumerate(rules)})


def _cascaded(matched: list[tuple[_Rule, list[int]]], order: Mapping[int, int]) -> dict[int, dict[str, _State]]:
    states: defaultdict[int, dict[str, _State]] = defaultdict(dict)
    for rule, elements in sorted(matched, key=lambda pair: (pair[0].specificity, order[id(pair[0])])):
        for element in elements:
            _overrule(states[element], rule.states)
    return states


def _overrule(states: dict[str, _State], later: Mapping[str, _State]) -> None:
    for name, state in later.items():
        if state.is_important or name not in states or not states[name].is_important:
            states[name] = state


def _rules(sheet: str) -> Iterator[_Rule]:
    """The rules that may hide or show an element, a rule a selector."""
    for selectors, body in _bodies(_without_comments(sheet)):
        states = _states(_declarations(body))
        if states:
            yield from (_Rule(selector.strip(), states) for selector in _COMMA.split(selectors))


def _declarations(body: str | None) -> dict[str, str]:
    """The value of each property that a style sets, in lower case."""
    pairs = (part.partition(":") for part in body.lower().split(";")) if body else ()
    return {name.strip(): value.strip() for name, _, value in pairs}


def _states(declarations: Mapping[str, str]) -> dict[str, _State]:
    states: dict[str, _State] = {}
    for name, pattern in _HIDING.items():
        if name in declarations:
            value, mark, _ = declarations[name].partition("!")
            states[name] = _State(bool(pattern.match(value.strip())), bool(mark))
    return states


def _without_comments(sheet: str) -> str:
    first, *others = sheet.split("/*")  # no pattern: one that looks for each end anew takes hours over a hostile page
    return first + "".join(other.partition("*/")[2] for other in others)


def _bodies(sheet: str) -> Iterator[tuple[str, str]]:
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
