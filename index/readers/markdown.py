"""Markdown, kept as it is written: a quote must be a run of the file's own characters, marks included."""

from __future__ import annotations

import re

from index.readers.decode import decode
from index.readers.extracted import Extracted, require_lines
from index.readers.text import extracted_of

_COMMENT = re.compile(
    r"""^[ ]{0,3}(?P<fence>`{3,}|~{3,})[^`\n]*\n.*?(?:^[ ]{0,3}(?P=fence)[`~]*[ \t]*$|\Z)
      | (?<!`)(?P<code>`{1,8})(?!`)[^`\n]+(?P=code)
      | <!--(?P<comment>.*?)(?P<end>-->|\Z)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
"""Comments, and the code in which they are meant to be read."""
_BLOCK = re.compile(r"^[ ]{0,3}<!--", re.MULTILINE)
"""Where a comment may begin that nothing ends: a renderer hides the rest (CommonMark 0.31, HTML blocks, kind 2)."""


def read_markdown(data: bytes) -> Extracted:
    """The decoded source text, marks included, without the comments that no rendering shows; a thread of mails as
    `read_text` reads it.

    Raises: UnreadableFile, when the bytes are not text, or hold a line longer than any book.
    """
    decoded = decode(data)
    require_lines(decoded.text)
    return extracted_of(decoded, *without_comments(decoded.text))


def without_comments(text: str) -> tuple[str, int]:
    """`text` without its HTML comments outside code, and how many characters other than white space those held.

    The beginning of a comment within a line is one only where it ends; else it is shown as it is written.
    """
    hidden = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal hidden
        if match["comment"] is None:
            return match[0]
        literal, comment = "", match["comment"]
        if not match["end"]:
            block = _BLOCK.search(text, text.rfind("\n", 0, match.start()) + 1)
            if block is None:
                return match[0]
            literal, comment = text[match.start() : block.end() - len("<!--")], text[block.end() :]
        hidden += len("".join(comment.split()))
        return literal

    return _COMMENT.sub(drop, text), hidden
