"""What a thumb says of an answer, kept as a case of a suite that `rag eval run` reads.

A thumb can say less than it seems to. Up on an answer: the question can be answered, and the words that bear it out
are evidence. Up on a refusal: the documents do not answer it. Down with the right answer typed: that is the answer,
with evidence only where its words stand in a passage. Whatever says less, as a bare thumb down, makes no case; it is
put on a list to look at.

A question that the documents suggest becomes a case too, once a person has looked at its quote and called it right.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from difflib import SequenceMatcher
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock, Timeout

from index.types import Span, Word
from index.words.tokens import words
from rag.answering.prompt import declines
from rag.errors import FeedbackUnusable
from rag.private import write_private
from rag.types import Answer, Statement, Turn

Case = dict[str, Any]
"""One line of a suite, as the design gives its form."""

NOT_THERE = "It is not in the documents."
"""A correction that says the question should have been refused."""
_PATIENCE = 10.0
"""Seconds to wait for another writer."""
_LONGEST_CORRECTION = 4000
_LEAST_WORDS = 2
"""Telling words that a correction needs before a passage is taken to be its evidence: "41" stands in many."""
_BEARS_OUT = ("quoted", "supported")
_COUNTED = re.compile(r"[^\W_]+")
_ARTICLES = frozenset({"a", "an", "the"})


class Feedback:
    """The judgements on the answers of one collection. Safe to use from several threads and processes."""

    def __init__(self, home: Path, collection: str = "default") -> None:
        """Judgements kept in `home`; a collection other than the default has a suite of its own."""
        name = "feedback" if collection == "default" else f"feedback-{collection}"
        self._suite = home / "suites" / f"{name}.jsonl"
        self._open = home / "feedback" / f"{name}-open.jsonl"
        self._rejected = home / "feedback" / f"{name}-rejected.jsonl"
        self._lock = home / "feedback" / "LOCK"

    @property
    def suite(self) -> Path:
        """Where the cases are; mode 0600."""
        return self._suite

    @property
    def to_look_at(self) -> Path:
        """Where the judgements are that make no case, with what was answered; mode 0600, outside the suites."""
        return self._open

    def add(self, answer: Answer, history: Sequence[Turn], good: bool, correction: str = "") -> str:
        """What became of a judgement, in a sentence. `history` are the turns that the question was asked after.

        The same question judged again takes the place of what was kept of it. Raises: FeedbackUnusable.
        """
        typed = _clean(correction).strip()[:_LONGEST_CORRECTION]
        case, sentence = _liked(answer) if good else _disliked(answer, typed)
        key = _key(answer.question, history)
        if case is None:
            replaced = self._keep(self._open, key | _seen(answer, good, typed), self._suite)
        else:
            replaced = self._keep(self._suite, key | case, self._open)
        return f"{sentence} It replaces what was kept of this question before." if replaced else sentence

    def cases(self) -> list[Case]:
        """The cases of the suite, in the order in which they came. Raises: FeedbackUnusable."""
        with self._writing(self._suite):
            return list(_cases(self._suite).values())

    def judged(self) -> frozenset[str]:
        """The ids of the questions that are cases, or that were rejected. Raises: FeedbackUnusable."""
        with self._writing(self._suite):
            return frozenset({**_cases(self._suite), **_cases(self._rejected)})

    def approve(self, question: str, file: str, quote: str, answer: str) -> None:
        """Makes a case of a question whose quote a person has looked at; `answer` are its words that answer, if known.

        Raises: FeedbackUnusable.
        """
        case = _case("reviewed", answerable=True, answers=[answer], evidence=_evidence([(file, quote)]))
        self._keep(self._suite, _key(question) | case, self._rejected)

    def reject(self, question: str) -> None:
        """Remembers that a question is no case. Raises: FeedbackUnusable."""
        self._keep(self._rejected, _key(question), self._suite)

    def take_out(self, key: str) -> Case | None:
        """The case or rejected question of this id, which is neither from now on. Raises: FeedbackUnusable."""
        with self._writing(self._suite):
            line = _cases(self._suite).get(key) or _cases(self._rejected).get(key)
            _rewrite(self._suite, key, None)
            _rewrite(self._rejected, key, None)
            return line

    def put_back(self, case: Case) -> None:
        """Makes a case again of one that was taken out. Raises: FeedbackUnusable."""
        self._keep(self._suite, case, self._rejected)

    def _keep(self, file: Path, line: Case, other: Path) -> bool:
        """Whether a line of the same question was there before, in `file` or in `other`."""
        with self._writing(file):
            replaced = _rewrite(file, str(line["id"]), line)
            return _rewrite(other, str(line["id"]), None) or replaced

    @contextmanager
    def _writing(self, file: Path) -> Iterator[None]:
        """Nobody else writes meanwhile."""
        try:
            self._lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self._lock, timeout=_PATIENCE, mode=0o600):
                yield
        except Timeout:
            raise FeedbackUnusable(
                f"Another program has been writing in {str(file.parent)!r} for {_PATIENCE:g} seconds; try again."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise FeedbackUnusable(f"The judgement cannot be kept in {str(file)!r} ({reason}); check it.") from error


def id_of(question: str) -> str:
    """The id of the case that a question makes when it is asked by itself."""
    return str(_key(question)["id"])


def can_be_named(file: str) -> bool:
    """Whether `file` lies within the documents folder and its name is text, which on Linux it need not be."""
    path = PurePosixPath(file)
    return bool(file.strip()) and not path.is_absolute() and ".." not in path.parts and _clean(file) == file


def _key(question: str, history: Sequence[Turn] = ()) -> Case:
    """What names a case: the question as it was asked, and the turns before it."""
    clean = _clean(question)
    turns = [{"question": _clean(turn.question), "answer": _clean(turn.answer)} for turn in history]
    digest = hashlib.sha256(json.dumps([clean, turns]).encode()).hexdigest()
    return {"id": f"feedback-{digest[:12]}", "question": clean, "history": turns}


def _liked(answer: Answer) -> tuple[Case | None, str]:
    if answer.status != "refused":
        return _answered(answer)
    declined_beside_quotes = answer.reason == "model_declined" and bool(answer.quotes)
    if declined_beside_quotes or answer.reason not in ("no_evidence", "model_declined"):
        return None, "Noted to look at; it is no test case, since nothing here says whether the documents answer this."
    if any(item.origin == "set" and item.removed is None for item in answer.filters.filters):
        return None, "Noted to look at; it is no test case, since only some of the documents were searched."
    return _case("refusal", answerable=False), "Kept as a test case: the documents do not answer this."


def _answered(answer: Answer) -> tuple[Case, str]:
    """A case whose evidence is every quote that answers or bears a sentence out, any one of which counts."""
    quotes = [c for c in answer.citations if c.verdict in _BEARS_OUT]
    borne = {c.label for c in quotes}
    evidence = _evidence((c.source.path, c.quote) for c in quotes)
    spoken = [s for s in answer.statements if s.verdict in _BEARS_OUT and borne & set(s.labels)]
    forms = [_shared(s, [c.quote for c in quotes if c.label in s.labels], answer.question) for s in spoken]
    case = _case("liked", answerable=True, answers=forms, evidence=evidence)
    if not evidence:
        return case, "Kept as a test case that only asks for an answer: no quote fully supports this one."
    count = "1 quote" if len(evidence) == 1 else f"{len(evidence)} quotes"
    return case, f"Kept as a test case with {count} as evidence."


def _disliked(answer: Answer, correction: str) -> tuple[Case | None, str]:
    if not _counts(correction):
        return None, "Noted to look at; it becomes a test case once you type the right answer."
    if _counted(correction) == _counted(NOT_THERE):
        return _case("refusal", answerable=False), "Kept as a test case: the documents do not answer this."
    if declines(correction):  # or an answer about some documents: that cannot be told
        return (
            None,
            f"Noted to look at; if the documents do not answer this, type “{NOT_THERE}” to make it a test case.",
        )
    places = ((item.source.path, _standing(correction, item.passage.text)) for item in answer.passages)
    evidence = _evidence((path, quote) for path, quote in places if quote)
    case = _case("corrected", answerable=True, answers=[correction], evidence=evidence)
    where = "and where its words stand" if evidence else "without evidence: its words stand in no passage shown"
    return case, f"Kept as a test case with your answer, {where}."


def _case(kind: str, *, answerable: bool, answers: Sequence[str] = (), evidence: Sequence[dict[str, str]] = ()) -> Case:
    forms = [form for form in dict.fromkeys(answers) if _counts(form)]
    return {"kind": kind, "answerable": answerable, "answers": forms, "evidence": list(evidence)}


def _seen(answer: Answer, good: bool, correction: str) -> Case:
    """What a person needs who looks at a judgement later."""
    seen = {"good": good, "correction": correction, "status": answer.status, "reason": answer.reason}
    return seen | {"answer": _clean(answer.text), "model": answer.model}


def _evidence(quotes: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Each quote once, of files that a suite can name."""
    inside = [(path, quote) for path, quote in quotes if quote.strip() and can_be_named(path)]
    return [{"file": path, "quote": quote} for path, quote in dict.fromkeys(inside)]


