"""`python -m evals.train.fit_verdicts --data DIR --model DIR`: fit what turns comparisons and judgements into verdicts.

Fitted on what reader and judge were not trained on and no table reports: the held authored documents, the tuning halves
of `everyday/statements.jsonl` and of WiCE's development set, and what was written in pairs for it. All but WiCE, each
counting the same, are evidence as people cite it; WiCE's claims stand over whole pages, and have weights of their own.
The weights, the thresholds, and the figures of these sets by folds are written to `verdicts.json` beside the reader.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from evals.loaders import find, wice
from evals.train.authored import Document, load, read_markdown
from evals.train.examples import CONTRADICTED, NOT_SAID, NOT_SUPPORTED, SUPPORTED
from evals.train.logistic import Floats, balanced, fitted, quantile
from evals.train.measure import auroc
from evals.train.mixture import HELD_EVERY
from evals.train.written import load as load_written
from rag.reader.layout import Unit
from rag.reader.onnx_model import INSTALLED, OnnxReader
from rag.reader.reader import Reader
from rag.verification.weigh import SIGNALS, WEIGHTS, signals

RIDGE, RIDGE_OF_PAGE = 10.0, 30.0
SHORT, PAGES = ("everyday", "authored", "written"), ("wice",)
ELSEWHERE, COUNTS_ELSEWHERE = "elsewhere", 0.03
"""True statements over a passage that is about something else, as where the wrong one is cited, and how much they count
beside another set: with more, shared words would support, and near misses share most."""
_UNRELATED = 0.99
"""The share of those that have fewer words of their passage than a supported statement must have."""
"""The sets of short evidence, and those of pages: their claims share many words with what they stand over, and would
teach that shared words support, which in a paragraph they do not."""
FOLDS = 5
FALSE_SUPPORTED, TRUE_UNSUPPORTED, TRUE_CONTRADICTED = 0.04, 0.08, 0.02
"""Shares of false statements called supported, and of true ones called unsupported or contradicted, that the thresholds
leave over short evidence, each set counting the same."""
_CHANGES = {"number": CONTRADICTED, "swap": CONTRADICTED, "negation": CONTRADICTED, "not_in_text": NOT_SAID}
"""What a change of the everyday statements makes of them, where it is known."""
_BESIDE = 3
"""Units before and after its evidence that a statement of an authored document is held against."""
_META = "(meta data) TITLE:"
Labels = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Example:
    """A statement over its evidence. `label` is as in `evals.train.examples`; `group` is kept in one fold."""

    statement: str
    units: tuple[Unit, ...]
    label: int
    group: int


@dataclass(frozen=True)
class Rows:
    """Examples as they are weighed: signals, labels, folds, and the set of each. What is verbatim is left out."""

    signals: Floats
    labels: Labels
    folds: Labels
    names: tuple[str, ...]
    copied: Mapping[str, int]
    """Of each set: how many true statements are verbatim."""
    copied_false: Mapping[str, int]

    @property
    def true(self) -> Flags:
        """Which statements are supported."""
        return np.asarray(self.labels == SUPPORTED)

    def of(self, *names: str) -> Flags:
        """Which rows are of these sets."""
        return np.isin(np.asarray(self.names), names)


def examples(data: Path) -> dict[str, list[Example]]:
    """The statements of each set that is fitted on. Raises: OSError; EvalError."""
    return {
        "everyday": list(_everyday(data)),
        "wice": list(_wice(data)),
        "authored": list(_authored(data)),
        "written": list(_written()),
        ELSEWHERE: list(_elsewhere()),
    }


def _authored(data: Path) -> Iterator[Example]:
    for number, document in enumerate(load(data / "authored")):
        for statement, evidence, label in document.statements if number % HELD_EVERY == 0 else ():
            yield Example(statement, _about(document, evidence), label, number // HELD_EVERY)


def _about(document: Document, evidence: Sequence[str]) -> tuple[Unit, ...]:
    """The units about `evidence`, each run of them under its headings."""
    places = [at for at, raw in enumerate(document.raw) if any(quote.strip() in raw for quote in evidence)]
    near = sorted(
        {at for place in places for at in range(place - _BESIDE, place + _BESIDE + 1)} & {*range(len(document.raw))}
    )
    units: list[Unit] = []
    above = ""
    for at in near:
        heading = document.source.headings.get(at, "")
        if heading != above and document.source.units[at].candidate:
            units.append(Unit(heading, candidate=False))
        above = heading
        units.append(document.source.units[at])
    return tuple(units) or tuple(Unit(quote) for quote in evidence)


def _everyday(data: Path) -> Iterator[Example]:
    rows = map(json.loads, (data / "everyday" / "statements.jsonl").read_text(encoding="utf-8").splitlines())
    for number, row in enumerate(row for row in rows if row["split"] == "tune"):
        label = SUPPORTED if row["label"] == "supported" else _CHANGES.get(row["change"], NOT_SUPPORTED)
        yield Example(row["statement"], tuple(read_markdown(row["context"])[0].units), label, number)


def _written() -> Iterator[Example]:
    for number, context in enumerate(load_written("fit")):
        for item in context.statements:
            yield Example(item.text, tuple(context.source.units), item.label, number)


def _elsewhere() -> Iterator[Example]:
    contexts = load_written("fit")
    for number, context in enumerate(contexts):
        other = contexts[number - len(contexts) // 2]
        for item in context.of(true=True)[:2]:
            yield Example(item.text, tuple(other.source.units), NOT_SAID, number)


def _wice(data: Path) -> Iterator[Example]:
    claims = [claim for claim in wice(find(data, "claim_dev.jsonl")) if claim.split == "tune"]
    for number, claim in enumerate(claims):
        units = tuple(Unit(text.removeprefix(_META).strip(), not text.startswith(_META)) for text in claim.evidence)
        yield Example(claim.text, units, SUPPORTED if claim.supported else NOT_SUPPORTED, number)


def rows(sets: Mapping[str, Sequence[Example]], reader: Reader) -> Rows:
    """The signals of the examples of `sets`. Raises: ModelUnavailable."""
    every = [(name, example) for name, members in sets.items() for example in members]
    read = signals([(example.statement, example.units) for _, example in every], reader)
    copied = {name: [0, 0] for name in sets}
    weighed = []
    for (name, example), (comparison, row) in zip(every, read, strict=True):
        if comparison.verbatim:
            copied[name][example.label != SUPPORTED] += 1
        else:
            weighed.append((name, example, row))
    return Rows(
        np.array([row for _, _, row in weighed]),
        np.array([example.label for _, example, _ in weighed]),
        np.array([example.group % FOLDS for _, example, _ in weighed]),
        tuple(name for name, _, _ in weighed),
        {name: counts[0] for name, counts in copied.items()},
        {name: counts[1] for name, counts in copied.items()},
    )


def fit(rows: Rows) -> dict[str, object]:
    """Everything that is written: weights, thresholds, and figures by folds."""
    short, pages = rows.of(*SHORT, ELSEWHERE), rows.of(*PAGES)
    denied = np.asarray(rows.labels == CONTRADICTED)
    sure = short & (denied | rows.true)
    held_out = _by_folds(rows, rows.true, short, RIDGE)
    held_out[pages] = _by_folds(rows, rows.true, pages, RIDGE_OF_PAGE)[pages]
    thresholds = _thresholds(rows, held_out, _by_folds(rows, denied, sure, RIDGE))
    return {
        "command": "python -m evals.train.fit_verdicts",
        "supported": _named(*_fitted(rows, rows.true, short, RIDGE)),
        "of_page": _named(*_fitted(rows, rows.true, pages, RIDGE_OF_PAGE)),
        "contradicted": _named(*_fitted(rows, denied, sure, RIDGE)),
        "thresholds": thresholds,
        "figures": {name: _figures(rows, name, held_out, thresholds) for name in (*SHORT, *PAGES)},
    }


def _fitted(rows: Rows, wanted: Flags, among: Flags, ridge: float) -> tuple[float, Floats]:
    """Bias and weights by the rows `among`, each set counting the same."""
    names = np.asarray(rows.names)[among]
    counts = balanced(list(names)) * np.where(names == ELSEWHERE, COUNTS_ELSEWHERE, 1.0)
    return fitted(rows.signals[among], wanted[among].astype(float), counts, ridge=ridge)


def _by_folds(rows: Rows, wanted: Flags, among: Flags, ridge: float) -> Floats:
    """The probability of each row by weights that were fitted without its fold."""
    chances = np.zeros(len(rows.labels))
    for fold in range(FOLDS):
        out = rows.folds == fold
        bias, weights = _fitted(rows, wanted, among & ~out, ridge)
        chances[out] = 1 / (1 + np.exp(-(rows.signals[out] @ weights + bias)))
    return chances


def _thresholds(rows: Rows, supported: Floats, denied: Floats) -> dict[str, float]:
    """The least probabilities of the verdicts, by folds."""
    true, false = rows.true & rows.of(*SHORT), ~rows.true & rows.of(*SHORT)
    least = _threshold(rows, supported, false, 1 - FALSE_SUPPORTED)
    partly = min(least, _threshold(rows, supported, true, TRUE_UNSUPPORTED))
    contradicted = _threshold(rows, denied, true, 1 - TRUE_CONTRADICTED)
    shared = rows.signals[rows.of(ELSEWHERE), SIGNALS.index("cover_all")]
    return {
        "supported": round(least, 4),
        "partly": round(partly, 4),
        "contradicted": round(contradicted, 4),
        "shared": round(float(np.quantile(shared, _UNRELATED)), 4),
    }


def _threshold(rows: Rows, chances: Floats, among: npt.NDArray[np.bool_], share: float) -> float:
    """The chance that `share` of the rows `among` do not exceed, each set counting the same."""
    return quantile(chances[among], balanced(list(np.asarray(rows.names)[among])), share) + 1e-4


def _named(bias: float, weights: Floats) -> dict[str, object]:
    return {
        "bias": round(bias, 4),
        "weights": {name: round(float(w), 4) for name, w in zip(SIGNALS, weights, strict=True)},
    }


def _figures(rows: Rows, name: str, supported: Floats, thresholds: Mapping[str, float]) -> dict[str, float]:
    """What the thresholds make of one set, by folds; what is verbatim counts as supported."""
    mine = rows.of(name)
    chances, true = supported[mine], rows.true[mine]
    every_true, every_false = true.sum() + rows.copied[name], (~true).sum() + rows.copied_false[name]
    called = chances >= thresholds["supported"]
    return {
        "true": int(every_true),
        "false": int(every_false),
        "auroc": round(auroc(list(chances), list(true)), 3),
        "true supported": round(float((called & true).sum() + rows.copied[name]) / float(every_true), 3),
        "true unsupported": round(float((chances[true] < thresholds["partly"]).sum()) / float(every_true), 3),
        "false supported": round(float((called & ~true).sum() + rows.copied_false[name]) / float(every_false), 3),
    }


def main(
    data: Annotated[Path, typer.Option(help="The folder with authored/, everyday/ and wice/.")],
    model: Annotated[Path, typer.Option(help="The folder of the reader.")] = INSTALLED,
    to: Annotated[Path, typer.Option(help="Where the weights are written.")] = WEIGHTS,
) -> None:
    """Fit, write, and print the figures."""
    content = fit(rows(examples(data), OnnxReader(model)))
    to.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps({name: content[name] for name in ("thresholds", "figures")}, indent=1) + "\n")


if __name__ == "__main__":
    typer.run(main)
