"""The filters that a question's own words ask for: "according to Forbes", "articles before September 2016".

Pure, by rules over English, and cautious, since a filter that hides the answer is worse than none. Only names that an
article carries count, and only where the words speak of who wrote or published; a date counts only where the words
speak of writing, publishing or reporting, since most dates in questions are of the events asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from index.dates import DATE, find_dates
from index.tokens import words
from index.types import Span, Word
from rag.asking.filters import EVERY_ARTICLE, Entry, Filters, following, iso_date, name_words, plain, same_word
from rag.asking.question import asked_from, read_question, split_parts

_HINTS = re.compile(
    r"according to|going by|\bper\b|\bas of\b|\barticles?\b|\bpieces?\b|\bstor(?:y|ies)\b|\breports?\b|\bcolumns?\b|"
    r"\bposts?\b|\bcoverage\b|\baccounts?\b|\bversions?\b|\bpublish|\bprint|\bwrit|\bwrote\b|\bauthored\b|\breport|"
    r"\bsays?\b|\bsaid\b|\bdiffer|\bcompare|\bagree|\bdisagree|\bclaim|\bargue|\bdoes\b|\bdid\b|\bvs\b|\bversus\b|"
    r"\.[a-z]\w{1,4}\b|\buse the same\b",
    re.I,
)
_LEAD = re.compile(r"\s*(?:according to|going by|per|as|in|from|by|of)\b[^,?.;:]{2,80},", re.I)
_BESIDES = re.compile(r"\baccording to\b|\bgoing by\b|\band (?:to|by|per)\b|\bdiffer|\bcompare|\bvs\b|\bversus\b", re.I)
_ASKS_WHICH = re.compile(
    r"\b(?:which|what) (?:\w+ ){0,2}(?:outlets?|(?:news)?papers?|magazines?|publications?|sources?|articles?|pieces?|"
    r"stor(?:y|ies)|(?:web)?sites?|authors?|writers?|journalists?|reporters?)\b",
    re.I,
)
_NEWS = (
    r"(?:articles?|pieces?|stor(?:y|ies)|columns?|posts?|coverage|reporting|reports?|accounts?|versions?|write-?ups?)"
)
_BEFORE_NAME = re.compile(
    r"(?:\baccording to|\bgoing by|\bper|\bas (?:reported|told|written|published) (?:by|in)|"
    rf"\b{_NEWS} (?:that (?:was|were) )?(?:written |published |printed |authored )?(?:by|from|in)|"
    r"\b(?:written|published|printed|reported|authored|penned) (?:by|in))(?: the)?\s*$",
    re.I,
)
_AFTER_NAME = re.compile(rf"(?:['’]s?)?\s+(?:news |own )?{_NEWS}\b", re.I)
_AUXILIARY = re.compile(r"\b(?:do|does|did|has|have|had|what|when|how|why)(?: the)?\s*$", re.I)
_WRITES = re.compile(r"\s+(?:\w+ly )?(?:write|wrote|writes|written|publish|report|argue|print)(?:s|es|ed)?\b", re.I)
_SAYS = re.compile(
    r"\s+(?:\w+ly )?(?:say|said|tell|told|claim|describe|explain|call|count|give|mention|cover|put|think|speak)"
    r"(?:s|d|ed)?\b",
    re.I,
)
_COMPARED = re.compile(
    r"(?:\s|[,/]|['’]s?|\b(?:and|or|from|with|to|vs\.?|versus|the|differs?|differ|disagrees?|in|on|against|between|"
    rf"{_NEWS})\b)+",
    re.I,
)
_LISTED = re.compile(r"\s*(?:,|,? (?:and|or)|/)(?: (?:the|by|in|to))*\s*", re.I)
_GOES_ON = re.compile(r",? (?:and|or) (?:the )?[A-Z]")
_OPTIONAL = frozenset(["news", "online", "magazine", "com", "org", "net"])
_QUOTED = re.compile(r"[“\"]([^“”\"]{6,200})[”\"]|(?<![\w])[‘']([^‘’']{6,200})[’'](?!\w)")
_TITLED = re.compile(
    r"(?:\barticle|\bpiece|\bstory|\breport|\bcolumn|\bpost|titled|headlined|\bcalled|\bheadline)\W{0,3}$", re.I
)
_FILE = re.compile(r"(?<![\w/.-])[\w.-]*\w\.[A-Za-z][A-Za-z0-9]{1,4}(?![\w-])")
_OF_FILE = re.compile(
    r"\b(?:in|from|of|to|per|by|file|document|does|did)(?: the)?(?: file| document)?\s+[“\"'`]?$", re.I
)

_NAME = "\u00a7"
"""Stands for a name that was found, while dates are looked for."""
_ARTICLES = r"(?:articles?|pieces?|stor(?:y|ies)|columns?|posts?|coverage|reports)"
_THEIRS = re.compile(r"(?:\b[A-Z][\w.]*|\w's)\s+$")
"""Before "reports": they are those of a body, not of the press."""
_BY_NAME = rf"(?: (?:by|in|from|of) (?:the )?{_NAME}(?:(?:,| and| or)* (?:the )?{_NAME})*)?"
_RANGE = r"before|prior to|until|till|up to|after|since"
_WHEN = rf"(?:from )?(?P<prep>{_RANGE}|between|from|dated|in|on|of)\s+"
_PRINTED = r"(?: written| published| printed| posted| dated)?"
_DATED = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        rf"\b{_ARTICLES}(?: that)?(?: was| were| is| are)?{_PRINTED}{_BY_NAME}{_PRINTED} {_WHEN}",
        rf"^\W*(?:written|published|reported|printed) (?P<prep>{_RANGE}|in|on)\s+",
        r"\b(?:what|anything|everything|something|else) (?:was|is|has been|had been|were) "
        rf"(?:written|published|reported|printed)\b[^.?;,]{{0,60}}? (?P<prep>{_RANGE})\s+",
        rf"\b(?:did|does|has|have) (?:the )?{_NAME}(?: and (?:the )?{_NAME})? "
        rf"(?:write|publish|print|post|written|published)\b[^.?;]{{0,80}}? {_WHEN}",
        rf"\b(?:did|does|has) (?:the )?{_NAME} (?:report|reported|say) {_WHEN}",
        rf"\b(?:written|published|printed|posted) (?:by|in) (?:the )?{_NAME} {_WHEN}",
        r"\b(?P<prep>as of)\s+",
    )
)
_ENDS = re.compile(
    rf"\s*(?:[?.!,;:)]|$|{_NAME}|(?:and|by|in|say|said|saying|about|on|what|who|how|when|where|why|which|did|do|does|"
    r"tell|is|are|was|were|there)\b)",
    re.I,
)
_THEN_ARTICLE = re.compile(rf"\s+(?:{_NAME} )?(?:articles?|pieces?|stor(?:y|ies)|columns?|coverage)\b", re.I)
_MONTH = re.compile(r"\b(?:1[5-9]|20)\d\d-(?:0[1-9]|1[0-2])\b(?!-?\d)")
_SECOND = re.compile(r"\s+(?:and|to|until|till)\s+", re.I)
_ONWARD = re.compile(r"\s+(?:onwards?\b|on(?=\s*(?:[?.!,;]|$)))", re.I)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name of the index where the question has it."""

    span: Span
    kind: str
    value: str


