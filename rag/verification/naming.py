"""Whether the names of a statement are its source's, each in its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from itertools import takewhile

from index.tokens import words
from rag.language.names import acronyms, skeleton
from rag.language.parts import Part, agrees
from rag.language.speakers import attributions
from rag.verification.pair import MEANING, Disagreement, Pair, stems

_BY = re.compile(r"\bby\b")
_NAME = r"(?:[a-z]{2}-)?[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)*"
_RUNS = re.compile(r"[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*)+")
_ITS = re.compile(rf"\b(?:its|their|his|her)\s+(?P<role>(?:[a-z-]+\s+){{0,3}}[a-z]+),\s+(?:the\s+)?(?P<name>{_NAME})")
_IS_OF = re.compile(
    rf"(?P<one>.{{2,80}}?)\s+(?:is|was|are|were)\s+(?:the|an?)\s+(?:[a-z-]+\s+){{1,4}}of\s+(?:the\s+)?(?P<other>{_NAME})"
)
_CHRISTENED = re.compile(rf"\b(?P<thing>[a-z]{{3,}})\s+(?:of|called|named)\s+(?P<name>{_NAME})")
_PRONOUNS = frozenset(
    "he she it they him her them his hers its their who this these those former latter company group man woman team".split()
)


def names(pair: Pair) -> list[Disagreement]:
    """What is wrong with the names of a statement: not the source's, in another's place, or of what another does."""
    return [
        *_names(pair),
        *_first_word(pair),
        *_swapped(pair),
        *_turned(pair),
        *_put_before(pair),
        *_doubled(pair),
        *_owned(pair),
        *_christened(pair),
    ]


def _names(pair: Pair) -> list[Disagreement]:
    """A name must be in the source; beside it will do, where the source has a pronoun or nothing in its place."""
    source = pair.source_parts
    bones = {skeleton(p.text) for p in (*source, *pair.around_parts) if p.text[:1].isupper()} - {None}
    short = acronyms(f"{pair.around} {pair.source} {pair.said}")
    beside = {p.key for p in pair.around_parts}
    plain = {w.stem for w in words(pair.source)}
    found = []
    for part in pair.new:
        stem = next((w.stem for w in words(part.text)), part.text)
        rivals = [p for p in pair.opposite(part) if p.kind == "name"]
        if not _is_proper(part, pair) or stem in plain or _is_short(part, short, pair, rivals):
            continue
        if not rivals and (skeleton(part.text) in bones or part.key in beside):
            continue
        if rivals and part.key in beside and _stands_in(pair, part):
            continue
        if rivals:
            found.append(Disagreement(f"the source says {_run(rivals, pair.source)}, not {part.text}", True))
        else:
            found.append(Disagreement(f"“{part.text}” is not in the source's words", False))
    return found


def _first_word(pair: Pair) -> list[Disagreement]:
    """Where only a word with a capital differs, it may be a name though a sentence begins with it."""
    if len(pair.new) != 1 or len(pair.gone) != 1:
        return []
    said, source = pair.new[0], pair.gone[0]
    alike = said.kind == "word" and source.kind in ("word", "name") and source in pair.opposite(said)
    if not alike or not (said.text[:1].isupper() and source.text[:1].isupper()):
        return []
    return [Disagreement(f"“{said.text}” is not in the source's words", False)]


def _is_proper(part: Part, pair: Pair) -> bool:
    """Whether it is a name; a small word or a number with a capital is one where the source has nothing but a name."""
    if part.kind not in ("stop", "number"):
        return part.kind == "name"
    if part.span.start < 2 or not part.text[:1].isupper() or part.text.lower() in _PRONOUNS:
        return False
    source = next((change.source for change in pair.changes if change.said == (part,)), ())
    return bool(source) and all(p.kind == "name" for p in source)


def _stands_in(pair: Pair, part: Part) -> bool:
    """Whether a title or a first name is put before a name that both say: "John Smith" for "Mr Smith"."""
    at, new = pair.said_parts.index(part), {id(p) for p in pair.new}
    after = next(iter(pair.said_parts[at + 1 : at + 2]), None)
    beside = after is not None and pair.said[part.span.end : after.span.start] in (" ", ". ")
    return beside and after is not None and after.kind == "name" and id(after) not in new


def _is_short(part: Part, short: dict[str, tuple[str, ...]], pair: Pair, rivals: Sequence[Part]) -> bool:
    """Whether a name is the short form of one in the source, or a word of one that the source gives in short."""
    lower = part.text.lower()
    told = {w.text.lower() for w in words(f"{pair.source} {pair.around}")}
    if lower in short:
        return not rivals or any(p.text.lower() in short[lower] for p in rivals)
    return any(lower in long and key in told for key, long in short.items())


def _run(parts: Sequence[Part], text: str) -> str:
    """The first name of `parts`, all of its words."""
    end = parts[0].span.end
    for part in parts[1:]:
        if text[end : part.span.start] != " ":
            break
        end = part.span.end
    return text[parts[0].span.start : end]


def _swapped(pair: Pair) -> list[Disagreement]:
    """Names or numbers that have changed places: each is in the source, but where the other is."""
    new = {id(part) for part in pair.new}
    for change in pair.changes:
        kinds = {part.kind for part in (*change.said, *change.source)}
        if len(change.said) != len(change.source) or len(change.said) > 3 or kinds not in ({"name"}, {"number"}):
            continue
        twins = zip(change.said, change.source, strict=True)
        if not any(id(a) in new or a.key == b.key or agrees(a, b) for a, b in twins):
            return [_there(pair, change.said, change.source)]
    said, source = ([p for p in parts if p.kind == "name"] for parts in (pair.said_parts, pair.source_parts))
    if not pair.new and not pair.gone and not attributions(pair.said) and " and " not in pair.said:
        moved = next(((a, b) for a, b in zip(said, source, strict=True) if a.key != b.key), None)
        return [_there(pair, moved[:1], moved[1:])] if moved else []
    return []


def _turned(pair: Pair) -> list[Disagreement]:
    """Who does it and whom it is done to, turned round: each begins with the name that the other has only later on."""
    if attributions(pair.said) or attributions(pair.source) or _BY.search(pair.said) or _BY.search(pair.source):
        return []
    said, source = _begins_with(pair.said_parts), _begins_with(pair.source_parts)
    if said is None or source is None or said.key == source.key:
        return []
    if said.key not in {p.key for p in pair.source_parts} or source.key not in {p.key for p in pair.said_parts}:
        return []
    return [Disagreement(f"the source tells what {source.text} does, not {said.text}", False)]


def _begins_with(parts: Sequence[Part]) -> Part | None:
    """The name that a sentence begins with, an article or a number before it or not."""
    first = next((part for part in parts if part.text.lower() not in ("the", "a", "an")), None)
    return first if first is not None and first.kind == "name" else None


def _there(pair: Pair, said: Sequence[Part], source: Sequence[Part]) -> Disagreement:
    told = pair.source[source[0].span.start : source[-1].span.end].strip()
    return Disagreement(
        f"the source says {told} there, not {pair.said[said[0].span.start : said[-1].span.end].strip()}", True
    )


def _put_before(pair: Pair) -> list[Disagreement]:
    """A name that stands only beside the sentence, told as doing what the sentence tells of another.

    A pronoun or "the company" may well be that name; two words or more of the source's own are another.
    """
    said, source = pair.said_parts, pair.source_parts
    told = {p.key for p in source if p.kind in MEANING}
    mine, theirs = _until(said, told), _until(source, {p.key for p in said if p.kind in MEANING})
    given = [p for p in mine if p.kind == "name" and _is_proper(p, pair)]
    if not given or attributions(pair.said) or attributions(pair.source):
        return []
    own = [p for p in theirs if p.kind in MEANING]
    if len(own) < 2 or any(p.text.lower() in _PRONOUNS for p in theirs) or _goes_on(pair, given[-1], told):
        return []
    other = pair.source[own[0].span.start : own[-1].span.end]
    name = list(takewhile(lambda part: part.kind == "name", said[said.index(given[0]) :]))
    return [Disagreement(f"the source says this of “{other}”, not of {_run(name, pair.said)}", False)]


def _goes_on(pair: Pair, name: Part, told: set[Hashable]) -> bool:
    """Whether the next word is the source's too, so that "the Tern line" is its "the line"."""
    after = next(iter(pair.said_parts[pair.said_parts.index(name) + 1 :]), None)
    return (
        after is not None
        and after.kind == "word"
        and after.key in told
        and pair.said[name.span.end : after.span.start] == " "
    )


