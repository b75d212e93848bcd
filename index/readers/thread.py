"""The parts of a mail: the sender's words, and what is quoted or forwarded in them, each with who wrote it and when.

A quoted part is known by the marks before its lines, or by the head that mail programs put above it: the line that
says who wrote it, or a few lines such as `From:` and `Sent:`. In English, German, French and Spanish. Where nothing
says whose the words are, they have no author.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import parseaddr

from index.document.dates import printed_date

_MARKS = re.compile(r"(?:> ?)+")
_LONGEST_NAME, _LINES_OF_ATTRIBUTION, _LINES_OF_HEAD = 80, 3, 24
_ATTRIBUTIONS = tuple(
    re.compile(form + r"\s*:\s*$", re.DOTALL)
    for form in (
        r"(?:On|At)\s+(?P<both>.*\d.*?)\s+wrote",
        r"Am\s+(?P<date>.*\d.*?)\s+(?:schrieb|hat)\s+(?P<name>.+?)(?:\s+geschrieben)?",
        r"Le\s+(?P<both>.*\d.*?)\s+(?:a\s+[ée]crit|écrivait)",
        r"El\s+(?P<both>.*\d.*?)\s+escribi[óo]",
        r"(?P<name>[^:]+?)\s+wrote(?:\s+(?:on|at)\s+(?P<date>.*\d.*?))?",
        r"(?P<name>[^:]+?)\s+schrieb(?:\s+am\s+(?P<date>.*\d.*?))?",
        r"(?P<name>[^:]+?)\s+a\s+[ée]crit(?:\s+le\s+(?P<date>.*\d.*?))?",
        r"(?P<name>[^:]+?)\s+escribi[óo](?:\s+el\s+(?P<date>.*\d.*?))?",
    )
)
_DATED = 4
"""So many of them begin with a date, and only those are looked for over several lines."""
_WHEN = re.compile(
    r"\d{1,2}\s?[:.h]\s?\d{2}(?::\d{2})?(?:\s*(?:[AaPp]\.?\s?[Mm]\.?|Uhr|hrs?\b|h\b|(?:GMT|UTC)(?:[+-]\d{1,2})?|[+-]\d{4}|\([A-Z]{2,5}\)))*"
    r"|\b(?:1[5-9]|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b"
)
_PRONOUNS = frozenset("you i he she they we du ich sie er wir vous je tu il elle nous usted yo él ella".split())
_LABELS = {
    **dict.fromkeys(("from", "von", "de"), "from"),
    **dict.fromkeys(("sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviado el", "fecha"), "date"),
    **dict.fromkeys(("to", "an", "à", "a", "para", "cc", "bcc", "kopie", "copie", "reply-to", "antwort an"), "to"),
    **dict.fromkeys(("subject", "betreff", "objet", "asunto"), "subject"),
}
_LABEL = re.compile(r"\*?\s?([^\W\d_][\w -]{0,14}?)\s?:\s?\*?\s?(.*)$")
_LONGEST_LINE = 1000
"""Characters of a line of a head, at most."""
_FURTHER_HEADING = re.compile(r"\n {0,3}#{1,6} \S")
_LINES_BEFORE = 3
"""Lines with words that may stand before the first head of a thread: what it is, and who kept it."""
_SEPARATOR = re.compile(
    r"\s*(?:[-_=*]{5,}|-{2,}\s*\w.{3,60}\w\s*-{2,}|[^\W\d_].{0,60}(?:message|Nachricht|mensaje)\b.{0,20}:)\s*$", re.I
)


@dataclass(frozen=True, slots=True)
class Voice:
    """Who wrote something, and when, as far as it is printed."""

    author: str | None = None
    date: str | None = None


@dataclass(slots=True)
class Part:
    """A run of lines by one voice. `level` counts how often they are quoted; `is_other` are not the sender's."""

    voice: Voice
    level: int = 0
    is_other: bool = False
    head: str = ""
    """The lines that say whose the words are."""
    subject: str | None = None
    """What the head of another mail gives as its subject."""
    begin: int = 0
    """The number of its first line, from 0; its own words begin `above` lines further on."""
    above: int = 0
    lines: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The lines below the head, without the marks of quoting."""
        return "\n".join(self.lines).strip("\n")


@dataclass(frozen=True, slots=True)
class _Head:
    """Lines that say whose the next words are: how many, and what they say."""

    count: int
    voice: Voice
    subject: str | None = None


Line = tuple[int, str]
"""How often a line is quoted, and its text without the marks that say so."""


def marked(text: str) -> list[Line]:
    """The lines of a plain text, by the marks before them."""
    lines: list[Line] = []
    for line in text.split("\n"):
        marks = _MARKS.match(line)
        lines.append((marks[0].count(">"), line[marks.end() :]) if marks else (0, line))
    return lines


def parts(lines: Sequence[Line], sender: Voice) -> list[Part]:
    """The parts that lines make, in order; those without a word are left out."""
    reading = _Reading(lines, sender)
    reading.read()
    return [part for part in reading.parts if part.head or part.text.strip()]


def messages(text: str) -> list[Part]:
    """The messages of a thread that was kept as a plain text, and what is quoted in them; none where it is no thread.

    A thread begins with a head that gives both sender and subject, or nearly so: `From:` and `To:` alone may be a
    journey's, and a mail further below may be an example. Or it is a reply without its own head, which quotes below a
    line that says who wrote it and when; what is set out under headings, and not one alone, may do so too.
    """
    lines = marked(text)
    read_parts = parts(lines, Voice())
    first = next((part.begin for part in read_parts if part.subject is not None), len(lines))
    before = sum(1 for _, line in lines[:first] if line.strip())
    has_head = first < len(lines) and before <= _LINES_BEFORE
    is_reply = any(map(_is_named_below_marks, read_parts)) and not _FURTHER_HEADING.search(text)
    return read_parts if has_head or is_reply else []


def _is_named_below_marks(part: Part) -> bool:
    return part.level > 0 and None not in (part.voice.author, part.voice.date)


class _Reading:
    def __init__(self, lines: Sequence[Line], sender: Voice) -> None:
        self.parts = [Part(sender)]
        self._lines = lines
        self._deepest_below = _deepest_below(lines)
        self._voices: dict[int, tuple[Voice, bool]] = {0: (sender, False)}

    def read(self) -> None:
        at = 0
        while at < len(self._lines):
            level, text = self._lines[at]
            if head := _head(self._lines, at):
                at += self._begin(head, level, at)
            elif (attribution := _attribution(self._lines, at)) and (inner := self._inner(attribution, at)) is not None:
                at += self._begin(attribution, inner, at)
            else:
                self._add(level, text, at)
                at += 1

    def _inner(self, attribution: _Head, at: int) -> int | None:
        """The level of the words that a line says to be somebody's; None where there are none."""
        level, after = self._lines[at][0], at + attribution.count
        places = range(after, len(self._lines))
        following = next((self._lines[place][0] for place in places if self._lines[place][1].strip()), -1)
        if following > level:
            return level + 1
        is_rest = following == level and self._deepest_below[after] <= level and attribution.voice.date is not None
        return level if is_rest else None

    def _begin(self, head: _Head, level: int, at: int) -> int:
        """Words of another begin at `level`, below the lines that say so; how many those are."""
        below = {other: known for other, known in self._voices.items() if other < level}
        self._voices = below | {level: (head.voice, True)}
        words = "\n".join(text.strip() for _, text in self._lines[at : at + head.count] if text.strip())
        self.parts.append(Part(head.voice, level, True, words, head.subject, at, head.count))
        return head.count

    def _add(self, level: int, text: str, at: int) -> None:
        part = self.parts[-1]
        if text.strip() and level != part.level:
            voice, is_other = self._voices.get(level, (Voice(), True))
            part = Part(voice, level, is_other, begin=at)
            self.parts.append(part)
        part.lines.append(text)


