"""`python -m evals.train DATA`: train the reader."""

from __future__ import annotations

import argparse
from pathlib import Path

from evals.train.learn import Plan, learn, quick
from index.model_files import find


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m evals.train", description=__doc__)
    parser.add_argument("data", type=Path, help="the folder with reader/, authored/ and squad2-cs224n/")
    parser.add_argument("--encoder", help="a folder or a name; the installed embedding model if not given")
    parser.add_argument("--work", type=Path, default=Path("runs/reader"), help="where checkpoints are kept")
    parser.add_argument("--examples", type=int, default=Plan.examples)
    parser.add_argument("--start", type=Path, help="a checkpoint to begin with")
    parser.add_argument("--quick", action="store_true", help="a few steps, to see that everything fits together")
    told = parser.parse_args()
    plan = Plan(told.data, find(told.encoder).folder, told.work, examples=told.examples, start=told.start)
    learn(quick(plan) if told.quick else plan)


if __name__ == "__main__":
    main()
