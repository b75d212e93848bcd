"""The training loop: as many processes as there are cores, each on one of them, gradients averaged at every step.

On two cores that is half as fast again as one process with two threads. It can be stopped at any time and goes on from
its last checkpoint; the rate falls with the share of the examples seen.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.distributed as dist
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn

from evals.train.batches import Targets, batched
from evals.train.examples import NOT_SUPPORTED, Example
from evals.train.judging import judgements
from evals.train.measure import measured
from evals.train.mixture import mixture
from evals.train.model import Batch, Output, ReaderModel, build
from rag.reader.onnx_model import INSTALLED, OnnxReader

PAIR, SPAN = 0.5, 0.25
"""Weights of the losses of a pair's order and of the answer's words beside that of the units."""
_NEVER = -1e4
_HALF = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
"""Whether numbers of half the width are quicker here: without AVX-512 they are emulated, thirty times as slowly."""


@dataclass(frozen=True)
class Plan:
    """One training run. `examples` counts those of all processes together; `tokens` those of one batch."""

    data: Path
    encoder: Path
    work: Path
    examples: int = 200_000
    tokens: int = 5_000
    rate: float = 1e-4
    head_rate: float = 4e-4
    warmup: float = 0.04
    seed: int = 7
    every: int = 300
    """Steps between checkpoints."""
    pool: int = 2_000
    processes: int = 2
    start: Path | None = None
    """A checkpoint whose weights this run begins with."""
    model: Path = INSTALLED
    """The reader whose answers a judge learns to judge."""
    judge: bool = False
    """Whether only statements are drawn, for a model that does nothing but judge them."""


def losses(output: Output, targets: Targets) -> dict[str, Tensor]:
    """The mean loss of each kind in one batch; those of no example are missing."""
    parts: dict[str, Tensor] = {}
    read = targets.labels < 0
    known = targets.gold.any(dim=1)
    if known.any():
        logs = torch.log_softmax(output.answers[known], dim=1)
        parts["answers"] = -torch.logsumexp(logs.masked_fill(targets.gold[known] == 0, _NEVER), dim=1).mean()
    spoken = targets.start >= 0
    if spoken.any():
        cross = nn.functional.cross_entropy
        parts["span"] = SPAN * (
            cross(output.starts[spoken], targets.start[spoken]) + cross(output.ends[spoken], targets.end[spoken])
        )
    if len(targets.pairs):
        score = torch.where(read, _answerable(output), supported(output))
        parts["pairs"] = PAIR * nn.functional.softplus(score[targets.pairs[:, 1]] - score[targets.pairs[:, 0]]).mean()
    if (~read).any():
        parts["stands"] = _stands(output.stands[~read], targets.labels[~read])
    return parts


def _answerable(output: Output) -> Tensor:
    return torch.logsumexp(output.answers[:, 1:], dim=1) - output.answers[:, 0]


def supported(output: Output) -> Tensor:
    """The log-odds that each statement is supported, (examples,)."""
    return output.stands[:, 2] - torch.logsumexp(output.stands[:, :2], dim=1)


def _stands(logits: Tensor, labels: Tensor) -> Tensor:
    logs = torch.log_softmax(logits, dim=1)
    denied = torch.logsumexp(logs[:, :2], dim=1)
    known = logs.gather(1, labels.clamp(max=2).unsqueeze(1)).squeeze(1)
    return -torch.where(labels == NOT_SUPPORTED, denied, known).mean()


def learn(plan: Plan) -> Path:
    """Run `plan`, or go on with it, and give the folder of the weights it ends with."""
    plan.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as meeting:
        arguments = (plan, f"file://{meeting}/point")
        spawn(_process, arguments, nprocs=plan.processes)  # type: ignore[no-untyped-call]
    return plan.work / "last.pt"


def _process(rank: int, plan: Plan, meeting: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=plan.processes)
    try:
        _Run(rank, plan).go()
    finally:
        dist.destroy_process_group()


class _Run:
    """One process of a run."""

    def __init__(self, rank: int, plan: Plan) -> None:
        torch.manual_seed(plan.seed)
        self.rank, self.plan = rank, plan
        self.tokenizer = Tokenizer.from_file(str(plan.encoder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.model = build(plan.encoder)
        self.reader = OnnxReader(plan.model) if plan.judge else None
        self.trained = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(_rates(self.model, plan), weight_decay=0.01, fused=True)
        self.seen = self.step = self.begun = 0
        self._load()

    def _load(self) -> None:
        last = self.plan.work / "last.pt"
        if last.exists():
            state = torch.load(last, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.seen, self.step, self.begun = state["seen"], state["step"], state["begun"] + 1
        elif self.plan.start:
            self.model.load_state_dict(torch.load(self.plan.start, weights_only=True)["model"])

    def go(self) -> None:
        started, before = time.time(), self.seen
        totals: dict[str, list[float]] = {}
        for batch, targets, _ in self._batches():
            if self.seen >= self.plan.examples:
                break
            for name, value in self._learn(batch, targets).items():
                totals.setdefault(name, []).append(value)
            if self.step % 50 == 0 and self.rank == 0:
                speed = (self.seen - before) / (time.time() - started)
                means = {name: round(sum(values) / len(values), 3) for name, values in totals.items()}
                _say(f"{self.seen:7d} examples, {speed:.1f}/s {means}")
                totals = {}
            if self.step % self.plan.every == 0:
                self._save()
        self._save()

    def _batches(self) -> Iterator[tuple[Batch, Targets, list[Example]]]:
        """This process's batches; a run that goes on draws from another seed than it began with."""
        plan, seed = self.plan, self.plan.seed + 1000 * self.begun + self.rank
        stream = mixture(plan.data, seed) if self.reader is None else judgements(plan.data, seed, self.reader)
        return batched(self.tokenizer, stream, plan.tokens, plan.pool)

    def _learn(self, batch: Batch, targets: Targets) -> dict[str, float]:
        self.model.train()
        self._set_rates()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_HALF):
            output = self.model(batch)
        parts = losses(output, targets)
        torch.stack(list(parts.values())).sum().backward()  # type: ignore[no-untyped-call]
        self.seen += self._share(len(targets.labels))
        nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        return {name: float(value.detach()) for name, value in parts.items()}

    def _share(self, examples: int) -> int:
        """Average the gradients over the processes, and count their examples."""
        flat = torch.cat([(p.grad if p.grad is not None else torch.zeros_like(p)).flatten() for p in self.trained])
        flat = torch.cat([flat, torch.tensor([float(examples)])])
        dist.all_reduce(flat)
        at = 0
        for parameter in self.trained:
            size = parameter.numel()
            parameter.grad = (flat[at : at + size] / self.plan.processes).view_as(parameter)
            at += size
        return int(flat[-1])

    def _set_rates(self) -> None:
        share = self.seen / self.plan.examples
        scale = min(1.0, share / self.plan.warmup + 0.02, max(0.02, (1 - share) / (1 - self.plan.warmup)))
        for group in self.optimizer.param_groups:
            group["lr"] = scale * group["peak"]

    def _save(self) -> None:
        if self.rank == 0:
            state = {
                "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict(),
                "seen": self.seen, "step": self.step, "begun": self.begun,
            }  # fmt: skip
            torch.save(state, self.plan.work / "next.pt")
            os.replace(self.plan.work / "next.pt", self.plan.work / "last.pt")
            figures = measured(self.model, self.tokenizer, self.plan.data, reader=self.reader)
            _say(f"{self.seen:7d} examples: {figures}")
        dist.barrier()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _rates(model: ReaderModel, plan: Plan) -> list[dict[str, object]]:
    encoder = [p for p in model.encoder.parameters() if p.requires_grad]
    heads = [p for name, p in model.named_parameters() if not name.startswith("encoder.")]
    return [{"params": encoder, "peak": plan.rate}, {"params": heads, "peak": plan.head_rate}]


def quick(plan: Plan) -> Plan:
    """The same run cut to a few steps, to see that everything fits together."""
    return replace(plan, examples=400, tokens=1_500, every=1_000, pool=60)
