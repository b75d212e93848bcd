"""Citations in an answer, in every form that models write. One parser reads every answer, whoever wrote it.

What was asked for is `[1]` and `[1, 2]`. Read as the same are `[[1]](#1)`, `[1](x)`, `[^1]`, `[1-3]`, `[passage 1 and 3]`,
`【1†source】`, `<sup>1</sup>`, and where the number was offered, `(1)` and `¹`; the name of a file that was offered, in
brackets, cites all its passages. Each is first put as `[1]`; the rest knows this form alone. A number in square brackets
that was never offered is kept: it is a citation of nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from index.cut.sentences import sentences
from index.types import Span
from rag.lexicon import CONJUNCTIONS, NUMBERS
from rag.types import RetrievedPassage

EXAMPLES = ("[1]", "[1, 2]")
"""How a model is asked to cite."""

_RUN = r"\d{1,4}(?:\s*[-–—]\s*\d{1,4})?"
_KIND = r"(?:passages?|sources?|documents?|docs?|citations?|references?|refs?|id|no\.)\s*:?\s*"
_AND = r"\s*(?:[,;&](?:\s*and\b)?|and\b)\s*"
_LABELS = re.compile(rf"(?:{_KIND}|[#^@])?{_RUN}(?:{_AND}(?:{_KIND}|[#^@])?{_RUN})*(?:†.*)?", re.IGNORECASE)
_TARGET = r"(?:\([^()\s]*(?:\s\"[^\"\n]*\")?\)\]?)?"
_FORMS = re.compile(
    rf"(?:\[\[?|【)(?P<square>[^\[\]【】\n]{{1,200}})(?:\]\]?|】){_TARGET}"
    r"|<sup>\s*\[?(?P<sup>\d[^\[\]<>\n]{0,40})\]?\s*</sup>"
    r"|\((?P<round>[^()\[\]\n]{1,200})\)"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2})",
    re.IGNORECASE,
)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_BEFORE_A_NAME = re.compile(rf"(?:(?:see|cf\.?|from|in)\s+)?(?:{_KIND})?(\d{{0,4}})[\s:,|–—-]*")
_AFTER_A_NAME = tuple(",;:|#(–—-")
"""What may stand between a file's name and a place in it."""

_MARKER = r"\[(\d{1,4})\]"
_ROW = rf"{_MARKER}(?:(?:{_AND}|\s*){_MARKER})*"
_CITATION = re.compile(rf"\(\s*(?:see\s+)?{_ROW}\s*\)|{_ROW}", re.IGNORECASE)
_ONLY_MARKERS = re.compile(rf"(?:\s|{_MARKER}|[.,;:!?()])+")
_LEADING = re.compile(rf"(?:\s*{_MARKER}[.,]?)+")
_SOURCES = re.compile(r"\W*(?:sources?|references?|citations?|passages?|footnotes?)(?:\s+used)?\W*", re.IGNORECASE)
_DEFINITION = re.compile(r"[\s>*•-]*\[\^?(\d{1,4})\]\s*[:–—-]?\s*(?P<named>\S.*)")
_LISTED = re.compile(r"[\s>*•-]*(?:(\d{1,4})[.):]\s+)?(?P<named>\S.*)")
_BULLET = re.compile(r"[\s>*•#-]*")
_NUMBER = re.compile(r"\(?\d{1,3}[.)]")
_SHORTEST_WORD = 3
_MAX_RANGE = 50
_OPEN, _CLOSE = "“", "”"


@dataclass(frozen=True, slots=True)
class Offered:
    """What an answer may cite: labels, and under the path, name and title of each file the labels of its passages."""

    labels: frozenset[int] = frozenset()
    names: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


NOTHING = Offered()


@dataclass(frozen=True, slots=True)
class Marked:
    """One sentence of an answer, without its markers, and the labels that they name, in order, each once."""

    text: str
    labels: tuple[int, ...]


def offered(passages: Sequence[RetrievedPassage]) -> Offered:
    """What an answer that was written from `passages` may cite."""
    names: dict[str, tuple[int, ...]] = {}
    for item in passages:
        paths = (item.source.path, *item.source.also, *item.also_in)
        called = {*paths, *(PurePosixPath(path).name for path in paths), item.source.title or ""}
        for name in {_plain(name) for name in called} - {""}:
            names[name] = (*names.get(name, ()), item.label)
    return Offered(frozenset(item.label for item in passages), names)


