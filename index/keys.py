"""A key or token, masked wherever a server repeats it: as it is, percent-encoded, in hex, or anywhere within base64."""

from __future__ import annotations

import base64
import re
from urllib.parse import quote

MASK = "***"
_SHORTEST_SECRET = 8
"""Of shorter keys, as “none” or “ollama”, nothing is masked in a reply: they are words, and no secret."""


class Mask:
    """Takes one key out of what an endpoint sends."""

    def __init__(self, key: str | None) -> None:
        """Without a key every text stays as it is."""
        forms = sorted(_forms(key), key=len, reverse=True) if key else []
        self._pattern = re.compile("|".join(map(re.escape, forms))) if forms else None
        self._forms = tuple(forms) if key and len(key) >= _SHORTEST_SECRET else ()

    def clean(self, text: str) -> str:
        """The whole of `text` with every form of the key masked; to be called before any of it is cut off."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def stream(self) -> Masked:
        """What masks a reply that comes in pieces."""
        return Masked(self, self._forms)


class Masked:
    """A reply in pieces. What may be the beginning of the key waits until the next piece tells."""

    def __init__(self, mask: Mask, forms: tuple[str, ...]) -> None:
        self._mask = mask
        self._forms = forms
        self._waiting = ""

    def feed(self, piece: str) -> str:
        """What can be shown with this piece."""
        if not self._forms:
            return piece
        text = self._mask.clean(self._waiting + piece)
        cut = len(text) - self._begun(text)
        self._waiting = text[cut:]
        return text[:cut]

    def end(self) -> str:
        """What still waited when the reply ended."""
        rest, self._waiting = self._waiting, ""
        return rest

    def _begun(self, text: str) -> int:
        """The length of the longest end of `text` with which a form of the key begins."""
        longest = min(len(text), max(map(len, self._forms)) - 1)
        return next((n for n in range(longest, 0, -1) if self._begins(text[-n:])), 0)

    def _begins(self, end: str) -> bool:
        return any(form.startswith(end) for form in self._forms)


def _forms(key: str) -> set[str]:
    raw = key.encode()
    longer = {quote(key, safe=""), raw.hex(), raw.hex().upper(), *_within_base64(raw)}
    return {key, *(form for form in longer if len(form) >= _SHORTEST_SECRET)}


def _within_base64(raw: bytes) -> set[str]:
    """The characters that stand for `raw` alone, whatever is encoded before it and after it."""
    forms = set()
    for before in range(3):
        first, end = -(-8 * before // 6), 8 * (before + len(raw)) // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            forms.add(encode(bytes(before) + raw).decode()[first:end])
    return forms