def from_question(question: str, entries: Callable[[], Sequence[Entry]]) -> Filters:
    """What `question`, which may be a follow-up in its standalone form, asks of the articles themselves.

    `entries` gives every article of the index; it is called only where a word hints at a filter. Where a question has
    several parts, only what stands before the first of them counts, as it is said of all.
    """
    text = question[asked_from(question) :].replace("’", "'")
    if not _HINTS.search(text):
        return EVERY_ARTICLE
    told = read_question(text, lambda _: False)
    lead = _lead(text)
    text = lead if len(split_parts(question)) > 1 else text
    known = entries()
    found = _mentions(text, known)
    named: list[_Mention] = []
    if told.field != "outlet" and not _ASKS_WHICH.search(text):
        compared = told.both_sides and not (lead and not _BESIDES.search(text, len(lead)))
        named = _compared(text, found) if compared else _told_by(lead if told.both_sides else text, found)
    after, before = (None, None) if told.kind == "date" or told.field else _dates(text, found)
    return Filters(
        files=_files(text, known),
        titles=_titles(text, known),
        outlets=tuple(dict.fromkeys(m.value for m in named if m.kind == "outlet")),
        authors=tuple(dict.fromkeys(m.value for m in named if m.kind == "author")),
        after=after,
        before=before,
    )


