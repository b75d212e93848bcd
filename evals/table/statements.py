"""Lines about verdicts: on statements over a passage, on claims over a whole page, on sentences changed by rule."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, TypeAdapter, ValidationError

from evals.cases import Split
from evals.errors import EvalError
from evals.loaders import Claim, find, squad, text_of, wice
from evals.perturb import truths, wrongs
from evals.table.cells import Cell, Line, auroc, recall_at_precision, share
from evals.train import examples
from evals.train.written import load
from index.cut.sentences import sentences
from rag.types import Verdict

SUPPORTED: Verdict = "supported"
PASSAGES = 60
"""Passages of each source whose sentences are changed."""
_WINDOW = 8
"""Sentences of a page of WiCE that make a passage."""
_SEED = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """What the program says of a statement, and how likely it takes it to be supported."""

    verdict: Verdict
    probability: float


Judge = Callable[[str, Sequence[str]], Judged]
"""Of a statement that cites passages, and their texts."""


class Statement(BaseModel):
    """A statement over the passage that it is about; `change` is how it was made from it."""

    split: Split
    context: str
    statement: str
    label: Literal["supported", "not_supported"]
    change: str


Verdicts = tuple[Statement, Judged]
_FLOORS = "≥ .72 / ≤ .08 / ≤ .04"
_OTHER: tuple[Verdict, Verdict] = ("partly", "contradicted")


@dataclass(frozen=True, slots=True)
class Changed:
    """A true sentence, the passage that it is from, and the document that names are swapped from."""

    sentence: str
    passage: str
    document: str


@dataclass(frozen=True, slots=True)
class Variant:
    """A sentence made of another, the passage that it is held against, how it was made, and whether it is true."""

    text: str
    passage: str
    kind: str
    is_true: bool


def everyday(judge: Judge, data: Path) -> list[Line]:
    """The lines of `data`/everyday/statements.jsonl: of both halves in all and by kind, and of the half by itself that
    nothing was fitted on.

    Raises: EvalError.
    """
    rows = statements(data / "everyday" / "statements.jsonl")
    judged = [(row, judge(row.statement, [row.context])) for row in rows]
    held = [(row, item) for row, item in judged if row.split == "test"]
    return [*_in_all("both halves", judged), *_in_all("test half", held), *_by_kind(judged)]


def written(judge: Judge) -> list[Line]:
    """The lines of the statements written for this project, of the domains that nothing was trained or fitted on."""
    rows = [
        Statement(
            split="test",
            context=context.text,
            statement=item.text,
            label="supported" if item.label == examples.SUPPORTED else "not_supported",
            change=item.kind,
        )
        for context in load("held")
        for item in context.statements
    ]
    return _in_all("written in pairs, held domains", [(row, judge(row.statement, [row.context])) for row in rows])


def _in_all(half: str, judged: Sequence[Verdicts]) -> list[Line]:
    true = [item.verdict for row, item in judged if row.label == SUPPORTED]
    false = [item.verdict for row, item in judged if row.label != SUPPORTED]
    ranked = auroc([item.probability for _, item in judged], [row.label == SUPPORTED for row, _ in judged])
    cells = (_as(SUPPORTED, true), _as("unsupported", true), _as(SUPPORTED, false))
    partly, contradicted = ([_as(verdict, of) for of in (true, false)] for verdict in _OTHER)
    return [
        Line(f"statements, {half}: true supported / true unsupported / false supported", cells, _FLOORS),
        Line(f"statements, {half}: AUROC of the probability / true partly / false partly", (ranked, *partly)),
        Line(f"statements, {half}: true contradicted / false contradicted", tuple(contradicted)),
    ]


def _by_kind(judged: Sequence[Verdicts]) -> list[Line]:
    by_kind: dict[str, list[Verdict]] = {}
    for row, item in judged:
        truth = "true" if row.label == SUPPORTED else "false"
        by_kind.setdefault(f"{truth}, {row.change}", []).append(item.verdict)
    return [Line(f"statements, {kind}: supported", (_as(SUPPORTED, mine),)) for kind, mine in by_kind.items()]


def claims(judge: Judge, data: Path, say: Callable[[str], None]) -> list[Line]:
    """The lines of WiCE: claims at odd places of its development set and, where it is at hand, its own test set.

    Raises: EvalError.
    """
    half = odd_claims(data)
    own = next(iter(sorted(data.rglob("claim/test.jsonl"))), None)
    sets = {"WiCE, odd places of dev": half, **({"WiCE, its own test set": list(wice(own))} if own else {})}
    return [line for name, of_set in sets.items() for line in _of_claims(judge, name, of_set, say)]


def changed(judge: Judge, data: Path, passages: int = PASSAGES) -> list[Line]:
    """The lines of sentences changed by rule, of SQuAD's and WiCE's reported halves; "flagged" is not "supported".

    Raises: EvalError.
    """
    wrong, true = flags(judge, drawn(data, passages))
    every = [share([flag for flagged in kinds.values() for flag in flagged], 3) for kinds in (wrong, true)]
    kinds = [*((f"perturbed, {kind}", flagged) for kind, flagged in wrong.items())]
    kinds += [(f"true, {kind}", flagged) for kind, flagged in true.items()]
    return [
        Line("perturbed sentences flagged / true ones flagged", tuple(every), "≥ .95 / ≤ .02"),
        *(Line(f"{kind}: flagged", (share(flagged, 3),)) for kind, flagged in kinds),
    ]


def odd_claims(data: Path) -> list[Claim]:
    """The claims at odd places of WiCE's development set. Raises: EvalError."""
    return [claim for claim in wice(find(data, "claim_dev.jsonl")) if claim.split == "test"]


