"""Pages of PDFs whose text is known: columns drawn by column and by row, heads and feet, hyphens, headings, tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from textwrap import wrap

from evals.making import pdf

_TOP, _STEP, _LEFT, _RIGHT = 740, 12, 60, 320
_ROOM = 44
"""Characters of a line of a column, which are a little less than half a page wide."""
_WIDE = 96


@dataclass(frozen=True, slots=True)
class MadePdf:
    """A PDF, and what is to be read of its pages, in order."""

    name: str
    data: bytes
    text: str
    pages: int


@dataclass(frozen=True, slots=True)
class _Placed:
    across: float
    up: float
    text: str
    size: float = 10


def made_pdfs() -> Iterator[MadePdf]:
    """Twenty pages in eight files."""
    yield _columns("two columns drawn one after the other", by_row=False, pages=3, seed=0)
    yield _columns("two columns drawn row by row", by_row=True, pages=3, seed=40)
    yield _columns("three columns drawn row by row", by_row=True, pages=1, seed=80, columns=3)
    yield _furnished(pages=5, seed=120)
    yield _hyphened()
    yield _ruled()
    yield _headed()
    yield _beside(seed=200)


def right_in_order(read: str, truth: str) -> tuple[int, int]:
    """How many characters of `truth`, white space aside, are read in its order, and the longer of the two lengths."""
    from difflib import SequenceMatcher

    actual, wanted = "".join(read.split()), "".join(truth.split())
    blocks = SequenceMatcher(None, actual, wanted, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks), max(len(actual), len(wanted))


def _columns(name: str, *, by_row: bool, pages: int, seed: int, columns: int = 2) -> MadePdf:
    room = _ROOM if columns == 2 else 26
    step = (_RIGHT - _LEFT) if columns == 2 else 170
    drawings, truth = [], []
    for page in range(pages):
        title = _Placed(_LEFT, _TOP, f"Report of the harbour office, part {'ABCDE'[page]}, on works and money", 10)
        pieces: list[_Placed] = []
        for side in range(columns):
            pieces += _column(seed + 10 * page + 3 * side, 24 - side, _TOP - 30, _LEFT + step * side, room)
        drawings.append([title, *(_by_row(pieces) if by_row else pieces)])
        truth += [title.text, *(piece.text for piece in pieces)]
    return _made(name, drawings, "\n".join(truth))


def _furnished(pages: int, seed: int) -> MadePdf:
    """A running head and a foot with the page's number, which are not of the text; sentences run over the pages."""
    lines = list(islice(_lines(seed, _WIDE), 30 * pages))
    drawings = []
    for page in range(pages):
        body = [_Placed(_LEFT, 720 - _STEP * at, text) for at, text in enumerate(lines[30 * page : 30 * page + 30])]
        head = _Placed(_LEFT, 795, "Handbook of the building cooperative")
        foot = _Placed(_LEFT, 30, f"Version 4.2 - page {page + 1} of {pages}")
        drawings.append([head, *body, foot])
    return _made("running heads and feet", drawings, "\n".join(lines))


def _hyphened() -> MadePdf:
    """Words parted at line ends; hyphens of numbers, names and addresses stay."""
    pages = (
        (
            ["The maintenance of the valve AX-", "4471-B is done by the manu-", "facturer once a year. Write to serv-",
             "ice@lund-berg.example or call the emer-", "gency line. Low-", "emission engines need less."],
            "The maintenance of the valve AX-4471-B is done by the manufacturer once a year. Write to serv-"
            "ice@lund-berg.example or call the emergency line. Low-emission engines need less.",
        ),
        (
            ["Her mother-in-", "law sold the house in Stratford-", "Upon Avon. The commit-",
             "tee agreed in the years 2019-", "2021 to the renova-", "tion of the roof."],
            "Her mother-in-law sold the house in Stratford-Upon Avon. The committee agreed in the years 2019-2021 to "
            "the renovation of the roof.",
        ),
    )  # fmt: skip
    drawings = [[_Placed(_LEFT, _TOP - _STEP * at, text) for at, text in enumerate(lines)] for lines, _ in pages]
    return _made("hyphens at line ends", drawings, "\n".join(text for _, text in pages))


