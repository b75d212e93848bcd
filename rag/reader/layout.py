"""How a question and a passage, or a statement and its evidence, are laid out for the model. Pure.

`[CLS] first [SEP] unit unit … [SEP]`: a unit is a sentence, a list item, a row of a table or a heading. The same code
lays out what the model is trained on and what it is asked, so that the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from index.errors import ModelUnavailable

LONGEST = 512
"""Tokens that the model reads at once."""
LONGEST_FIRST = 96
"""Tokens of the question or the statement; what is longer is cut."""
LONGEST_UNIT = 192
"""Tokens of one sentence or row; what is longer is cut, and read no further."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A run of words that is read as one, and whether it can be an answer; a heading is only read."""

    text: str
    candidate: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    """Where a token stands: which unit, and which characters of its text."""

    unit: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Token ids with their segment (0 the first text, 1 the units), and which of them are what.

    `units` gives a half-open range of tokens for each unit, empty for one that did not fit; `places` has an entry
    for each token, None for what belongs to no unit.
    """

    ids: tuple[int, ...]
    segments: tuple[int, ...]
    first: tuple[int, int]
    units: tuple[tuple[int, int], ...]
    places: tuple[Place | None, ...]


def lay_out(tokenizer: Tokenizer, first: str, units: Sequence[Unit], longest: int = LONGEST) -> Layout:
    """The tokens of `first` and of as many of `units`, in order, as fit into `longest`.

    Raises: ModelUnavailable, for a tokenizer without the marks of a layout.
    """
    encodings = tokenizer.encode_batch([first, *(unit.text for unit in units)], add_special_tokens=False)
    head = encodings[0].ids[:LONGEST_FIRST]
    opening, closing = _mark(tokenizer, "[CLS]"), _mark(tokenizer, "[SEP]")
    ids, segments = [opening, *head, closing], [0] * (len(head) + 2)
    places: list[Place | None] = [None] * len(ids)
    ranges: list[tuple[int, int]] = []
    full = False
    for number, encoding in enumerate(encodings[1:]):
        room = min(LONGEST_UNIT, longest - len(ids) - 1)
        full = full or room < min(len(encoding.ids), LONGEST_UNIT)
        taken = 0 if full else min(len(encoding.ids), LONGEST_UNIT)
        ranges.append((len(ids), len(ids) + taken))
        ids += encoding.ids[:taken]
        places += [Place(number, start, end) for start, end in encoding.offsets[:taken]]
    ids.append(closing)
    places.append(None)
    segments += [1] * (len(ids) - len(segments))
    return Layout(tuple(ids), tuple(segments), (1, 1 + len(head)), tuple(ranges), tuple(places))


def _mark(tokenizer: Tokenizer, name: str) -> int:
    number = tokenizer.token_to_id(name)
    if number is None:
        raise ModelUnavailable(f"The reader's tokenizer has no {name}; reinstall the package.")
    return number
