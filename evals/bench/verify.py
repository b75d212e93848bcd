"""How well the verifier tells what a source bears out: on WiCE, and on true sentences made wrong by rule."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.errors import EvalError
from evals.loaders import Claim, squad, wice
from evals.markdown import bounds, table
from evals.perturb import KINDS, Truth, Wrong, truths, wrongs
from evals.stats import CONFIDENCE, Interval, wilson
from index.embed import SentenceTransformerEmbedder
from index.sentences import sentences
from index.tokens import words
from index.types import Encoded, Passage, Source
from rag.types import Ranks, RetrievedPassage
from rag.verification.cite import Marked
from rag.verification.support import Encode
from rag.verification.verify import Checked, verify

Flags = dict[str, list[bool]]
PASSAGES = 60
"""Passages of each source whose sentences are changed."""
_WINDOW = 8
"""Sentences of a page of WiCE that make a passage."""
_RESAMPLES, _SEED = 2_000, 0
HOW = (
    "WiCE: claims of Wikipedia and the whole page that each cites, all its sentences, {sentences:.0f} on average; "
    "supported against partly or not supported. The reported half are the claims at odd places; nothing was fitted or "
    "chosen on them. Perturbed sentences: each is a true sentence of SQuAD 2.0 (articles at odd places) or of pages "
    "of WiCE's reported half with one thing changed by rule (`evals/perturb.py`); flagged means any verdict but "
    "supported. True sentences: the source's own, and rewritten by rule."
)


@dataclass(frozen=True, slots=True)
class Told:
    """A sentence, the passage that it is from, and the document that names are swapped from."""

    sentence: str
    passage: str
    document: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Scores of claims by method, which of them are supported, and which were called so."""

    scores: dict[str, list[float]]
    supported: list[bool]
    called: list[bool]


@dataclass(frozen=True, slots=True)
class Measured:
    """The reported half of WiCE and, where it is at hand, its own test set; then the flags by kind."""

    half: Judged
    own: Judged | None
    sentences: float
    """On a page of the reported half, on average."""
    wrong: Flags
    true: Flags


def measure(data: Path, say: Callable[[str], None], passages: int = PASSAGES) -> Measured:
    """Both measurements on the reported half of the sets below `data`, and the claims of WiCE's `claim/test.jsonl` too
    where that is below it.

    Raises: EvalError, when a set is not there or is not of its format; ModelUnavailable.
    """
    claims = [claim for claim in wice(_find(data, "claim_dev.jsonl")) if claim.split == "test"]
    own = next(iter(sorted(data.rglob("claim/test.jsonl"))), None)
    embedder = SentenceTransformerEmbedder()

    known: dict[str, Encoded] = {}

    def encode(texts: Sequence[str]) -> dict[str, Encoded]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, embedder.encode(new), strict=True))
        return {text: known[text] for text in texts}

    half = judged(claims, encode, say)
    theirs = judged(wice(own), encode, say) if own else None
    say("claims verified; sentences are changed")
    wrong, true = flags([*_some(_of_squad(data), passages), *_some(_of_wice(claims), passages)])
    return Measured(half, theirs, sum(len(claim.evidence) for claim in claims) / len(claims), wrong, true)


def judged(claims: Sequence[Claim], encode: Encode, say: Callable[[str], None]) -> Judged:
    """What the verifier and plainer methods make of `claims`."""
    checked = []
    for at, claim in enumerate(claims):
        checked.append(_verdict(claim.text, "\n\n".join(claim.evidence), encode))
        if at % 50 == 49:
            say(f"{at + 1} of {len(claims)} claims verified")
    scores = {
        "ours": [item.probability for item in checked],
        "share of the claim's words on the page": [_overlap(claim) for claim in claims],
        "share of the claim's words in one sentence": [_best_overlap(claim) for claim in claims],
        "best cosine of claim and sentence": [_cosine(claim, encode) for claim in claims],
    }
    called = [item.statement.verdict == "supported" for item in checked]
    return Judged(scores, [claim.supported for claim in claims], called)


def flags(told: Sequence[Told]) -> tuple[Flags, Flags]:
    """Whether each sentence made wrong was flagged, by kind, and each true one, by the way it was rewritten."""
    wrong: Flags = {kind: [] for kind in KINDS}
    true: Flags = {}
    rng = random.Random(_SEED)
    for item in told:
        made = truths(item.sentence)
        for truth in made:
            true.setdefault(truth.rewrite, []).append(_is_flagged(truth, item.passage))
        for changed in wrongs(rng.choice(made).text, item.sentence, item.document, _SEED):
            wrong[changed.kind].append(_is_flagged(changed, item.passage))
    return wrong, true


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """The chance that a positive scores above a negative, ties counting half; there is at least one of each."""
    values, labels = np.asarray(scores), np.asarray(positive, dtype=bool)
    above = values[labels][:, None] - values[~labels][None, :]
    return float((above > 0).mean() + (above == 0).mean() / 2)


