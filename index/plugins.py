"""What other installed packages bring, found by their entry points."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from index.errors import PluginBroken, SettingsInvalid


@cache
def brought(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group by name. Installed packages are looked through once."""
    return {point.name: point for point in entry_points(group=group)}


def loaded(group: str, name: str) -> Any:  # noqa: ANN401 - the code of others
    """What a package brings in `group` under `name`.

    Raises: SettingsInvalid, where none does; PluginBroken, where it does not load.
    """
    point = brought(group).get(name)
    if point is None:
        there = ", ".join(sorted(brought(group))) or "none"
        raise SettingsInvalid(f"No installed package brings {name!r} in {group}; there are: {there}.")
    with breaking_as(lambda why: PluginBroken(f"{name!r} of {group}, {point.value!r}, does not load ({why}).")):
        return point.load()


@contextmanager
def breaking_as(error_of: Callable[[str], Exception], *own: type[Exception]) -> Iterator[None]:
    """Whatever goes wrong in the code of others is the error made of why, in one line; but for its `own` errors."""
    try:
        yield
    except own:
        raise
    except Exception as error:
        why = " ".join(f"{type(error).__name__}: {error}".removesuffix(": ").split())[:300]
        raise error_of(why) from error
