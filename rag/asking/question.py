"""What a question asks for: the kind of answer, the thing asked about, the names and the words it gives.

Pure, by rules over English; a question in another language keeps kind "any" and is handled by likeness alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from index.dates import find_dates
from index.tokens import STOP_WORDS, stem, words
from index.types import Span, Word
from rag.asking.kind import Kind, kind_of
from rag.language.quantities import find_quantities

Field = Literal["author", "outlet", "date"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question read once. `terms` are its meaningful words; `names` those that name something.

    `focus` are the terms that say what is counted or what kind of thing is asked for ("bakeries", "river").
    `field` is set when the question is about an article as such: who wrote it, where, when.
    """

    text: str
    kind: Kind
    terms: tuple[Word, ...]
    names: frozenset[str]
    focus: tuple[Word, ...]
    field: Field | None
    both_sides: bool
    numbers: frozenset[float]
    years: frozenset[int]
    given_name: bool
    """Whether a proper name is asked for in so many words ("what is the name of")."""
    asked_from: int = 0
    """Where the question itself begins, after what it is about; terms before it are context."""

    def is_context(self, term: Word) -> bool:
        """Whether a term only says what a follow-up is about."""
        return term.span.start < self.asked_from


_FRAME = frozenset(
    stem(w)
    for w in (
        "many much far close near old long large big often what which who whom whose where when why how name "
        "named called say says said tell told give gave given article articles piece story text document "
        "documents report exactly please according there please know does did kind sort type please me us "
        "think mention mentioned version versions side sides differ disagree compare different sources source "
        "both exact actual actually agree number differently account accounts view views count counts story "
        "stories writers writer outlets outlet"
    ).split()
)
_FIELD: tuple[tuple[Field, re.Pattern[str]], ...] = (
    ("author", re.compile(
        r"\bwho (?:wrote|authored|penned|is the author|was the author|'s the author|is the writer)\b|\bby whom\b.*(?:written|wrote)|"
        r"\bauthor of\b|\bwritten by (?:who|whom)\b|\bwhich (?:journalist|reporter|author|writer|correspondent) (?:wrote|authored|penned|is)\b|\bwhose (?:byline|article|piece|story)\b|\bbyline\b",
        re.I)),
    ("outlet", re.compile(
        r"\b(?:which|what) (?:news ?)?(?:outlet|newspaper|paper|publication|magazine|website|site|source|article|piece|organi[sz]ation)\b.*"
        r"\b(?:wrote|writes|published|publishes|reported|reports|covered|covers|ran|carried|carries|says|said|claims|mentions|argues|printed|describes|calls|printed|tells|has)\b|"
        r"\bwhere (?:was|is|did) .*\b(?:published|printed|appear)\b",
        re.I)),
    ("date", re.compile(
        r"\b(?:when|what (?:date|day|month|year)|which (?:date|day|month|year))\b.*\b(?:article|piece|story|report|column|post)s?\b.*\b(?:written|published|printed|dated|appear|come out|posted|out|from)\b|"
        r"\b(?:when|what (?:date|day|year))\b.*\b(?:printed|dated|published|written)\b.*\b(?:article|piece|story|column)\b|"
        r"\bdate (?:of|on|is|printed).*\b(?:article|piece|story|column)\b",
        re.I)),
)  # fmt: skip
_BOTH = re.compile(
    r"\bboth (?:versions|sides|accounts|views|stories)|\bdiffer|\bdisagree|\bdon'?t agree|\bcontradict|\bconflict(?:ing|s)? "
    r"(?:about|over|accounts?|reports?|versions?|claims?|numbers?|figures?)|\bcompare|\bversions?\b|\bversus\b|\bvs\b|each (?:side|article|source|writer|outlet)|\bin each\b|\b(?:the|in the) same (?:way|terms|light)\b|\bopposing (?:views|claims|accounts|sides|opinions)|"
    r"different (?:articles|sources|writers|outlets|accounts|versions|reasons|numbers|figures)|"
    r"\b(?:articles|sources|writers|outlets|accounts)\b.*\b(?:differ|agree|count|say|give|tell|see|describe)|"
    r"who says (?:which|what)|\beach (?:think|say|claim|give|tell|see|call|want|characteri[sz]e|describe|explain|report|present|portray|put|make)|\b(?:two|both|different) ways\b|\bread (?:it )?both\b|"
    r"\b(?:don'?t|do not|doesn'?t|not) (?:use|give|say|tell|name|see) the same|[\w’']+['’]s (?:story|view|version|account|side) and (?:then )?[\w’']+['’]s\b|\bin the eyes of .+ and in the eyes of\b|going by .* and (?:going )?by|according to .+ and (?:according )?(?:to )?|on the other hand|or not\b",
    re.I,
)
_ASKS_NAME = re.compile(
    r"\bname of\b|\bnames? (?:is|was|are|were)\b|\bwhat (?:is|was|'s) .*\bnames?\b|\bnamed\?|\bby name\b", re.I
)
_FOCUS = re.compile(
    r"\b(?:how many|how much|which|what|whose|number of|percentage of|percent of|share of|proportion of|portion of|(?:kind|sort|type)s? of)\s+"
    r"(?P<phrase>(?:of\s+)?(?:(?:the|his|her|their|its|other|more|different)\s+)*[\w’'-]+(?:\s+[\w’'-]+){0,3})",
    re.I,
)
_FOCUS_STOP = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|be|been|in|on|at|of|by|from|to|for|with|and|"
    r"or|that|who|which|the|a|an|died|killed|left|went|came)\b",
    re.I,
)
_ATTRIBUTE = re.compile(
    r"\bwh?at(?:'s| is| was| are| were)\s+(?:the |[\w’']+['’]s )?(?P<phrase>[\w-]+(?: [\w-]+)?)\s+(?:of|in|at|for)\b",
    re.I,
)


