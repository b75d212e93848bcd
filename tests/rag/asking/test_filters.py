"""Filters: which articles pass, what a question's words ask for, and what an answer says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SettingsInvalid
from index.indexing.build import build_index
from index.types import Article, Span
from rag.answering.extract import QuotesAnswerer
from rag.asking.asked import ParsedQuestion, from_question
from rag.asking.filters import (
    EVERY_ARTICLE,
    Entry,
    Filters,
    Search,
    described,
    following,
    in_words,
    iso_date,
    matching,
    none_found,
)
from rag.asking.named import Known
from rag.contract import as_json, filters_as_json, filters_from_json
from rag.errors import QuestionInvalid
from rag.pipeline import Pipeline
from rag.settings import load
from rag.types import Filter
from tests.fakes import HERALD, WIRE, HashingEmbedder, OverlapReader
from tests.rag.readings import by_margin
from tests.rag.shell import Shell


def entry(name: str, outlet: str | None, author: str | None, date: str | None, title: str | None = None) -> Entry:
    return Entry(Article(name, 0, Span(0, 1), title, outlet, author, date), (f"news/{name}.txt",))


NEWS = (
    entry("a", "Forbes", "Paul Roderick Gregory", "2017-04-13", "Why the mill matters: a town waits"),
    entry("b", "The Daily Beast", "Wladimir Van Wilgenburg", "2016-08-23", "The ferry of Eastwick"),
    entry("c", "Daily Caller", "Saagar Enjetti", "2016-03-30"),
    entry("d", "Daily Caller", "Saagar Enjeti", "2016-09"),
    entry("e", "IPT News", "Yaakov Lappin", "2016"),
    entry("f", None, None, None, "Notes"),
    entry("g", "Long War Journal", "Ruslan Mamedov", "2014-05-02"),
)
FILES = tuple(
    Entry(Article(path, 0, Span(0, 1)), (path,))
    for path in (
        "money/budget-2024.txt", "annual report 2023.pdf", "house rules.md", "old/house rules.md", "spare-key.txt"
    )
)  # fmt: skip


def names(filters: Filters) -> str:
    return "".join(found.article.document_id for found in matching(Search(filters), NEWS)[0])


@pytest.mark.parametrize(
    ("filters", "passed"),
    [
        (Filters(), "abcdefg"),
        (Filters(outlets=("forbes",)), "a"),
        (Filters(outlets=("Daily Beast",)), "b"),
        (Filters(outlets=("Forbes", "The Daily Caller")), "acd"),
        (Filters(authors=("Enjeti",)), "cd"),
        (Filters(authors=("Paul Gregory",)), "a"),
        (Filters(authors=("Gregory Paul",)), ""),
        (Filters(authors=("Mamedow",)), ""),
        (Filters(titles=("mill matters",)), "a"),
        (Filters(titles=("the mill", "ferry")), "ab"),
        (Filters(files=("news/a.txt", "d.txt")), "ad"),
        (Filters(files=("news/",)), "abcdefg"),
        (Filters(files=("[a-c].txt",), outlets=("Daily Caller",)), "c"),
        (Filters(before="2016-09"), "bcg"),
        (Filters(after="2016-09"), "ad"),
        (Filters(after="2016", before="2017"), "bcde"),
        (Filters(after="2016-08-23", before="2016-08-24"), "b"),
        (Filters(outlets=("Nature",)), ""),
    ],
)
def test_which_articles_pass(filters: Filters, passed: str) -> None:
    assert names(filters) == passed


def test_articles_whose_date_does_not_decide_are_counted() -> None:
    _, told = matching(Search(Filters(before="2016-09")), NEWS)
    assert (told.articles, told.undated) == (3, 2)  # "2016" may be later; "Notes" has no date
    _, told = matching(Search(Filters(before="2016-09", outlets=("Forbes",))), NEWS)
    assert (told.articles, told.undated) == (0, 0)
    _, told = matching(Search(Filters(outlets=("IPT",)), Filters(after="2015", before="2016-02")), NEWS)
    assert (told.articles, told.undated) == (0, 1)


DATES = st.dates().map(lambda day: day.isoformat())


@given(DATES, DATES)
def test_a_day_is_before_a_date_or_from_it_on(day: str, bound: str) -> None:
    item = [entry("x", None, None, day)]
    for told in (bound, bound[:7], bound[:4]):
        before = bool(matching(Search(Filters(before=told)), item)[0])
        after = bool(matching(Search(Filters(after=told)), item)[0])
        assert before != after
        assert before == (day[: len(told)] < told)


@given(st.dates(max_value=date(9998, 12, 31)).map(str), st.sampled_from([4, 7, 10]))
def test_the_date_after_is_the_next_one(day: str, length: int) -> None:
    told = day[:length]
    assert told < following(told)
    assert iso_date(following(told)) == following(told)


@pytest.mark.parametrize("told", ["2016-13", "soon", "", "2016-02-30", "16", "2016-9"])
def test_what_is_no_date_is_refused(told: str) -> None:
    with pytest.raises(QuestionInvalid, match="2016-09-07"):
        Filters(after=told)
    with pytest.raises(QuestionInvalid, match="empty"):
        Filters(outlets=(" ",))


KNOWN = Known((*NEWS, *FILES))


def asked(question: str) -> ParsedQuestion:
    return from_question(question, lambda: KNOWN)


@pytest.mark.parametrize(
    ("question", "filters", "text"),
    [
        ("How many died, according to Forbes?", "by Forbes", "How many died?"),
        ("according to forbes how many died", "by Forbes", "how many died"),
        ("What does Forbes’s glomp say of the mill?", "by Forbes", None),
        ("In the Daily Beast glomp, who owns the ferry?", "by The Daily Beast", "Who owns the ferry?"),
        ("What did IPT vurn on the mill?", "by IPT News", None),
        ("What did the LWJ vurn?", "by Long War Journal", None),
        ("When did Forbes mep its glomp on the mill?", "by Forbes", None),
        ("According to Forbes or the Daily Caller, who owns it?", "by Forbes or Daily Caller", "Who owns it?"),
        ("According to Forbes, how many left and how many stayed?", "by Forbes", "How many left and how many stayed?"),
        ("glomps by Ruslan Mamedov on the ferry", "written by Ruslan Mamedov", "glomps on the ferry"),
        ("articles by Saagar Enjeti", "written by Saagar Enjetti or Saagar Enjeti", "articles"),
        ("What do articles before September 2016 say of the mill?", "before September 2016", None),
        ("What do documents since 2015 say?", "from 2015 on", None),
        ("What do articles mepped after 2015 say?", "from 2016 on", None),
        ("articles from 2015 onwards about the mill", "from 2015 on", None),
        ("articles mepped between May 2014 and 2016", "from May 2014 on and before 2017", None),
        ("As of September 2016, how many lived there?", "before October 2016", None),
        ("glomps by the Daily Caller before 2016-09", "by Daily Caller before September 2016", "glomps before 2016-09"),
        ("What does “Why the mill matters” say?", "titled “Why the mill matters: a town waits”", None),
    ],
)
def test_what_a_question_asks_for(question: str, filters: str, text: str | None) -> None:
    assert described(asked(question).filters) == filters
    assert asked(question).text == (text or question)


@pytest.mark.parametrize(
    "question",
    [
        "What happened in Eastwick in April 2017?",
        "How many mills closed before September 2016?",
        "Which glomps mepped the fire?",
        "Which newspaper says that Forbes was wrong?",
        "Is Forbes right?",
        "Who wrote the Forbes piece and who wrote the Daily Beast one?",
        "How many died according to the governor?",
        "What did CNN vurn?",
        "What did Malcolm Forbes say?",
        "According to Forbes and Bloomberg, who left?",
        "What did the UN glomps from 2010 say?",
        "What did the treaty written in 1995 say?",
        "Who told Forbes about the mill?",
        "What is the caller of the daily draw called?",
        "What did Lappin see?",
        "articles before September",
        "Who is quoted?",
        "Where is the spare key?",
        "What do the rules of the house say?",
        "",
    ],
)
def test_what_asks_for_nothing(question: str) -> None:
    assert asked(question) == ParsedQuestion(EVERY_ARTICLE, question)


@pytest.mark.parametrize(
    ("question", "files", "text"),
    [
        ("What is the total in budget-2024.txt?", "money/budget-2024.txt", "What is the total?"),
        ("budget-2024.txt: what is the total?", "money/budget-2024.txt", "what is the total?"),
        ("What does money/Budget-2024.TXT say?", "money/budget-2024.txt", "What does it say?"),
        ("Who mepped the annual report 2023.pdf?", "annual report 2023.pdf", "Who mepped it?"),
        ("Who mepped the annual report 2023?", "annual report 2023.pdf", "Who mepped the annual report 2023?"),
        ("In the annual report 2023, who pays?", "annual report 2023.pdf", "Who pays?"),
        ("According to the house rules, who cleans?", "house rules.md or old/house rules.md", "Who cleans?"),
        ("What is the fee in old/house rules.md?", "old/house rules.md", "What is the fee?"),
        ("summarise annual report 2023.pdf", "annual report 2023.pdf", "summarise it"),
        (
            "Who cleans, per house rules.md or budget-2024.txt?",
            "house rules.md or old/house rules.md or money/budget-2024.txt",
            "Who cleans?",
        ),
    ],
)
def test_a_file_that_is_named_is_a_filter_and_no_part_of_what_is_searched_for(
    question: str, files: str, text: str
) -> None:
    found = asked(question)
    assert " or ".join(found.filters.files) == files
    assert found.text == text


@pytest.mark.parametrize(
    "verb", [verb for syllable in "blor gant meq tuv zisk".split() for verb in (syllable, syllable + "s")]
)
def test_no_verb_decides_who_is_a_source(verb: str) -> None:
    assert described(asked(f"What does Forbes {verb} of the mill?").filters) == "by Forbes"
    assert described(asked(f"Who {verb}ed it, according to Forbes?").filters) == "by Forbes"
    assert not asked(f"Who {verb} Forbes?").filters


@given(st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    asked(text)
    asked(f"According to {text} Forbes, articles from {text} before 2016 in {text}house rules.md")


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        (Filters(outlets=("Forbes",), before="2014"), "by Forbes before 2014 is indexed; there is 1 by Forbes, 2017"),
        (
            Filters(outlets=("Daily Caller",), after="2020"),
            "by Daily Caller from 2020 on is indexed; there are 2 by Daily Caller, 2016",
        ),
        (Filters(after="2030"), "from 2030 on is indexed; the 7 documents are of 2014 to 2017"),
        (
            Filters(outlets=("CNN",)),
            "by CNN is indexed; the outlets are Daily Caller, Forbes, IPT News, Long War Journal, The Daily Beast",
        ),
        (Filters(titles=("moon",)), "titled “moon” is indexed"),
    ],
)
def test_why_nothing_passes(filters: Filters, told: str) -> None:
    assert none_found(Search(filters), NEWS) == f"no document {told}"


def test_filters_are_told_in_words_and_as_json() -> None:
    search = Search(Filters(outlets=("Daily Caller",)), Filters(before="2016-06"))
    _, told = matching(search, NEWS)
    assert in_words(told) == "Searched only what is by Daily Caller and before June 2016: 1 section."
    assert filters_as_json(told) == {
        "items": [
            {"kind": "outlet", "value": "Daily Caller", "origin": "set", "removed": None},
            {"kind": "before", "value": "2016-06", "origin": "asked", "removed": None},
        ],
        "articles": 1,
        "undated": 0,
    }
    _, gone = matching(search.without("none of them tells"), NEWS)
    assert "Not kept to what is before June 2016, as the question asks: none of them tells." in in_words(gone)
    for filtering in (told, gone, matching(Search(), NEWS)[1]):
        assert filters_from_json(filters_as_json(filtering)).filters == filtering.filters


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "wire.txt").write_text(WIRE.replace("A. Reporter", "Ann Reporter"))
    (folder / "herald.txt").write_text(HERALD.replace("The Herald, 8", "The Herald, by Bo Writer, 8"))
    chosen = load(home=tmp_path_factory.mktemp("home"), environ={})
    build_index(chosen.for_index(), [folder], HashingEmbedder(1024), trial=lambda _: None)
    opened = Pipeline(chosen, HashingEmbedder(1024), QuotesAnswerer(), OverlapReader(), by_margin())
    yield opened
    opened.close()


STRUCK = "Which research facility did aircraft strike near the town of Masra?"


def test_only_what_passes_is_retrieved(pipeline: Pipeline) -> None:
    by_herald, earlier = Filters(outlets=("Herald",)), Filters(before="2017-09-08")
    for filters, outlet in ((by_herald, "The Herald"), (earlier, "Northern Wire")):
        found = pipeline.retrieve(STRUCK, 10, filters)
        assert {item.source.outlet for item in found} == {outlet}
        assert {item.source.outlet for item in pipeline.ask(STRUCK, filters=filters).passages} == {outlet}
    assert {item.source.outlet for item in pipeline.retrieve(STRUCK, 10)} == {"The Herald", "Northern Wire"}
    with pytest.raises(SettingsInvalid, match="cannot be used"):
        pipeline.retrieve(STRUCK, 10, Filters(files=("!x",)))


def test_where_nothing_passes_the_refusal_says_why(pipeline: Pipeline) -> None:
    answer = pipeline.ask(STRUCK, filters=Filters(outlets=("Wire",), before="2014"))
    assert (answer.status, answer.reason, answer.passages) == ("refused", "no_evidence", ())
    assert answer.missing == "no document by Wire before 2014 is indexed; there is 1 by Wire, 2017"
    assert as_json(answer)["filters"]["articles"] == 0
    assert pipeline.matching(Filters(outlets=("CNN",)))[1] is not None


def test_a_question_is_kept_to_what_its_words_ask_for(pipeline: Pipeline) -> None:
    answer = pipeline.ask("According to Northern Wire, how many soldiers were killed?")
    assert answer.status == "answered"
    assert answer.filters.filters == (Filter("outlet", "Northern Wire", "asked"),)
    assert {item.source.outlet for item in answer.passages} == {"Northern Wire"}
    free = pipeline.ask("According to Northern Wire, how many soldiers were killed?", understand=False)
    assert as_json(free)["filters"] == {}
    assert len({item.source.outlet for item in free.passages}) == 2


def test_a_filter_that_hides_the_answer_is_let_go_and_told(pipeline: Pipeline) -> None:
    question = "According to the Herald, how many soldiers were killed?"
    answer = pipeline.ask(question)
    plain = pipeline.ask(question, understand=False)
    assert (answer.status, answer.text, answer.passages) == (plain.status, plain.text, plain.passages)
    (gone,) = answer.filters.filters
    assert (gone.kind, gone.value, gone.origin) == ("outlet", "The Herald", "asked")
    assert gone.removed
    set_too = pipeline.ask(question, filters=Filters(outlets=("Herald",)))
    assert {item.source.outlet for item in set_too.passages} == {"The Herald"}
    (kept, _) = set_too.filters.filters
    assert (kept.origin, kept.removed) == ("set", None)


def test_filters_are_options(shell: Shell) -> None:
    told = json.loads(shell.run("search", "Masra", "--file", "w*.txt", "--article", "northern strike", "--json").out)
    assert {item["path"] for item in told["passages"]} == {"wire.txt"}
    assert [(item["kind"], item["value"]) for item in told["filters"]["items"]] == [
        ("file", "w*.txt"),
        ("article", "northern strike"),
    ]
    said = shell.run("ask", "Who was hurt?", "--file", "nothing/*.txt", "--before", "January 2014", "--no-filters")
    assert said.code == 3
    assert "No document in nothing/*.txt before January 2014 is indexed" in said.out
    assert "no document written by Nobody" in shell.run("search", "Masra", "--author", "Nobody").out
    assert "no date" in shell.refused(2, "ask", "Who?", "--after", "2016-13")
