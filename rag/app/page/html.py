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
from functools import lru_cache

from rag.types import Verdict
from rag.wording import SIGNS

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


def badge(verdict: Verdict) -> str:
    """A verdict as a mark and a word, never as a colour alone."""
    symbol, words = BADGES[verdict]
    return f'<span class="badge {verdict}"><span aria-hidden="true">{symbol}</span> {words}</span>'


def message(sentence: str, *, wrong: bool = False) -> str:
    """A sentence that a screen reader tells when it appears: at once where something went wrong."""
    if not sentence:
        return '<p class="said" role="status"></p>'
    return f'<p class="said{" wrong" if wrong else ""}" role="{"alert" if wrong else "status"}">{safe(sentence)}</p>'
