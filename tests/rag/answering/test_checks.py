"""What a sentence must hold to be an answer, on an invented town; likeness comes from hashed words."""

from __future__ import annotations

import pytest

from index.types import Passage, Source, Span, passage_id
from rag.answering.checks import faults
from rag.answering.evidence import find
from rag.retrieval.reading import Reader, Reading
from tests.fakes import HashingEmbedder

TOWN = (
    "The mill of Lower Marsh was built in 1871. Nearly 4,000 people live in Lower Marsh. "
    "The river rose to within 18 miles of the dam. Only 5% of Marshers blame the mayor. "
    "Mayor Ann Lee said the ferry was safe. The bridge cost 2 million dollars. "
    "The ferry, which is the oldest of the county, sank in May 2016."
)
SOURCE = Source(
    "d", "town.txt", title="Lower Marsh after the flood", sha256="0" * 64, outlet=None, author=None, date=None
)


def read(question: str, text: str = TOWN) -> Reading:
    passage = Passage(passage_id("d", Span(0, len(text))), "d", 0, 0, len(text), text)
    return Reader(HashingEmbedder(256), lambda _: 1.0, lambda _: text).read(question, [(passage, SOURCE)])


def told(question: str, text: str = TOWN) -> list[str]:
    """What the best sentence lacks."""
    reading = read(question, text)
    return [fault.text for fault in faults(reading, reading.candidates[0])]


@pytest.mark.parametrize(
    "question",
    [
        "How many people live in Lower Marsh?",
        "When was the mill of Lower Marsh built?",
        "How near did the river rise to the dam?",
        "What percentage of Marshers blame the mayor?",
        "What did Ann Lee say about the ferry?",
        "How much did the bridge cost?",
    ],
)
def test_an_answer_has_no_fault(question: str) -> None:
    assert told(question) == []