def read_question(text: str, is_name: Callable[[str], bool]) -> Question:
    """The parts of `text`. `is_name(word)` tells whether the documents write a word with a capital."""
    start = asked_from(text)
    lowered = text[start:].lower().replace("’", "'")
    field = next((field for field, pattern in _FIELD if pattern.search(lowered)), None)
    found = words(text)
    cased = any(w.text[:1].isupper() and i for i, w in enumerate(found))
    terms = tuple(w for w in found if not w.is_stop and w.stem not in _FRAME and len(w.text) > 0)
    names = frozenset(
        w.stem for i, w in enumerate(found) if w in terms and w.span.start >= start and _named(w, i, cased, is_name)
    )
    return Question(
        text=text,
        kind=kind_of(lowered),
        terms=terms or tuple(w for w in found if w.text.lower() not in STOP_WORDS),
        names=names,
        focus=_focus(text, start, terms, names),
        field=field,
        both_sides=bool(_BOTH.search(lowered)),
        numbers=frozenset(
            round(q.value, 6) for q in find_quantities(text[start:]) if q.unit != "ordinal" and q.value != 1
        ),
        years=frozenset(d.year for d in find_dates(text[start:]) if d.year),
        given_name=bool(_ASKS_NAME.search(lowered)),
        asked_from=start,
    )


def _named(word: Word, at: int, cased: bool, is_name: Callable[[str], bool]) -> bool:
    """A capital is trusted where the writer uses any; a writer who uses none is helped by the documents."""
    if word.text[:1].isdigit():
        return False
    if word.text[:1].isupper() and at > 0:
        return True
    return not (cased and word.text[:1].islower()) and is_name(word.text)


def _focus(text: str, start: int, terms: Iterable[Word], names: frozenset[str]) -> tuple[Word, ...]:
    """The asked-for noun: "bakeries" of "how many bakeries are left", "population" of "what is the population of"."""
    spans: list[Span] = []
    for pattern in (_FOCUS, _ATTRIBUTE):
        match = pattern.search(text, start)
        if match:
            phrase = Span(match.start("phrase"), match.end("phrase"))
            stop = _FOCUS_STOP.search(phrase.of(text), 3 if phrase.of(text).lower().startswith("of ") else 1)
            spans.append(Span(phrase.start, phrase.start + stop.start() if stop else phrase.end))
    spans = [span for span in spans if not _opens_with(span, terms, names)]
    return tuple(w for w in terms if any(span.contains(w.span) for span in spans) and w.stem not in names)


def _opens_with(span: Span, terms: Iterable[Word], names: frozenset[str]) -> bool:
    """Whether a phrase begins with a name, so that what follows may be anything: "how many Russians blame"."""
    first = next((term for term in terms if span.contains(term.span)), None)
    return first is not None and first.stem in names


_ABOUT = re.compile(r"About “(?P<context>.+)”(?: \((?P<names>[^)]*)\))?: (?P<asked>.+)", re.S)


