"""Articles of a digest: boundaries, headlines and bylines, on texts made for it and on the sample documents."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.cut.articles import split_articles
from index.types import Article, Document

BODY = "The council met on Monday. It voted to mend the bridge, and nobody spoke against it."


def document(text: str) -> Document:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(digest[:16], digest, text, "utf-8")


def told(article: Article) -> tuple[str | None, str | None, str | None, str | None]:
    return article.title, article.outlet, article.author, article.date


def test_one_line_byline_after_a_separator() -> None:
    text = f"Bridge to be mended\n\nThe Harbour Post, by Ann Lee, May 4, 2020:\n\n{BODY}\n\n***\n\nAlso see:\n\n" + (
        f"School gets a new roof at last\n\nEvening Mail, June 1, 2021:\n\n{BODY}"
    )
    first, second = split_articles(document(text))
    assert told(first) == ("Bridge to be mended", "The Harbour Post", "Ann Lee", "2020-05-04")
    assert told(second) == ("School gets a new roof at last", "Evening Mail", None, "2021-06-01")
    assert "***" not in first.span.of(text) + second.span.of(text)
    assert "Also see" not in first.span.of(text) + second.span.of(text)


def test_byline_over_several_lines() -> None:
    text = f"Bridge to be mended soon\n\nby Ann Lee\nSpecial to Harbour News\nMay 4, 2020\n\n{BODY}"
    (article,) = split_articles(document(text))
    assert told(article) == ("Bridge to be mended soon", "Harbour News", "Ann Lee", "2020-05-04")


def test_stray_text_glued_to_the_outlet_is_left_out() -> None:
    text = f"Bridge to be mended soon\n\nharbour-map-2Evening Mail, by Ann Lee, Sept 8, 2016:\n\n{BODY}"
    (article,) = split_articles(document(text))
    assert (article.outlet, article.author, article.date) == ("Evening Mail", "Ann Lee", "2016-09-08")


def test_headline_is_found_above_captions_credits_and_a_standfirst() -> None:
    text = (
        "Bridge to be mended, says council\n\nGETTY\n\n"
        "A handout picture of the bridge. Photo by Jo Hill/Getty Images.\n\n"
        f"After ten years, work begins.\n\nEvening Mail, by Ann Lee, May 4, 2020:\n\n{BODY}"
    )
    (article,) = split_articles(document(text))
    assert article.title == "Bridge to be mended, says council"
    assert article.span.start == 0


def test_an_article_begins_at_its_headline_without_a_separator() -> None:
    text = (
        f"Bridge to be mended soon\n\nEvening Mail, by Ann Lee, May 4, 2020:\n\n{BODY}\n\n"
        "Ann Lee covers the harbour for us.\n\n"
        f"School gets a new roof at last\n\nMorning Star, by Bo Dee, June 1, 2021:\n\n{BODY}"
    )
    first, second = split_articles(document(text))
    assert first.span.of(text).endswith("Ann Lee covers the harbour for us.")
    assert second.span.of(text).startswith("School gets a new roof")


@pytest.mark.parametrize(
    "text",
    [
        f"{BODY}\n\nIn Paris, May 4, 2020, they met again.",
        f"Notes on the bridge\n\n{BODY}\n\n***\n\n{BODY}",
        "Ann, May 4, 2020:\nhello\n\nBo, May 4, 2020:\nhello yourself",
    ],
)
def test_what_is_no_byline_makes_no_article(text: str) -> None:
    (article,) = split_articles(document(text))
    assert (article.outlet, article.author, article.date) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        (f"Paris, 3 May 2019\n\nDear Sir,\n\n{BODY}", "2019-05-03"),
        (f"Minutes of the meeting\n\nDate: 15 January 2024\nPresent: Ann\n\n{BODY}", "2024-01-15"),
        (f"**Datum:** 3. März 2024\n\n{BODY}", "2024-03-03"),
        (f"---\ndate: 03.05.2024\n---\n\n{BODY}", "2024-05-03"),
        (f"Date: 04/05/2024\n\n{BODY}", None),
        (f"# Diary\n\n## 3 May 2024\n\n{BODY}\n\n## 4 May 2024\n\n{BODY}", None),
        (f"They met on 3 May 2024.\n\n{BODY}", None),
    ],
)
def test_a_date_printed_at_the_head_is_that_of_the_document(text: str, date: str | None) -> None:
    (article,) = split_articles(document(text))
    assert article.date == date


def test_front_matter_of_markdown() -> None:
    text = f'---\ntitle: "The bridge"\nauthor: Ann Lee\ndate: 2020-05-04\n---\n\n# The bridge, again\n\n{BODY}'
    (article,) = split_articles(document(text))
    assert told(article) == ("The bridge", None, "Ann Lee", "2020-05-04")


def test_white_space_has_no_articles() -> None:
    assert split_articles(document(" \n\n\t")) == ()


def test_the_samples_hold_eight_articles_with_what_they_print(seeds: Path) -> None:
    files = sorted(seeds.glob("*.txt"))
    found = [told(article) for file in files for article in split_articles(document(file.read_text("utf-8")))]
    assert [(outlet, author, date) for _, outlet, author, date in found] == [
        (None, None, None),
        ("Long War Journal", "Thomas Joscelyn", "2017-09-07"),
        ("Forbes", "Paul Roderick Gregory", "2017-04-13"),
        ("MEMRI", None, "2017-04-13"),
        ("IPT News", "Yaakov Lappin", "2017-04-11"),
        ("Daily Caller", "Saagar Enjetti", "2016-03-30"),
        ("Daily Caller", "Saagar Enjeti", "2016-09-08"),
        ("The Daily Beast", "Wladimir Van Wilgenburg", "2016-08-23"),
    ]
    for title, *_ in found:
        assert title
        assert any(title in file.read_text("utf-8").split("\n") for file in files)


@given(
    st.lists(
        st.sampled_from(
            [BODY, "***", "Also see:", "A headline of words", "Mail, by Ann Lee, May 4, 2020:", "GETTY", ""]
        )
    )
)
def test_articles_are_ordered_apart_and_lose_no_words(blocks: list[str]) -> None:
    text = "\n\n".join(blocks)
    articles = split_articles(document(text))
    ends = 0
    for article in articles:
        assert ends <= article.span.start < article.span.end
        ends = article.span.end
    kept = "".join(article.span.of(text) for article in articles).split()
    words = "".join(block for block in blocks if block not in ("***", "Also see:"))
    assert "".join(kept).replace("***", "").replace("Alsosee:", "") == "".join(words.split())
