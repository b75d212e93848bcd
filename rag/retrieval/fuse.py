"""One ranking out of what is known of each passage: the likeness of all it says, of its likest line, and its words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from index.errors import RagError
from rag.reader.onnx_model import INSTALLED

FUSION = INSTALLED / "fusion.json"
Ranked = TypeVar("Ranked")


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of a passage for a question.

    `whole` and `line` are cosines, of the passage and of the line of it that is most alike. `words` is its BM25 score,
    in which a rare word counts for more the more passages there are.
    """

    whole: float
    line: float
    words: float


@dataclass(frozen=True, slots=True)
class Fusion:
    """The weights of `Signals`, fitted by `python -m evals.train fusion DATA`, which keeps them beside the reader."""

    whole: float
    line: float
    words: float

    def score(self, signals: Signals) -> float:
        """The higher, the likelier the passage answers."""
        return self.whole * signals.whole + self.line * signals.line + self.words * signals.words


@lru_cache(maxsize=4)
def load_fusion(path: Path = FUSION) -> Fusion:
    """The weights in a file. Raises: RagError, when they do not read."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Fusion(float(content["whole"]), float(content["line"]), float(content["words"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RagError(f"The fitted weights {str(path)!r} cannot be read ({error}); reinstall the package.") from error


def interleave(*rankings: Sequence[Ranked]) -> list[Ranked]:
    """Items taken in turn from each ranking, each once: the firsts of all, then the seconds, and so on."""
    longest = max((len(ranking) for ranking in rankings), default=0)
    turns = (ranking[i] for i in range(longest) for ranking in rankings if i < len(ranking))
    return list(dict.fromkeys(turns))
