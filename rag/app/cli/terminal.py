"""What a person sees in a terminal. Text of documents and models is made harmless here, and is never read as markup."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from rich.console import Console
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column, Table
from rich.text import Text

from index.document.scan import confidence
from rag import wording

if TYPE_CHECKING:  # the values bring numpy, which `rag --help` can do without
    from index.types import Source
    from rag.types import Answer, Citation, Conflict, Filtering, RetrievedPassage, Statement, Verdict

CLOSED = 130
"""The exit code when the reader of our output has gone, or the user pressed Ctrl-C."""

_UNFOLDED = 1_000_000
"""Columns of what is not a screen, so that a line stays a line."""
_ALSO_NAMED = 3
"""Other paths of the same content that are named; the JSON has them all."""

_COLOURS: Mapping[Verdict, str] = {
    "quoted": "cyan",
    "supported": "green",
    "partly": "yellow",
    "contradicted": "red",
    "unsupported": "red",
    "uncited": "magenta",
}
"""Each verdict's colour; it never stands without its sign and words."""

# C0 without tab and newline, DEL and C1; separators that break lines; bidi embeddings, overrides and isolates;
# lone surrogates; interlinear marks; and the invisible tag characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\ud800-\udfff\ufff9-\ufffb\U000e0000-\U000e007f]"
)

_SPACES = re.compile(r"\s+")


def safe(text: str) -> str:
    """`text` with every character that could steer a terminal replaced by a visible sign; the length is kept."""
    return _UNSAFE.sub(lambda match: _picture(match[0]), text)


def one_line(text: str) -> str:
    """`safe(text)` with each run of white space as one space."""
    return safe(" ".join(text.split()))


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else "\ufffd"


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Ends the program quietly, whatever is still buffered."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(CLOSED)


