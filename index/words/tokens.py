"""Words as the search sees them: one way of cutting and stemming for documents and questions alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

import Stemmer  # type: ignore[import-not-found]

from index.types import Span, Word

_STOP = """
    a about after all also am an and any are as at be because been before being both but by can could did do does
    doing down during each for from further had has have having he her here hers him his how i if in into is it its
    itself just me more most my no nor not now of off on once only or other our out over own same she should so some
    such than that the their them then there these they this those through to too under until up very was we were what
    when where which while who whom whose why will with would you your
"""
STOP_WORDS = frozenset(_STOP.split())

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_LETTERS = rf"(?:[^\W_{_CJK}][\u0300-\u036f]*)+"  # an accent may be a character of its own
_WORD = re.compile(
    rf"[{_CJK}]"  # scripts without spaces: one character, joined in pairs by `tokenize`
    r"|[A-Za-z](?:\.[A-Za-z])+\.?(?!\w)"  # U.S., e.g.
    r"|[A-Za-z]\+\+|[A-Za-z]#(?!\w)"  # C++, C#
    r"|\d+(?:[.,]\d+)+"  # 300,000 and 2.5
    rf"|{_LETTERS}(?:['’]{_LETTERS})*",
)
_IDENTIFIER = re.compile(r"(?<![\w-])(?=[\w/.-]*\d)[^\W_]+(?:[-/_.][^\W_]+)+(?![\w]|-\w)")
"""Letters and digits that marks hold together: T-4499, AX-4471-B, INV/2024/7."""
_POSSESSIVE = re.compile(r"['’]s?$")
_stemmer = Stemmer.Stemmer("english")


def words(text: str) -> list[Word]:
    """Every word of `text` in order, stop words included, with spans into `text`."""
    return list(_words(text))


@lru_cache(maxsize=2048)  # the passages and sentences of one question are read several times
def _words(text: str) -> tuple[Word, ...]:
    return tuple(
        Word(m.group(), Span(m.start(), m.end()), stem(m.group()), m.group().lower() in STOP_WORDS)
        for m in _WORD.finditer(text)
    )


def content_words(text: str) -> list[Word]:
    """The words of `text` that mean something, in order."""
    return [word for word in words(text) if not word.is_stop]


@lru_cache(maxsize=16_384)
def word_stems(text: str) -> frozenset[str]:
    """The stems of all the words of `text`."""
    return frozenset(word.stem for word in words(text))


@lru_cache(maxsize=16_384)
def content_stems(text: str) -> frozenset[str]:
    """The stems of the words of `text` that mean something."""
    return frozenset(word.stem for word in content_words(text))


def identifiers(text: str) -> list[Span]:
    """Where the names stand that are letters and digits with marks between: T-4499, AX-4471-B, 3.2a; in order."""
    spans = (match.span() for match in _IDENTIFIER.finditer(text))
    return [Span(*span) for span in spans if any(character.isalpha() for character in text[slice(*span)])]


def tokenize(text: str) -> list[str]:
    """The stems that BM25 counts: stop words dropped; runs of CJK characters as overlapping pairs.

    An identifier is a token beside its parts, so that the one that is asked for comes before its like.
    """
    cut = words(text)
    tokens = [word.stem for word in content_words(text)]
    tokens += [fold(span.of(text)) for span in identifiers(text)]
    for first, second in pairwise(cut):
        if first.span.end == second.span.start and _is_cjk(first.text) and _is_cjk(second.text):
            tokens.append(first.text + second.text)
    return tokens


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The Snowball English stem of `word`, with case, accents, possessives and dots folded away."""
    folded = fold(word)
    folded = _POSSESSIVE.sub("", folded).replace(".", "") if not folded[:1].isdigit() else folded.replace(",", "")
    return str(_stemmer.stemWord(folded)) or folded


def fold(text: str) -> str:
    """A copy for matching only: case folded, accents removed, typographic apostrophes made plain."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).replace("’", "'")


def _is_cjk(text: str) -> bool:
    return bool(re.match(rf"[{_CJK}]", text))
