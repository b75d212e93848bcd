"""Whether too much is gone at once: a folder that is gone is not a folder that is empty."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from index.folder.files import shown
from index.folder.roots import Place
from index.types import Loss

MANY = 20
"""Of so many files, or fewer, only the loss of all is taken for one, where the folder itself is still the same."""


def lost(places: Sequence[Place], known: Collection[Path], gone: Collection[Path]) -> tuple[Place, ...]:
    """The places of whose `known` files too many are `gone` at once, outermost first; none inside another.

    That is all of them, or more than half where they were more than `MANY` or the place is another folder by now.
    """
    found: list[Place] = []
    for place in sorted(places, key=lambda place: len(place.path.parts)):
        inside = any(place.path.is_relative_to(outer.path) for outer in found)
        if not inside and _is_too_much(place, loss(place, known, gone)):
            found.append(place)
    return tuple(found)


def loss(place: Place, known: Collection[Path], gone: Collection[Path]) -> Loss:
    """How much is gone of what was known at and below a place."""
    return Loss(shown(str(place.path)), count_below(place.path, gone), count_below(place.path, known))


def count_below(folder: Path, files: Collection[Path]) -> int:
    """How many of `files` are at `folder` or below it."""
    prefix = str(folder).rstrip(os.sep) + os.sep
    return sum(f"{file}{os.sep}".startswith(prefix) for file in files)


def in_words(losses: Sequence[Loss]) -> str:
    """The beginning of a sentence that tells of losses."""
    told = " and ".join(f"{_counted(item)} of {item.place!r}" for item in losses)
    is_one = len(losses) == 1 and losses[0].gone == 1
    return f"{told[:1].upper()}{told[1:]} {'is' if is_one else 'are'} gone at once, as when a drive is not mounted"


def _is_too_much(place: Place, of_it: Loss) -> bool:
    if of_it.gone in (0, of_it.known):
        return of_it.gone > 0
    return 2 * of_it.gone > of_it.known and (of_it.known > MANY or place.is_replaced())


def _counted(of_it: Loss) -> str:
    if of_it.known == 1:
        return "the one file"
    if of_it.gone == of_it.known:
        return f"all {of_it.known:,} files"
    return f"{of_it.gone:,} of {of_it.known:,} files"