class Terminal:
    """Prints to one stream. Long lines are folded on a screen and left whole in a pipe or a file."""

    def __init__(self, file: IO[str] | None = None, *, screen: bool | None = None) -> None:
        self.console = _Console(file=file, force_terminal=screen, markup=False, highlight=False, emoji=False)
        if not self.console.is_terminal:
            self.console.width = _UNFOLDED

    def line(self, text: str | Text = "", *, indent: int = 0, style: str = "") -> None:
        """Prints a paragraph; a `str` is made safe first, a `Text` must be so already."""
        if not text:
            self.console.print()
            return
        body = text if isinstance(text, Text) else Text(safe(text), style=style)
        self.console.print(Padding(body, (0, 0, 0, indent), expand=False))

    def piece(self, text: str) -> None:
        """Prints a part of a text that is still being written, without its end of line."""
        self.console.print(Text(safe(text), style="dim"), end="", soft_wrap=True)

    def whole(self, text: str) -> None:
        """Prints text with its own line breaks, none added."""
        self.console.print(Text(safe(text)), soft_wrap=True)

    def json(self, value: object) -> None:
        """Prints one JSON value on one line of ASCII, so that no byte of it can steer a terminal."""
        self.whole(json.dumps(value))

    def table(self, heads: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
        """Prints rows of plain text under their heads; cells are made safe."""
        table = Table(
            *(Column(head, overflow="fold") for head in heads),
            title=title,
            title_justify="left",
            box=None,
            pad_edge=False,
            header_style="bold",
        )
        for row in rows:
            table.add_row(*(Text(one_line(cell)) for cell in row))
        self.console.print(table)

    def answer(self, answer: Answer) -> None:
        """Prints how it came out, each sentence with its verdict, the sources' own words, and what else was read."""
        if answer.standalone_question != answer.question:
            self.line(f"Read as: {one_line(answer.standalone_question)}", style="dim")
        if answer.filters.filters:
            self.filters(answer.filters)
        self.line(_status(answer))
        if answer.computed:
            self.line(one_line(wording.computed(answer)), style="bold")
        if answer.notice:
            self.line(one_line(answer.notice), style="yellow")
        for statement in wording.written(answer):
            self._statement(statement, answer)
        if answer.unknown_labels:
            names = ", ".join(f"[{label}]" for label in answer.unknown_labels)
            self.line(f"{names}: no passage was offered under this number.", indent=2, style="red")
        self._quotes(answer)
        self._passages(answer)

    def filters(self, filtering: Filtering) -> None:
        """Prints what was searched, and how the filters that the question itself asks for are let go."""
        from rag.asking.filters import in_words

        removable = any(f.origin == "asked" and f.removed is None for f in filtering.filters)
        self.line(
            one_line(in_words(filtering)) + (" --no-filters searches everything." if removable else ""), style="dim"
        )

    def _statement(self, statement: Statement, answer: Answer) -> None:
        """Prints a sentence that somebody wrote, its verdict, and the words that it was checked against."""
        sign, words = wording.SIGNS[statement.verdict]
        colour = _COLOURS[statement.verdict]
        labels = "".join(f" [{n}]" for n in statement.labels if f"[{n}]" not in statement.text)
        text = Text.assemble((sign, f"bold {colour}"), " ", one_line(statement.text), (labels, "bold cyan"))
        if statement.verdict != "supported":
            text.append(f"  ({words})", style=colour)
        self.line(text, indent=2)
        if statement.note:
            self.line(one_line(statement.note), indent=4, style="dim")
        paths = {item.label: item.source.path for item in answer.passages}
        for label, span, checked in wording.checked_against(statement, answer):
            place = f"{one_line(paths[label])}:{span.start}-{span.end}"
            self.line(_numbered([label], f"“{shorten(checked)}” {place}"), indent=4)

    def _quotes(self, answer: Answer) -> None:
        """Prints the sources' own words; those that differ together, and each quote once."""
        quotes = wording.quotes_of(answer)
        compared = [(conflict, wording.sides(conflict, quotes)) for conflict in answer.conflicts]
        beside = {quote for _, sides in compared for quote in sides}
        alone = [quote for quote in quotes if quote not in beside]
        also = {item.label: item.also_in for item in answer.passages}
        if alone and (answer.status == "refused" or wording.written(answer)):
            self.line()
            self.line("The nearest words" if answer.status == "refused" else wording.OWN_WORDS, style="bold")
        for quote in alone:
            self._quote(quote, also.get(quote.label, ()))
        for conflict, sides in compared:
            self._conflict(conflict)
            for quote in sides:
                self._quote(quote, also.get(quote.label, ()))
            for side in () if sides else conflict.sides:
                self.line(_numbered([side.label], one_line(side.claim)), indent=2)

    def _conflict(self, conflict: Conflict) -> None:
        self.line()
        self.line(f"Compare the sources: {one_line(conflict.about)}", style="yellow")

    def _quote(self, quote: Citation, also_in: Sequence[str]) -> None:
        """Prints a quote under its headings, the words that answer bold; a row with the head of each value first."""
        if above := wording.path_beside(quote.headings, quote.source):
            self.line(one_line(above), indent=6, style="dim")
        cells = wording.row(quote)
        words = _row(cells) if cells else _emphasised(quote)
        self.line(Text.assemble((f"[{quote.label}]", "bold cyan"), " ", words), indent=2)
        if cells:
            self.line(f"“{one_line(quote.quote)}”", indent=6, style="dim")
        origin = _origin(quote.source, quote.span.start, quote.span.end, quote.page, also_in, quote.ocr)
        self.line(origin, indent=6, style="dim")

    def _passages(self, answer: Answer) -> None:
        cited = {citation.label for citation in (*answer.citations, *answer.quotes)}
        others = [item for item in answer.passages if item.label not in cited]
        if not others:
            return
        self.line()
        if answer.status == "refused":
            self.line("Also near" if answer.quotes else "The nearest passages", style="bold")
            for item in others:
                self._nearest(item)
        else:
            self._listed("Also read", [item for item in others if item.label not in answer.unsent])
            self._listed("Not given to the model", [item for item in others if item.label in answer.unsent])

    def _listed(self, title: str, passages: Sequence[RetrievedPassage]) -> None:
        if passages:
            self.line(title, style="bold")
        for byline, items in _by_source(passages).items():
            self.line(_numbered([item.label for item in items], byline), indent=2)

    def _nearest(self, item: RetrievedPassage) -> None:
        self.line(_numbered([item.label], shorten(item.passage.text)), indent=2)
        self.line(_passage_origin(item), indent=6, style="dim")

    def passages(self, passages: Sequence[RetrievedPassage]) -> None:
        """Prints passages in order, each with its rank in every search leg."""
        for item in passages:
            ranks = item.ranks
            legs = {"dense": ranks.dense, "lexical": ranks.lexical, "reader": ranks.reader}
            positions = "  ".join(f"{leg} {rank or '-'}" for leg, rank in legs.items() if leg != "reader" or rank)
            self.line(_numbered([item.label], f"{positions}  score {item.score:.4f}"))
            if above := wording.path_beside(item.headings, item.source):
                self.line(one_line(above), indent=4, style="dim")
            self.line(one_line(item.passage.text), indent=4)
            self.line(_passage_origin(item), indent=4, style="dim")


class _Rate(ProgressColumn):
    """Steps a second, once some are done."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "", style="progress.data.speed")


class StageBars:
    """One progress bar a stage on stderr, none where stderr is not a screen; satisfies `caches.Progress`."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        columns = (
            *(TextColumn("{task.description:>8}"), BarColumn(), MofNCompleteColumn(), _Rate()),
            *(TimeElapsedColumn(), TimeRemainingColumn(elapsed_when_finished=False)),
        )
        self._bars = Progress(*columns, console=console, disable=not console.is_terminal)
        self._current: TaskID | None = None

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def start(self, stage: str, total: int) -> None:
        """Opens the bar of the next stage."""
        if self._current is not None:
            self._bars.stop_task(self._current)
        self._current = self._bars.add_task(stage, total=total)

    def advance(self, n: int) -> None:
        """Moves the bar of the present stage on by `n`."""
        if self._current is not None:
            self._bars.advance(self._current, n)


