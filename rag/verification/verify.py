"""Whether each statement stands on the words it cites. Deterministic, and nothing is downloaded.

A statement is compared with the sentences of the passages it cites, never with the rest. Words in quotation marks
must be an exact run of the passage (white space aside). Other words are cut into clauses, and each clause is held
against the sentence of the passage that says most of it: numbers, dates, units, names, negations, comparisons, who said
it and whether it only may be so must agree (`rag.verification.agree`), and enough of its words must be there (`rag.verification.support`).
Nothing is dropped or repaired: the statement is labelled, with the span it was checked against.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.sentences import sentences
from index.tokens import words
from index.types import Span
from rag.answering.extract import attribution
from rag.language.names import group
from rag.language.parts import agrees, cut
from rag.types import Citation, RetrievedPassage, Statement, Verdict
from rag.verification.agree import disagreements, of_two_times
from rag.verification.cite import Marked
from rag.verification.entail import Entailment
from rag.verification.pair import Disagreement, Pair, stems
from rag.verification.support import Encode, support

ENOUGH, LIKELY, SOME = 0.7, 0.5, 0.12
"""Probability of support at which a statement that nothing contradicts is supported, is likely so, and partly so. On the
tuning half of WiCE, whose claims say much at once, 5 of the 5 claims called so at 0.7 are supported, but 14 of 23 at 0.5;
of 144 statements of a small model's in words of its own a reader agreed with 98 of 105 at 0.7 or above, and with 28 of the
39 below it. `python -m evals.bench verify` prints the reported half."""
_VERBATIM = 0.9
"""A clause with this share of its words in one sentence needs no model: only what differs is looked at."""
_LEAST = 0.3
"""A statement that is not likely supported, and has less of its words in its nearest sentence, is not even partly so."""
_QUOTED = re.compile(r"“([^“”]+)”|\"([^\"]{8,})\"")
_CLAUSE = re.compile(r";\s+|,?\s+(?:but|while|whereas|although)\s+|,\s+and\s+")
_MORE = 2
"""Words of a statement that a further sentence must say to be shown with the nearest one."""
_SPACED = re.compile(r"\b([A-Z]\.)\s(?=[A-Z]\.)")
"""Models write "U. S."; it is U.S."""
_OF_PASSAGE = re.compile(
    r"^(?:according to|in|from) the (?:\w+ )?passages?,\s+"
    r"|^the (?:\w+ )?passages? (?:states?|says?|mentions?|indicates?|tells?|notes?) that\s+"
    r"|,\s+according to the passages?(?=\.?$)",
    re.IGNORECASE,
)
"""How models speak of what they were given: it is no speaker, and no source says it."""
_LEAST_CLAUSE = 4
"""A clause has at least so many words that mean something."""
_ORDER: tuple[Verdict, ...] = ("supported", "partly", "unsupported", "uncited")


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement's verdict, and the exact span it was checked against in each passage it cites.

    `probability` is how likely the best of its passages says all of it, 0 to 1; 0 where it cites none.
    """

    statement: Statement
    citations: tuple[Citation, ...]
    probability: float = 0.0


@dataclass(frozen=True, slots=True)
class _Result:
    """What one passage says of a statement."""

    verdict: Verdict
    spans: tuple[Span, ...]
    note: str
    probability: float


def verify(
    marked: Sequence[Marked],
    passages: Sequence[RetrievedPassage],
    encode: Encode | None = None,
    entailment: Entailment | None = None,
) -> tuple[Checked, ...]:
    """A verdict for each sentence, in order; sentences without labels are "uncited".

    `encode` gives words their likeness in context; without it they are compared by their letters. It is asked only
    about what is not quoted. A model of `entailment` has the last word on what the words alone would support.

    Guarantees: each citation's quote is an exact slice of its passage, and its label is that of a passage given.
    A label of no passage is kept on the statement and noted.
    """
    by_label = {item.label: item for item in passages}
    return tuple(_check(sentence, by_label, encode, entailment) for sentence in marked)


def _check(
    sentence: Marked, by_label: dict[int, RetrievedPassage], encode: Encode | None, entailment: Entailment | None
) -> Checked:
    known = [by_label[label] for label in sentence.labels if label in by_label]
    unknown = [label for label in sentence.labels if label not in by_label]
    note = f"no passage was offered as {', '.join(f'[{n}]' for n in unknown)}" if unknown else ""
    if not known:
        verdict: Verdict = "unsupported" if unknown else "uncited"
        return Checked(Statement(sentence.text, sentence.labels, verdict, note), ())
    results = [_against(_closed_up(sentence.text, item), item, encode, entailment) for item in known]
    best = min(results, key=lambda result: (_ORDER.index(result.verdict), -result.probability))
    citations = [
        Citation(item.label, result.verdict, item.source, item.passage.page, span, _slice(item, span))
        for item, result in zip(known, results, strict=True)
        for span in result.spans
    ]
    told = "; ".join(part for part in (best.note, note) if part)
    return Checked(Statement(sentence.text, sentence.labels, best.verdict, told), tuple(citations), best.probability)