def drawn(data: Path, passages: int = PASSAGES) -> list[Changed]:
    """Sentences of so many passages of each source, in its reported half. Raises: EvalError."""
    return [*_some(_of_squad(data), passages), *_some(_of_wice(odd_claims(data)), passages)]


def variants(items: Sequence[Changed]) -> Iterator[Variant]:
    """Each sentence as it stands and rewritten, which is true, and made wrong in one place."""
    rng = random.Random(_SEED)
    for item in items:
        made = truths(item.sentence)
        for truth in made:
            yield Variant(truth.text, item.passage, truth.rewrite, is_true=True)
        for false in wrongs(rng.choice(made).text, item.sentence, item.document, _SEED):
            yield Variant(false.text, item.passage, false.kind, is_true=False)


def flags(judge: Judge, drawn: Sequence[Changed]) -> tuple[dict[str, list[bool]], dict[str, list[bool]]]:
    """Whether each sentence made wrong is flagged, by kind, and each true one, by the way it was rewritten."""
    wrong: dict[str, list[bool]] = {}
    true: dict[str, list[bool]] = {}
    for variant in variants(drawn):
        flagged = judge(variant.text, [variant.passage]).verdict != SUPPORTED
        (true if variant.is_true else wrong).setdefault(variant.kind, []).append(flagged)
    return wrong, true


def statements(path: Path) -> tuple[Statement, ...]:
    """The statements of a file with one a line.

    Raises: EvalError, when it is not there or is not of this form.
    """
    try:
        return tuple(_STATEMENT.validate_json(line) for line in text_of(path, str(path)).split("\n") if line.strip())
    except ValidationError as error:
        raise EvalError(
            f"{str(path)!r} does not read as statements, one a line: {error.errors()[0]['msg']}."
        ) from error


_STATEMENT = TypeAdapter(Statement)


def _as(wanted: Verdict, verdicts: Sequence[Verdict]) -> Cell:
    return share(verdict == wanted for verdict in verdicts)


def _of_claims(judge: Judge, name: str, claims: Sequence[Claim], say: Callable[[str], None]) -> list[Line]:
    say(f"{name}: {len(claims)} claims")
    judged = [judge(claim.text, passages_of(claim.evidence)) for claim in claims]
    scores, positive = [item.probability for item in judged], [claim.supported for claim in claims]
    called = [item.verdict == SUPPORTED for item in judged]
    by_truth = [[c for c, s in zip(called, positive, strict=True) if s is truth] for truth in (True, False)]
    right = share(s for c, s in zip(called, positive, strict=True) if c)
    return [
        Line(
            f"{name}: AUROC / recall at precision .95",
            (auroc(scores, positive), recall_at_precision(scores, positive, 0.95)),
            "≥ .83 / ≥ .35",
        ),
        Line(
            f"{name}: called supported, of the supported / of the others / right of those so called",
            (*map(share, by_truth), right),
        ),
    ]


def _of_squad(data: Path) -> Iterator[Changed]:
    dataset = squad(find(data, "dev-v2.0.json"))
    for file in sorted(file for file in dataset.documents if int(file[:3]) % 2):
        article = [text for name, text in dataset.documents.items() if name[:3] == file[:3]]
        yield from _sentences(dataset.documents[file], "\n".join(article))


def _of_wice(claims: Sequence[Claim]) -> Iterator[Changed]:
    for claim in claims:
        page = [text for text in claim.evidence if not text.startswith("(meta data)")]
        for passage in passages_of(page):
            yield from _sentences(passage, "\n".join(page))


def passages_of(page: Sequence[str]) -> list[str]:
    """The sentences of a page, some together."""
    return [" ".join(page[at : at + _WINDOW]) for at in range(0, len(page), _WINDOW)]


def _sentences(passage: str, document: str) -> Iterator[Changed]:
    for span in sentences(passage):
        text = " ".join(span.of(passage).split())
        if len(text.split()) >= 8 and text.endswith((".", ".”", '."')):
            yield Changed(text, passage, document)


def _some(items: Iterator[Changed], passages: int) -> list[Changed]:
    """The sentences of so many passages, drawn at random but always the same."""
    by_passage: dict[str, list[Changed]] = {}
    for item in items:
        by_passage.setdefault(item.passage, []).append(item)
    drawn = random.Random(_SEED).sample(sorted(by_passage), min(passages, len(by_passage)))
    return [item for passage in drawn for item in by_passage[passage]]
