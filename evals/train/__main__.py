"""`python -m evals.train STEP DATA`: train the reader, export it, fit what is decided by it; or all of that."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from evals.train import fit, fit_verdicts
from evals.train.export import export
from evals.train.learn import Plan, learn, quick
from evals.train.published import mixed, published
from evals.train.reads import gather
from index.vectors.model_files import find
from rag.answering.decide import DECISION, load_decision
from rag.reader.onnx_model import INSTALLED, JUDGE, OnnxReader
from rag.verification.weigh import WEIGHTS

STEPS = ("learn", "export", "judge", "fit", "quotes", "verdicts", "all")
JUDGED = 40_000
"""Statements that the judge learns from, where no other number is given."""
LEARNT_SHARE = 0.75
"""Share of what was learnt in the judge's weights; the rest are those that it began with. Of .5, .75 and 1 this told
most statements apart on the sets that verdicts are fitted on, and read answers about as well as 1 (`measure`).
"""


def main() -> None:
    """Read the command line and run the step that it names."""
    parser = argparse.ArgumentParser(prog="python -m evals.train", description=__doc__)
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("data", type=Path, help="the folder with reader/, authored/, everyday/ and squad2-cs224n/")
    parser.add_argument("--encoder", help="a folder or a name; the installed embedding model if not given")
    parser.add_argument("--work", type=Path, default=Path("runs/reader"), help="where checkpoints are kept")
    parser.add_argument("--model", type=Path, default=INSTALLED, help="where the reader is written, and read")
    parser.add_argument("--examples", type=int)
    parser.add_argument(
        "--start", type=Path, help="a checkpoint to begin with; for the judge else the reader of --model"
    )
    parser.add_argument("--sharpen", action="store_true", help="draw more of what is learnt slowest, at half the rate")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that everything fits together")
    args = parser.parse_args()
    encoder = find(args.encoder).folder
    plan = Plan(args.data, encoder, args.work, examples=args.examples or Plan.examples, start=args.start)
    if args.sharpen:
        plan = replace(plan, sharpen=True, rate=plan.rate / 2, head_rate=plan.head_rate / 2)
    plan = quick(plan) if args.quick else plan
    if args.step in ("learn", "all"):
        learn(plan)
    if args.step in ("export", "all"):
        export(plan.work / "last.pt", encoder, args.model)
    if args.step in ("judge", "all"):
        start = args.start or published(args.model, encoder, args.work / "judge.pt", JUDGE)
        judge = replace(plan, judge=True, work=args.work / "judge", start=start, examples=args.examples or JUDGED)
        judge = quick(judge) if args.quick else replace(judge, rate=8e-5, head_rate=3.2e-4, tokens=3_500)
        learnt = mixed(start, learn(judge), LEARNT_SHARE, judge.work / "mixed.pt")
        export(learnt, encoder, args.model, judge=True)
    if args.step in ("fit", "quotes", "all"):
        _fit(args.data, args.work, args.model, only_quotes=args.step == "quotes")
    if args.step in ("verdicts", "all"):
        fit_verdicts.main(args.data, args.model, args.model / WEIGHTS.name)


def _fit(data: Path, work: Path, model: Path, *, only_quotes: bool) -> None:
    reads, path = gather(data, work, OnnxReader(model)), model / DECISION.name
    fit.save(fit.with_quotes(path, reads) if only_quotes else fit.fit(reads), path)
    for domain, figures in fit.report(reads, load_decision(path)).items():
        sys.stdout.write(f"{domain} {figures}\n")


if __name__ == "__main__":
    main()
