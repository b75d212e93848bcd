"""What transcripts of answers are worth: right, cited, refused, how long, and what a reader says of the statements."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from evals.bench.transcripts import Line, Text, lines_of, restored
from evals.cases import Case, check_evidence
from evals.errors import EvalError
from evals.gold import Gold
from evals.markdown import NOTHING, bounds, table
from evals.metrics import score
from evals.refusal import flags, refusal_measures
from evals.run import Row
from evals.stats import Interval, bootstrap_ratio, interval, wilson
from index.types import Span
from rag.answering.outcome import COMPARED, DIFFERING, FOUND, NOTHING_STANDS

SYSTEMS = ("ours", "extract", "plain", "citation_query_engine")
OURS, PLAIN, LONG = "ours", "plain", "long"
"""`long` asks for six sentences: many statements to be judged. It is no answer, and is not scored as one."""
LABELS = Path("evals/transcripts/labels.jsonl")
HOW = (
    "`right`: an accepted form of every part is in the answer; refusing an answerable question is wrong. `cited "
    "evidence`: the share of an answerable question's parts whose evidence is in a passage that the answer cites; "
    "`cited-span recall`: the share of its characters in the cited words, which are exact sentences of ours and whole "
    "passages of the others. Refusal: positive is a question that the documents do not answer."
)
_UNASKED = ("no_evidence", "empty_index")
_SCORES = (
    ("right", "answer_presence"),
    ("cited evidence", "cited_recall"),
    ("cited-span recall", "span_recall"),
)


@dataclass(frozen=True, slots=True)
class Label:
    """A statement shown as supported, the words it was checked against, and whether a reader agrees that they say it.

    `system` says whose prompt the model answered, `sample` in which folder of transcripts; `false` marks what the
    documents contradict or do not hold anywhere, `moved` what the model put under another passage.
    """

    case: str
    statement: str
    quote: str
    agree: bool
    why: str
    false: bool = False
    system: str = OURS
    sample: str = ""
    moved: bool = False

    @property
    def in_own_words(self) -> bool:
        """Whether the statement is no run of the quote's words, marks and spaces aside."""
        return " ".join(_WORD.findall(self.statement)) not in " ".join(_WORD.findall(self.quote))


@dataclass(frozen=True, slots=True)
class _Spoken:
    """One system's lines and their scores, in the order of the cases that it was asked."""

    lines: tuple[Line, ...]
    rows: tuple[Row, ...]


_LABEL = TypeAdapter(Label)
_WORD = re.compile(r"\w+")


def render(folder: Path, cases: Sequence[Case], docs: Path, labels: Path | None = None) -> str:
    """The tables of a folder of transcripts, as Markdown. Equal transcripts give equal text.

    Raises: EvalError, when nothing is there, or does not read.
    """
    gold = check_evidence(cases, docs)
    spoken = {name: _spoken(folder / f"{name}.jsonl", cases, gold, texts(docs)) for name in SYSTEMS}
    kept = {name: told for name, told in spoken.items() if told.lines}
    if not kept:
        raise EvalError(f"There are no transcripts in {str(folder)!r}; make them with --gguf and --out.")
    parts = [HOW, _quality(kept), _times(kept)]
    if OURS in kept:
        parts += [_writers(kept[OURS]), _statements(kept[OURS].lines, labels_of(labels) if labels else (), folder.name)]
    return "\n\n".join(parts)


def labels_of(file: Path) -> tuple[Label, ...]:
    """What a reader said, a line a statement; nothing where there is no file.

    Raises: EvalError, when a line does not read.
    """
    try:
        told = file.read_bytes().splitlines() if file.exists() else []
        return tuple(_LABEL.validate_json(line) for line in told)
    except (OSError, ValidationError) as error:
        raise EvalError(f"The labels {str(file)!r} do not read; each line is {Label.__slots__}.") from error


def texts(docs: Path) -> Text:
    """The decoded text of each file of a folder, read once."""
    from index.readers import read
    from index.settings import IndexSettings

    @cache
    def text_of(path: str) -> str:
        return read(docs / path, IndexSettings(home=docs).max_file_bytes).text

    return text_of


def place(words: str, text: str) -> Span:
    """Where `words` stand in `text`, white space aside; nothing where they do not."""
    found = re.search(r"\s+".join(map(re.escape, words.split())), text)
    return Span(*found.span()) if found else Span(0, 0)


def _spoken(file: Path, cases: Sequence[Case], gold: Mapping[str, Gold], text_of: Text) -> _Spoken:
    lines = lines_of(file)
    asked = [case for case in cases if case.id in lines]
    return _Spoken(
        tuple(lines[case.id] for case in asked),
        tuple(_row(case, lines[case.id], gold[case.id], text_of) for case in asked),
    )


def _row(case: Case, line: Line, gold: Gold, text_of: Text) -> Row:
    if line.reply is None:
        return Row(case.id, case.kind, case.answerable, error=line.error)
    scores = score(case, restored(line.reply, text_of), gold, text_of)
    return Row(case.id, case.kind, case.answerable, scores=scores)


