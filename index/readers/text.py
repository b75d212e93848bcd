"""Plain text, logs and source code, as they stand."""

from __future__ import annotations

from index.readers.decode import decode
from index.readers.extracted import Extracted, require_lines, visible
from index.readers.lines import blocks_of


def read_text(data: bytes) -> Extracted:
    """The decoded text, without the characters that nobody sees.

    Raises: UnreadableFile, when the bytes are not text, or hold a line longer than any book.
    """
    decoded = decode(data)
    require_lines(decoded.text)
    text, hidden = visible(decoded.text)
    return Extracted(text, decoded.encoding, decoded.replaced, hidden, blocks=blocks_of(text))
