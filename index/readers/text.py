"""Plain text, logs and source code, as they stand; of mails kept as text the words, each with who wrote them."""

from __future__ import annotations

from collections.abc import Sequence

from index.readers.decode import Decoded, decode
from index.readers.extracted import Composer, Extracted, require_lines, visible
from index.readers.lines import blocks_of
from index.readers.thread import Part, messages


def read_text(data: bytes) -> Extracted:
    """The decoded text, without the characters that nobody sees; of a thread of mails what `read_mail` keeps of one.

    Raises: UnreadableFile, when the bytes are not text, or hold a line longer than any book.
    """
    decoded = decode(data)
    require_lines(decoded.text)
    return extracted_of(decoded, decoded.text)


def extracted_of(decoded: Decoded, left: str, hidden: int = 0) -> Extracted:
    """What there is to read in what is `left` of a decoded text without its `hidden` characters."""
    text, unseen = visible(left)
    parts = messages(text)
    if parts:
        return _thread(decoded, parts, hidden + unseen)
    return Extracted(text, decoded.encoding, decoded.replaced, hidden + unseen, blocks=blocks_of(text))


def _thread(decoded: Decoded, parts: Sequence[Part], hidden: int) -> Extracted:
    """A section for each who wrote of it: its head, which nobody said, and the words without the marks of quoting."""
    composer = Composer(decoded.encoding)
    composer.hide_count(hidden)
    subject: str | None = None
    for part in parts:
        subject = part.subject or subject
        author, date = part.voice.author, part.voice.date
        composer.section(title=subject, author=author, date=date)
        composer.attribute(author, date)
        composer.block(part.head, kind="furniture")
        composer.text(part.text)
    return composer.done(replaced=decoded.replaced)
