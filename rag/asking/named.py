"""The outlets, authors, files and headlines that an index holds, and where a question names one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Literal

from index.types import Span, Word
from index.words.tokens import words
from rag.asking.filters import Entry, name_words, plain, skeleton

Kind = Literal["outlet", "author", "file"]

_SEPARATOR = re.compile(r"[\s_.,()'’-]{1,3}|\s&\s")


@dataclass(frozen=True, slots=True)
class Mention:
    """A name of the index where a question has it; `values` are the names or paths that it may stand for.

    `is_exact` says that it can be nothing else: a file with its ending, or one whose name has words and a number.
    """

    span: Span
    kind: Kind
    values: tuple[str, ...]
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class _Form:
    """One way in which a name is given."""

    words: tuple[str, ...]
    kind: Kind
    value: str
    is_exact: bool = False


class Known:
    """Every name that the articles carry, made once for an index."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """The names of `entries`, each once."""
        names: dict[tuple[Kind, str], None] = {}
        self._titles: dict[str, None] = {}
        for entry in entries:
            article = entry.article
            names |= {("outlet", article.outlet): None} if article.outlet else {}
            names |= {("author", article.author): None} if article.author else {}
            for path in entry.paths:
                names["file", path] = None
            self._titles |= {article.title: None} if article.title else {}
        self._forms: dict[tuple[str, ...], list[_Form]] = {}
        for form in (form for kind, value in names for form in _forms(kind, value)):
            self._forms.setdefault(tuple(map(_spelling, form.words)), []).append(form)
        self._lengths = sorted({len(key) for key in self._forms})

    def mentions(self, text: str) -> list[Mention]:
        """The names that `text` has, in order; of several that overlap the longest, of one kind where it is of two."""
        line = words(text)
        spelled = [_spelling(word.text) for word in line]
        cased = any(word.text[:1].isupper() for word in line[1:])
        spans: dict[tuple[Span, Kind, bool], dict[str, None]] = {}
        for at, length in (
            (at, length) for at in range(len(line)) for length in self._lengths if at + length <= len(line)
        ):
            for form in self._forms.get(tuple(spelled[at : at + length]), ()):
                if _reads(text, line, at, form, cased):
                    span = Span(line[at].span.start, line[at + length - 1].span.end)
                    spans.setdefault((span, form.kind, form.is_exact), {})[form.value] = None
        return _apart(
            [Mention(span, kind, tuple(values), exact) for (span, kind, exact), values in spans.items()], text
        )

    def titled(self, quoted: Iterable[str], least: int) -> Iterator[str]:
        """The headlines that hold one of the texts `quoted`, of `least` words or more, whole."""
        parts = [f" {_even(text)} " for text in quoted if len(words(text)) >= least]
        return (title for title in self._titles if any(part in f" {_even(title)} " for part in parts))


def _even(text: str) -> str:
    return " ".join(plain(word.text) for word in words(text))


def _spelling(word: str) -> str:
    """What the spellings of one word share."""
    return skeleton(word) or plain(word)


def _forms(kind: Kind, value: str) -> Iterator[_Form]:
    """The ways in which a name is commonly given: an author by the last name too, a file without its ending."""
    if kind == "outlet":
        yield from (_Form(form, kind, value) for form in _outlet_forms(value))
    if kind == "author":
        people = (tuple(name_words(person)) for person in re.split(r",| and |&", value))
        forms = {form for name in people if name for form in (name, (name[0], name[-1]), name[-1:])}
        yield from (_Form(form, kind, value) for form in forms)
    if kind == "file":
        file = PurePosixPath(value)
        whole, stem = (tuple(word.text for word in words(name)) for name in (file.name, file.stem))
        if whole and whole != stem:
            yield _Form(whole, kind, value, is_exact=True)
        if len(stem) > 1:
            yield _Form(stem, kind, value, is_exact=any(c.isdigit() for c in file.stem))


def _outlet_forms(outlet: str) -> set[tuple[str, ...]]:
    """A name whole, by its first word where that is in capitals ("IPT News"), and by its initials."""
    whole = tuple(name_words(outlet))
    if not whole:
        return set()
    short = {whole[:1]} if whole[0].isupper() and len(whole[0]) > 1 else set()
    initials = {("".join(word[0] for word in whole).upper(),)} if len(whole) > 2 else set()
    return {whole} | short | initials


def _reads(text: str, line: Sequence[Word], at: int, form: _Form, cased: bool) -> bool:
    """Whether the words from a place, which are spelt nearly so, are `form`, and no part of a longer name."""
    here = line[at : at + len(form.words)]
    if any(not _SEPARATOR.fullmatch(text[one.span.end : other.span.start]) for one, other in pairwise(here)):
        return False
    if form.kind == "file":
        return all(plain(word.text) == plain(part) for word, part in zip(here, form.words, strict=True))
    return _is_whole_name(text, line, at, len(here)) and (len(here) > 1 or _is_alone(here[0], form.words[0], cased))


def _is_alone(word: Word, name: str, cased: bool) -> bool:
    """Whether one word is meant as a name: it has a capital, or the writer uses none; initials are spelt out."""
    if not word.text[:1].isupper() and (cased or len(name) < 4):
        return False
    return not name.isupper() or plain(word.text) == plain(name)


def _is_whole_name(text: str, line: Sequence[Word], at: int, many: int) -> bool:
    """Whether no word with a capital stands close beside: "Malcolm Forbes" is not Forbes."""
    last, before, after = line[at + many - 1], line[at - 1 : at] if at else [], line[at + many : at + many + 1]
    longer_before = at > 1 and before[0].text[:1].isupper() and not before[0].is_stop
    return not (
        (longer_before and _stand_beside(text, before[0], line[at]))
        or (after and after[0].text[:1].isupper() and _stand_beside(text, last, after[0]))
    )


def _stand_beside(text: str, first: Word, second: Word) -> bool:
    return text[first.span.end : second.span.start] in (" ", "-") and not first.text.endswith(("'s", "’s"))


def _apart(mentions: Sequence[Mention], text: str) -> list[Mention]:
    """Mentions that do not overlap: a file or an outlet before an author of the same words, the longest of all."""
    order = {"file": 0, "outlet": 1, "author": 2}
    chosen: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (-len(m.span), order[m.kind], not m.is_exact)):
        if all(mention.span.overlap(other.span) == 0 for other in chosen):
            chosen.append(_in_folder(mention, text))
    return sorted(chosen, key=lambda mention: mention.span.start)


def _in_folder(mention: Mention, text: str) -> Mention:
    """A file that is named with its folder is that one alone."""
    if mention.kind != "file":
        return mention
    with_folder = tuple(
        path for path in mention.values if "/" in path and text[: mention.span.end].casefold().endswith(path.casefold())
    )
    start = mention.span.end - len(with_folder[0]) if with_folder else mention.span.start
    return Mention(Span(start, mention.span.end), "file", with_folder or mention.values, mention.is_exact)
