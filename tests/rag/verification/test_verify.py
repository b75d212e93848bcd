"""Verdicts: exact quotes, and paraphrases whose numbers, names and negations must agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.tokens import words
from index.types import Encoded, Passage, Source
from rag.types import Ranks, RetrievedPassage, Verdict
from rag.verification.cite import Marked, parse
from rag.verification.verify import verify
from tests.rag.passages import offered

TEXT = (
    "Israel denied the strike on Monday. At least 83 people were killed in the town of Harlow, the mayor said. "
    "“We will rebuild,” Ann Lee told the Evening Mail. The bridge was opened in 1984 and closed last year."
)


def passage(label: int = 1, text: str = TEXT, start: int = 100) -> RetrievedPassage:
    source = Source("d" * 16, "a.txt", "0" * 64, "The bridge", "Evening Mail", "Bo Dee", "2020-05-04")
    return RetrievedPassage(label, Passage("p", "d" * 16, 0, start, start + len(text), text), source, 1.0, Ranks())


def verdict(text: str) -> Verdict:
    (checked,) = verify([Marked(text, (1,))], [passage()])
    return checked.statement.verdict


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Evening Mail, Bo Dee, 4 May 2020: “At least 83 people were killed in the town of Harlow, the mayor said.”",
            "supported",
        ),
        ("Evening Mail, Bo Dee, 4 May 2020: ““We will rebuild,” Ann Lee told the Evening Mail.”", "supported"),
        ("“At least 84 people were killed in the town of Harlow”", "unsupported"),
        ("“Israel admitted the strike on Monday.”", "unsupported"),
        ("At least 83 people were killed in Harlow, the mayor said.", "supported"),
        ("At least eighty-three people were killed in Harlow, the mayor said.", "supported"),
        ("At least 38 people were killed in Harlow, the mayor said.", "unsupported"),
        ("Israel denied the strike on Monday.", "supported"),
        ("Syria denied the strike on Monday.", "unsupported"),
        ("Israel did the strike on Monday.", "unsupported"),
        ("The bridge was opened in 1948 and closed last year.", "unsupported"),
        ("Turkeys migrate south every winter.", "unsupported"),
        ("Evening Mail", "partly"),
        ("According to the passage, at least 83 people were killed in Harlow, the mayor said.", "supported"),
        ("The first passage states that Israel denied the strike on Monday.", "supported"),
        ("According to the passage, at least 83 people were killed in the town of Harlow.", "partly"),
        ("The Evening Mail, 4 May 2020.", "partly"),
    ],
)
def test_verdicts(text: str, expected: Verdict) -> None:
    assert verdict(text) == expected


def test_a_misquotation_is_unsupported_however_likely_its_words_are() -> None:
    near, far = verify(parse("“Israel at once denied the strike on Monday.” [1]\n“Swifts fly south.” [1]"), [passage()])
    assert (near.statement.verdict, far.statement.verdict) == ("unsupported", "unsupported")
    assert near.probability > far.probability


def test_uncited_and_unknown_labels_are_kept_and_labelled() -> None:
    plain, unknown, both = verify(
        parse("It rained.\nIt rained. [7]\nIsrael denied the strike on Monday. [1, 7]"), [passage()]
    )
    assert (plain.statement.verdict, plain.statement.labels) == ("uncited", ())
    assert (unknown.statement.verdict, unknown.statement.labels) == ("unsupported", (7,))
    assert "[7]" in unknown.statement.note
    assert (both.statement.verdict, both.statement.labels) == ("supported", (1, 7))
    assert [c.label for c in both.citations] == [1]


def test_the_best_of_several_passages_counts() -> None:
    other = passage(2, "Nothing of the kind is written here at all.", 0)
    (checked,) = verify([Marked("Israel denied the strike on Monday.", (2, 1))], [passage(), other])
    assert checked.statement.verdict == "supported"
    assert {c.label: c.verdict for c in checked.citations} == {1: "supported", 2: "unsupported"}


@given(st.text(max_size=200), st.lists(st.integers(0, 4), max_size=4))
def test_citations_are_exact_slices_of_what_was_offered(text: str, labels: list[int]) -> None:
    offered = [passage(1), passage(2, "Another text. It has two sentences, not more.", 7)]
    (checked,) = verify([Marked(text, tuple(labels))], offered)
    for citation in checked.citations:
        item = offered[citation.label - 1].passage
        assert item.text[citation.span.start - item.start : citation.span.end - item.start] == citation.quote
        assert item.start <= citation.span.start < citation.span.end <= item.end
    assert {c.label for c in checked.citations} <= {1, 2} & set(labels)
    assert checked.statement.labels == tuple(labels)


@given(st.data())
def test_any_slice_in_quotation_marks_is_supported(data: st.DataObject) -> None:
    words = TEXT.split()
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    assert verdict(f"“{' '.join(words[start:end])}”") == "supported"


def test_few_words_in_quotation_marks_are_shown_in_the_sentence_they_are_from() -> None:
    text = "The harbour was dredged. Mayor Ann Lee said the work was “long overdue” after nine weeks."
    (item,) = offered(text)
    said = "Mayor Ann Lee said the work was “long overdue” after nine weeks."
    for sentence in (said, "The work after nine weeks was “long overdue”, Mayor Ann Lee said."):
        (checked,) = verify([Marked(sentence, (1,))], [item])
        assert [citation.quote for citation in checked.citations] == [said]
    (bare,) = verify([Marked("“long overdue”", (1,))], [item])
    assert [citation.quote for citation in bare.citations] == ["long overdue"]


def test_initials_that_a_model_spaced_out_are_the_same() -> None:
    (item,) = offered("Calling for it was a mistake in U.S. policy, Ann Lee said.")
    (checked,) = verify([Marked("Calling for it was a mistake in U. S. policy, Ann Lee said.", (1,))], [item])
    assert checked.statement.verdict == "supported"
    assert checked.statement.text.endswith("U. S. policy, Ann Lee said.")  # as it was written


def test_every_sentence_that_a_statement_draws_on_is_shown() -> None:
    text = "The harbour of Corrin was dredged in spring. It rained. The council paid nine thousand for the dredgers."
    (item,) = offered(text)
    (checked,) = verify(
        [Marked("The harbour of Corrin was dredged in spring and the council paid the dredgers.", (1,))], [item]
    )
    assert [c.quote for c in checked.citations] == [text.split(" It rained. ")[0], text.split(" It rained. ")[1]]


@pytest.mark.parametrize(
    ("likeness", "expected", "note"),
    [
        (0.9, "supported", ""),
        (0.6, "partly", "likely, but the passage says it in other words: compare them"),
        (0.2, "partly", "not all of this is in the passage: nothing like “pledged”"),
    ],
)
def test_how_like_the_words_are_decides(likeness: float, expected: Verdict, note: str) -> None:
    directions = {"promis": [1.0, 0.0], "pledg": [likeness, (1 - likeness**2) ** 0.5]}

    def encode(texts: Sequence[str]) -> dict[str, Encoded]:
        told = {}
        for text in texts:
            found = words(text)
            stems = sorted({word.stem for word in words(" ".join(texts))})
            rows = [[*directions.get(w.stem, [0.0, 0.0]), *(float(w.stem == s) for s in stems)] for w in found]
            plain = [[*row[:2], *([0.0] * len(stems))] if any(row[:2]) else row for row in rows]
            told[text] = Encoded(np.zeros(2, np.float32), tuple(found), np.array(plain, np.float32))
        return told

    source = "The mayor of Corrin visited the burnt plant and promised new pumps to its workers."
    said = "The mayor of Corrin pledged new pumps to the workers [1]."
    (checked,) = verify(parse(said), offered(source), encode)
    assert (checked.statement.verdict, checked.statement.note) == (expected, note)
