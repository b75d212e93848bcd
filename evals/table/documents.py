"""Lines about documents as people have them: tables in eight formats, identifiers, mail, pages of PDFs, speed.

All but the speed is measured on files that are made for it, `evals.documents`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from statistics import median

from evals.documents import identifiers, mail, pages
from evals.documents.tables import QUESTIONS, CellQuestion
from evals.documents.writers import WRITERS
from evals.table.asking import Checkout
from evals.table.cells import Cell, Line, share
from index.readers.mail import read_mail
from index.readers.pdf import read_pdf
from rag.types import Answer, Citation

ROUNDS = 3
Ask = Callable[[str], Answer]
Files = Mapping[str, bytes]
"""Contents by the names of their files."""
AskedOver = Callable[[str, Files], AbstractContextManager[Ask]]
"""Questions over an index of files alone, under a name."""


def made(asked_over: AskedOver, say: Callable[[str], None]) -> list[Line]:
    """The lines of tables, identifiers, mail, PDFs, and of quotes that are exact slices in each format."""
    lines: list[Line] = []
    exact: list[bool] = []
    for ending in WRITERS:
        say(f"tables as .{ending}")
        with asked_over(ending, tables(ending)) as ask:
            answers = [ask(question.text) for question in QUESTIONS]
        right = [is_right(question, answer) for question, answer in zip(QUESTIONS, answers, strict=True)]
        exact += [_is_exact(quote, answer) for answer in answers for quote in _quoted(answer)]
        lines.append(Line(f"cells of tables as .{ending}: right", (share(right),), "1.00"))
    say("identifiers")
    lookups = list(identifiers.lookups())
    with asked_over("identifiers", {name: text.encode() for name, text in identifiers.documents().items()}) as ask:
        replies = [(lookup, ask(lookup.text)) for lookup in lookups]
    exact += [_is_exact(quote, answer) for _, answer in replies for quote in _quoted(answer)]
    shares = (
        share(is_found(*pair) for pair in replies if (pair[0].value is None) is unknown) for unknown in (False, True)
    )
    lines.append(Line("identifiers: those that are there found / others never answered", tuple(shares), "1.00 / 1.00"))
    lines.append(Line("quoted parts of mails: author and date right, or none", (_mail(),), "1.00"))
    lines.append(Line("pages of PDFs: characters right and in order", (_pdf(),), "≥ .995"))
    lines.append(Line("quotes that are exact slices, all formats", (share(exact),), "1.00"))
    return lines


def speed(ours: Checkout, base: Checkout, docs: Path) -> list[Line]:
    """The line of indexing the files of `docs` beside another checkout, in turns; files that both of them read."""
    spent: dict[str, list[float]] = {"ours": [], "base": []}
    with tempfile.TemporaryDirectory(prefix="rag-speed-") as folder:
        for turn in range(ROUNDS):
            for name, checkout in (("ours", ours), ("base", base)):
                spent[name].append(checkout.seconds_to_index(docs, Path(folder) / f"{name}-{turn}"))
    ratio = median(spent["base"]) / median(spent["ours"])
    return [Line("indexing a mixed folder: speed, ours / the base's", (Cell(ratio, ROUNDS),), "≥ .80")]


def tables(ending: str) -> dict[str, bytes]:
    """The three tables as files of a format."""
    by_title = {question.table.title: question.table for question in QUESTIONS}
    return {f"{title.split()[0].lower()}.{ending}": WRITERS[ending](table) for title, table in by_title.items()}


def is_right(question: CellQuestion, answer: Answer) -> bool:
    """Whether the first quote is the row asked for, with the cell under its head; of an empty cell, that none is given.

    An empty cell is told as such, on a refusal, and never answered by another.
    """
    if not question.value:
        return answer.status == "refused" and not answer.text
    if answer.status == "refused" or not answer.citations:
        return False
    cells = answer.citations[0].cells
    return (question.head, question.value) in cells and set(question.row) <= {value for _, value in cells}


def is_found(lookup: identifiers.Lookup, answer: Answer) -> bool:
    """Whether the first quote holds the identifier and its value; of one that is nowhere, that none is told plainly."""
    if lookup.value is None:
        return answer.status != "answered"
    if answer.status == "refused" or not answer.citations:
        return False
    first = answer.citations[0].quote
    return lookup.identifier in first and lookup.value in first


def _mail() -> Cell:
    return share(_is_whose(part) for part in mail.quoted_parts())


def _is_whose(part: mail.QuotedPart) -> bool:
    extracted = read_mail(part.mail)
    at = extracted.text.find(part.words)
    voices = [(block.author, block.date) for block in extracted.blocks if block.span.start <= at < block.span.end]
    return voices == [(part.author, part.date)]


def _pdf() -> Cell:
    counted = [pages.right_in_order(read_pdf(made.data).text, made.text) for made in pages.made_pdfs()]
    total = sum(longer for _, longer in counted)
    return Cell(sum(right for right, _ in counted) / total, total, digits=4)


def _quoted(answer: Answer) -> Sequence[Citation]:
    return (*answer.citations, *answer.quotes)


def _is_exact(quote: Citation, answer: Answer) -> bool:
    passage = next(item.passage for item in answer.passages if item.label == quote.label)
    inside = passage.span.contains(quote.span)
    return inside and passage.text[quote.span.start - passage.start : quote.span.end - passage.start] == quote.quote
