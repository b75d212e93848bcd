"""Documents to serve: the two of the sound home, answered with quotes, and a few that a scripted model answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Documents, open_documents
from rag.app.doors.http import api
from tests.rag.app.doors.serving import served

QUESTIONS = (
    "Who was killed in the strike?",
    "How many employees were named in the sanctions list?",
    "Was anyone hurt in the fire?",
    "When were engineers expected to reach the site?",
    "Who opened ticket T-4499?",
)


@pytest.fixture(scope="session")
def documents(sound: Path) -> Iterator[Documents]:
    with open_documents(sound) as opened:
        yield opened


@pytest.fixture(scope="session")
def address(documents: Documents) -> Iterator[str]:
    with served(api(documents)) as url:
        yield url
