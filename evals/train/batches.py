"""Groups of examples as tensors: laid out, sorted by length, padded to few shapes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from tokenizers import Tokenizer
from torch import Tensor

from evals.train.examples import Example, Group, Judged, Reading
from evals.train.model import Batch
from rag.reader.layout import Layout, lay_out

LONGEST = 256
"""Tokens of one example in training."""
_MULTIPLE = 32
"""Lengths are padded to multiples of this: each new shape costs a new kernel, and memory."""


@dataclass(frozen=True)
class Laid:
    """An example with its tokens."""

    example: Example
    layout: Layout


@dataclass(frozen=True)
class Targets:
    """What a batch should give. Rows of readings: `gold` (examples, 1 + units) allowed columns, `start` and `end` a
    token or -1, `pairs` rows of a question and of its near miss. `labels`: of statements, -1 for readings."""

    gold: Tensor
    start: Tensor
    end: Tensor
    labels: Tensor
    pairs: Tensor


def laid(tokenizer: Tokenizer, example: Example) -> Laid:
    """`example` as tokens, at most `LONGEST`."""
    first = example.question if isinstance(example, Reading) else example.statement
    return Laid(example, lay_out(tokenizer, first, example.units, LONGEST))


def batched(
    tokenizer: Tokenizer, groups: Iterator[Group], tokens: int, pool: int = 2000
) -> Iterator[tuple[Batch, Targets, list[Example]]]:
    """Batches of about `tokens` tokens, padding included, with their examples.

    Groups are kept whole, and those of like length together.
    """
    while chunk := list(islice(groups, pool)):
        ready = [[laid(tokenizer, example) for example in group] for group in chunk]
        ready.sort(key=lambda group: max(_padded(item) for item in group))
        every = list(_filled(ready, tokens))
        order = torch.randperm(len(every), generator=torch.Generator().manual_seed(len(every) + len(chunk)))
        for number in order.tolist():
            examples = [item.example for group in every[number] for item in group]
            yield *tensors(every[number]), examples


def _filled(ready: Sequence[Sequence[Laid]], tokens: int) -> Iterator[list[list[Laid]]]:
    batch: list[list[Laid]] = []
    for group in ready:
        size = max(_padded(item) for other in [*batch, group] for item in other)
        if batch and size * (sum(map(len, batch)) + len(group)) > tokens:
            yield batch
            batch = []
        batch.append(list(group))
    if batch:
        yield batch


def _can_be_chosen(item: Laid, number: int) -> bool:
    """Whether a unit is a candidate that fits the layout: no heading, and not the head of a table."""
    start, end = item.layout.units[number] if number < len(item.layout.units) else (0, 0)
    return end > start and item.example.units[number].candidate


def _padded(item: Laid) -> int:
    return -(-len(item.layout.ids) // _MULTIPLE) * _MULTIPLE


def tensors(groups: Sequence[Sequence[Laid]]) -> tuple[Batch, Targets]:
    """One batch of the groups, in their order."""
    items = [item for group in groups for item in group]
    length = max(map(_padded, items))
    width = -(-max(len(item.layout.units) for item in items) // 8) * 8
    shape = (len(items), length)
    ids, segments = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    mask, first = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    units = torch.zeros((len(items), width, length))
    candidates = torch.zeros((len(items), width))
    for row, item in enumerate(items):
        layout = item.layout
        ids[row, : len(layout.ids)] = torch.tensor(layout.ids)
        segments[row, : len(layout.ids)] = torch.tensor(layout.segments)
        mask[row, : len(layout.ids)] = 1
        first[row, layout.first[0] : layout.first[1]] = 1
        for number, (start, end) in enumerate(layout.units):
            if end > start:
                units[row, number, start:end] = 1 / (end - start)
                candidates[row, number] = float(item.example.units[number].candidate)
    return Batch(ids, segments, mask, first, units, candidates), _targets(groups, items, width)


def _targets(groups: Sequence[Sequence[Laid]], items: Sequence[Laid], width: int) -> Targets:
    gold = torch.zeros((len(items), 1 + width))
    start, end = torch.full((len(items),), -1), torch.full((len(items),), -1)
    labels = torch.full((len(items),), -1)
    for row, item in enumerate(items):
        example = item.example
        if isinstance(example, Judged):
            labels[row] = example.label
            continue
        inside = [n for n in example.gold if _can_be_chosen(item, n)]
        if example.anywhere:
            gold[row, 1:] = 1
        elif inside:
            gold[row, [1 + n for n in inside]] = 1
        elif not example.gold:
            gold[row, 0] = 1
        start[row], end[row] = _answer(example, item.layout)
    return Targets(gold, start, end, labels, _pairs(groups))


def _answer(example: Reading, layout: Layout) -> tuple[int, int]:
    """The first and last token of the answer, -1 where there is none."""
    if example.answer is None:
        return -1, -1
    unit, low, high = example.answer
    inside = [
        number for number, place in enumerate(layout.places)
        if place is not None and place.unit == unit and place.start < high and place.end > low
    ]  # fmt: skip
    return (inside[0], inside[-1]) if inside else (-1, -1)


def _pairs(groups: Sequence[Sequence[Laid]]) -> Tensor:
    pairs, row = [], 0
    for group in groups:
        if len(group) > 1:
            pairs += [(row, row + other) for other in range(1, len(group))]
        row += len(group)
    return torch.tensor(pairs, dtype=torch.long).reshape(-1, 2)