def _lead(text: str) -> str:
    match = _LEAD.match(text)
    return match[0].rstrip(",") if match else ""


def _mentions(text: str, entries: Iterable[Entry]) -> list[_Mention]:
    """The outlets and authors that the question names, in order, the longest where several begin at a word."""
    told = words(text)
    shouting = any(word.text[:1].isupper() for word in told[1:])
    names: dict[tuple[str, str], None] = {}
    for entry in entries:
        names |= {("outlet", entry.article.outlet): None} if entry.article.outlet else {}
        names |= {("author", entry.article.author): None} if entry.article.author else {}
    found: list[_Mention] = []
    for kind, value in names:
        for form in _forms(kind, value):
            found += [
                _Mention(Span(told[at].span.start, told[at + len(form) - 1].span.end), kind, value)
                for at in range(len(told) - len(form) + 1)
                if _reads(text, told, at, form, shouting)
            ]
    outlets = {mention.span for mention in found if mention.kind == "outlet"}
    found = [m for m in dict.fromkeys(found) if m.kind == "outlet" or m.span not in outlets]
    longest = [m for m in found if not any(o.span.contains(m.span) and len(o.span) > len(m.span) for o in found)]
    return sorted(longest, key=lambda m: (m.span.start, m.value))


def _forms(kind: str, value: str) -> list[tuple[str, ...]]:
    """The ways a name is commonly given: whole, an outlet without "News" or by its initials, an author's last name."""
    if kind == "author":
        people = [tuple(name_words(part)) for part in re.split(r",| and |&", value)]
        return [form for person in people if person for form in {person, (person[0], person[-1]), person[-1:]}]
    whole = tuple(name_words(value))
    core = whole
    while len(core) > 1 and plain(core[-1]) in _OPTIONAL:
        core = core[:-1]
    initials = ("".join(word[0] for word in whole).upper(),)
    return [form for form in {whole, core, *([initials] if len(whole) > 2 else [])} if form]


def _reads(text: str, told: Sequence[Word], at: int, form: tuple[str, ...], cased: bool) -> bool:
    """Whether the words from `at` are `form` and no part of a longer name; one word alone needs its capital."""
    here = told[at : at + len(form)]
    if not all(same_word(word.text, name) for word, name in zip(here, form, strict=True)):
        return False
    if len(form) == 1 and not here[0].text[:1].isupper() and (cased or len(form[0]) < 4):
        return False
    if len(form) == 1 and form[0].isupper() and here[0].text != form[0] and plain(here[0].text) != plain(form[0]):
        return False
    before, after = told[at - 1 : at] if at else [], told[at + len(form) : at + len(form) + 1]
    return not (
        (at > 1 and _is_joined(text, before[0], here[0]) and before[0].text[:1].isupper() and not before[0].is_stop)
        or (after and _is_joined(text, here[-1], after[0]) and after[0].text[:1].isupper())
    )


def _is_joined(text: str, first: Word, second: Word) -> bool:
    """Whether two words stand side by side, so that both may be of one name."""
    return text[first.span.end : second.span.start] in (" ", "-") and not first.text.endswith("'s")


def _told_by(text: str, found: Sequence[_Mention]) -> list[_Mention]:
    """The names that the question speaks of as having written or published."""
    named: list[_Mention] = []
    for group in _groups(text, found, _LISTED):
        before, after = text[: group[0].span.start], text[group[-1].span.end :]
        kinds = {mention.kind for mention in group}
        if len(kinds) > 1 or _GOES_ON.match(after):
            continue
        writes = _WRITES.match(after) or (kinds == {"outlet"} and _SAYS.match(after))
        if _BEFORE_NAME.search(before) or _AFTER_NAME.match(after) or (_AUXILIARY.search(before) and writes):
            named += group
    return named


