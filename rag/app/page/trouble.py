"""What went wrong, in one sentence: the page is a boundary, and nobody is shown a traceback."""

from __future__ import annotations

import logging
import re

from index.errors import RagError

_log = logging.getLogger(__name__)
_FOLDERS = re.compile(r"""(?<=')(?:~|[A-Za-z]:)?[/\\][^'\n]*[/\\]|(?<=")(?:~|[A-Za-z]:)?[/\\][^"\n]*[/\\]""")


def in_words(error: Exception, otherwise: str) -> str:
    """An error of ours in its own words; any other as `otherwise`, and its cause goes to the log."""
    if isinstance(error, RagError):
        return str(error)
    _log.error(otherwise, exc_info=error)
    return otherwise


def discreetly(error: Exception, otherwise: str) -> str:
    """As `in_words`, with no folder of this machine in it; the log has one that was left out."""
    whole = in_words(error, otherwise)
    sentence = discreet(whole)
    if sentence != whole:
        _log.error("%s", whole)
    return sentence


def discreet(sentence: str) -> str:
    """The sentence with no folder of this machine in it: `'/home/ann/news.txt'` becomes `'…/news.txt'`."""
    return _FOLDERS.sub("…/", sentence)
