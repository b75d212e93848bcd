"""A thread of mails that is kept as a text is read as mails are; what only has their marks stays as it is written."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cut.articles import split_articles
from index.cut.chunk import chunk
from index.cut.sentences import sentences
from index.readers import Raw, document_of
from index.readers.extracted import Extracted
from index.readers.markdown import read_markdown
from index.readers.text import read_text
from tests.index.readers.test_thread import voice

THREAD = """Minutes of the thread, kept by hand.

From: Greta Loos <g@x.org>
To: Committee
Date: Mon, 3 March 2025 09:12
Subject: Slates

The north slope needs forty slates.

Greta

---

Subject: Re: Slates
From: Tom Wexley
To: Greta Loos
Date: Tue, 4 March 2025 18:40

We wait until the regatta is over.

On Mon, 3 March 2025 at 09:12, Greta Loos wrote:
> It needs forty of them.
"""

REPLY = """Hello all,

then we take the hall in Brunnfeld, and I pay the deposit on Thursday.

Marta

On Wed, 5 Feb 2025 at 21:14, Ilya Brandt <ilya@brandt.example> wrote:
> The hall in Brunnfeld is free on 17 May, and it
> holds up to ninety guests.
>
> Am 04.02.2025 um 19:02 schrieb Noor Haddad <noor@haddad.example>:
>> The hall in Sankt Veit has no kitchen, so that everything would have to come in
>> boxes.
>>
>> > Do we know what it would cost from
>> > six o'clock?
>
> Ilya B.
"""


def words_of(text: str) -> list[str]:
    return [word for word in text.split() if set(word) != {">"}]


def sentences_of(thread: Extracted) -> list[str]:
    """Every sentence that may be quoted, on one line."""
    blocks = (block for block in thread.blocks if block.kind != "furniture")
    return [" ".join(s.of(thread.text).split()) for block in blocks for s in sentences(thread.text, block.span)]


@pytest.mark.parametrize("read", [read_text, read_markdown])
def test_a_reply_kept_as_text_is_quoted_in_whole_sentences_of_whoever_wrote_them(
    read: Callable[[bytes], Extracted],
) -> None:
    reply = read(REPLY.encode())
    assert ">" not in reply.text.replace(".example>", "")
    assert sentences_of(reply)[2:] == [
        "Marta",
        "The hall in Brunnfeld is free on 17 May, and it holds up to ninety guests.",
        "The hall in Sankt Veit has no kitchen, so that everything would have to come in boxes.",
        "Do we know what it would cost from six o'clock?",
        "Ilya B.",
    ]
    assert voice(reply, "then we take") == (None, None)
    assert voice(reply, "ninety guests") == voice(reply, "Ilya B.") == ("Ilya Brandt", "2025-02-05")
    assert voice(reply, "no kitchen") == ("Noor Haddad", "2025-02-04")
    assert voice(reply, "six o'clock") == (None, None)


@given(st.lists(st.sampled_from([*THREAD.split("\n"), *REPLY.split("\n")]), max_size=30), st.integers(3, 40))
def test_what_is_quoted_of_a_thread_is_a_slice_of_what_was_read(lines: list[str], words: int) -> None:
    document = document_of(Raw("text", "0" * 16, "0" * 64, b""), read_text("\n".join(lines).encode()))
    passages = chunk(document, split_articles(document), words)
    assert all(document.text[passage.start : passage.end] == passage.text for passage in passages)


@pytest.mark.parametrize(
    "text",
    [
        "My grandmother used to say:\n\n> Whoever plants a tree\n> must not wait.\n\nThen we went out.\n",
        "Type\n\n> dir\n> cd roses\n\nand wait.\n",
        "3c3\n< planted = 11\n---\n> planted = 12\n",
        "Orla wrote:\n\n> Whoever plants a tree must not wait.\n",
        "# Letters\n\nSee.\n\n## Spring\n\nOn 3 May 2024, Orla Brandt wrote:\n\n> The slope needs forty.\n",
    ],
)
def test_a_saying_a_prompt_and_a_patch_are_no_mail(text: str) -> None:
    for plain in (read_text(text.encode()), read_markdown(text.encode())):
        assert plain.text == text
        assert plain.sections == ()


def test_a_thread_kept_as_text_gives_each_message_its_writer() -> None:
    thread = read_text(THREAD.encode())
    assert thread.text.split() == THREAD.replace("> ", "").split()
    assert voice(thread, "Minutes of") == (None, None)
    assert voice(thread, "forty slates") == ("Greta Loos", "2025-03-03")
    assert voice(thread, "We wait") == ("Tom Wexley", "2025-03-04")
    assert voice(thread, "forty of them") == ("Greta Loos", "2025-03-03")


def test_nobody_said_the_heads_and_rules_of_a_thread() -> None:
    thread = read_text(THREAD.encode())
    kinds = {block.span.of(thread.text): block.kind for block in thread.blocks}
    assert kinds["---"] == "furniture"
    assert [words.split(":")[0] for words, kind in kinds.items() if kind == "furniture"][:2] == ["From", "---"]
    assert kinds["Greta"] == "paragraph"


@pytest.mark.parametrize(
    "text",
    [
        "Your journey\n\nFrom: Lisbon\nTo: Porto\nDate: 3 May 2025\n\nSeat 14 by the window.",
        "Subject: Latin\nDate: Mondays\n\nThe room changes every week.",
        "# Desk\n\nOpen daily.\n\nAsk Orla.\n\nWrite so:\n\nFrom: Anna Meier\nSubject: Your refund\n\nDear guest, ...",
    ],
)
def test_a_text_with_fields_of_its_own_is_no_thread(text: str) -> None:
    plain = read_text(text.encode())
    assert plain.sections == ()
    assert all(block.kind != "furniture" for block in plain.blocks)


@given(st.lists(st.sampled_from([*THREAD.split("\n"), *REPLY.split("\n")]), max_size=30))
def test_every_word_of_a_thread_stands_in_a_block_once(lines: list[str]) -> None:
    thread = read_text("\n".join(lines).encode())
    text = thread.text
    assert words_of(text) == words_of("\n".join(lines))
    spans = [block.span for block in thread.blocks]
    assert all(left.end <= right.start for left, right in pairwise(spans))
    covered = {at for span in spans for at in range(span.start, span.end)}
    assert all(at in covered for at, character in enumerate(text) if character.isalnum())
    assert all(left.span.end <= right.span.start for left, right in pairwise(thread.sections))


def test_no_line_of_a_head_is_longer_than_anybody_writes_one() -> None:
    head = "From: Orla{}\nDate: 3 March 2025\nSubject: Slates\n\nThe slope needs forty."
    assert len(read_text(head.format("").encode()).sections) == 1
    assert read_text(head.format(" Brandt" * 2000).encode()).sections == ()