def _until(parts: Sequence[Part], keys: set[Hashable]) -> list[Part]:
    """The parts before the first that has one of `keys`."""
    return list(takewhile(lambda part: part.key not in keys, parts))


def _doubled(pair: Pair) -> list[Disagreement]:
    """A name of several words that stands oftener than in the source has been put in another's place."""
    told = [" ".join(run.removeprefix("The ").split()) for run in _RUNS.findall(pair.said)]
    for name in told:
        often = f"{pair.source} {pair.around}".count(name)
        if told.count(name) > 1 and pair.source.count(name) < told.count(name) and often:
            return [Disagreement(f"“{name}” stands twice here, and not in the source", False)]
    return []


def _owned(pair: Pair) -> list[Disagreement]:
    """ "The union and its arm, the league" does not make the union an arm of the league."""
    said = _IS_OF.match(pair.said)
    if said is None:
        return []
    for told in _ITS.finditer(pair.source):
        whole, part = stems(said["other"]), stems(told["name"])
        if whole & part and not stems(said["one"]) & part:
            return [Disagreement(f"in the source {told['name']} is the {told['role']}", True)]
    return []


def _christened(pair: Pair) -> list[Disagreement]:
    """ "A village" has no name, and gets none from beside it."""
    for said in _CHRISTENED.finditer(pair.said):
        thing, name = said["thing"], re.escape(said["name"])
        unnamed = re.search(rf"\ban?\s+(?:[a-z-]+\s+){{0,2}}{thing}\b", pair.source)
        told = f"{pair.around} {pair.source}"
        if unnamed and not re.search(
            rf"{thing}\s+(?:of|called|named)\s+{name}|{name},?\s+(?:an?\s+|the\s+)?{thing}", told
        ):
            return [Disagreement(f"the source says “{unnamed[0]}”, and not that it is {said['name']}", False)]
    return []