def labels_in(text: str, among: Offered = NOTHING) -> tuple[int, ...]:
    """The labels that `text` cites, in order, each once; a range names all it spans. A quotation ends with its line."""
    lines = _alike(text, among).split("\n")
    return tuple(dict.fromkeys(label for line in lines for label in _labels_of(line)))


def without_markers(text: str, among: Offered = NOTHING) -> str:
    """`text` with its markers and the space before them taken out."""
    return "\n".join(map(_bare, _alike(text, among).split("\n"))).strip()


def parse(text: str, among: Offered = NOTHING) -> tuple[Marked, ...]:
    """The sentences of an answer with what each cites, where what `among` holds was offered.

    A marker belongs to the sentence it stands in or directly after. Quoted words are never split or changed; the number
    of a list's item is no sentence, and neither is a run of markers alone, a heading like "Sources:", or a line that
    only says which file a number stands for.
    """
    parsed: list[Marked] = []
    for line in _alike(text, among).split("\n"):
        for n, span in enumerate(_joined(line, sentences(line))):
            piece = span.of(line)
            cut = _leading_markers(piece) if n or _ONLY_MARKERS.fullmatch(piece) else 0
            _give(parsed, _labels_of(piece[:cut]))
            labels, plain = _labels_of(piece[cut:]), _bare(piece[cut:])
            if plain and not _SOURCES.fullmatch(plain):
                parsed.append(Marked(plain, labels))
            else:
                _give(parsed, labels)
    return tuple(parsed)


