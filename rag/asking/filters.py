"""Keeping a question to some articles: by file, headline, outlet, author and date. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from index.document.dates import find_dates, human
from index.folder.patterns import Patterns
from index.types import Article
from index.words.tokens import STOP_WORDS, fold, stem, words
from rag.errors import QuestionInvalid
from rag.types import Filter, Filtering, FilterKind, FilterOrigin

_PARTIAL = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?")
_KINDS: dict[str, FilterKind] = {"files": "file", "titles": "article", "outlets": "outlet", "authors": "author"}
_LISTED = 8
"""Names that are listed where none of them was meant."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What an article must be. Values of one field are alternatives; all fields that are given must hold.

    `files` are paths or globs as in `index.folder.patterns`; `titles` hold words that the headline must all have;
    `outlets` and `authors` are names or some of their words, in other spellings too. Dates are ISO, as exact as is
    wanted (`2016`, `2016-09`, `2016-09-07`): `after` is the first that counts, `before` the first that does not.
    """

    files: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    after: str | None = None
    before: str | None = None

    def __post_init__(self) -> None:
        """Raises: QuestionInvalid, when a date is none or a name is empty."""
        for name in _KINDS:
            if any(not value.strip() for value in getattr(self, name)):
                raise QuestionInvalid(f"A filter by {_KINDS[name]} is empty; give a name, or leave it out.")
        for day in (self.after, self.before):
            if day is not None and iso_date(day) != day:
                raise QuestionInvalid(f"{day!r} is no date; write it as 2016, 2016-09 or 2016-09-07.")

    def __bool__(self) -> bool:
        return self != EVERY_ARTICLE

    def items(self, origin: FilterOrigin, removed: str | None = None) -> tuple[Filter, ...]:
        """Each filter by itself, as it is shown."""
        values = [(kind, value) for name, kind in _KINDS.items() for value in getattr(self, name)]
        dates: list[tuple[FilterKind, str | None]] = [("after", self.after), ("before", self.before)]
        return tuple(Filter(kind, value, origin, removed) for kind, value in [*values, *dates] if value)


EVERY_ARTICLE = Filters()


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of the index, with all the paths of its document."""

    article: Article
    paths: tuple[str, ...]

    @property
    def key(self) -> tuple[str, int]:
        """The document and the article's place in it."""
        return self.article.document_id, self.article.ordinal


@dataclass(frozen=True, slots=True)
class Search:
    """What one question is kept to: filters that were set, and those that its own words ask for.

    `removed` says why the question's own do not count; None where they do.
    """

    set: Filters = EVERY_ARTICLE
    parsed: Filters = EVERY_ARTICLE
    removed: str | None = None

    @property
    def in_force(self) -> tuple[Filters, ...]:
        """The filters that an article has to pass."""
        return tuple(filters for filters in (self.set, self.parsed if self.removed is None else None) if filters)

    def without(self, why: str) -> Search:
        """The same search without what the question itself asks for."""
        return replace(self, removed=why)


def matching(search: Search, entries: Iterable[Entry]) -> tuple[list[Entry], Filtering]:
    """The entries that pass every filter in force, all where none is, and how that is told.

    An article whose date does not decide passes no filter by date; it is counted where it passes all others.
    """
    passed: list[Entry] = []
    undated = 0
    for entry in entries:
        if all(_fits(filters, entry) for filters in search.in_force):
            dated = [_dated(filters, entry.article.date) for filters in search.in_force]
            passed += [entry] if all(dated) else []
            undated += None in dated and False not in dated
    filters = search.set.items("set") + search.parsed.items("asked", search.removed)
    return passed, Filtering(filters, len(passed), undated)


