"""Who speaks in a conversation is told by its form, and what is no conversation stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.readers.lines import blocks_of
from index.readers.turns import with_turns
from index.types import Block

INTERVIEW = """# Forty years of bells

OSKAR LINDT: How did you come to the foundry?

TILDA MOHR: By accident. My uncle had broken his wrist.

I stayed for the wages, and then for the sound.

OSKAR LINDT: Which was the largest one you cast?

TILDA MOHR (laughing): Saint Ansgar, eleven tonnes. It cracked in the frost of 1987.

## Afterwards

Kept in the town archive, box nine.
"""


def marked(text: str) -> list[tuple[str, str, str | None]]:
    blocks = with_turns(text, blocks_of(text))
    return [(block.kind, block.span.of(text), block.author) for block in blocks]


def test_a_question_heads_what_answers_it_and_each_speaks_for_himself_until_the_next() -> None:
    assert marked(INTERVIEW) == [
        ("heading", "Forty years of bells", None),
        ("heading", "How did you come to the foundry?", "OSKAR LINDT"),
        ("paragraph", "TILDA MOHR: By accident. My uncle had broken his wrist.", "TILDA MOHR"),
        ("paragraph", "I stayed for the wages, and then for the sound.", "TILDA MOHR"),
        ("heading", "Which was the largest one you cast?", "OSKAR LINDT"),
        (
            "paragraph",
            "TILDA MOHR (laughing): Saint Ansgar, eleven tonnes. It cracked in the frost of 1987.",
            "TILDA MOHR",
        ),
        ("heading", "Afterwards", None),
        ("paragraph", "Kept in the town archive, box nine.", None),
    ]


@pytest.mark.parametrize(
    ("lines", "speakers"),
    [
        (("Ida: Is the kiln hot?", "Bo: Nearly.", "Ida: Then wait.", "Bo: All right."), ["Ida", "Bo"]),
        (("[9:01] Ida: is it hot?", "[9:02] Bo: nearly", "[9:03] Ida: ok then", "[9:09] Bo: sure"), ["Ida", "Bo"]),
        (("**Ida:** Is it hot?", "**Bo:** Nearly.", "**Ida:** Wait.", "**Bo:** Yes."), ["Ida", "Bo"]),
        (
            ("[10:31] ida_k: Is it hot?", "[10:32] Bo Ahl: Nearly.", "[10:33] ida_k: Wait.", "[10:40] Bo Ahl: Yes."),
            ["ida_k", "Bo Ahl"],
        ),
        (
            (
                "2/3/24, 9:10 - Ida: Hot?",
                "2/3/24, 9:11 - Bo: No.",
                "2/3/24, 9:12 - Ida: Oh.",
                "2/3/24, 9:15 - Bo: Soon.",
            ),
            ["Ida", "Bo"],
        ),
    ],
)
def test_turns_stand_on_lines_of_their_own_or_in_paragraphs(lines: tuple[str, ...], speakers: list[str]) -> None:
    for gap in ("\n", "\n\n"):
        assert list(dict.fromkeys(author for _, _, author in marked(gap.join(lines)))) == speakers


def test_nobody_says_what_stands_below_the_last_turn_and_no_question_heads_it() -> None:
    text = (
        "Oskar: Where is it kept?\n\nTilda: In box nine.\n\nOskar: Did it crack?\n\nTilda: It did.\n\n"
        "A spokesman of the foundry denied that.\n"
    )
    *_, question, answer, below = marked(text)
    assert question == ("paragraph", "Oskar: Did it crack?", "Oskar")
    assert answer == ("paragraph", "Tilda: It did.", "Tilda")
    assert below == ("paragraph", "A spokesman of the foundry denied that.", None)


def test_whoever_goes_on_is_no_other_for_writing_a_name_in_small_letters() -> None:
    text = (
        "Anna: Shall I light it?\nanna: I shall.\nBo: Then what do we wait for?\n"
        "ANNA: For the clay.\nBo: All right.\nAnna: Good.\n"
    )
    assert [words for kind, words, _ in marked(text) if kind == "heading"] == ["Then what do we wait for?"]


def test_what_stands_once_before_a_colon_is_no_speaker() -> None:
    text = (
        "Oskar: Where did you learn it?\nTilda: In two places, one of which was far away, as they say\n"
        "In Ghent: it was cold there.\nOskar: And then?\nTilda: Here.\nOskar: Thanks.\nTilda: Welcome.\n"
    )
    assert {author for _, _, author in marked(text)} == {"Oskar", "Tilda"}


@pytest.mark.parametrize("line", ["123" + " " * 50_000 + "!", "1" * 50_000, "a " * 25_000, "**" * 25_000, "(" * 50_000])
def test_an_odd_line_is_read_in_step_with_its_length(line: str) -> None:
    text = f"{line}\n{INTERVIEW}"
    assert with_turns(text, blocks_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "Name: Ida\nPhone: 12\nNote: Is she in?\nName: Bo\nPhone: 13\nNote: He is out.",
        "Ida: Is the kiln hot?\nBo: Nearly.",
        "Warning: Hot.\nNote: Wait an hour.\nWarning: Heavy.\nNote: Lift it together.",
        "Who may enter: members.\nWho may not: guests?\nWhen it opens: at nine.\nWhere it is: upstairs.",
    ],
)
def test_labels_are_no_speakers(text: str) -> None:
    blocks = blocks_of(text)
    assert with_turns(text, blocks) is blocks


def test_a_letter_is_nobodys_name_and_its_question_still_heads_the_answer() -> None:
    text = "Q: Is it hot?\n\nA: Nearly.\n\nQ: When is it ready?\n\nA: At dusk.\n"
    kinds = [(kind, author) for kind, _, author in marked(text)]
    assert kinds == [("heading", None), ("paragraph", None)] * 2


LINES = st.sampled_from(
    ["Ida: Is it hot?", "Bo: Nearly.", "So it is.", "# Hall", "- a", "| x | y |", "", "Ida: ?", "Bo:"]
)


@given(st.lists(LINES, max_size=24))
def test_every_word_of_a_block_stays_in_one_but_a_speakers_name(lines: list[str]) -> None:
    text = "\n".join(lines)
    before, after = blocks_of(text), with_turns(text, blocks_of(text))
    assert all(one.span.end <= other.span.start for one, other in pairwise(after))
    assert all(any(block.span.contains(piece.span) for block in before) for piece in after)
    inside = _characters(after)
    lost = "".join(text[at] for at in sorted(_characters(before) - inside) if not text[at].isspace())
    assert not lost.replace("Ida:", "")


def _characters(blocks: Sequence[Block]) -> set[int]:
    return {at for block in blocks for at in range(block.span.start, block.span.end)}
