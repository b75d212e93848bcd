"""The program's verifier beside what needs no model of its own: shared words, `difflib`, and likeness of embeddings.

Of each the score of a statement is that of the sentence of its source that comes nearest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from evals.table.cells import Line, auroc, caught_at
from evals.table.statements import Judge, drawn, odd_claims, passages_of, variants
from index.cut.sentences import sentences
from index.types import Embedder
from index.words.tokens import content_stems

_STOPPED = (0.02, 0.1)
"""Shares of the true ones that may be stopped."""
Score = Callable[[str, Sequence[str]], float]
"""Of a statement and the texts that it cites: the higher, the likelier it stands there."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement, the texts that it cites, and whether it stands there."""

    text: str
    cited: tuple[str, ...]
    stands: bool


def lines(judge: Judge, embedder: Embedder, data: Path, say: Callable[[str], None]) -> list[Line]:
    """A line for each set and each of what judges it. Raises: EvalError."""
    tools: dict[str, Score] = {
        "verify": lambda text, cited: judge(text, cited).probability,
        "shared words": by_words,
        "difflib": by_characters,
        "likeness of embeddings": by_likeness(embedder),
    }
    return [
        _line(f"{name}, by {tool}", score, of_set, say)
        for name, of_set in _sets(data).items()
        for tool, score in tools.items()
    ]


def by_words(text: str, cited: Sequence[str]) -> float:
    """The share of the words that mean something which stand in the nearest sentence."""
    wanted = content_stems(text)
    shared = (len(wanted & content_stems(sentence)) for sentence in _sentences(cited))
    return max(shared, default=0) / max(1, len(wanted))


def by_characters(text: str, cited: Sequence[str]) -> float:
    """How much of the characters of both stands in runs that they share, by `difflib`."""
    matcher = SequenceMatcher(b=text, autojunk=False)
    best = 0.0
    for sentence in _sentences(cited):
        matcher.set_seq1(sentence)
        if matcher.real_quick_ratio() > best and matcher.quick_ratio() > best:
            best = max(best, matcher.ratio())
    return best


def by_likeness(embedder: Embedder) -> Score:
    """The cosine of the embeddings of the statement and of the nearest sentence."""

    def score(text: str, cited: Sequence[str]) -> float:
        first, *others = embedder.embed([text, *_sentences(cited)])
        return max((float(other @ first) for other in others), default=0.0)

    return score


def _sets(data: Path) -> dict[str, list[Stated]]:
    claims = [Stated(claim.text, tuple(passages_of(claim.evidence)), claim.supported) for claim in odd_claims(data)]
    changed = [Stated(item.text, (item.passage,), item.is_true) for item in variants(drawn(data))]
    return {"sentences changed by rule": changed, "WiCE, odd places of dev": claims}


def _line(what: str, score: Score, stated: Sequence[Stated], say: Callable[[str], None]) -> Line:
    say(what)
    scores = [score(item.text, item.cited) for item in stated]
    stands = [item.stands for item in stated]
    caught = (caught_at(scores, stands, allowed) for allowed in _STOPPED)
    shares = " / ".join(f"false ones caught where {allowed:.0%} of the true are stopped" for allowed in _STOPPED)
    return Line(f"{what}: AUROC / {shares}", (auroc(scores, stands), *caught))


def _sentences(cited: Sequence[str]) -> Iterator[str]:
    return (span.of(text) for text in cited for span in sentences(text))