def none_found(search: Search, entries: Sequence[Entry]) -> str:
    """Why no article passes: what is asked for, and what there is in its place.

    As in: no document by Forbes before 2014 is indexed; there are 3 by Forbes, 2015 to 2017.
    """
    wanted = search.in_force
    none = f"no document {' and '.join(map(described, wanted))} is indexed"
    undated = [replace(filters, after=None, before=None) for filters in wanted]
    near = [entry for entry in entries if all(_fits(filters, entry) for filters in undated)]
    if near and any(undated):
        many = "there is 1" if len(near) == 1 else f"there are {len(near):,}"
        return f"{none}; {many} {' and '.join(described(f) for f in undated if f)}{_years(near)}"
    if near:
        return f"{none}; the {len(near):,} documents are of{_years(near).removeprefix(',') or ' no printed date'}"
    return none + _known(wanted, entries)


def in_words(filtering: Filtering) -> str:
    """What was searched, and which of the question's own filters were let go, as sentences; empty where none was."""
    held = [f for f in filtering.filters if f.removed is None]
    sentences = []
    if held:
        origins = [_joined([f for f in held if f.origin == origin]) for origin in ("set", "asked")]
        many = "1 section" if filtering.articles == 1 else f"{filtering.articles:,} sections"
        undated = f"; {filtering.undated:,} left out for want of an exact date" if filtering.undated else ""
        sentences.append(
            f"Searched only what is {' and '.join(map(described, filter(None, origins)))}: {many}{undated}."
        )
    gone = [f for f in filtering.filters if f.removed is not None]
    if gone:
        sentences.append(f"Not kept to what is {described(_joined(gone))}, as the question asks: {gone[0].removed}.")
    return " ".join(sentences)


def _joined(items: Sequence[Filter]) -> Filters:
    def values(kind: FilterKind) -> tuple[str, ...]:
        return tuple(item.value for item in items if item.kind == kind)

    names = {field: values(kind) for field, kind in _KINDS.items()}
    return Filters(**names, after=next(iter(values("after")), None), before=next(iter(values("before")), None))


def _place(pattern: str) -> str:
    """A pattern as the place that it names: without the signs that keep it to that one."""
    return re.sub(r"\\(.)", r"\1", pattern).removeprefix("/")


def described(filters: Filters) -> str:
    """The filters in words that follow "document": `by Forbes or CNN from 2015 on`."""
    parts = []
    if filters.titles:
        parts.append("titled " + " or ".join(f"“{title}”" for title in filters.titles))
    if filters.authors:
        parts.append("written by " + " or ".join(filters.authors))
    if filters.outlets:
        parts.append("by " + " or ".join(filters.outlets))
    if filters.files:
        parts.append("in " + " or ".join(map(_place, filters.files)))
    if filters.after and filters.before and filters.before == following(filters.after):
        parts.append(f"of {human(filters.after)}")
    else:
        dates = [f"from {human(filters.after)} on"] if filters.after else []
        parts.append(" and ".join(dates + ([f"before {human(filters.before)}"] if filters.before else [])))
    return " ".join(filter(None, parts))


def iso_date(text: str) -> str | None:
    """The date that `text` is, as `2016`, `2016-09` or `2016-09-07`; None where it is none of these, nor in words."""
    trimmed = text.strip()
    match = _PARTIAL.fullmatch(trimmed)
    if match is None:
        dates = find_dates(trimmed)
        return dates[0].iso if len(dates) == 1 and dates[0].span.of(trimmed) == trimmed else None
    try:
        date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
    except ValueError:
        return None
    return trimmed


def following(iso: str) -> str:
    """The first date after the year, month or day `iso`, as exact as it: `2016-10` after `2016-09`."""
    parts = [int(part) for part in iso.split("-")]
    if len(parts) == 3:
        return date.fromordinal(date(*parts).toordinal() + 1).isoformat()
    if len(parts) == 2:
        year, month = (parts[0] + 1, 1) if parts[1] == 12 else (parts[0], parts[1] + 1)
        return f"{year:04d}-{month:02d}"
    return f"{parts[0] + 1:04d}"


def same_word(given: str, written: str) -> bool:
    """Whether two words of a name are one, in another case or with other accents, or spelt nearly alike."""
    if plain(given) == plain(written):
        return True
    near = skeleton(given)
    return near is not None and near == skeleton(written)


