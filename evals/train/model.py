"""The reader as it is trained: an encoder, a head that points at units and words, and one that judges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModel
from transformers.utils import logging as transformers_logging

SHARPNESS = 12.0
NOTHING = 6.0
"""Where the heads start, so that reading begins as likeness: a unit's logit is SHARPNESS times the cosine of question
and unit, that of nothing NOTHING. Heads that start at random learn for thousands of examples what cosine knows."""


@dataclass(frozen=True)
class Batch:
    """Layouts padded to one length. Shapes: (examples, tokens), but `units` (examples, units, tokens) with rows that
    sum to 1 over a unit's tokens, and `candidates` (examples, units)."""

    ids: Tensor
    segments: Tensor
    mask: Tensor
    first: Tensor
    units: Tensor
    candidates: Tensor


@dataclass(frozen=True)
class Output:
    """`answers`: (examples, 1 + units) logits, nothing first. `starts`, `ends`: (examples, tokens). `stands`:
    (examples, 3), contradicted, not said, supported."""

    answers: Tensor
    starts: Tensor
    ends: Tensor
    stands: Tensor


class ReaderModel(nn.Module):
    """An encoder of any size with the two heads."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        """Heads over `encoder`, whose hidden states are `width` wide."""
        super().__init__()
        self.encoder = encoder
        self.sharpness = nn.Parameter(torch.tensor(SHARPNESS))
        self.nothing = nn.Linear(width, 1)
        self.unit = nn.Linear(width, 1, bias=False)
        self.words = nn.Linear(width, 2)
        self.stands = nn.Sequential(nn.Linear(4 * width, width), nn.GELU(), nn.Linear(width, 3))
        nn.init.zeros_(self.nothing.weight)
        nn.init.constant_(self.nothing.bias, NOTHING)
        nn.init.zeros_(self.unit.weight)

    def forward(self, batch: Batch) -> Output:
        """The logits of both judgements for every example; a caller uses the one that it asked for."""
        states = self.encoder(
            input_ids=batch.ids, attention_mask=batch.mask, token_type_ids=batch.segments
        ).last_hidden_state.float()
        cls = states[:, 0]
        first = _mean(states, batch.first)
        units = batch.units @ states
        likeness = nn.functional.cosine_similarity(first.unsqueeze(1), units, dim=-1, eps=1e-6)
        pointed = self.sharpness * likeness + self.unit(units).squeeze(-1)
        pointed = pointed.masked_fill(batch.candidates == 0, -1e4)
        spans = self.words(states)
        inside = (batch.segments == 0) | (batch.mask == 0)
        evidence = _mean(states, batch.segments * batch.mask)
        judged = self.stands(torch.cat([cls, first, evidence, first * evidence], dim=-1))
        return Output(
            torch.cat([self.nothing(cls), pointed], dim=1),
            spans[..., 0].masked_fill(inside, -1e4),
            spans[..., 1].masked_fill(inside, -1e4),
            judged,
        )


def _mean(states: Tensor, weights: Tensor) -> Tensor:
    chosen = weights.unsqueeze(-1).to(states.dtype)
    return (states * chosen).sum(1) / chosen.sum(1).clamp(min=1)


def build(folder: Path) -> ReaderModel:
    """The model with the encoder in `folder` (safetensors), no dropout, its embeddings frozen.

    Without dropout two cores train twice as fast, and one pass over so much data hardly needs it.
    """
    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    encoder = AutoModel.from_pretrained(
        str(folder), attn_implementation="eager", add_pooling_layer=False, local_files_only=True,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    for parameter in encoder.embeddings.parameters():
        parameter.requires_grad = False
    return ReaderModel(encoder, encoder.config.hidden_size)