def _closed_up(text: str, item: RetrievedPassage) -> str:
    """Without talk of "the passage", and initials without the spaces that a model puts between them, where it has none."""
    text = _OF_PASSAGE.sub("", text)
    return text if _SPACED.search(item.passage.text) else _SPACED.sub(r"\1", text)


def _against(text: str, item: RetrievedPassage, encode: Encode | None, entailment: Entailment | None) -> _Result:
    """The verdict on `text` against one passage, the spans that bear on it, and why it is not supported."""
    quoted = quotations(text, item)
    if not quoted and _only_names(text, item):
        return _Result("partly", (_nearest(text, item),), "this names the source, and says nothing of it", 0.0)
    found = tuple(span for span in (place(quote, item) for quote in quoted) if span is not None)
    if len(found) < len(quoted):
        spans = found or (_nearest(text, item),)
        told = _paraphrase(text, item, encode, None)
        return _Result("unsupported", spans, "the quoted words are not in the passage", told.probability)
    frame = _frame(text, quoted, item)
    if quoted and not frame:
        return _Result("supported", found, "", 1.0)
    told = _paraphrase(text.replace(attribution(item.source), " ") if quoted else text, item, encode, entailment)
    if not quoted:
        return told
    verdict: Verdict = "partly" if told.verdict == "unsupported" else told.verdict
    return _Result(verdict, _united([*found, *told.spans], item), told.note, told.probability)


def quotations(text: str, item: RetrievedPassage) -> list[str]:
    """What stands in quotation marks: from the first to the last where the passage has it all, else each by itself.

    Quoted words may hold quotation marks of their own, closed or not.
    """
    outer = text[text.find("“") + 1 : text.rfind("”")] if "“" in text and "”" in text else ""
    if outer and place(outer, item):
        return [outer]
    return [next(part for part in match.groups() if part) for match in _QUOTED.finditer(text)]


def _united(spans: Sequence[Span], item: RetrievedPassage) -> tuple[Span, ...]:
    """`spans`, each widened to the sentences it stands in, in their order; one that another holds is left out."""
    whole = _sentences(item)
    wide = []
    for span in spans:
        touched = [sentence for sentence in whole if sentence.overlap(span)] or [span]
        wide.append(Span(min(span.start, touched[0].start), max(span.end, touched[-1].end)))
    return tuple(dict.fromkeys(s for s in wide if not any(other != s and other.contains(s) for other in wide)))


def _frame(text: str, quoted: Sequence[str], item: RetrievedPassage) -> str:
    """What a statement says outside quotation marks, its naming of the source left out."""
    outside = text
    for part in (*quoted, attribution(item.source)):
        outside = outside.replace(part, " ")
    return outside if any(not word.is_stop for word in words(outside)) else ""


def _only_names(text: str, item: RetrievedPassage) -> bool:
    """Whether all that a statement says is who wrote the source, and when."""
    said = stems(text)
    return bool(said) and said <= stems(attribution(item.source))


def place(quote: str, item: RetrievedPassage) -> Span | None:
    """Where `quote` stands in the passage, in the document's offsets; white space may differ, nothing else."""
    pattern = r"\s+".join(re.escape(part) for part in quote.split())
    match = re.search(pattern, item.passage.text) if pattern else None
    return Span(match.start() + item.passage.start, match.end() + item.passage.start) if match else None


def verbatim(text: str, item: RetrievedPassage) -> bool:
    """Whether one sentence of the passage has nearly all of the words of `text` that mean something."""
    return _share(text, _slice(item, _nearest(text, item))) >= _VERBATIM


def _paraphrase(text: str, item: RetrievedPassage, encode: Encode | None, entailment: Entailment | None) -> _Result:
    clauses = _clauses(text, item)
    spans = [_nearest(clause, item) for clause in clauses]
    faults = [fault for clause, span in zip(clauses, spans, strict=True) for fault in _faults(clause, span, item)]
    kept = _covering(text, spans, item)
    faults += of_two_times(text, [_slice(item, span) for span in kept])
    grave = next((fault for fault in faults if fault.grave), None)
    share = min(_share(clause, _slice(item, span)) for clause, span in zip(clauses, spans, strict=True))
    probability, lacking = _probability(text, share, item, encode)
    if entailment is not None and not grave:
        ((entails, _),) = entailment.probabilities([(" ".join(_slice(item, span) for span in kept), text)])
        probability = min(probability, entails) if share >= _VERBATIM else entails
    if probability < SOME or (probability < LIKELY and share < _LEAST):
        return _Result("unsupported", kept, faults[0].note if faults else "the passage does not say this", probability)
    if grave:
        return _Result("unsupported" if len(clauses) == 1 else "partly", kept, grave.note, probability)
    if faults:
        return _Result("partly", kept, faults[0].note, probability)
    bare = _unsaid(text, item, encode)
    if bare:
        return _Result("partly", kept, f"the passage does not say “{bare}”", probability)
    if LIKELY <= probability < ENOUGH:
        return _Result("partly", kept, "likely, but the passage says it in other words: compare them", probability)
    if probability < ENOUGH:
        what = f": nothing like “{lacking[0]}”" if lacking else ""
        return _Result("partly", kept, f"not all of this is in the passage{what}", probability)
    return _Result("supported", kept, "", probability)


