"""Every indexed file read a second time by another library, and what only one of the two readings has."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.document.structure import packed
from index.errors import UnreadableFile
from index.readers import id_of, read_bytes
from index.readers.kind import Kind
from index.readers.second import KINDS, NOT_INSTALLED
from index.store.corpus import Held
from index.types import Block, Document

_MEGABYTES, _SECONDS = 2048, 120
_TOKEN = re.compile(r"[-−]?\d[\d.,]*\d|[-−]?\d|[^\W\d_]+")
_RUN, _ENOUGH = 3, 0.9
"""A longer piece is in the other reading where so many of its runs of three words are, since both cut lines anew."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What two readings of a file have: how many paragraphs and cells each, and those that the other has not.

    `reason` says why there is no second reading, and is empty where there is one.
    """

    path: str
    pieces: int = 0
    second_pieces: int = 0
    only_first: tuple[str, ...] = ()
    only_second: tuple[str, ...] = ()
    reason: str = ""

    @property
    def is_alike(self) -> bool:
        """Whether both have the same, as far as there are two."""
        return not self.only_first and not self.only_second


def compare(held: Held, max_bytes: int) -> Compared:
    """The document as it is stored beside a second reading of its file, in a process with bounded memory and time."""
    path = held.files[0].path
    try:
        data = read_bytes(held.files[0].location, max_bytes)
        if hashlib.sha256(data).hexdigest() != held.document.sha256:
            return Compared(path, reason="the file has changed since it was indexed")
        second = _second(_kind(held.document), data)
    except UnreadableFile as error:
        return Compared(path, reason=str(error))
    return differences(path, list(stored_pieces(held.document)), second)


def differences(path: str, first: Sequence[str], second: Sequence[str]) -> Compared:
    """The pieces of each reading that the other has not; those without a letter or digit do not count."""
    ours, theirs = (_filled(pieces) for pieces in (first, second))
    return Compared(path, len(ours), len(theirs), tuple(_missing(ours, theirs)), tuple(_missing(theirs, ours)))


def stored_pieces(document: Document) -> Iterator[str]:
    """The paragraphs, items, headings and cells of a document as it is stored."""
    for block in packed(document.blocks):
        yield from _pieces(document.text, block)


def _pieces(text: str, block: Block) -> Iterator[str]:
    if block.cells:
        yield from (cell.span.of(text) for cell in block.cells)
    elif block.kind == "row":
        yield from block.span.of(text).strip("| ").split(" | ")
    else:
        yield from block.span.of(text).split("\n")


def _kind(document: Document) -> Kind:
    """By its id, from which file it was read. Raises: UnreadableFile, where nothing reads such a second time."""
    kind = next((kind for kind in sorted(KINDS) if document.id == id_of(kind, document.sha256)), None)
    if kind is None or document.scanned:
        raise UnreadableFile("nothing reads it a second time")
    return kind


def _second(kind: Kind, data: bytes) -> list[str]:
    """Raises: UnreadableFile, where the second library is not installed, or does not read it within the bounds."""
    root = str(Path(__file__).resolve().parents[2])
    environment = {"PYTHONPATH": root, "PATH": os.environ.get("PATH", "")}
    command = [sys.executable, "-P", "-m", "index.readers.second", kind, str(_MEGABYTES)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, env=environment, timeout=_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnreadableFile(f"the second library does not read it within {_SECONDS} s") from error
    if done.returncode == NOT_INSTALLED:
        raise UnreadableFile("the second library is not installed: pip install 'rag[fidelity]'")
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise UnreadableFile(f"the second library does not read it ({last[0][:200]})")
    pieces: list[str] = json.loads(done.stdout)
    return pieces


def _filled(pieces: Iterable[str]) -> list[tuple[str, list[str]]]:
    pairs = ((" ".join(piece.split()), _tokens(piece)) for piece in pieces)
    return [(piece, tokens) for piece, tokens in pairs if tokens]


def _tokens(piece: str) -> list[str]:
    """The words and numbers of a piece, in one form."""
    plain = unicodedata.normalize("NFKC", piece).casefold().replace("\u00ad", "")
    return [_number(token) if token[-1].isdigit() else token for token in _TOKEN.findall(plain)]


def _number(token: str) -> str:
    """A number without what groups its digits and without noughts at its end."""
    whole, point, part = token.replace("−", "-").rpartition(".")
    digits = re.sub(r"[.,]", "", whole if point else part)
    rest = part.rstrip("0") if point and "," not in part else ""
    return f"{digits}.{rest}" if rest else digits


def _missing(pieces: Sequence[tuple[str, list[str]]], others: Sequence[tuple[str, list[str]]]) -> Iterator[str]:
    tokens = [token for _, piece in others for token in piece]
    line = f" {' '.join(tokens)} "
    solid = "".join(tokens)
    runs = {tuple(tokens[at : at + _RUN]) for at in range(len(tokens))}
    for piece, words in pieces:
        if f" {' '.join(words)} " in line or (len(words) > 1 and "".join(words) in solid):
            continue
        own = [tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)]
        if not own or sum(run in runs for run in own) < _ENOUGH * len(own):
            yield piece