def _compared(text: str, found: Sequence[_Mention]) -> list[_Mention]:
    """The names that are set against each other, where there are two or more and all are of one kind."""
    groups = [group for group in _groups(text, found, _COMPARED) if len({m.value for m in group}) > 1]
    if len(groups) != 1 or len({mention.kind for mention in groups[0]}) > 1:
        return []
    after = text[groups[0][-1].span.end :]
    return [] if _GOES_ON.match(after) or len(found) > len(groups[0]) else groups[0]


def _groups(text: str, found: Sequence[_Mention], between: re.Pattern[str]) -> list[list[_Mention]]:
    """Names that stand side by side, with nothing but `between` from one to the next."""
    groups: list[list[_Mention]] = []
    for mention in found:
        last = groups[-1][-1] if groups else None
        if last and (last.span == mention.span or between.fullmatch(text[last.span.end : mention.span.start])):
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


def _titles(text: str, entries: Iterable[Entry]) -> tuple[str, ...]:
    """The headlines that are quoted as such, whole or in part."""
    quoted = [
        f" {_even(match[1] or match[2])} "
        for match in _QUOTED.finditer(text)
        if _TITLED.search(text[: match.start()]) or _AFTER_NAME.match(" " + text[match.end() :].lstrip())
    ]
    titles = dict.fromkeys(entry.article.title for entry in entries if entry.article.title)
    return tuple(title for title in titles if any(part in f" {_even(title)} " for part in quoted))


def _even(text: str) -> str:
    return " ".join(plain(word.text) for word in words(text))


def _files(text: str, entries: Iterable[Entry]) -> tuple[str, ...]:
    """The paths of files that the question names, with their endings."""
    told = [m[0].casefold() for m in _FILE.finditer(text) if _OF_FILE.search(text[: m.start()])]
    paths = dict.fromkeys(path for entry in entries for path in entry.paths) if told else {}
    return tuple(path for path in paths if path.casefold().rsplit("/", 1)[-1] in told)


def _dates(text: str, found: Iterable[_Mention]) -> tuple[str | None, str | None]:
    """The first date that counts and the first that does not, where the words speak of when something was written."""
    for mention in sorted(found, key=lambda m: -m.span.start):
        text = text[: mention.span.start] + _NAME + text[mention.span.end :]
    for pattern in _DATED:
        for match in pattern.finditer(text):
            at, iso = _date_at(text, match.end())
            if iso and not (match[0].lower().startswith("reports") and _THEIRS.search(text, 0, match.start())):
                return _range(match["prep"].lower(), iso, text, at)
    for match in (*_MONTH.finditer(text), *DATE.finditer(text)):
        at, iso = _date_at(text, match.start())
        if iso and _THEN_ARTICLE.match(text, at):
            return iso, following(iso)
    return None, None


def _range(preposition: str, iso: str, text: str, at: int) -> tuple[str | None, str | None]:
    second = _SECOND.match(text, at)
    _, until = _date_at(text, second.end()) if second and preposition in ("between", "from") else (0, None)
    if until:
        return iso, following(until)
    if preposition == "between" or not (_ENDS.match(text, at) or _ONWARD.match(text, at)):
        return None, None
    if preposition in ("before", "prior to"):
        return None, iso
    if preposition in ("until", "till", "up to", "as of"):
        return None, following(iso)
    if preposition == "after":
        return following(iso), None
    return (iso, None) if preposition == "since" or _ONWARD.match(text, at) else (iso, following(iso))


def _date_at(text: str, at: int) -> tuple[int, str | None]:
    """Where the date that begins at `at` ends, and the date; None where none begins there or it has no year."""
    month = _MONTH.match(text, at)
    if month:
        return month.end(), month[0]
    match = DATE.match(text, at)
    dates = find_dates(match[0]) if match else []
    iso = dates[0].iso if dates else None
    return (match.end(), iso_date(iso)) if match and iso else (at, None)