def _covering(text: str, spans: Sequence[Span], item: RetrievedPassage) -> tuple[Span, ...]:
    """`spans`, and the sentences that say two words or more of the statement that these do not, the fullest first."""
    told = {span: stems(_slice(item, span)) for span in _sentences(item)}
    kept = list(dict.fromkeys(spans))
    left = stems(text).difference(*(stems(_slice(item, span)) for span in kept))
    while told:
        best = max(told, key=lambda span: (len(left & told[span]), -span.start))
        if len(left & told[best]) < _MORE:
            break
        kept.append(best)
        left -= told.pop(best)
    return tuple(kept)


def _sentences(item: RetrievedPassage) -> list[Span]:
    """The sentences of a passage, in the document's offsets."""
    base = item.passage.start
    return [Span(s.start + base, s.end + base) for s in sentences(item.passage.text)]


def _unsaid(text: str, item: RetrievedPassage, encode: Encode | None) -> str | None:
    """A clause that would not be even partly supported if it stood alone; the others must not carry it."""
    pieces = [piece for piece in _CLAUSE.split(text) if _meaning(piece) > 1]
    for piece in pieces if len(pieces) > 1 else ():
        share = _share(piece, _slice(item, _nearest(piece, item)))
        probability, _ = _probability(piece, share, item, encode)
        if probability < SOME or (probability < LIKELY and share < _LEAST):
            return piece.strip(" ,.;")
    return None


def _probability(
    text: str, share: float, item: RetrievedPassage, encode: Encode | None
) -> tuple[float, tuple[str, ...]]:
    told = [span.of(item.passage.text) for span in sentences(item.passage.text)]
    found = support(text, told, None if share >= _VERBATIM else encode)
    return max(found.probability, share) if share >= _VERBATIM else found.probability, found.lacking


def _clauses(text: str, item: RetrievedPassage) -> list[str]:
    """The clauses that must each find a source; a statement that one sentence says is not cut."""
    if verbatim(text, item):
        return [text]
    clauses: list[str] = []
    for piece in _CLAUSE.split(text):
        if clauses and min(_meaning(clauses[-1]), _meaning(piece)) < _LEAST_CLAUSE:
            clauses[-1] = f"{clauses[-1]}, {piece}"
        else:
            clauses.append(piece)
    return clauses


def _meaning(text: str) -> int:
    return sum(not word.is_stop for word in words(text))


def _faults(clause: str, span: Span, item: RetrievedPassage) -> list[Disagreement]:
    source, passage = item.source, item.passage
    before, after = passage.text[: span.start - passage.start], passage.text[span.end - passage.start :]
    heading = ", ".join(filter(None, [source.outlet, source.author, source.title]))
    names = frozenset(
        word.stem for word in words(passage.text)
        if word.text[:1].isupper() and not word.is_stop and word.span.start and passage.text[word.span.start - 2 : word.span.start - 1].isalnum()
    )  # fmt: skip
    year = int(source.date[:4]) if source.date else None
    around = " . ".join(filter(None, [before, after, heading]))
    return disagreements(Pair(clause, _slice(item, span), around, names, year, before, after, heading))


def _nearest(text: str, item: RetrievedPassage) -> Span:
    """The sentence of the passage that says most of `text`."""
    spans = _sentences(item)
    return max(spans, key=lambda s: (_share(text, _slice(item, s)), -s.start), default=item.passage.span)


def _share(text: str, source: str) -> float:
    """The share of the content words of `text` whose stems, whose country or whose number `source` says too."""
    wanted = [word for word in words(text) if not word.is_stop]
    if not wanted:
        return 0.0
    told = words(source)
    stems, places = {word.stem for word in told}, {group(word.text) for word in told} - {None}
    said = [word for word in wanted if word.stem in stems or group(word.text) in places]
    amounts = _amounts_said(text, source) if len(said) < len(wanted) else []
    return sum(word in said or any(span.contains(word.span) for span in amounts) for word in wanted) / len(wanted)


def _amounts_said(text: str, source: str) -> list[Span]:
    """Where numbers and dates of `text` stand that `source` says in another form."""
    mine = [part for part in cut(text) if part.kind in ("number", "date")]
    told = [part for part in cut(source) if part.kind in ("number", "date")] if mine else []
    return [part.span for part in mine if any(agrees(part, other) for other in told)]


def _slice(item: RetrievedPassage, span: Span) -> str:
    return item.passage.text[span.start - item.passage.start : span.end - item.passage.start]
