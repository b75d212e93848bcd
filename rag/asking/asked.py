"""What a question asks of the articles: "according to Forbes", "documents before 2016", "in budget-2024.txt".

Pure, by grammar and by the names that the index itself carries; no verb and no kind of document is listed. A filter
that hides the answer is let go by the pipeline, so that a wrong one costs little; still, a name of which something is
asked ("Is Forbes right?", "Who told Forbes?") is none:

- an outlet or author counts after "according to", "by", "in", "from" or "per" (an author there alone); an outlet also
  where it does something ("What does Forbes say?") or something is its own ("the Forbes article", "Forbes's view");
- a file counts wherever it is named with its ending; without it, where its name has two words or more and a number, or
  stands where an outlet would count;
- a headline counts where three of its words or more, side by side, stand in quotation marks;
- a date counts after "as of", beside a name that counts, or after "articles", "documents" or "files", which are what
  this program calls them: most dates in questions are of the events asked about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from index.document.dates import DATE, find_dates
from rag.asking.filters import EVERY_ARTICLE, Filters, following, iso_date
from rag.asking.named import Known, Mention
from rag.asking.phrases import BE, Token, tokens
from rag.asking.question import split_parts
from rag.lexicon import DETERMINERS

Role = Literal["source", "subject", "owner"]

_SOURCES = frozenset("in from by per between".split())
_SOURCES_OF = {"outlet": _SOURCES, "author": _SOURCES, "file": _SOURCES | {"of"}}
_DOES = frozenset("do does did has have had".split())
_LEAD = re.compile(r"\s*(?:according to|per|as of|in|from|by|of)\b[^,?;:]{2,80},", re.I)
_LISTED = re.compile(r"\s*(?:,|,? (?:and|or|with|from|to|than|vs\.?|versus)|/)(?: (?:the|by|in|to))*\s*", re.I)
_GOES_ON = re.compile(r",? (?:and|or) (?:the )?[A-Z]")
_QUOTED = re.compile(r"[“\"]([^“”\"]{6,200})[”\"]|(?<![\w])[‘']([^‘’']{6,200})[’'](?!\w)")
_TITLE_WORDS = 3
_SOURCE_BEFORE = re.compile(
    r"[\s,]*(?:\baccording to|\b(?:in|from|by|per|between|of|and|or))(?: (?:the|an?))?\s*[“\"'`]?$", re.I
)
_DETERMINER_BEFORE = re.compile(r"\s*\b(?:the|an?)\s*[“\"'`]?$", re.I)
_TO_COMMA = re.compile(r"[^,?.;:]{0,40},")

_NAME = "\u00a7"
"""Stands for a name that counts, while dates are looked for."""
_THINGS = r"(?:articles?|documents?|files?)"
_RANGE = r"before|prior to|until|till|up to|after|since"
_WHEN = rf"(?:from )?(?P<prep>{_RANGE}|between|from|dated|in|on|of)\s+"
_DATED = (
    re.compile(rf"\b{_THINGS}(?: that)?(?: was| were| is| are)?(?: \w+)?{_NAME}*(?: \w+)? {_WHEN}", re.I),
    re.compile(rf"{_NAME}+(?: \w+)? {_WHEN}", re.I),
    re.compile(r"\b(?P<prep>as of)\s+", re.I),
)
_THEN_THING = re.compile(rf"\s+(?:{_NAME}|{_THINGS}\b)", re.I)
_MONTH = re.compile(r"\b(?:1[5-9]|20)\d\d-(?:0[1-9]|1[0-2])\b(?!-?\d)")
_SECOND = re.compile(r"\s+(?:and|to|until|till)\s+", re.I)
_ONWARD = re.compile(r"\s+(?:onwards?\b|on(?=\s*(?:[?.!,;]|$)))", re.I)


@dataclass(frozen=True, slots=True)
class ParsedQuestion:
    """The filters that a question asks for, and the question without the words that only name them.

    `text` is what is searched for while the filters hold; where they are let go, it is the question itself.
    """

    filters: Filters
    text: str


def from_question(question: str, known: Callable[[], Known]) -> ParsedQuestion:
    """What `question` asks of the articles themselves.

    `known` gives the names that the index carries. Where a question has several parts, only what stands before the
    first of them counts, as it is said of all.
    """
    text = question.replace("’", "'")
    lead = match[0] if (match := _LEAD.match(text)) else ""
    scope = lead if len(split_parts(question)) > 1 else text
    names = known()
    mentions = names.mentions(scope)
    counted = _counted(scope, mentions)
    after, before = _dates(scope, [mention for mention, _ in counted])
    filters = Filters(
        files=_values(counted, "file"),
        titles=tuple(names.titled([match[1] or match[2] for match in _QUOTED.finditer(scope)], _TITLE_WORDS)),
        outlets=_values(counted, "outlet"),
        authors=_values(counted, "author"),
        after=after,
        before=before,
    )
    return ParsedQuestion(filters, _without(question, counted)) if filters else ParsedQuestion(EVERY_ARTICLE, question)


def _values(counted: Iterable[tuple[Mention, Role | None]], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for mention, _ in counted if mention.kind == kind for value in mention.values))


# Names


def _counted(text: str, mentions: Sequence[Mention]) -> list[tuple[Mention, Role | None]]:
    """The names that count, each with the role that it has; those of a list count together."""
    line = tokens(text)
    counted: list[tuple[Mention, Role | None]] = []
    for group in _groups(text, mentions):
        roles = [_role(line, mention) for mention in group]
        role = next((role for role in roles if role), None)
        goes_on = group[0].kind != "file" and _GOES_ON.match(text[group[-1].span.end :])
        if not goes_on and all(_counts(mention, role) for mention in group):
            counted += [(mention, role) for mention in group]
    return counted


def _counts(mention: Mention, role: Role | None) -> bool:
    if mention.kind == "author":
        return role == "source"
    return role is not None or mention.is_exact


def _groups(text: str, mentions: Sequence[Mention]) -> list[list[Mention]]:
    """Names of one kind that stand side by side, with no more than a comma, "and" or the like between them."""
    groups: list[list[Mention]] = []
    for mention in mentions:
        last = groups[-1][-1] if groups else None
        beside = last and (
            last.span == mention.span or _LISTED.fullmatch(text[last.span.end : mention.span.start]) is not None
        )
        if last and beside and last.kind == mention.kind:
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


def _role(line: Sequence[Token], mention: Mention) -> Role | None:
    """How the question speaks of a name: as a source, as one that does something, as one whose something is."""
    start = sum(token.span.end <= mention.span.start for token in line)
    end = sum(token.span.start < mention.span.end for token in line)
    at = start - 1
    while at >= 0 and line[at].form in DETERMINERS:
        at -= 1
    is_apart = at < 0 or any(token.breaks for token in line[at + 1 : start + 1])
    before = "" if is_apart else line[at].form
    if before in _SOURCES_OF[mention.kind] or _is_according(line, at):
        return "source"
    if end == len(line) or line[end].breaks:
        return None
    after, is_determined = line[end], at < start - 1
    if before in _DOES and after.form not in BE:
        return "subject"
    owns = line[end - 1].text.endswith("'s") or (is_determined and after.text.islower())
    return "owner" if owns and after.has_content else None


def _is_according(line: Sequence[Token], at: int) -> bool:
    return at > 0 and line[at].form == "to" and line[at - 1].form == "according"


def _without(question: str, counted: Sequence[tuple[Mention, Role | None]]) -> str:
    """The question without the sources and the files that it names; a file that it speaks of is "it" there."""
    text = question
    for mention, role in reversed(counted):
        start, end = mention.span.start, mention.span.end
        head = _SOURCE_BEFORE.sub("", text[:start]) if role == "source" else _DETERMINER_BEFORE.sub("", text[:start])
        if role == "source":
            opened = _TO_COMMA.match(text, end) if not head.strip() else None
            text = f"{head} {text[opened.end() if opened else end :]}"
        elif mention.kind == "file" and (role == "subject" or "." in mention.span.of(question)):
            text = f"{head} {'it' if head.strip() else ''}{text[end:]}"
    shorter = re.sub(r"\s+(?=[?,.])", "", " ".join(text.split())).strip(" ,:;")
    if text == question or not any(c.isalnum() for c in shorter):
        return question
    return shorter[:1].upper() + shorter[1:] if question[:1].isupper() else shorter


# Dates


def _dates(text: str, names: Iterable[Mention]) -> tuple[str | None, str | None]:
    """The first date that counts and the first that does not, where the words speak of articles or of their sources."""
    for mention in sorted(names, key=lambda mention: -mention.span.start):
        text = text[: mention.span.start] + _NAME + text[mention.span.end :]
    for pattern in _DATED:
        for match in pattern.finditer(text):
            at, iso = _date_at(text, match.end())
            if iso:
                return _range(match["prep"].lower(), iso, text, at)
    for match in (*_MONTH.finditer(text), *DATE.finditer(text)):
        at, iso = _date_at(text, match.start())
        if iso and _THEN_THING.match(text, at):
            return iso, following(iso)
    return None, None


def _range(preposition: str, iso: str, text: str, at: int) -> tuple[str | None, str | None]:
    second = _SECOND.match(text, at)
    _, until = _date_at(text, second.end()) if second and preposition in ("between", "from") else (0, None)
    if until:
        return iso, following(until)
    onward, up_to_it = (iso, None), (None, following(iso))
    ranges: dict[str, tuple[str | None, str | None]] = {
        "between": (None, None), "before": (None, iso), "prior to": (None, iso), "after": (following(iso), None),
        "since": onward, "until": up_to_it, "till": up_to_it, "up to": up_to_it, "as of": up_to_it,
    }  # fmt: skip
    return ranges.get(preposition, onward if _ONWARD.match(text, at) else (iso, following(iso)))


def _date_at(text: str, at: int) -> tuple[int, str | None]:
    """Where the date that begins at `at` ends, and the date; None where none begins there or it has no year."""
    month = _MONTH.match(text, at)
    if month:
        return month.end(), month[0]
    match = DATE.match(text, at)
    dates = find_dates(match[0]) if match else []
    iso = dates[0].iso if dates else None
    return (match.end(), iso_date(iso)) if match and iso else (at, None)
