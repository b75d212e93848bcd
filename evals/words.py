"""Comparing short answers by their words, after the official SQuAD 1.1 script (Rajpurkar et al. 2016)."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

_ARTICLES = frozenset({"a", "an", "the"})
_MARKER = re.compile(r"\[\d+(?:\s*,\s*\d+)*\]")
_DROPPED = str.maketrans("", "", string.punctuation + "‘’")


def without_markers(text: str) -> str:
    """`text` with every citation marker such as `[2]` or `[1, 3]` replaced by a space."""
    return _MARKER.sub(" ", text)


def tokens(text: str) -> list[str]:
    """The words of `text` as SQuAD normalises them: lower case, no punctuation, no articles.

    Beyond the script, which knows ASCII only: NFKC first, and other punctuation (dashes, curly quotes) parts words.
    """
    bare = unicodedata.normalize("NFKC", text).lower().translate(_DROPPED)
    spaced = "".join(" " if unicodedata.category(c).startswith("P") else c for c in bare)
    return [word for word in spaced.split() if word not in _ARTICLES]


def contains(text: str, form: str) -> bool:
    """Whether the words of `form` stand in `text` as one unbroken run; a form without words is in nothing."""
    words, wanted = tokens(text), tokens(form)
    return bool(wanted) and f" {' '.join(wanted)} " in f" {' '.join(words)} "


def fraction_present(text: str, parts: Sequence[Iterable[str]]) -> float:
    """The share of `parts` of which at least one form stands in `text`; `parts` must not be empty."""
    return sum(any(contains(text, form) for form in part) for part in parts) / len(parts)


def exact_match(text: str, forms: Iterable[str]) -> float:
    """1.0 when `text` has the same words in the same order as one of `forms`, else 0.0."""
    words = tokens(text)
    return float(any(words == tokens(form) for form in forms))


def token_f1(text: str, forms: Iterable[str]) -> float:
    """The best harmonic mean of word precision and recall of `text` against one of `forms`, in [0, 1]."""
    words = tokens(text)
    return max((_f1(words, tokens(form)) for form in forms), default=0.0)


def _f1(given: list[str], wanted: list[str]) -> float:
    shared = sum((Counter(given) & Counter(wanted)).values())
    return 2 * shared / (len(given) + len(wanted)) if shared else 0.0