def auroc_interval(scores: Sequence[float], positive: Sequence[bool]) -> Interval:
    """The percentile bootstrap interval, positives and negatives drawn apart."""
    values, labels = np.asarray(scores), np.asarray(positive, dtype=bool)
    rng, up, down = np.random.default_rng(_SEED), values[labels], values[~labels]
    drawn = [
        auroc([*rng.choice(up, len(up)), *rng.choice(down, len(down))], [True] * len(up) + [False] * len(down))
        for _ in range(_RESAMPLES)
    ]
    tail = 50 * (1 - CONFIDENCE)
    low, high = np.percentile(drawn, [tail, 100 - tail])
    return Interval(float(low), float(high))


def render(told: Measured) -> str:
    """Everything as Markdown."""
    own = ["### WiCE, its own test set", *_ranked(told.own)] if told.own else []
    parts = [
        HOW.format(sentences=told.sentences),
        "### WiCE",
        *_ranked(told.half),
        *own,
        "### Perturbed sentences flagged",
        _shares("changed", [*told.wrong.items(), ("all", [flag for kind in told.wrong.values() for flag in kind])]),
        "### True sentences wrongly flagged",
        _shares("written", [*told.true.items(), ("all", [flag for kind in told.true.values() for flag in kind])]),
    ]
    return "\n\n".join(parts)


def _ranked(told: Judged) -> tuple[str, str]:
    """How each method ranks the claims, and what is called supported."""
    n = f"{len(told.supported)} ({sum(told.supported)} supported)"
    ranked = [
        (name, n, f"{auroc(scores, told.supported):.3f}", bounds(auroc_interval(scores, told.supported)))
        for name, scores in told.scores.items()
    ]
    rows = [
        ("supported claims called supported", [c for c, s in zip(told.called, told.supported, strict=True) if s]),
        ("other claims called supported", [c for c, s in zip(told.called, told.supported, strict=True) if not s]),
    ]
    return table(("score", "n", "AUROC", "95 % interval"), ranked), _shares("at the threshold", rows)


def _shares(head: str, rows: Sequence[tuple[str, list[bool]]]) -> str:
    body = [
        (name, str(len(values)), f"{sum(values) / len(values):.3f}", bounds(wilson(sum(values), len(values))))
        for name, values in rows
        if values
    ]
    return table((head, "n", "share", "95 % interval"), body)


def _verdict(text: str, passage: str, encode: Encode | None) -> Checked:
    source = Source("0" * 16, "source.txt", "0" * 64, None, None, None, None)
    item = RetrievedPassage(1, Passage("p", "0" * 16, 0, 0, len(passage), passage), source, 1.0, Ranks())
    return verify([Marked(text, (1,))], [item], encode)[0]


def _is_flagged(made: Truth | Wrong, passage: str) -> bool:
    """Whether a sentence is not called supported, by the checks alone: no model is asked."""
    return _verdict(made.text, passage, None).statement.verdict != "supported"


def _of_squad(data: Path) -> Iterator[Told]:
    told = squad(_find(data, "dev-v2.0.json"))
    files = sorted(file for file in told.documents if int(file[:3]) % 2)
    for file in files:
        same = [text for name, text in told.documents.items() if name[:3] == file[:3]]
        yield from _sentences(told.documents[file], "\n".join(same))


def _of_wice(claims: Sequence[Claim]) -> Iterator[Told]:
    for claim in claims:
        page = [text for text in claim.evidence if not text.startswith("(meta data)")]
        for at in range(0, len(page), _WINDOW):
            yield from _sentences(" ".join(page[at : at + _WINDOW]), "\n".join(page))


def _sentences(passage: str, document: str) -> Iterator[Told]:
    for span in sentences(passage):
        text = " ".join(span.of(passage).split())
        if len(text.split()) >= 8 and text.endswith((".", ".”", '."')):
            yield Told(text, passage, document)


def _some(told: Iterator[Told], passages: int) -> list[Told]:
    """The sentences of so many passages, drawn at random but always the same."""
    by_passage: dict[str, list[Told]] = {}
    for item in told:
        by_passage.setdefault(item.passage, []).append(item)
    drawn = random.Random(_SEED).sample(sorted(by_passage), min(passages, len(by_passage)))
    return [item for passage in drawn for item in by_passage[passage]]


def _overlap(claim: Claim) -> float:
    return _said(claim, {word.stem for text in claim.evidence for word in words(text)})


def _best_overlap(claim: Claim) -> float:
    return max(_said(claim, {word.stem for word in words(text)}) for text in claim.evidence)


def _said(claim: Claim, told: set[str]) -> float:
    wanted = {word.stem for word in words(claim.text) if not word.is_stop}
    return len(wanted & told) / len(wanted)


def _cosine(claim: Claim, encode: Encode) -> float:
    """Over the 16 sentences that share most words with the claim: to embed every page would take many minutes."""
    wanted = {word.stem for word in words(claim.text) if not word.is_stop}
    near = sorted(claim.evidence, key=lambda text: -len(wanted & {word.stem for word in words(text)}))[:16]
    told = encode([claim.text, *near])
    return max(float(told[text].vector @ told[claim.text].vector) for text in near)


def _find(data: Path, name: str) -> Path:
    found = next(iter(sorted(data.rglob(name))), None)
    if found is None:
        raise EvalError(f"There is no {name} below {str(data)!r}; name the folder of the public sets with --data.")
    return found