@lru_cache(maxsize=65536)
def skeleton(word: str) -> str | None:
    """What spellings of one name share: "Hezbollah", "Hizballah" and "Hizbullah" give the same consonants.

    None for words too short to tell.
    """
    letters = fold(word).removesuffix("'s").removesuffix("h")
    consonants = re.sub(r"(.)\1", r"\1", letters[:1] + re.sub(r"[aeiouyw'’-]", "", letters[1:]))
    return consonants if len(letters) >= 5 and len(consonants) >= 4 else None


@lru_cache(maxsize=65536)
def plain(word: str) -> str:
    """A word of a name without case, accents and possessive ending."""
    return fold(word).removesuffix("'s").rstrip("'.")


def name_words(name: str) -> list[str]:
    """The words of a name that tell it from others, its article left out."""
    parts = [word.text for word in words(name)]
    return parts[1:] if len(parts) > 1 and plain(parts[0]) == "the" else parts


def _fits(filters: Filters, entry: Entry) -> bool:
    """Whether an article passes all but the dates."""
    article = entry.article
    return (
        _one_fits(filters.outlets, lambda value: _is_name(value, article.outlet))
        and _one_fits(filters.authors, lambda value: _is_name(value, article.author))
        and _one_fits(filters.titles, lambda value: _is_title(value, article.title))
        and _one_fits(filters.files, lambda value: _is_path(value, entry.paths))
    )


def _one_fits(values: Sequence[str], fits: Callable[[str], bool]) -> bool:
    return not values or any(fits(value) for value in values)


def _is_name(given: str, name: str | None) -> bool:
    """Whether the words of `given` stand in `name`, in their order."""
    left = iter(name_words(name or ""))
    wanted = name_words(given)
    return bool(wanted) and all(any(same_word(word, written) for written in left) for word in wanted)


def _is_title(given: str, title: str | None) -> bool:
    printed = {word.stem for word in words(title or "")}
    stems = [stem(word.text) for word in words(given)]
    meant = [word for word in stems if word not in STOP_WORDS] or stems
    return bool(meant) and printed.issuperset(meant)


def _is_path(given: str, paths: Sequence[str]) -> bool:
    glob = given.removeprefix("./")
    if glob in paths:
        return True
    patterns = Patterns(include=(glob,))
    return any(patterns.want(path) for path in paths)


def _dated(filters: Filters, printed: str | None) -> bool | None:
    """Whether all that `printed` may stand for is in the range; None where it depends on the day, or there is none."""
    if filters.after is None and filters.before is None:
        return True
    if printed is None:
        return None
    first, last = _first(printed), _last(printed)
    after, before = _first(filters.after or "0000"), _first(filters.before or "9999-99")
    if last < after or first >= before:
        return False
    return True if first >= after and last < before else None


def _first(iso: str) -> str:
    return (iso + "-01-01")[:10]


def _last(iso: str) -> str:
    return iso + "-12-31"[len(iso) - 4 :] if len(iso) < 10 else iso


def _years(entries: Sequence[Entry]) -> str:
    """`, 2015 to 2017`: the years in which articles are dated."""
    years = sorted({entry.article.date[:4] for entry in entries if entry.article.date})
    if not years:
        return ""
    return f", {years[0]}" if len(years) == 1 else f", {years[0]} to {years[-1]}"


def _known(wanted: Sequence[Filters], entries: Sequence[Entry]) -> str:
    """The names that there are, where the one asked for is none of them."""
    for field, kind in (("outlets", "outlet"), ("authors", "author")):
        alone = [replace(EVERY_ARTICLE, **{field: getattr(filters, field)}) for filters in wanted]
        if not any(alone) or any(all(_fits(f, entry) for f in alone) for entry in entries):
            continue
        names = sorted({name for entry in entries if (name := getattr(entry.article, kind))})
        more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
        return f"; the {kind}s are {', '.join(names[:_LISTED])}{more}" if names else f"; no document prints its {kind}"
    return ""