@pytest.mark.parametrize(
    ("question", "lack"),
    [
        ("How many people live in Upper Denham?", "do not connect this with “Upper Denham”"),
        ("How many ferries live in Lower Marsh?", "ferries"),
        ("How old is Mayor Ann Lee who said the ferry was safe?", "no age"),
        ("How much did the ferry that sank cost?", "no sum of money"),
        ("What percentage of Denhamers blame the mayor?", "“Denhamers”"),
        ("When did Mayor Ann Lee say the ferry was safe?", "no date"),
        ("What did the miller say about the ferry, was it safe?", "no words of the miller"),
        ("Which is the biggest ferry that sank?", "what is biggest"),
        ("Who was to blame for the bridge that cost 2 million?", "nobody"),
    ],
)
def test_a_near_miss_is_told_what_it_lacks(question: str, lack: str) -> None:
    assert any(lack in fault for fault in told(question)), told(question)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("When was the mill of Lower Marsh built?", "The mill of Lower Marsh was built in 1066."),
        ("When was the mill of Lower Marsh built?", "The mill of Lower Marsh was built in 911 as a gift."),
        ("When was the mill of Lower Marsh built?", "The mill of Lower Marsh was built in the 1050s."),
        ("When was the mill of Lower Marsh built?", "The mill of Lower Marsh was built in the early 11th century."),
        ("What time does the mill of Lower Marsh open?", "The mill of Lower Marsh opens at 5 pm."),
        ("How long has the mill of Lower Marsh stood?", "The mill of Lower Marsh has stood since the 1960s."),
        ("How much was the aid to Lower Marsh?", "The aid to Lower Marsh was $2.2 billion."),
        ("How many members does Lower Marsh choose?", "Lower Marsh chooses one member."),
        ("How many times has Lower Marsh won the cup?", "Lower Marsh has won the cup twice."),
        ("How many mills of Lower Marsh stand?", "None of the mills of Lower Marsh stand."),
        ("What share of Lower Marsh speaks French?", "By then one-fifth of Lower Marsh spoke French."),
        ("How many men ran the mill in September 2016?", "Six men ran the mill, it was said on Sept. 8, 2016."),
        ("Who runs the mill of LMP?", "The mill of the Lower Marsh Parish is run by the mayor."),
        ("Who runs the mill of Lower Mrash?", "The mill of Lower Marsh is run by the mayor."),
    ],
)
def test_forms_of_an_answer(question: str, text: str) -> None:
    assert told(question, text) == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("When was the mill of Lower Marsh built?", "The mill of Lower Marsh was built in 911 weeks."),
        ("When was the mill of Lower Marsh built?", "The mill of Lower Marsh was built in the 21st century."),
        ("How long has the mill of Lower Marsh stood?", "The mill of Lower Marsh burnt in 1960."),
        ("How many members does Lower Marsh choose?", "Lower Marsh chooses members one by one."),
        ("How many members does Lower Marsh choose?", "Members of Lower Marsh choose to pay $5."),
        ("How many members does Lower Marsh choose?", "Lower Marsh chooses members 5 miles away."),
        ("How much does Lower Marsh spend on the mill?", "Lower Marsh has 90 men at work on the mill."),
    ],
)
def test_what_only_looks_like_one(question: str, text: str) -> None:
    assert told(question, text) != []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did Mayor Lee say about the ferry?", "The ferry was old. The ferry will sink, said a tired Mayor Lee."),
        ("What did Ann Lee say about the ferry?", "“The ferry will sink,” says a woman who is known here as Ann Lee."),
        ("What did Denmark say about the ferry?", "The ferry will sink, Danish officials warned."),
        ("What did the UN say about the ferry?", "A report of the United Nations said that the ferry will sink."),
        ("What did the United Nations say about the ferry?", "Both the UN and the mayor say that the ferry will sink."),
        (
            "What did Ann Lee say about the ferry?",
            "Ann Lee, for years the head of the ferry and its crew, warned of it.",
        ),
        ("How did Ann Lee respond to the ferry’s loss?", "After the ferry’s loss Ann Lee shut the mill."),
        ("What does Ann Lee think of the ferry?", "The ferry, Ann Lee thought, was dear to all."),
        (
            "What did the miller who met Ann Lee say about the ferry?",
            "Ann Lee came. The miller said the ferry was lost.",
        ),
    ],
)
def test_who_speaks_is_found(question: str, text: str) -> None:
    assert told(question, text) == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What did Ann Lee say about the ferry?", "The ferry was named for Ann Lee; Bo Ek said that it was old."),
        ("What did Ann Lee say about the ferry?", "Bo Ek warned of the ferry, and the letter went to Ann Lee."),
        ("What did Denmark’s miller say about the ferry?", "Denmark said that the ferry was old."),
        ("How did Ann Lee respond to the ferry’s loss?", "The loss of the ferry was a blow to Ann Lee."),
        ("What comment did Ann Lee make on the ferry?", "The ferry that Bo Ek called old was bought from Ann Lee."),
    ],
)
def test_who_is_only_mentioned_has_said_nothing(question: str, text: str) -> None:
    assert any("no words of" in fault for fault in told(question, text)), told(question, text)


def test_one_who_goes_on_speaking_is_the_one_named_before() -> None:
    text = "Ann Lee spoke of the ferry on Monday. “The ferry will sink in a year,” she said."
    reading = read("What did Ann Lee say about when the ferry will sink?", text)
    last = next(candidate for candidate in reading.candidates if "she said" in candidate.text)
    assert not any("no words of" in fault.text for fault in faults(reading, last))


