"""The one error of an evaluation: `RagError` -> `EvalError`."""

from __future__ import annotations

from index.errors import RagError


class EvalError(RagError):
    """A suite, a data set or a run that cannot be used; the message says what to do."""
