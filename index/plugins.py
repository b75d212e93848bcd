"""What other installed packages bring, found by their entry points."""

from __future__ import annotations

from collections.abc import Mapping
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
    try:
        return point.load()
    except Exception as error:
        raise PluginBroken(f"{name!r} of {group}, {point.value!r}, does not load ({reason(error)}).") from error


def reason(error: Exception) -> str:
    """What went wrong in the code of others, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".removesuffix(": ").split())[:300]