def _shared(statement: Statement, quotes: Sequence[str], question: str) -> str:
    """The longest run of words that the statement has from one of its quotes and that says more than the question.

    A quote itself, where the statement is that quote; the first quote whole, where they share nothing that tells.
    """
    question_stems = {word.stem for word in words(question)}
    stated = [word.text.casefold() for word in words(statement.text)]
    runs = [(quote, run) for quote in quotes for run in _runs(stated, words(quote)) if _tells(run, question_stems)]
    if not runs:
        return quotes[0]
    quote, run = max(runs, key=lambda pair: len(pair[1]))
    return quote if len(run) == len(words(quote)) else Span(run[0].span.start, run[-1].span.end).of(quote)


def _runs(stated: list[str], quoted: list[Word]) -> list[list[Word]]:
    blocks = SequenceMatcher(
        None, stated, [word.text.casefold() for word in quoted], autojunk=False
    ).get_matching_blocks()
    return [quoted[block.b : block.b + block.size] for block in blocks if block.size]


def _tells(run: Sequence[Word], question_stems: set[str]) -> bool:
    return any(not word.is_stop and word.stem not in question_stems for word in run)


def _standing(correction: str, text: str) -> str:
    """The first place in `text` that has the words of the correction in their order, verbatim; else nothing."""
    wanted, passage_words = words(correction), words(text)
    if sum(not word.is_stop for word in wanted) < _LEAST_WORDS:
        return ""
    forms, size = [word.text.casefold() for word in wanted], len(wanted)
    folded = [word.text.casefold() for word in passage_words]
    for at in range(len(passage_words) - size + 1):
        if folded[at : at + size] == forms:
            return Span(passage_words[at].span.start, passage_words[at + size - 1].span.end).of(text)
    return ""