def _ruled() -> MadePdf:
    """A page of prose around a table with lines, whose cells hold several lines."""
    rows = [
        [["Programme"], ["Degrees"], ["Use"]],
        [["Eco"], ["50 C"], ["Plates of every", "day, little dirt"]],
        [["Strong"], ["70 C"], ["Pots and pans with", "burnt food"]],
        [["Glass"], ["40 C"], ["Thin glasses"]],
    ]
    drawing: list[_Placed] = []
    rules: list[str] = []
    for number, row in enumerate(rows):
        for at, cell in enumerate(row):
            left, top = _LEFT + 130 * at, 640 - 40 * number
            rules.append(f"{left} {top - 40} 130 40 re S")
            drawing += [_Placed(left + 5, top - 14 - _STEP * line, text) for line, text in enumerate(cell)]
    above, below = _column(160, 4, _TOP), _column(170, 4, 420)
    table = ["| " + " | ".join(" ".join(cell) for cell in row) + " |" for row in rows]
    truth = [*(piece.text for piece in above), *table, *(piece.text for piece in below)]
    return _made("a table with lines", [[*above, *drawing, *below]], "\n".join(truth), "\n".join(rules))


def _headed() -> MadePdf:
    """Headings of two sizes over prose, on two pages."""
    drawings, truth = [], []
    for page, seed in enumerate((180, 190)):
        pieces = [_Placed(_LEFT, _TOP, f"Part {page + 1} of the manual", 20)]
        height = _TOP - 36
        for part, name in enumerate(("Care", "Repair")):
            pieces.append(_Placed(_LEFT, height, f"{name} of the engine", 14))
            pieces += _column(seed + 5 * part, 6, height - 24)
            height -= 24 + _STEP * 6 + 20
        drawings.append(pieces)
        truth += [piece.text for piece in pieces]
    return _made("headings", drawings, "\n".join(truth))


def _beside(seed: int) -> MadePdf:
    """Three pages of wide prose, then two columns below it, then wide prose again, drawn by row."""
    drawings, truth = [], []
    for page in range(3):
        base = seed + 30 * page
        above, below = _column(base, 5, _TOP), _column(base + 20, 5, 470)
        sides = [*_column(base + 10, 12, 650, _LEFT, _ROOM), *_column(base + 17, 12, 650, _RIGHT, _ROOM)]
        drawings.append([*above, *_by_row(sides), *below])
        truth += [piece.text for piece in (*above, *sides, *below)]
    return _made("columns between wide prose", drawings, "\n".join(truth))


def _column(seed: int, lines: int, top: int, left: int = _LEFT, room: int = _WIDE) -> list[_Placed]:
    """Lines of prose, one below the other."""
    return [_Placed(left, top - _STEP * at, text) for at, text in enumerate(islice(_lines(seed, room), lines))]


def _by_row(pieces: Sequence[_Placed]) -> list[_Placed]:
    """From the top of the page down, and of one height in the order given."""
    return sorted(pieces, key=lambda piece: -piece.up)


def _made(name: str, drawings: Sequence[Sequence[_Placed]], truth: str, rules: str = "") -> MadePdf:
    streams = ["\n".join([*map(_drawn, pieces), rules]) for pieces in drawings]
    return MadePdf(name, pdf([[] for _ in streams], drawings=streams), truth, len(streams))


def _drawn(piece: _Placed) -> str:
    return f"BT /F1 {piece.size} Tf {piece.across} {piece.up} Td ({piece.text}) Tj ET"


_SUBJECTS = (
    "The committee", "The harbour master", "A tenant of the house", "The new crane", "Every second winter the pier",
    "The office in Lund", "Nobody on the quay", "The bridge to the island",
)  # fmt: skip
_DEEDS = (
    "was closed because of ice", "reported a loss of four thousand crowns", "asked for a longer lease",
    "will be painted in the spring", "found the books in order", "carries no more than nine tonnes",
    "sold the old boats to the county",
)  # fmt: skip
_ENDS = (
    "before the end of the year.", "and told the paper so.", "as the minutes of May show.", "after two long meetings.",
    "without any help from the town.",
)  # fmt: skip


def _lines(seed: int, room: int) -> Iterator[str]:
    """Lines of prose without an end, another for each seed."""
    sentences = (
        f"{_SUBJECTS[n % len(_SUBJECTS)]} {_DEEDS[n % len(_DEEDS)]} {_ENDS[n % len(_ENDS)]}" for n in count(seed)
    )
    yield from wrap(" ".join(islice(sentences, 200)), room)
