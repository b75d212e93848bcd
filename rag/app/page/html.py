"""HTML built only from escaped strings: what every part of the page is made of.

Every character that comes from a document, a model or a person passes through `safe`: markup becomes text, and
characters that could reorder, hide or corrupt what is read become visible marks. So nothing of a document is ever
live on the page, and no element that could fetch anything from elsewhere (img, link, script, form) is written at all.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from index.document.dates import human
from index.types import Article, Source
from rag.types import Verdict
from rag.wording import SIGNS, attribution

_PLAIN = re.compile(r"[\n\t\x20-\x7e]*")
BADGES: Mapping[Verdict, tuple[str, str]] = {
    verdict: (sign, f"{words[:1].upper()}{words[1:]}") for verdict, (sign, words) in SIGNS.items()
}
ACTIONS = """
element.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-do]");
  if (!pressed || !element.contains(pressed) || ("once" in pressed.dataset && event.detail > 1)) return;
  const typed = pressed.closest("[data-form]")?.querySelector("input, textarea")?.value || "";
  trigger("act", { do: pressed.dataset.do, id: pressed.dataset.id || "", text: typed });
});
"""
"""For `js_on_load`: a click on `<button data-do="remove" data-id="7">` becomes the event `act` with `do` and `id`, and
with the `text` that is typed where the button lies in a `data-form`. The second click of a double click on a button
with `data-once` does nothing: another button may have come under the pointer."""
ACTIONS_IN_TURN = """
const presses = [];
let patience = null;
const next = () => {
  clearTimeout(patience);
  patience = null;
  if (!presses.length) return;
  patience = setTimeout(next, 10000);
  trigger("act", presses.shift());
};
element.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-do]");
  if (!pressed || !element.contains(pressed)) return;
  presses.push({ do: pressed.dataset.do, id: pressed.dataset.id || "" });
  if (patience === null) next();
});
const changed = ["aria-checked", "data-presses"];
new MutationObserver(next).observe(element, { childList: true, subtree: true, attributeFilter: changed });
"""
"""As `ACTIONS`, but a click is passed on when what the one before it changed is on the page: the answers to two calls
that are under way at once may come in either order, and the later one would be overwritten."""


def safe(text: str) -> str:
    """`text` escaped for HTML, its control, bidirectional and hidden characters replaced by visible marks."""
    if _PLAIN.fullmatch(text):
        return html.escape(text, quote=True)
    marks = {ord(char): mark for char in set(text) if (mark := _visible(char)) != char}
    return html.escape(text.translate(marks) if marks else text, quote=True)


@lru_cache(maxsize=4096)
def _visible(char: str) -> str:
    code = ord(char)
    if char in "\n\t" or 0x20 <= code < 0x7F:
        return char
    kind = unicodedata.category(char)
    if kind == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    joiner = code in (0x200C, 0x200D)
    if kind == "Cc" or (kind == "Cf" and not joiner and code != 0xAD):
        return f"‹U+{code:04X}›"
    return char


def count(number: int, noun: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def given(text: str) -> str:
    """Words that are not the page's own, within its line: in their own direction, and in their own language."""
    return f"<bdi>{safe(text)}</bdi>"


def byline(source: Source | Article) -> list[str]:
    """Outlet, author and date, as far as they are printed."""
    printed = [given(part) for part in (source.outlet, source.author) if part]
    return [*printed, human(source.date)] if source.date else printed


def attributed(source: Source) -> str:
    """`wording.attribution`, its date in the language of the page."""
    date = f", <span>{human(source.date)}</span>" if source.date else ""
    return given(attribution(replace(source, date=None))) + date


def badge(verdict: Verdict) -> str:
    """A verdict as a mark and a word, never as a colour alone."""
    symbol, words = BADGES[verdict]
    return f'<span class="badge {verdict}" translate="yes"><span aria-hidden="true">{symbol}</span> {words}</span>'


def message(sentence: str, *, wrong: bool = False) -> str:
    """A sentence that a screen reader tells when it appears: at once where something went wrong."""
    if not sentence:
        return '<p class="said" role="status"></p>'
    return f'<p class="said{" wrong" if wrong else ""}" role="{"alert" if wrong else "status"}">{safe(sentence)}</p>'