def shorten(text: str, limit: int = 240) -> str:
    """One safe line of at most `limit` characters, cut at a word."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    head = line[: limit - 2]
    return (head.rsplit(" ", 1)[0] or head) + " …"


def _status(answer: Answer) -> Text:
    if answer.status == "refused":
        return Text.assemble(("No answer. ", "bold yellow"), one_line(wording.outcome(answer)))
    if answer.status == "may_answer":
        return Text(one_line(wording.outcome(answer)), style="bold")
    documents = len({item.source.document_id for item in answer.passages})
    read = f"{_count(len(answer.passages), 'passage')} of {_count(documents, 'document')}"
    by = f"written by {answer.model or 'a language model'}" if wording.written(answer) else "quoted word for word"
    if answer.computed:
        over = (
            "from the index"
            if answer.computed.operation in ("documents", "overview")
            else "over the whole table or list"
        )
        return Text.assemble(("Answered", "bold green"), f" by code {over}, quoted word for word")
    return Text.assemble(("Answered", "bold green"), f" from {read}, {one_line(by)}")


def _emphasised(quote: Citation) -> Text:
    before, answer, after = (safe(_SPACES.sub(" ", part)) for part in wording.halves(quote))
    return Text.assemble("“", before, (answer, "bold"), after, "”")


def _row(cells: Sequence[tuple[str, str, bool]]) -> Text:
    """`Zone: 1; Fare: 1.80`, with the words that answer bold."""
    parts = [Text.assemble(_head(head), (one_line(value), "bold" if answers else "")) for head, value, answers in cells]
    return Text("; ").join(parts)


def _head(head: str) -> str:
    return f"{one_line(head)}: " if head.strip() else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _numbered(labels: Sequence[int], text: str) -> Text:
    return Text.assemble((" ".join(f"[{label}]" for label in labels), "bold cyan"), " ", text)


def _by_source(passages: Iterable[RetrievedPassage]) -> dict[str, list[RetrievedPassage]]:
    groups: dict[str, list[RetrievedPassage]] = {}
    for item in passages:
        groups.setdefault(_byline(item.source), []).append(item)
    return groups


def _byline(source: Source) -> str:
    parts = [part for part in (source.outlet, source.author, source.date, source.title) if part]
    return one_line(", ".join(parts) if parts else source.path)


def _passage_origin(item: RetrievedPassage) -> str:
    passage = item.passage
    sure = confidence(item.scanned, passage.span)
    return _origin(item.source, passage.start, passage.end, passage.page, item.also_in, sure)


def _origin(
    source: Source, start: int, end: int, page: int | None, also_in: Sequence[str] = (), sure: float | None = None
) -> str:
    where = f"{one_line(source.path)}:{start}-{end}" + (f" (page {page})" if page is not None else "")
    parts = [part for part in (source.outlet, source.author, source.date, source.title) if part]
    scanned = [wording.by_ocr(sure)] if sure is not None else []
    return ", ".join([*(one_line(part) for part in parts), where, *scanned, *_also((*source.also, *also_in))])


def _also(paths: Sequence[str]) -> list[str]:
    every = tuple(dict.fromkeys(paths))
    named = [one_line(path) for path in every[:_ALSO_NAMED]]
    more = len(every) - len(named)
    return [f"also in {', '.join(named)}" + (f" and {more:,} more" if more else "")] if named else []