def _quality(spoken: Mapping[str, _Spoken]) -> str:
    body = [(shown, *(_mean(told.rows, name) for told in spoken.values())) for shown, name in _SCORES]
    body.append(("answers that cite a passage shown", *(_citing(told) for told in spoken.values())))
    found = [refusal_measures(flags(told.rows)) for told in spoken.values()]
    for name in ("precision", "recall", "f1"):
        cells = (_cell(f[name].value, f[name].n, f[name].interval) for f in found)
        body.append((f"refusal {name}", *cells))
    body.append(("failed", *(str(sum(row.error is not None for row in told.rows)) for told in spoken.values())))
    return table(("measure", *spoken), body)


def _mean(rows: Sequence[Row], name: str) -> str:
    values = [value for row in rows if row.error is None and (value := row.scores[name]) is not None]
    return _cell(sum(values) / len(values), len(values), interval(values)) if values else NOTHING


def _citing(told: _Spoken) -> str:
    answers = [line.reply for line in told.lines if line.reply and line.reply.status == "answered"]
    return f"{sum(bool(reply.citations) for reply in answers)} of {len(answers)}"


def _cell(value: float | None, n: int, found: Interval | None) -> str:
    return NOTHING if value is None else f"{value:.2f} {bounds(found)}, n {n}"


def _times(spoken: Mapping[str, _Spoken]) -> str:
    seconds = {name: {line.case: line.seconds for line in told.lines} for name, told in spoken.items()}
    base = seconds.get(PLAIN, {})
    asked = {name: _asked(told.lines) for name, told in spoken.items()}
    body = []
    for name, spent in seconds.items():
        both = [case for case in spent if case in base]
        wrote = [case for case in both if case in asked[name]]
        values = list(spent.values())
        body.append(
            (
                name,
                str(len(values)),
                f"{statistics.median(values):.1f}",
                f"{statistics.mean(values):.1f}",
                _ratio(spent, base, both),
                _ratio(spent, base, wrote),
            )
        )
    head = ("system", "n", "median s", "mean s", "all its time / plain's", "the same where it asked the model")
    return table(head, body)


def _asked(lines: Sequence[Line]) -> set[str]:
    """The cases for which the model was asked: those not refused before it was."""
    return {
        line.case for line in lines if line.reply is None or line.reply.reason not in ("no_evidence", "empty_index")
    }


def _ratio(spent: Mapping[str, float], base: Mapping[str, float], cases: Sequence[str]) -> str:
    if not cases:
        return NOTHING
    ours, theirs = [spent[case] for case in cases], [base[case] for case in cases]
    return f"{sum(ours) / sum(theirs):.2f} {bounds(bootstrap_ratio(ours, theirs))}, n {len(cases)}"


def _writers(told: _Spoken) -> str:
    replies = [line.reply for line in told.lines if line.reply]
    written = [r for r in replies if r.status == "answered" and r.answerer == "llm"]
    quoted = [r.notice or "" for r in replies if r.status == "answered" and r.answerer == "extract"]
    counts = {
        "answered in the model's words": len(written),
        "of these, with quotes of the evidence that it left out": sum(
            any(s.added for s in r.statements) for r in written
        ),
        "answered with quotes, since what the model wrote did not stand": sum(
            NOTHING_STANDS in told for told in quoted
        ),
        "answered with quotes, in which it found the answer once it had declined": sum(
            FOUND in told for told in quoted
        ),
        "answered with the quotes of both sides, though it declined": sum(
            DIFFERING in told or COMPARED in told for told in quoted
        ),
        "refused before the model was asked": sum(r.reason in _UNASKED for r in replies),
        "refused since the model declined": sum(r.reason == "model_declined" for r in replies),
        "refused since nothing stood": sum(r.reason == "unsupported" for r in replies),
    }
    return table(
        ("how ours came to its answer", f"of {len(replies)}"), [(name, str(count)) for name, count in counts.items()]
    )


def _agreed(name: str, labels: Sequence[Label]) -> tuple[str, str]:
    agreed = sum(label.agree for label in labels)
    return name, _cell(agreed / len(labels), len(labels), wilson(agreed, len(labels)))


def _statements(lines: Sequence[Line], labels: Sequence[Label], sample: str) -> str:
    replies = [(line.case, line.reply) for line in lines if line.reply]
    called = {
        (case, said.text)
        for case, r in replies
        for said in r.statements
        if r.answerer == "llm" and said.verdict == "supported" and not said.added
    }
    ours = [label for label in labels if label.system == OURS and label.sample == sample]
    read = {(label.case, label.statement) for label in ours}
    parts = [f"Statements of the model's called supported in ours: {len(called)}; read by eye: {len(called & read)}."]
    groups = [
        ("all that were read", list(labels)),
        ("of these, in words of the model's own", [x for x in labels if x.in_own_words]),
        *(
            (f"written to the prompt of {name}", [x for x in labels if x.system == name])
            for name in (OURS, PLAIN, LONG)
        ),
        ("in the answers of this sample", [x for x in ours if (x.case, x.statement) in called]),
    ]
    parts.append(table(("statements called supported", "a reader agrees"), [_agreed(*g) for g in groups if g[1]]))
    wrong = [label for label in labels if label.sample == sample and not label.agree]
    shown = [(label.case, label.statement, label.quote, label.why, "yes" if label.false else "no") for label in wrong]
    if shown:
        parts.append("Not agreed here:\n\n" + table(("case", "statement", "quote", "why", "false"), shown))
    return "\n\n".join(parts)
