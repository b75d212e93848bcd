"""Lines about questions: answered, refused, and how surely, over documents of everyday life and of the sample.

What is asked is this checkout and, where one is named, another to be measured beside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from evals.cases import NEAR_MISS, Case, Split, load_suite
from evals.metrics import parts_present
from evals.refusal import Flag, refusal_measures
from evals.table.asking import Asks, Replies, Reply
from evals.table.cells import Cell, Line, auroc, beside, mean, share

ALONE = " alone"
"""Ends the id of a case that is asked without the turns before it."""
FACT, FOLLOWUP, TOPIC_CHANGE = "fact", "followup", "topic_change"


@dataclass(frozen=True, slots=True)
class CaseReplies:
    """Cases with their replies; those that failed are not among them."""

    pairs: tuple[tuple[Case, Reply], ...]

    @property
    def answerable(self) -> CaseReplies:
        """The cases that have an answer."""
        return self._where(lambda case: case.answerable)

    @property
    def near_misses(self) -> CaseReplies:
        """The cases whose subject the documents treat, without the answer."""
        return self.of_kind(NEAR_MISS)

    @property
    def replies(self) -> list[Reply]:
        """The replies alone."""
        return [reply for _, reply in self.pairs]

    def of_kind(self, kind: str) -> CaseReplies:
        """The cases of one kind."""
        return self._where(lambda case: case.kind == kind)

    def _where(self, keep: Callable[[Case], bool]) -> CaseReplies:
        return CaseReplies(tuple(pair for pair in self.pairs if keep(pair[0])))


Count = Callable[[CaseReplies], tuple[Cell, ...]]


def with_replies(cases: Sequence[Case], replies: Replies) -> CaseReplies:
    """The cases that have a reply, with it."""
    return CaseReplies(tuple((case, replies[case.id]) for case in cases if case.id in replies))


def everyday(asks: Sequence[Asks], data: Path, half: Split | None) -> list[Line]:
    """The lines of `data`/everyday: of `half`, where one is given, but for AUROC and conversations, which are of both.

    Raises: EvalError.
    """
    cases, docs = load_suite(data / "everyday" / "suite.jsonl"), data / "everyday" / "docs"
    every = [*cases, *(_alone(case) for case in cases if case.kind == TOPIC_CHANGE)]
    replies = [one.replies("everyday", every, docs) for one in asks]
    counted = [case for case in cases if half is None or case.split == half]
    kinds = dict.fromkeys(case.kind for case in cases if case.answerable)
    of_half: list[tuple[str, Count, str]] = [
        ("answer holds an accepted form", right, "≥ .82"),
        ("words quoted for a fact", words_for_a_fact, "≤ 50"),
        ("refused, of the answerable / of the near misses", refused, "≤ .05 / –"),
        ("told “answered”, of the answerable / of the near misses", answered, "≥ .70 / ≤ .20"),
        *((f"{kind}: right / refused", partial(right_and_refused, kind=kind), "") for kind in kinds),
    ]
    of_both: list[tuple[str, Count, str]] = [
        ("answerable from near misses by the probability, AUROC", told_apart, "≥ .80"),
        ("topic change answered as when asked alone / right / follow-up right", conversations, "1.00 / – / ≥ .86"),
    ]
    return [
        *(_line(f"everyday: {what}", count, least, counted, replies) for what, count, least in of_half),
        *(_line(f"everyday, both halves: {what}", count, least, every, replies) for what, count, least in of_both),
    ]


def seeds(asks: Sequence[Asks], suites: Path, docs: Path) -> list[Line]:
    """The lines of the sample documents: the test halves of their suite and of the one that was written blind.

    Raises: EvalError.
    """
    lines: list[Line] = []
    for name in ("seeds", "seeds-blind"):
        cases = [case for case in load_suite(suites / f"{name}.jsonl") if case.split == "test"]
        replies = [one.replies(name, cases, docs) for one in asks]
        least = "≥ .71 / ≥ .60" if name == "seeds" else "≥ .78 / ≥ .69"
        lines += [
            _line(f"{name}, test half: right / near-miss F1", right_and_f1, least, cases, replies),
            _line(f"{name}, test half: refused, of the answerable / of the near misses", refused, "", cases, replies),
            _line(f"{name}, test half: words quoted for a fact", words_for_a_fact, "≤ 50", cases, replies),
        ]
    return lines


def notes(asks: Sequence[Asks], suites: Path) -> list[Line]:
    """The lines of plain questions over notes of three sentences: all of them, and the half that nothing was tuned on.

    Raises: EvalError.
    """
    cases, docs = load_suite(suites / "notes.jsonl"), suites / "notes"
    replies = [one.replies("notes", cases, docs) for one in asks]
    held = [case for case in cases if case.split == "test"]
    return [
        _line("notes: plain questions refused / right", refused_and_right, "≤ 1 of 60 / –", cases, replies),
        _line("notes, test half: plain questions refused / right", refused_and_right, "", held, replies),
    ]


def counting(asks: Sequence[Asks], suites: Path) -> list[Line]:
    """The line of questions over whole tables, and of those beside them that only look like counting.

    Raises: EvalError.
    """
    cases, docs = load_suite(suites / "counting.jsonl"), suites / "counting"
    replies = [one.replies("counting", cases, docs) for one in asks]
    what = "counting: right over whole tables / where a question only looks like it"
    return [_line(what, right_of_both, "≥ .85 / –", cases, replies)]


def right_of_both(cases: CaseReplies) -> tuple[Cell, Cell]:
    """The shares right of the questions that count, and of those that look like it."""
    return right(cases.of_kind("count"))[0], right(cases.of_kind("lookup"))[0]


def right(cases: CaseReplies) -> tuple[Cell]:
    """The share of the answerable whose answer holds an accepted form, of every part; a refusal holds none."""
    return (share(_is_right(case, reply) for case, reply in cases.answerable.pairs if _is_graded(case)),)


def words_for_a_fact(cases: CaseReplies) -> tuple[Cell]:
    """Words in the distinct quotes of an answer to a fact."""
    facts = [reply for reply in cases.of_kind(FACT).replies if not reply.is_refusal]
    return (mean([float(reply.words_quoted) for reply in facts], digits=0),)


def refused(cases: CaseReplies) -> tuple[Cell, Cell]:
    """The shares refused, of the answerable and of the near misses."""
    return _both_ways(cases, lambda reply: reply.is_refusal)


def answered(cases: CaseReplies) -> tuple[Cell, Cell]:
    """The shares told "answered" without a doubt, of the answerable and of the near misses."""
    return _both_ways(cases, lambda reply: reply.status == "answered")


def told_apart(cases: CaseReplies) -> tuple[Cell]:
    """AUROC of the probability, answerable against near misses; a dash where replies have no probability."""
    pairs = [pair for pair in (*cases.answerable.pairs, *cases.near_misses.pairs) if not pair[0].id.endswith(ALONE)]
    known = [(reply.probability, case.answerable) for case, reply in pairs if reply.probability is not None]
    return (auroc([score for score, _ in known], [positive for _, positive in known]),)


def right_and_refused(cases: CaseReplies, kind: str) -> tuple[Cell, Cell]:
    """Of one kind of question: the share right, and the share refused."""
    mine = cases.of_kind(kind)
    return right(mine)[0], share(reply.is_refusal for reply in mine.replies)


def refused_and_right(cases: CaseReplies) -> tuple[Cell, Cell]:
    """Of questions that have an answer, the share refused and the share right."""
    return share(reply.is_refusal for reply in cases.answerable.replies), right(cases)[0]


def conversations(cases: CaseReplies) -> tuple[Cell, Cell, Cell]:
    """Topic changes with the reply that they have without history, those that are right, and right follow-ups."""
    by_id = {case.id: (reply.status, " ".join(reply.text.split())) for case, reply in cases.pairs}
    changes = [id_ for id_ in by_id if id_ + ALONE in by_id]
    same = share(by_id[id_] == by_id[id_ + ALONE] for id_ in changes)
    changed = CaseReplies(tuple(pair for pair in cases.pairs if pair[0].id in changes))
    return same, right(changed)[0], right(cases.of_kind(FOLLOWUP))[0]


def right_and_f1(cases: CaseReplies) -> tuple[Cell, Cell]:
    """As `rag eval` has them: the answerable right, and F1 of refusing over these and the near misses."""
    pairs = [*cases.answerable.pairs, *cases.near_misses.pairs]
    flags = [Flag(unanswerable=not case.answerable, refused=reply.is_refusal) for case, reply in pairs]
    f1 = refusal_measures(flags)["f1"]
    return right(cases)[0], Cell(f1.value, f1.n, f1.interval)


def _line(what: str, count: Count, least: str, cases: Sequence[Case], replies: Sequence[Replies]) -> Line:
    return beside(what, [count(with_replies(cases, one)) for one in replies], least)


def _both_ways(cases: CaseReplies, holds: Callable[[Reply], bool]) -> tuple[Cell, Cell]:
    answerable, near = (share(map(holds, group.replies)) for group in (cases.answerable, cases.near_misses))
    return answerable, near


def _is_right(case: Case, reply: Reply) -> bool:
    return not reply.is_refusal and parts_present(case, reply.text) == 1


def _is_graded(case: Case) -> bool:
    return bool(case.answers or case.answers_all)


def _alone(case: Case) -> Case:
    return case.model_copy(update={"id": case.id + ALONE, "history": ()})
