"""`python -m evals.train STEP DATA`: train the reader, export it, fit what is decided by it; or all of that."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from evals.train import fit, fit_verdicts
from evals.train.export import export
from evals.train.fit_fusion import fitted_fusion
from evals.train.learn import Plan, learn, quick
from evals.train.published import mixed, published
from evals.train.reads import gather
from index.vectors.model_files import find
from rag.answering.decide import DECISION, load_decision
from rag.reader.onnx_model import GRAPH, INSTALLED, JUDGE, OnnxReader
from rag.retrieval.fuse import FUSION
from rag.verification.weigh import WEIGHTS

STEPS = ("learn", "export", "further", "judge", "fusion", "fit", "quotes", "verdicts", "all")
FURTHER, JUDGED = 90_000, 40_000
"""Examples of a further training, of the reader and of the judge, where no other number is given."""
LEARNT_SHARE = 0.75
"""Share of what was learnt in the weights of a further training; the rest are those that it began with. Of .5, .75 and
1 this told most statements apart on the sets that verdicts are fitted on, and read answers about as well as 1.
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
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that everything fits together")
    args = parser.parse_args()
    encoder = find(args.encoder).folder
    plan = Plan(args.data, encoder, args.work, examples=args.examples or Plan.examples)
    sized = quick if args.quick else lambda whole: whole
    if args.step in ("learn", "all"):
        learn(sized(plan))
    if args.step in ("export", "all"):
        export(plan.work / "last.pt", encoder, args.model)
    if args.step == "further":
        slower = replace(plan, rate=5e-5, head_rate=2e-4, examples=args.examples or FURTHER)
        _further(sized(slower), encoder, args.model)
    if args.step in ("judge", "all"):
        slower = replace(plan, judge=True, rate=8e-5, head_rate=3.2e-4, tokens=3_500, examples=args.examples or JUDGED)
        _further(sized(slower), encoder, args.model)
    if args.step in ("fusion", "all"):
        fit.save(fitted_fusion(args.data, args.work), args.model / FUSION.name)
    if args.step in ("fit", "quotes", "all"):
        _fit(args.data, args.work, args.model, only_quotes=args.step == "quotes")
    if args.step in ("verdicts", "all"):
        fit_verdicts.main(args.data, args.model, args.model / WEIGHTS.name)


def _further(plan: Plan, encoder: Path, model: Path) -> None:
    """Train the reader of `model`, or the judge, from where it stands, and write the mean of before and after.

    A judge that there is none of yet begins as the reader.
    """
    graph = JUDGE if plan.judge else GRAPH
    work = plan.work / graph.removesuffix(".onnx")
    start = published(model, encoder, work / "start.pt", graph if (model / graph).exists() else GRAPH)
    learnt = mixed(start, learn(replace(plan, work=work, start=start)), LEARNT_SHARE, work / "mixed.pt")
    export(learnt, encoder, model, judge=plan.judge)


def _fit(data: Path, work: Path, model: Path, *, only_quotes: bool) -> None:
    reads, path = gather(data, work, OnnxReader(model)), model / DECISION.name
    fit.save(fit.with_quotes(path, reads) if only_quotes else fit.fit(reads), path)
    for domain, figures in fit.report(reads, load_decision(path)).items():
        sys.stdout.write(f"{domain} {figures}\n")


if __name__ == "__main__":
    main()
