"""Questions that a collection's documents suggest, tried in the background, once for each state of its index."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Protocol

from index.errors import RagError
from index.store.corpus import Held
from index.types import IndexState
from rag.app.page.overview import Offered
from rag.asking.suggest import DocumentSpan, suggestions

_MOST_TRIALS = 64
"""Overviews whose questions are kept."""
_log = logging.getLogger(__name__)


class Tries(Protocol):
    """What is needed of a pipeline."""

    @property
    def state(self) -> IndexState:
        """What is indexed now."""
        ...

    def finds(self, question: str) -> DocumentSpan | None:
        """The words that plainly answer a question."""
        ...


class Trials:
    """The questions tried so far, by collection, index and document. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trials: OrderedDict[tuple[str, str, str], _Trial] = OrderedDict()

    def follow(self, collection: str, pipeline: Tries, documents: Sequence[Held], of: str = "") -> Iterator[Offered]:
        """What is offered so far, again whenever there is more; `of` is the document where it is of one alone."""
        key = collection, pipeline.state.generation, of
        with self._lock:
            trial = self._trials.get(key)
            if trial is None:
                trial = self._trials[key] = _Trial(pipeline, documents)
                if len(self._trials) > _MOST_TRIALS:
                    self._trials.popitem(last=False)
        yield from trial.follow()


class _Trial:
    """Questions of some documents. It goes on whoever looks at it, and ends by itself."""

    def __init__(self, pipeline: Tries, documents: Sequence[Held]) -> None:
        self._pipeline = pipeline
        self._documents = documents
        self._more = threading.Condition()
        self._offered = Offered()
        threading.Thread(target=self._run, name="suggesting", daemon=True).start()

    def follow(self) -> Iterator[Offered]:
        offered = self._offered
        yield offered
        while offered.trying:
            with self._more:
                self._more.wait_for(partial(self._has_more, offered), timeout=1)
                offered = self._offered
            yield offered

    def _has_more(self, offered: Offered) -> bool:
        return self._offered != offered

    def _run(self) -> None:
        try:
            for one in suggestions([held.document for held in self._documents], self._pipeline.finds):
                self._offer(Offered((*self._offered.questions, one)))
        except RagError as error:
            _log.warning("no more questions are tried: %s", error)
        finally:
            self._offer(Offered(self._offered.questions, trying=False))

    def _offer(self, offered: Offered) -> None:
        with self._more:
            self._offered = offered
            self._more.notify_all()
