"""Bytes to text, with nothing lost in silence: what could not be decoded is counted, and binary is refused."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from charset_normalizer import from_bytes

from index.errors import UnreadableFile

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LEGACY = [
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "euc_kr"),
]
"""The encodings that a guess may name. A longer list only adds ways to be wrong."""
_MIN_CONTEXT = 64
"""Fewer bytes outside ASCII than this tell a guesser too little: it reads `caf\\xe9` as Chinese."""
_GUESS_SAMPLE = 256 * 1024
_CHECK_SAMPLE = 65536
_MAX_STRANGE = 0.30
_MAX_STRANGE_GUESSED = 0.05
"""Single-byte encodings accept almost any bytes, so a guess must look more like text than UTF-8 need."""
_DECLARABLE = re.compile(
    r"cp\d+|windows-\d+|iso-?8859-?\d+|koi8-?[ru]|euc[-_]?(?:jp|kr)|gb18030|big5|tis-620",
    re.IGNORECASE,
)
"""The encodings in which a page may say that it is written. UTF-16 cannot be one: the words that say so are ASCII."""
_NAMES = {
    **dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gb", "gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "windows-31j"), "cp932"),
    "ks_c_5601-1987": "euc_kr",
}
"""What these names mean on the web, which is more than they say."""
_ESCAPING = "iso-2022-jp"
"""Japanese written in ASCII alone, which therefore passes for UTF-8."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_WHITE_SPACE = frozenset("\t\n\r\f\v\x1b\x85")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text without BOM, NUL or lone surrogate, its newlines `\\n`, otherwise as it stands in the bytes.

    `replaced` counts the characters that could not be decoded (now U+FFFD) or were dropped (NUL).
    """

    text: str
    encoding: str
    replaced: int = 0


def decode(data: bytes, declared: str | None = None) -> Decoded:
    """The text of `data`: by its BOM, else as UTF-8, else by the pattern of its NULs, else by a careful guess.

    The encoding that a page has `declared` comes before the guess, when it fits.

    Raises: UnreadableFile, when the bytes are not text.
    """
    encoding, guessed = _encoding(data, declared)
    text = data.decode(encoding, errors="replace").removeprefix("\ufeff")
    strict = _decodes(data, encoding)
    text, surrogates = _SURROGATES.subn("\ufffd", text)
    replaced = surrogates + text.count("\0") + (0 if strict else text.count("\ufffd"))
    _require_text(text, _MAX_STRANGE_GUESSED if guessed else _MAX_STRANGE)
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return Decoded(text, encoding, replaced)


def _encoding(data: bytes, declared: str | None) -> tuple[str, bool]:
    """The name of the encoding, and whether it is a guess."""
    if (declared or "").lower() == _ESCAPING and _decodes(data, _ESCAPING) and b"\x1b$" in data:
        return _ESCAPING, False
    for mark, name in _BOMS:
        if data.startswith(mark) and (not name.startswith("utf-32") or _decodes(data, name)):
            return name, False
    wide = _utf16_by_nuls(data)
    if wide:
        return wide, True
    if _decodes(data, "utf-8") or _mostly_utf8(data):
        return "utf-8", False
    named = _NAMES.get((declared or "").lower(), declared or "")
    if _DECLARABLE.fullmatch(named) and _is_known(named) and _decodes(data, named):
        return named, False
    return _guess(data), True


def _is_known(encoding: str) -> bool:
    try:
        codecs.lookup(encoding)
    except LookupError:
        return False
    return True


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_by_nuls(data: bytes) -> str | None:
    """UTF-16 without BOM: its NULs stand, but for strays, all at odd or all at even places."""
    if len(data) < 4 or len(data) % 2 or b"\0" not in data:
        return None
    high_first, low_first = data[0::2].count(0), data[1::2].count(0)
    most, least, name = max((low_first, high_first, "utf-16-le"), (high_first, low_first, "utf-16-be"))
    if _decodes(data, "utf-8") and _strange_share(data.decode("utf-8")) <= _MAX_STRANGE:
        return None  # read as UTF-8 it is text with stray NULs, which UTF-16 would make Chinese
    enough = max(2, len(data) // 400)  # most scripts show only the NULs of blanks and line ends
    return name if most >= enough and least * 20 <= most and _decodes(data, name) else None


def _mostly_utf8(data: bytes) -> bool:
    """UTF-8 with a few broken bytes, as a cut or a pasted word leaves it."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    whole = sum(1 for character in text if character > "\x7f") - broken
    return whole >= 8 and broken * 20 <= whole


def _guess(data: bytes) -> str:
    beyond_ascii = len(data) - len(data.translate(None, bytes(range(0x80, 0x100))))
    if beyond_ascii < _MIN_CONTEXT:
        return "cp1252"
    # The sample may end inside a character of two bytes, so it ends where a line does when there is one.
    sample = data[:_GUESS_SAMPLE]
    sample = sample[: sample.rfind(b"\n") + 1] or sample
    best = from_bytes(sample, cp_isolation=_LEGACY).best()
    return best.encoding if best is not None else "cp1252"


def _require_text(text: str, most: float) -> None:
    share = _strange_share(text)
    if share > most:
        raise UnreadableFile(f"not text: {share:.0%} of it are control or unassigned characters")


def _strange_share(text: str) -> float:
    sample = text[:: max(1, len(text) // _CHECK_SAMPLE)]
    return sum(1 for character in sample if _is_strange(character)) / max(1, len(sample))


def _is_strange(character: str) -> bool:
    if character.isprintable() or character in _WHITE_SPACE:
        return character == "\ufffd"
    return unicodedata.category(character) in ("Cc", "Cn", "Co", "Cs")