def about(context: str, names: Iterable[str], question: str) -> str:
    """The standalone form of a follow-up: `About “earlier question” (names): the follow-up`."""
    told = ", ".join(names)
    return f"About “{context}”{f' ({told})' if told else ''}: {question}"


def context_of(text: str) -> str:
    """What a question in the standalone form is about; empty for any other."""
    match = _ABOUT.fullmatch(text)
    return match["context"] if match else ""


def asked_from(text: str) -> int:
    """Where the question itself begins in a standalone form; 0 in any other."""
    match = _ABOUT.fullmatch(text)
    return match.start("asked") if match else 0


_PLACED = r"(?:(?:in|on|at|to|from|by|of|for|into|with|about|over)\s+)?"
_PART = re.compile(
    rf"\s*(?:[,;]\s*)?(?:\b(?:and|but|also|plus|as well as)|&)\s+(?:also\s+)?(?={_PLACED}(?:who|whom|whose|what|which|when|where|why|how)\b)|"
    r"\s*(?:[,;]\s*)?\band\s+(?=(?:is|are|was|were|do|does|did|has|have|had|can|will)\s+(?:(?:the|a|an|any|he|she|it|they|there)\b|[A-Z]))|"
    rf"\s*,\s+(?=(?:how|what|why|{_PLACED[:-1]}(?:which|what|whom))\b)|"
    r"\s*,\s+(?=(?:when|where)\s*,)|\?\s+(?=\S)|;\s+",
    re.I,
)
_BARE = re.compile(rf"{_PLACED}(?:who|whom|whose|what|which|when|where|why|how)", re.I)
_POINTS_BACK = re.compile(r"\b(?:he|she|it|they|there|him|her|them|his|its|their|this|that|these|those)\b", re.I)


def split_parts(text: str) -> tuple[str, ...]:
    """The questions in a question: "How many A and who said B?" is two. One that cannot be cut is itself.

    A part that is but "by whom", or that points back, says what the first part is about.
    """
    if asked_from(text) or _BOTH.search(text.lower().replace("’", "'")):
        return (text,)
    pieces = [piece for cut in _PART.split(text) if (piece := cut.strip(" ,;?"))]
    if len(pieces) < 2 or not _is_question(pieces[0]) or not all(_BARE.fullmatch(p) or _is_question(p) for p in pieces):
        return (text,)
    first = pieces[0]
    return (first, *(_standing_alone(_with_noun(piece, first), first) for piece in pieces[1:]))


_QUESTION = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how)\b|^(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|name|list|tell)\b",
    re.I,
)
_WHICH_ONE = re.compile(r"\bwhich ones?\b", re.I)


def _standing_alone(piece: str, first: str) -> str:
    """A later part with what the first is about, where it says too little by itself: "and who is blamed"."""
    told = words(piece)
    says = sum(_asks(word) for word in told)
    points_back = _POINTS_BACK.search(piece) and not any(word.text[:1].isupper() for word in told[1:])
    return piece if says > (2 if points_back else 1) else about(first, [], piece)


def _is_question(piece: str) -> bool:
    told = words(piece)
    return len(told) >= 2 and any(_asks(word) for word in told) and bool(_QUESTION.search(piece))


def _with_noun(piece: str, first: str) -> str:
    """ "Which one carried it", after "Which station showed it", is "which station carried it"."""
    noun = re.match(r"(?:in |on |at |for |of )?[Ww](?:hich|hat)\s+((?:[A-Z]{2,} |news )?[a-z-]+)\s", first)
    return _WHICH_ONE.sub(f"which {noun[1]}", piece) if noun else piece


def _asks(word: Word) -> bool:
    """Whether a word says something of what is asked, rather than how it should be told."""
    return not word.is_stop and word.stem not in _FRAME


def name_phrases(text: str, terms: Sequence[Word], names: frozenset[str]) -> list[tuple[Word, ...]]:
    """The names among `terms`, those that stand side by side as one."""
    phrases: list[list[Word]] = []
    for term in terms:
        if term.stem not in names:
            continue
        if phrases and text[phrases[-1][-1].span.end : term.span.start] in (" ", "-", "’s ", "'s "):
            phrases[-1].append(term)
        else:
            phrases.append([term])
    return [tuple(phrase) for phrase in phrases]


def shown(text: str, terms: Sequence[Word]) -> str:
    """The words of `text` from the first of `terms` to the last."""
    return text[terms[0].span.start : terms[-1].span.end]