def _deepest_below(lines: Sequence[Line]) -> list[int]:
    """For each line how often the most quoted one from there on is."""
    deepest = [0] * (len(lines) + 1)
    for at in range(len(lines) - 1, -1, -1):
        deepest[at] = max(deepest[at + 1], lines[at][0] if lines[at][1].strip() else 0)
    return deepest


def _attribution(lines: Sequence[Line], at: int) -> _Head | None:
    """The lines that say whose the next words are; None where the line at `at` begins no such."""
    level = lines[at][0]
    joined = ""
    for count in range(1, _LINES_OF_ATTRIBUTION + 1):
        if at + count > len(lines) or lines[at + count - 1][0] != level or not lines[at + count - 1][1].strip():
            return None
        joined = f"{joined} {lines[at + count - 1][1].strip()}".strip()
        if joined.endswith(":") and len(joined) < 4 * _LONGEST_NAME:
            forms = _ATTRIBUTIONS if count == 1 else _ATTRIBUTIONS[:_DATED]
            match = next((matched for form in forms if (matched := form.match(joined))), None)
            return None if match is None else _voice(match, count)
    return None


def _voice(match: re.Match[str], count: int) -> _Head | None:
    fields = match.groupdict()
    if both := fields.get("both"):
        last = max((when.end() for when in _WHEN.finditer(re.sub(r"<[^>]*>|\S+@\S+", _blank, both))), default=0)
        name, date = both[last:], both[:last]
    else:
        name, date = fields.get("name") or "", fields.get("date") or ""
    name = name.strip(" ,\u00a0")
    if len(name) > _LONGEST_NAME or name.endswith((".", "!", "?")) or (not date and not _is_name(name)):
        return None
    return _Head(count, Voice(_author(name), printed_date(date)))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _is_name(name: str) -> bool:
    first = name.lstrip("\"'<(")[:1]
    return "@" in name or (first.isalpha() and not first.islower() and len(name.split()) <= 6)


