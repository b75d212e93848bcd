"""Plain text, logs, source code and mails kept as text, as they stand."""

from __future__ import annotations

from collections.abc import Sequence

from index.document.blocks import Blocks, BlockWriter
from index.readers.decode import decode
from index.readers.extracted import Extracted, require_lines, visible
from index.readers.lines import blocks_of, write_blocks
from index.readers.thread import Part, messages
from index.types import Section, Span


def read_text(data: bytes) -> Extracted:
    """The decoded text, without the characters that nobody sees.

    Raises: UnreadableFile, when the bytes are not text, or hold a line longer than any book.
    """
    decoded = decode(data)
    require_lines(decoded.text)
    text, hidden = visible(decoded.text)
    parts = messages(text)
    if not parts:
        return Extracted(text, decoded.encoding, decoded.replaced, hidden, blocks=blocks_of(text))
    sections, blocks = _thread(text, parts)
    return Extracted(text, decoded.encoding, decoded.replaced, hidden, sections=sections, blocks=blocks)


def _thread(text: str, parts: Sequence[Part]) -> tuple[tuple[Section, ...], Blocks]:
    """A section for each who wrote of it, and the blocks of each: its head, which nobody said, and the words."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    ends = [*(starts[part.begin] for part in parts[1:]), len(text)]
    writer = BlockWriter()
    sections: list[Section] = []
    subject: str | None = None
    for part, end in zip(parts, ends, strict=True):
        subject = part.subject or subject
        begin, words = starts[part.begin], min(starts[part.begin + part.above], end)
        whole = Span(begin, end).trimmed(text)
        sections.append(Section(whole, title=subject, author=part.voice.author, date=part.voice.date))
        if part.above:
            head = Span(begin, words).trimmed(text)
            writer.add("furniture", head.start, head.end)
        write_blocks(text[words:end], writer, words)
    return tuple(sections), writer.done()