@pytest.mark.parametrize(
    ("question", "text", "lack"),
    [
        ("What is the name of the village that was flooded?", "The flood took a village.", "village, but give no name"),
        ("Who was the general that took the mill?", "The mill was taken by their best general.", "general"),
        ("Which minister took the mill, what's his name?", "The mill was taken by Denmark’s minister.", "minister"),
        ("What is the group that took the mill called?", "The group took the mill on Monday.", "group"),
        ("What does SLM stand for?", "The SLM met at the mill.", "what SLM stands for"),
        ("what is SLM short for", "The SLM met at the mill.", "what SLM stands for"),
        ("How far is Denmark’s border?", "The mill is 5 miles from Sweden’s border.", "but not of Denmark’s border"),
    ],
)
def test_what_has_no_name_there_is_not_named(question: str, text: str, lack: str) -> None:
    assert any(lack in fault for fault in told(question, text)), told(question, text)


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("What is the name of the village that was flooded?", "The flood took the village of Denham."),
        ("What is the name of the village that was flooded?", "The flood took Denham, a village on the river."),
        ("Who was the general that took the mill?", "The mill was taken by General Bo Ek."),
        ("Who was the general that took the mill?", "Ek was the general who took the mill."),
        ("What is the group that took the mill called?", "The group that took the mill is a band called the Reapers."),
        ("What is the edge of the marsh called?", "The edge of the marsh is a bank known as the Rim."),
        ("What does SLM stand for?", "The Society of Lower Marsh (SLM) met at the mill."),
        ("What does QPZ stand for?", "The People’s Guards, or QPZ, met at the mill."),
        ("What does QPZ stand for?", "The Guards (QPZ) met at the mill."),
        ("How far is Denmark’s border?", "The mill is 5 miles from Denmark’s border."),
    ],
)
def test_what_has_a_name_there_is_named(question: str, text: str) -> None:
    assert told(question, text) == []


def test_a_name_of_another_source_need_not_be_in_a_quote_of_this_one() -> None:
    texts = {"Forbes": "They say the mill was lost.", "MEMRI": "They say the mill was saved."}
    pairs = [
        (
            Passage(passage_id(outlet, Span(0, len(text))), outlet, 0, 0, len(text), text),
            Source(outlet, "t.txt", title=None, sha256="0" * 64, outlet=outlet, author=None, date=None),
        )
        for outlet, text in texts.items()
    ]
    reader = Reader(HashingEmbedder(256), lambda _: 1.0, lambda passage: passage.text)
    both = reader.read("What do Forbes and MEMRI report of the mill?", pairs)
    assert all(faults(both, candidate) == [] for candidate in both.candidates)
    one = reader.read("What does MEMRI report of the mill?", pairs)
    other = next(candidate for candidate in one.candidates if "lost" in candidate.text)
    assert any("“MEMRI”" in fault.text for fault in faults(one, other))


def test_whom_a_pronoun_means_may_stand_sentences_before() -> None:
    text = "Bo Ek wore a crimson towel. The sun shone. The road was long. {} left by taxi to a village 15 miles away."
    question = "How far off was the village that the man with the crimson towel left to by taxi?"
    back, other = (read(question, text.format(who)) for who in ("He", "Ann Lee"))
    assert faults(back, back.candidates[0]) == []
    assert any("“crimson”" in fault.text for fault in faults(other, other.candidates[0]))


def test_the_superlative_that_is_said_is_found() -> None:
    assert told("Which ferry is the oldest of the county?") == []


def test_a_refusal_says_what_is_missing_and_an_answer_quotes_the_sentence() -> None:
    refused = find(read("How many people live in Upper Denham?"), [None], 75)
    assert refused.quotes == ()
    assert refused.missing is not None
    assert "Upper Denham" in refused.missing
    answered = find(read("How many people live in Lower Marsh?"), [None], 75)
    assert "Nearly 4,000 people live in Lower Marsh." in answered.quotes[0].text
    assert all(TOWN[quote.span.start : quote.span.end] == quote.text for quote in answered.quotes)


def test_what_letters_stand_for_is_found_far_from_what_is_like_the_question() -> None:
    text = (
        "The SLM met. The SLM met again. What the SLM meant was not clear. The Society of Lower Marsh (SLM) has a mill."
    )
    found = find(read("What does SLM stand for?", text), [None], 75)
    assert found.quotes[0].text == "The Society of Lower Marsh (SLM) has a mill."


def test_quotes_keep_to_the_words_allowed() -> None:
    for allowed in (5, 20, 40):
        found = find(read("How many people live in Lower Marsh?"), [None], allowed)
        counts = [len(quote.text.split()) for quote in found.quotes]
        assert sum(counts) <= max(allowed, counts[0])


def test_nothing_to_do_with_the_question_is_refused() -> None:
    found = find(read("Best sourdough hydration?"), [None], 75)
    assert found.quotes == ()
    assert found.missing == "the passages do not speak of this"


def test_force_quotes_whatever_is_nearest() -> None:
    assert find(read("Best sourdough hydration?"), [None], 75, force=True).quotes
