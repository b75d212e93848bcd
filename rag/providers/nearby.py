"""Programs on this computer that run models: which of the usual ones answer, and what models each has.

Nothing is contacted until somebody asks, and then these addresses alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from rag.providers.endpoint import models_at

USUAL: Mapping[str, str] = {
    "Ollama": "http://127.0.0.1:11434/v1",
    "LM Studio": "http://127.0.0.1:1234/v1",
    "llama.cpp": "http://127.0.0.1:8080/v1",
}
"""Where each listens when nobody has told it otherwise."""
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Program:
    """A program that answered at `url`, and the names of its models."""

    name: str
    url: str
    models: tuple[str, ...]


def running(places: Mapping[str, str]) -> tuple[Program, ...]:
    """The programs that answer at these addresses within two seconds; all are asked at once."""
    return asyncio.run(_running(places))


async def _running(places: Mapping[str, str]) -> tuple[Program, ...]:
    listed = await asyncio.gather(*(models_at(url, _PATIENCE) for url in places.values()))
    answers = zip(places.items(), listed, strict=True)
    return tuple(Program(name, url, models) for (name, url), models in answers if models is not None)