def _counts(text: str) -> bool:
    """Whether `text` has a word that a suite counts."""
    return bool(_counted(text))


def _counted(text: str) -> list[str]:
    """The words of `text` but for articles and punctuation."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return [word for word in _COUNTED.findall(plain) if word not in _ARTICLES]


def _clean(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode()


def _rewrite(file: Path, key: str, line: Case | None) -> bool:
    """Whether `file` had a line with the id `key`, which `line` then replaces; every other line stays as it is."""
    lines = _lines(file)
    remaining = [text for text in lines if _id_of(text) != key]
    if line is None and len(remaining) == len(lines):
        return False
    if line is not None:
        remaining.append(json.dumps(line, ensure_ascii=False))
    if remaining:
        write_private(file, "".join(f"{text}\n" for text in remaining))
    else:
        file.unlink()  # a suite without a case is none
    return len(remaining) - (line is not None) < len(lines)


def _lines(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return []
    return [line for line in text.split("\n") if line.strip()]


def _cases(file: Path) -> dict[str, Case]:
    """The lines that read, by id."""
    rows = [row for line in _lines(file) if (row := _row(line))]
    return {str(row.get("id")): row for row in rows}


def _id_of(line: str) -> object:
    return _row(line).get("id")


def _row(line: str) -> Case:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # a line that a person is still writing
        return {}
    return row if isinstance(row, dict) else {}
