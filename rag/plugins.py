"""Answerers and verifiers that other packages bring: named by a setting, and never trusted not to break."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from index.errors import PluginBroken
from index.plugins import breaking_as, loaded
from rag.asking.followup import rewritings
from rag.errors import Cancelled, LLMFailed
from rag.reader.layout import Unit
from rag.reader.reader import Judgement, PassageReading, Reader
from rag.types import Answerer, AnswererName, Draft, Evidence, Live, RetrievedPassage, Turn

ANSWERERS, VERIFIERS = "rag.answerers", "rag.verifiers"
"""An entry point of either is called without arguments, once, and gives an `Answerer`, or a `Verifier`."""


class Verifier(Protocol):
    """Judges statements, in place of the trained reader. Safe to use from several threads."""

    @property
    def fingerprint(self) -> str:
        """What tells this verifier from another."""
        ...

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        """Each statement over the units of its evidence, in order."""
        ...


@dataclass(frozen=True, slots=True)
class BroughtAnswerer:
    """An answerer of another package. What it writes is checked as a model's is."""

    label: str
    answerer: Answerer

    @property
    def name(self) -> AnswererName:
        """Always "llm"."""
        return "llm"

    @property
    def model(self) -> str:
        """The name under which it is set."""
        return self.label

    def rewritings(self, question: str, history: Sequence[Turn], live: Live | None = None) -> tuple[str, ...]:
        """Its own forms of a question; those by our rules where it breaks. Raises: Cancelled."""
        try:
            with self._breaking():
                return tuple(map(str, self.answerer.rewritings(question, history, live)))
        except LLMFailed:
            return rewritings(question, history)

    def draft(
        self, question: str, passages: Sequence[RetrievedPassage], evidence: Evidence, live: Live | None = None
    ) -> Draft:
        """Its draft. Raises: LLMFailed, whatever goes wrong in it; Cancelled."""
        with self._breaking():
            draft = self.answerer.draft(question, passages, evidence, live)
        if not isinstance(draft, Draft):
            raise LLMFailed(f"The answerer {self.label!r} gave no draft, but {type(draft).__name__!r}.")
        return draft

    def _breaking(self) -> AbstractContextManager[None]:
        return breaking_as(lambda why: LLMFailed(f"The answerer {self.label!r} broke ({why})."), Cancelled, LLMFailed)


@dataclass(frozen=True, slots=True)
class JudgedBy:
    """A reader whose statements are judged by the verifier of another package."""

    reader: Reader
    label: str
    verifier: Verifier

    @property
    def fingerprint(self) -> str:
        """That of both."""
        return f"{self.reader.fingerprint}+{self.label}:{self.verifier.fingerprint}"

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        """As the reader. Raises: ModelUnavailable."""
        return self.reader.read(question, passages)

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        """As the verifier. Raises: PluginBroken, whatever goes wrong in it."""
        with breaking_as(lambda why: PluginBroken(f"The verifier {self.label!r} broke ({why}).")):
            judgements = list(self.verifier.judge(pairs))
        if len(judgements) != len(pairs) or not all(isinstance(item, Judgement) for item in judgements):
            raise PluginBroken(f"The verifier {self.label!r} did not give one judgement for each statement.")
        return judgements


def open_answerer(name: str) -> BroughtAnswerer:
    """The answerer brought under `name`. Raises: SettingsInvalid; PluginBroken."""
    return BroughtAnswerer(name, _made(ANSWERERS, name))


def judged_by(reader: Reader, name: str) -> JudgedBy:
    """`reader` with the verifier brought under `name`. Raises: SettingsInvalid; PluginBroken."""
    return JudgedBy(reader, name, _made(VERIFIERS, name))


def _made(group: str, name: str) -> Any:  # noqa: ANN401 - the code of others
    make = loaded(group, name)
    with breaking_as(lambda why: PluginBroken(f"{name!r} of {group} cannot be made ({why}).")):
        return make()