def _alike(text: str, among: Offered) -> str:
    """`text` with every citation as `[1]`, and without a list of its sources, unless nothing else cites: then their
    labels stand at its end.
    """
    lines = text.split("\n")
    listed = _listed(lines, among)
    renamed = {number: labels for number, labels in listed.values() if number is not None and number not in labels}
    raw = [line for at, line in enumerate(lines) if at not in listed]
    squares = {label for line in raw for m in _FORMS.finditer(line) for label in _numbers(m["square"] or "")}
    reading = _Reading(among, renamed, in_squares=bool(squares & (among.labels | set(renamed))))
    body = "\n".join(reading.line(line) for line in raw)
    if listed and not _labels_of(body):
        body += "\n" + _row([label for _, labels in listed.values() for label in labels])
    return body


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the citations of one answer are read: what was offered, which numbers it gave to files, and its own style."""

    among: Offered
    renamed: Mapping[int, tuple[int, ...]]
    in_squares: bool

    def line(self, line: str) -> str:
        """The line with its citations as `[1]`; what stands in quotation marks is left as it is."""
        return _FORMS.sub(lambda match: _row(self._labels(line, match)) or match[0], line)

    def _labels(self, line: str, match: re.Match[str]) -> tuple[int, ...]:
        if _is_quoted(line, match.start()):
            return ()
        if (inner := match["square"]) is not None:
            return self._named(_numbers(inner)) or _of_a_file(inner, self.among)
        if (inner := match["round"]) is not None and (labels := _of_a_file(inner, self.among)) and "." in inner:
            return labels
        labels = self._named(_numbers((match["sup"] or match["round"] or match["raised"]).translate(_RAISED)))
        known = bool(labels) and not self.in_squares and self.among.labels.issuperset(labels)
        return labels if known and _is_placed(line, match) else ()

    def _named(self, numbers: Sequence[int]) -> tuple[int, ...]:
        return tuple(label for number in numbers for label in self.renamed.get(number, (number,)))


def _listed(lines: Sequence[str], among: Offered) -> dict[int, tuple[int | None, tuple[int, ...]]]:
    """The lines that only say which file a number stands for, with the number, if any, and the labels of the file."""
    listed: dict[int, tuple[int | None, tuple[int, ...]]] = {}
    under = False
    for at, line in enumerate(lines):
        match = _DEFINITION.fullmatch(line) or (_LISTED.fullmatch(line) if under else None)
        if match and (labels := _of_a_file(match["named"], among)):
            number = int(match[1]) if match[1] else None
            listed[at] = number, ((number,) if number in labels else labels)
        elif line.strip():
            under = _SOURCES.fullmatch(line) is not None
    return listed


def _numbers(inner: str) -> tuple[int, ...]:
    """The numbers of a citation, each that a range spans; none where it holds anything else."""
    numbers: list[int] = []
    for run in re.findall(_RUN, inner.partition("†")[0]) if _LABELS.fullmatch(inner.strip()) else ():
        ends = [int(number) for number in re.findall(r"\d+", run)]
        first, last = ends[0], ends[-1]
        numbers.extend(range(first, last + 1) if first <= last <= first + _MAX_RANGE else ends)
    return tuple(numbers)


def _of_a_file(inner: str, among: Offered) -> tuple[int, ...]:
    """The labels of the file that a citation names, perhaps after a number and before a place in it."""
    name_and_place = _plain(inner)
    for name in sorted(among.names, key=len, reverse=True):
        before, named, after = name_and_place.partition(name)
        number = _BEFORE_A_NAME.fullmatch(before)
        if named and number and (not after.strip() or after.strip().startswith(_AFTER_A_NAME)):
            label = int(number[1] or -1)
            return (label,) if label in among.names[name] else among.names[name]
    return ()


def _is_placed(line: str, match: re.Match[str]) -> bool:
    """Whether a number in round brackets, or raised, stands where a citation does: behind words, and before none that
    it could be the item of.
    """
    before, after = line[: match.start()], line[match.end() :].lstrip()
    if re.match(_KIND, match["round"] or "", re.IGNORECASE):
        return True
    if _BULLET.fullmatch(before):
        return not any(char.isalpha() for char in after)
    if _is_of_a_word(before, match["round"]):
        return False
    return match["round"] is None or _ends_a_clause(after) or _closes_sentences(line, before)


def _is_of_a_word(before: str, number: str | None) -> bool:
    """Whether the word before a number has it as its own: "m²", "4(2)", "three (3)"."""
    word = before.rstrip().rpartition(" ")[2]
    if before[-1:].isalnum() and (len(word) < _SHORTEST_WORD or not word.isalpha()):
        return True
    value = NUMBERS.get(word.rpartition("-")[2].casefold())
    return number is not None and (word == number or (value is not None and int(value) == int(number[-1])))


def _ends_a_clause(after: str) -> bool:
    follows = re.match(r"\w+", after)
    return follows is None or follows[0].casefold() in CONJUNCTIONS


def _closes_sentences(line: str, before: str) -> bool:
    """Whether numbers stand behind the sentences of a line, as the last of them does, and this is behind one."""
    behind = re.search(r"\(\d[\d,\s]*\)\W*\Z", line) and not _NUMBER.match(_BULLET.sub("", line, count=1))
    return bool(behind) and before.rstrip().endswith((".", "!", "?", _CLOSE))


def _row(labels: Sequence[int]) -> str:
    return "".join(f"[{label}]" for label in dict.fromkeys(labels))


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold().strip("`*'\"“” ")


def _is_quoted(line: str, at: int) -> bool:
    return line.count(_OPEN, 0, at) > line.count(_CLOSE, 0, at)


def _labels_of(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(int(match[1]) for match in _outside(re.compile(_MARKER), text)))


def _bare(text: str) -> str:
    for match in reversed(_outside(_CITATION, text)):
        text = text[: match.start()].rstrip() + text[match.end() :]
    return text.strip()


def _outside(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """The markers of `text`; brackets inside quoted words are the source's own, unless there are no others."""
    matches = list(pattern.finditer(text))
    return [match for match in matches if not _is_quoted(text, match.start())] or matches


def _give(marked: list[Marked], labels: tuple[int, ...]) -> None:
    """Add labels to the last sentence; to an empty one where nothing was said before them."""
    if labels:
        last = marked.pop() if marked else Marked("", ())
        marked.append(Marked(last.text, tuple(dict.fromkeys(last.labels + labels))))


def _leading_markers(piece: str) -> int:
    """How many characters of markers a piece opens with: they belong to the sentence before."""
    match = _LEADING.match(piece)
    return match.end() if match else 0


def _joined(line: str, spans: Sequence[Span]) -> list[Span]:
    """Spans joined until every opened quotation is closed, to the markers that follow, and to an item's number."""
    joined: list[Span] = []
    for span in spans:
        if joined and (_goes_on(joined[-1].of(line)) or _ONLY_MARKERS.fullmatch(span.of(line))):
            joined[-1] = Span(joined[-1].start, span.end)
        else:
            joined.append(span)
    return joined


def _goes_on(text: str) -> bool:
    return text.count(_OPEN) > text.count(_CLOSE) or _NUMBER.fullmatch(text) is not None
