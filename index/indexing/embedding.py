"""Embeds what was read while the next file is being read, and keeps every batch of vectors at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain

from index.cut.searchable import digest_of
from index.store.caches import Progress
from index.store.corpus import Corpus
from index.store.writer import CorpusWriter
from index.types import Article, Document, Embedder, Passage
from index.vectors.lines import TextVectors, embed_texts

_BATCH = 64
"""Texts embedded at a time: what a killed run may have to embed again."""
_AHEAD = 4
"""Batches handed over and not yet kept. Past that reading goes on, and texts wait until it is done."""
_WINDOW = 4096
"""Texts sorted by length at a time: equal lengths side by side waste no padding."""


class Embedding:
    """A corpus writer that also has what it is given embedded, in one thread beside the caller's.

    A context manager; at its end nothing is being embedded any more.
    """

    def __init__(self, writer: CorpusWriter, embedder: Embedder, held: Sequence[Corpus]) -> None:
        """Texts that have a vector in `writer` or in a corpus `held` are not embedded."""
        self._writer = writer
        self._embedder = embedder
        self._held = held
        self._waiting: dict[str, str] = {}
        self._running: deque[tuple[list[str], Future[list[TextVectors]]]] = deque()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="embedding")
        self.count = 0
        """How many texts were embedded and kept."""

    def __enter__(self) -> Embedding:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def add_document(
        self, document: Document, articles: Sequence[Article], passages: Sequence[Passage], texts: Sequence[str]
    ) -> None:
        """Add the document to the corpus, and embed its texts as far as the model keeps up.

        Raises: what the embedder raises; IndexFault, when it gives no vectors.
        """
        self._writer.add_document(document, articles, passages, texts)
        self._offer(texts)
        while self._running and self._running[0][1].done():
            self._keep_first()

    def finish(self, texts: Callable[[Sequence[str]], Iterable[str]], progress: Progress) -> None:
        """Embed all that neither the corpus nor another held one has; `texts` gives those of passages by id.

        Raises: as `add_document`.
        """
        handed_over = self._handed_over()
        missing = self._missing(handed_over)
        progress.start("embed", len(handed_over) + len(missing))
        for at in range(0, len(missing), _WINDOW):
            window = missing[at : at + _WINDOW]
            digests, keys = zip(*window, strict=True)
            by_length = sorted(zip(digests, texts(keys), strict=True), key=lambda item: len(item[1]))
            for batch in _batches(by_length):
                self._submit(dict(batch))
                while len(self._running) >= _AHEAD:
                    progress.advance(self._keep_first())
        while self._running:
            progress.advance(self._keep_first())

    def _offer(self, texts: Sequence[str]) -> None:
        if len(self._running) >= _AHEAD:
            return
        offered = {digest_of(text): text for text in texts}
        known = self._handed_over() | self._writer.embedded(list(offered)) | self._in_held(list(offered))
        self._waiting |= {digest: text for digest, text in offered.items() if digest not in known}
        while len(self._waiting) >= _BATCH and len(self._running) < _AHEAD:
            batch = dict(list(self._waiting.items())[:_BATCH])
            self._waiting = {digest: text for digest, text in self._waiting.items() if digest not in batch}
            self._submit(batch)
        if len(self._running) >= _AHEAD:
            self._waiting = {}  # `finish` finds them again

    def _handed_over(self) -> set[str]:
        return set(chain.from_iterable(digests for digests, _ in self._running))

    def _missing(self, handed_over: set[str]) -> list[tuple[str, str]]:
        """The digests of the texts still to be embedded, each with a passage that has the text."""
        missing = self._writer.missing()
        known = handed_over | self._in_held(list(missing))
        return [(digest, passage) for digest, passage in missing.items() if digest not in known]

    def _in_held(self, digests: Sequence[str]) -> set[str]:
        fingerprint = self._embedder.fingerprint
        return {digest for corpus in self._held for digest in corpus.embedded(fingerprint, digests)}

    def _submit(self, batch: dict[str, str]) -> None:
        self._running.append((list(batch), self._pool.submit(embed_texts, self._embedder, list(batch.values()))))

    def _keep_first(self) -> int:
        digests, future = self._running.popleft()
        self._writer.add_vectors(digests, future.result())
        self.count += len(digests)
        return len(digests)


def _batches(texts: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    return (texts[at : at + _BATCH] for at in range(0, len(texts), _BATCH))