def _author(name: str) -> str | None:
    """The name of a person, without the address beside it; None for a pronoun, or what is no name."""
    plain = re.sub(r"\s*\[mailto:[^\]]*\]|\s*<[^>]*>\s*(?:\(.*\))?$|\s*\([^)]*@[^)]*\)$", "", name).strip(" \"',*")
    plain = plain or parseaddr(name)[1]
    return plain if plain and plain.casefold() not in _PRONOUNS and _is_name(plain) else None


def _head(lines: Sequence[Line], at: int) -> _Head | None:
    """The head of another mail; None where the line at `at` begins none."""
    level = lines[at][0]
    begin = at
    if _label(lines[at]) is None:
        if not _SEPARATOR.match(_short(lines[at])):
            return None
        below = range(at + 1, min(at + 3, len(lines)))
        begin = next((place for place in below if lines[place][1].strip()), at + 3)
    fields: dict[str, str] = {}
    end = begin
    for place, kind, value in _fields(lines, begin, level):
        if kind == "from" and "from" in fields:
            break
        fields.setdefault(kind, value)
        end = place + 1
    if "from" not in fields or len(fields) < 2:
        return None
    if begin == at and next(iter(fields)) != "from" and not {"date", "subject"} <= fields.keys():
        return None  # but below a line that says so, or with all that a mail has, a head may begin otherwise
    return _Head(end - at, Voice(_author(fields["from"]), printed_date(fields.get("date", ""))), fields.get("subject"))


def _fields(lines: Sequence[Line], begin: int, level: int) -> Iterator[tuple[int, str, str]]:
    """The lines of a head from `begin` on: where each stands, what it tells, its value. One blank may lie between."""
    kind, blanks = "", 0
    for place in range(begin, min(len(lines), begin + _LINES_OF_HEAD)):
        if lines[place][0] != level:
            return
        if not lines[place][1].strip():
            blanks += 1
            if blanks > 1:
                return
            continue
        label = _label(lines[place])
        if label is not None:
            kind = label[0]
            yield place, *label
        elif blanks or kind != "to" or not lines[place - 1][1].rstrip().endswith((",", ";")):
            return
        else:
            yield place, "to", lines[place][1].strip()
        blanks = 0


def _short(line: Line) -> str:
    """The words of a line; none of one that is longer than any of a head."""
    return line[1].strip() if len(line[1]) <= _LONGEST_LINE else ""


def _label(line: Line) -> tuple[str, str] | None:
    match = _LABEL.match(_short(line))
    kind = _LABELS.get(match[1].casefold()) if match else None
    return (kind, match[2]) if match and kind else None
