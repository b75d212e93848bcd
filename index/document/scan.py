"""What was read by OCR of a document: how sure it is of words, and where these stand on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from index.types import Frame, ScannedSpan, Span


def confidence(words: Iterable[ScannedSpan], span: Span) -> float | None:
    """How sure OCR is of the words in `span`, in the mean by their letters, 0 to 1; None where it read none of them."""
    shares = [(word.span.overlap(span), word.confidence) for word in words]
    letters = sum(count for count, _ in shares)
    return round(sum(count * sure for count, sure in shares) / letters, 2) if letters else None


def frames(words: Sequence[ScannedSpan], span: Span) -> Iterator[Frame]:
    """Where the words in `span` stand, those of a line as one frame."""
    line: Frame | None = None
    for word in (word for word in words if word.span.overlap(span)):
        if line is not None and line.is_beside(word.frame):
            line = line.around(word.frame)
            continue
        if line is not None:
            yield line
        line = word.frame
    if line is not None:
        yield line
