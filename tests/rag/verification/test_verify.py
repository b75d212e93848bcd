"""A verdict for every sentence that somebody wrote, with the words that it was checked against."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from index.cut.sentences import sentences
from index.types import Passage, Source, Span
from rag.reader.layout import Unit
from rag.reader.reader import Judgement, PassageReading
from rag.reader.units import ReadUnit
from rag.types import Ranks, RetrievedPassage, Statement, Verdict
from rag.verification.cite import Marked
from rag.verification.verify import verify
from rag.verification.weigh import SIGNALS, Weights

HARLOW = (
    "The bridge in Harlow was closed on Monday. “We will rebuild it,” Ann Lee told the Evening Mail. "
    "Repairs cost £40,000."
)
SPARE = "The spare key hangs behind the boiler. The fuse box is in the hall."
_MODEL, _DENIED = SIGNALS.index("model"), SIGNALS.index("model_denied")


def only(signal: int, bias: float) -> tuple[float, ...]:
    return (*(float(n == signal) for n in range(len(SIGNALS))), bias)


WEIGHTS = Weights(only(_MODEL, 0.0), only(_MODEL, 0.0), only(_DENIED, 0.0), 0.8, 0.3, 0.8, 0.0)


class OneMind:
    """A reader that judges every pair alike, and counts how often it is asked."""

    fingerprint = "one mind"

    def __init__(self, supported: float = 0.1, contradicted: float = 0.1) -> None:
        self.judgement = Judgement(contradicted, 1 - supported - contradicted, supported)
        self.judged: list[str] = []

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        raise NotImplementedError

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        self.judged += [statement for statement, _ in pairs]
        return [self.judgement for _ in pairs]


def passage(label: int, text: str, start: int = 100) -> RetrievedPassage:
    source = Source("d" * 16, "a.txt", "0" * 64, "The bridge", "Evening Mail", "Bo Dee", "2020-05-04")
    return RetrievedPassage(label, Passage("p", "d" * 16, 0, start, start + len(text), text), source, 1.0, Ranks())


def units(item: RetrievedPassage) -> Sequence[ReadUnit]:
    start, text = item.passage.start, item.passage.text
    spans = [Span(start + span.start, start + span.end) for span in sentences(text)]
    above = ReadUnit(Unit("The bridge", candidate=False), None)
    return (above, *(ReadUnit(Unit(text[span.start - start : span.end - start]), span) for span in spans))


PASSAGES = (passage(1, HARLOW), passage(2, SPARE, start=900))


def checked(text: str, *labels: int, reader: OneMind | None = None) -> Statement:
    (statement,) = verify([Marked(text, labels)], PASSAGES, units, reader or OneMind(), WEIGHTS)
    return statement


def words_of(statement: Statement) -> list[str]:
    texts = {item.label: item.passage for item in PASSAGES}
    return [
        texts[label].text[span.start - texts[label].start : span.end - texts[label].start]
        for label, span in statement.evidence
    ]


def test_what_is_copied_is_supported_and_no_model_is_asked() -> None:
    reader = OneMind()
    statement = checked("The bridge in Harlow was closed on Monday.", 1, reader=reader)
    assert (statement.verdict, statement.probability, reader.judged) == ("supported", 1.0, [])
    assert words_of(statement) == ["The bridge in Harlow was closed on Monday."]


@pytest.mark.parametrize(
    ("supported", "contradicted", "verdict"),
    [(0.9, 0.05, "supported"), (0.5, 0.1, "partly"), (0.1, 0.1, "unsupported"), (0.1, 0.85, "contradicted")],
)
def test_the_verdict_follows_the_probabilities(supported: float, contradicted: float, verdict: Verdict) -> None:
    assert checked("Nobody can cross at Harlow.", 1, reader=OneMind(supported, contradicted)).verdict == verdict


def test_a_misquotation_is_never_supported_however_likely() -> None:
    statement = checked("Ann Lee said: “We shall rebuild it soon.”", 1, reader=OneMind(0.95, 0.01))
    assert statement.verdict == "partly"
    assert statement.note == "the quoted words are not in the passage"


def test_a_quotation_alone_is_supported_by_its_own_words() -> None:
    statement = checked("“We will rebuild it,”", 1)
    assert (statement.verdict, words_of(statement)) == ("supported", ["We will rebuild it"])


def test_an_identifier_that_stands_nowhere_is_never_supported() -> None:
    assert checked("Repairs of T-4499 cost £40,000.", 1, reader=OneMind(0.95, 0.01)).verdict == "partly"


def test_an_uncited_sentence_stays_so_and_points_at_where_it_stands() -> None:
    statement = checked("The spare key hangs behind the boiler.")
    assert (statement.verdict, statement.note) == ("uncited", "written without a source; [2] says it")
    assert words_of(statement) == ["The spare key hangs behind the boiler."]


def test_a_sentence_under_a_wrong_label_is_judged_by_it_and_told_where_it_stands() -> None:
    statement = checked("The spare key hangs behind the boiler.", 1)
    assert (statement.verdict, statement.labels) == ("unsupported", (1,))
    assert statement.note.startswith("[2] says this")
    assert "The spare key hangs behind the boiler." in words_of(statement)


def test_a_label_that_was_never_offered_is_kept_and_told() -> None:
    alone, beside = checked("It rained.", 7), checked("Repairs cost £40,000.", 1, 7)
    assert (alone.verdict, alone.labels) == ("unsupported", (7,))
    assert (beside.verdict, beside.labels) == ("supported", (1, 7))
    assert all("[7]" in statement.note for statement in (alone, beside))


def test_several_labels_are_read_together() -> None:
    statement = checked("The fuse box is in the hall.", 1, 2)
    assert statement.verdict == "supported"
    assert [label for label, _ in statement.evidence] == [2]


def test_what_points_at_a_sentence_that_does_not_stand_is_partly_supported() -> None:
    marked = [Marked("Nobody can cross at Harlow.", (1,)), Marked("This is why repairs cost £40,000.", (1,))]
    second = verify(marked, PASSAGES, units, OneMind(), WEIGHTS)[1]
    assert second.verdict != "supported"


@pytest.mark.parametrize("text", ["", "Yes.", "…", "4471", "狗不允许进来", "It rained. " * 2000])
def test_what_says_too_little_or_too_much_is_never_supported(text: str) -> None:
    assert checked(text, 1).verdict != "supported"


def test_without_passages_nothing_is_supported() -> None:
    statements = verify([Marked("It rained.", (1,)), Marked("It rained.", ())], (), units, OneMind(), WEIGHTS)
    assert [statement.verdict for statement in statements] == ["unsupported", "uncited"]
