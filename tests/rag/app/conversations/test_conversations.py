"""What is kept of conversations: by several writers, through kills and damage, and gone when it is deleted."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.app.conversations.chat import Conversation
from rag.app.conversations.keeping import Keeper
from rag.app.conversations.store import ConversationStore
from rag.contract import as_json
from rag.errors import ConversationsUnusable, NoConversation
from rag.types import Answer, Turn
from tests.fakes import FakePipeline

ROOT = Path(__file__).resolve().parents[4]
ANYTHING = st.text(st.characters(), max_size=60)  # lone surrogates and NUL too


@pytest.fixture
def store(tmp_path: Path) -> ConversationStore:
    return ConversationStore(tmp_path / "home")


@pytest.fixture
def answer() -> Answer:
    return FakePipeline().ask("What was struck?")


def plain(answer: Answer) -> object:
    return json.loads(json.dumps(as_json(answer)))


def started(code: str, home: Path) -> subprocess.Popen[str]:
    """A process of its own that runs `code` with a `store` over `home` and an `answer`."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom rag.app.conversations.store import ConversationStore\n"
        "from tests.fakes import FakePipeline\n"
        "store = ConversationStore(Path(sys.argv[1]))\nanswer = FakePipeline().ask('What was struck?')\n" + code
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script, str(home)]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


# What is kept


def test_nothing_is_written_before_there_is_something_to_keep(store: ConversationStore) -> None:
    assert store.summaries() == ()
    assert store.delete_all() == 0
    with pytest.raises(NoConversation):
        store.get("00000000")
    assert not store.file.parent.exists()


def test_a_conversation_is_kept_with_all_of_its_answers(store: ConversationStore, answer: Answer) -> None:
    key = store.create("  What was\nstruck? ", "news")
    assert store.append(key, " What was struck? ", answer) == 1
    refused = FakePipeline().ask("Who baked the cake?")
    assert store.append(key, "Who baked the cake?", refused) == 2
    kept = store.get(key)
    assert (kept.summary.id, kept.summary.title, kept.summary.collection) == (key, "What was struck?", "news")
    assert kept.summary.turns == 2
    assert [turn.number for turn in kept.turns] == [1, 2]
    assert [turn.question for turn in kept.turns] == [" What was struck? ", "Who baked the cake?"]
    assert [turn.answer for turn in kept.turns] == [plain(answer), plain(refused)]
    assert kept.summary.created <= kept.turns[0].asked <= kept.turns[1].asked == kept.summary.updated
    with pytest.raises(FrozenInstanceError):
        kept.summary.title = "another"  # type: ignore[misc]


def test_the_file_is_its_owners_alone(store: ConversationStore, answer: Answer) -> None:
    before = os.umask(0)
    try:
        store.append(store.create("a", "default"), "a", answer)
    finally:
        os.umask(before)
    assert store.file.stat().st_mode & 0o777 == 0o600
    assert store.file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in store.file.parent.iterdir()] == ["conversations.sqlite"]


def test_the_last_used_comes_first(tmp_path: Path, answer: Answer) -> None:
    ticks = count()
    store = ConversationStore(tmp_path, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=next(ticks)))
    one, two, three = (store.create(title, "default") for title in "abc")
    store.append(two, "again", answer)
    assert [summary.id for summary in store.summaries()] == [two, three, one]
    assert store.summaries()[0].updated == "2026-01-01T00:00:03.000000+00:00"


def test_those_of_one_moment_come_in_the_order_of_their_making(tmp_path: Path) -> None:
    store = ConversationStore(tmp_path, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    made = [store.create(str(number), "default") for number in range(5)]
    assert [summary.id for summary in store.summaries()] == made[::-1]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", {"news", "bread"}),
        ("MASRA", {"news"}),
        ("masr struck", {"news"}),
        ("cake", {"bread"}),
        ("straße", {"bread"}),
        ("STRASSE cake", {"bread"}),
        ("Ｎｅｗｓ", {"news"}),
        ("cake masra", set()),
        ("100%", set()),
        ("_", set()),
        ('" OR 1 --', set()),
        ("masra\x00struck", {"news"}),
        ("a " * 2000, {"news", "bread"}),
    ],
)
def test_search_finds_every_word_in_titles_questions_and_answers(
    store: ConversationStore, answer: Answer, search: str, found: set[str]
) -> None:
    store.append(store.create("news", "default"), "What was struck?", answer)
    store.append(
        store.create("bread", "default"), "Who sold the cake in the Straße?", FakePipeline().ask("Who baked the cake?")
    )
    assert {summary.title for summary in store.summaries(search)} == found


def test_a_conversation_can_have_another_title(store: ConversationStore) -> None:
    key = store.create("a", "default")
    assert store.rename(key, "b" * 500).title == "b" * 118 + " …"
    assert store.summaries()[0].title == "b" * 118 + " …"
    assert store.summaries("aaa") == ()


@given(title=ANYTHING, question=ANYTHING)
@settings(max_examples=25)
def test_any_title_and_question_can_be_kept(title: str, question: str) -> None:
    answer = replace(FakePipeline().ask("hostile"), missing=question)
    with TemporaryDirectory() as home:
        store = ConversationStore(Path(home))
        key = store.create(title, "default")
        store.append(key, question, answer)
        kept = store.get(key)
        assert kept.turns[0].question == question
        assert kept.turns[0].answer == plain(answer)
        assert "\n" not in kept.summary.title
        assert store.rename(key, question).turns == 1
        assert [summary.id for summary in store.summaries(question.strip()[:3])] == [key]


@pytest.mark.parametrize("limit", [0, 1, 2, 9, -1])
def test_the_history_is_the_last_turns_oldest_first(store: ConversationStore, answer: Answer, limit: int) -> None:
    key = store.create("a", "default")
    for number in range(3):
        store.append(key, "typed", replace(answer, question=f"q{number}", text=f"t{number}"))
    turns = [Turn(f"q{number}", f"t{number}") for number in range(3)]
    assert store.history(key, limit) == tuple(turns[3 - min(3, max(0, limit)) :])


@pytest.mark.parametrize(
    "key",
    ["", "x", "00000000", "../../../etc/passwd", "\x00", "\ud800", "' OR 1=1 --", "ABCDEF01", "0" * 10**6, "0000000\n"],
)
def test_an_id_from_outside_is_never_more_than_an_id(store: ConversationStore, answer: Answer, key: str) -> None:
    mine = store.create("mine", "default")
    for call in (store.get, store.delete, lambda k: store.append(k, "a", answer), lambda k: store.rename(k, "b"),
                 lambda k: store.history(k, 3)):  # fmt: skip
        with pytest.raises(NoConversation) as told:
            call(key)
        assert len(str(told.value)) < 400
    assert [summary.id for summary in store.summaries()] == [mine]
    assert [path.name for path in store.file.parents[1].rglob("*") if path.is_file()] == ["conversations.sqlite"]


def test_a_thousand_turns(store: ConversationStore, answer: Answer) -> None:
    key = store.create("long", "default")
    with closing(sqlite3.connect(store.file)) as database, database:
        row = json.dumps(as_json(answer))
        database.executemany(
            "INSERT INTO turns VALUES (?, ?, '2026', '\"typed\"', ?, ?)",
            ((key, number, row, f"words{number}") for number in range(1, 1000)),
        )
    assert store.append(key, "the last", answer) == 1000
    assert store.summaries("words998 last")[0].turns == 1000
    assert [turn.number for turn in store.get(key).turns] == list(range(1, 1001))
    assert len(store.history(key, 6)) == 6


# What is deleted


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("all_of_them", [False, True])
def test_what_is_deleted_is_nowhere_in_the_file(store: ConversationStore, answer: Answer, all_of_them: bool) -> None:
    kept = store.create("kept", "default")
    secret = store.create("SECRETTITLE", "default")
    store.rename(secret, "OTHERTITLE")
    for number in range(30):
        store.append(kept, "an open question", answer)
        told = replace(answer, text=f"SECRETANSWER{number} " * 300)
        store.append(secret, f"SECRETQUESTION{number}", told)
    before = everything(store.file.parent)
    assert b"OTHERTITLE" in before
    assert b"SECRETQUESTION29" in before
    if all_of_them:
        assert store.delete_all() == 2
    else:
        store.delete(secret)
        assert [(summary.id, summary.turns) for summary in store.summaries()] == [(kept, 30)]
    left = everything(store.file.parent).lower()
    for word in (b"secrettitle", b"othertitle", b"secretquestion", b"secretanswer", secret.encode()):
        assert word not in left
    assert (b"an open question" in left) is not all_of_them


def test_a_turn_of_a_conversation_that_was_deleted_does_not_bring_it_back(
    store: ConversationStore, answer: Answer
) -> None:
    key = store.create("a", "default")
    store.delete(key)
    with pytest.raises(NoConversation):
        store.append(key, "a", answer)
    assert store.summaries() == ()


# Several writers, and killed ones


def test_several_threads_append_at_once(store: ConversationStore, answer: Answer) -> None:
    key = store.create("shared", "default")
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda number: store.append(key, str(number), answer), range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert {turn.question for turn in store.get(key).turns} == {str(number) for number in range(40)}


def test_several_threads_make_the_file_at_once(store: ConversationStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda number: store.create(str(number), "default"), range(8)))
    assert {summary.id for summary in store.summaries()} == made
    assert len(made) == 8


def test_two_processes_append_at_once(store: ConversationStore) -> None:
    key = store.create("shared", "default")
    home = store.file.parents[1]
    code = f"for n in range(25): store.append({key!r}, sys.argv[1] + str(n), answer)"
    for process in [started(code, home) for _ in range(2)]:
        _, err = process.communicate(timeout=120)
        assert (process.returncode, err) == (0, "")
    turns = store.get(key).turns
    assert [turn.number for turn in turns] == list(range(1, 51))
    assert {turn.question for turn in turns} == {f"{home}{number}" for number in range(25)}


def test_a_writer_killed_in_the_middle_of_a_turn_leaves_what_was_kept_before(
    store: ConversationStore, answer: Answer
) -> None:
    key = store.create("shared", "default")
    store.append(key, "before", answer)
    # The pages are on the disk and the transaction is not over: what is left is a file that must be rolled back.
    code = f"""
with store._database.writing() as database:
    database.execute("PRAGMA cache_size = 1")
    database.execute("PRAGMA cache_spill = 1")
    for n in range(2, 200):
        database.execute("INSERT INTO turns VALUES (?, ?, '', '""', ?, '')", ({key!r}, n, '{{}}' + ' ' * 5000))
    print("writing", flush=True)
    sys.stdin.read()
"""
    before = store.file.stat().st_size
    process = started(code.replace("sys.stdin.read()", "import time; time.sleep(600)"), store.file.parents[1])
    assert process.stdout
    assert process.stdout.readline() == "writing\n"
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    assert store.file.stat().st_size > before, "nothing had reached the file: the test proves nothing"
    assert [turn.question for turn in store.get(key).turns] == ["before"]
    assert store.append(key, "after", answer) == 2
    assert store.file.with_name("conversations.sqlite-journal").exists() is False


def test_writers_killed_at_any_moment_leave_whole_turns(store: ConversationStore, answer: Answer) -> None:
    key = store.create("shared", "default")
    code = f"print('go', flush=True)\nwhile True: store.append({key!r}, 'typed', answer)"
    for pause in (0.05, 0.11):
        process = started(code, store.file.parents[1])
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(pause)
        process.kill()
        process.communicate(timeout=60)
        turns = store.get(key).turns
        assert [turn.number for turn in turns] == list(range(1, len(turns) + 1))
        assert all(turn.answer == plain(answer) for turn in turns)
    assert store.append(key, "after", answer) == len(turns) + 1


def test_a_file_whose_maker_was_killed_is_begun_anew(store: ConversationStore) -> None:
    store.file.parent.mkdir(parents=True)
    store.file.touch()
    assert store.summaries() == ()
    key = store.create("a", "default")
    assert store.get(key).summary.title == "a"


# A file that cannot be used


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


def scribble(file: Path) -> None:
    file.write_bytes(b"not a database, " * 400)


def make_newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE meta SET value = '99'")


def make_foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE other (a)")


def make_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


def spoil_answer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE turns SET answer = '[' || answer")


def spoil_object(file: Path) -> None:
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE turns SET answer = '{\"question\": 1}', question = '7'")


@pytest.fixture(params=[cut, scribble, make_newer, make_foreign, make_folder, spoil_answer, spoil_object])
def spoilt(request: pytest.FixtureRequest, store: ConversationStore, answer: Answer) -> str:
    """The id of a conversation in a file that was then harmed."""
    key = store.create("a", "default")
    for _ in range(20):
        store.append(key, "a", answer)
    request.param(store.file)
    return key


def test_a_file_that_cannot_be_used_is_one_sentence(store: ConversationStore, spoilt: str) -> None:
    for call in (lambda: store.get(spoilt), lambda: store.history(spoilt, 3)):
        with pytest.raises(ConversationsUnusable) as told:
            call()
        assert str(store.file) in str(told.value)
        assert "\n" not in str(told.value)


@pytest.mark.parametrize("harm", [scribble, make_newer, make_foreign, make_folder])
def test_such_a_file_is_not_written_to(store: ConversationStore, answer: Answer, harm: object) -> None:
    key = store.create("a", "default")
    assert callable(harm)
    harm(store.file)
    before = store.file.read_bytes() if store.file.is_file() else b""
    for call in (lambda: store.create("b", "c"), lambda: store.append(key, "a", answer), lambda: store.delete(key),
                 store.delete_all, store.summaries, lambda: store.rename(key, "b")):  # fmt: skip
        with pytest.raises(ConversationsUnusable):
            call()
    assert (store.file.read_bytes() if store.file.is_file() else b"") == before


def test_a_newer_file_says_so(store: ConversationStore) -> None:
    store.create("a", "default")
    make_newer(store.file)
    with pytest.raises(ConversationsUnusable, match=r"'99'.*update"):
        store.summaries()


def test_a_home_that_cannot_hold_it_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "conversations").write_text("a file")
    with pytest.raises(ConversationsUnusable, match="conversations"):
        ConversationStore(tmp_path).create("a", "default")


# Keeping while asking


def test_a_chat_is_kept_as_it_goes_on(store: ConversationStore) -> None:
    told: list[str] = []
    keeper = Keeper(store, "news", told.append)
    talk = Conversation(FakePipeline(), 6, keeper)
    assert (keeper.conversation_id, store.summaries()) == (None, ())
    first = talk.ask("What was struck?")
    talk.ask("Was anyone hurt?")
    one = keeper.conversation_id
    assert one
    talk.clear()
    talk.ask("Who baked the cake?")
    assert keeper.conversation_id not in (None, one)
    kept = store.get(one)
    assert [turn.question for turn in kept.turns] == ["What was struck?", "Was anyone hurt?"]
    assert kept.turns[0].answer == plain(first)
    assert [summary.title for summary in store.summaries()] == ["Who baked the cake?", "What was struck?"]
    assert told == []


def test_a_chat_goes_on_where_it_was(store: ConversationStore) -> None:
    first = Keeper(store, "news", pytest.fail)
    Conversation(FakePipeline(), 6, first).ask("What was struck?")
    key = first.conversation_id
    assert key
    pipeline = FakePipeline()
    turns = store.history(key, 6)
    Conversation(pipeline, 6, Keeper(store, "news", pytest.fail, key), turns).ask("Was anyone hurt?")
    assert pipeline.asked == [("Was anyone hurt?", turns)]
    assert [turn.question for turn in store.get(key).turns] == ["What was struck?", "Was anyone hurt?"]


@pytest.mark.parametrize("most", [0, 1])
def test_earlier_turns_are_bounded_too(most: int) -> None:
    earlier = [Turn("a", "b"), Turn("c", "d")]
    assert Conversation(FakePipeline(), most, None, earlier).turns == tuple(earlier[2 - most :])


def test_what_cannot_be_kept_is_said_once_and_asking_goes_on(store: ConversationStore) -> None:
    told: list[str] = []
    store.create("a", "default")
    scribble(store.file)
    talk = Conversation(FakePipeline(), 6, Keeper(store, "default", told.append))
    assert talk.ask("What was struck?").status == "answered"
    assert talk.ask("Was anyone hurt?").status == "answered"
    assert len(told) == 1
    assert "not kept" in told[0]
    assert str(store.file) in told[0]
    assert len(talk.turns) == 2


def test_a_question_that_fails_is_not_kept(store: ConversationStore) -> None:
    talk = Conversation(FakePipeline(), 6, Keeper(store, "default", pytest.fail))
    with pytest.raises(KeyError):
        talk.ask("raise other")
    assert store.summaries() == ()


def test_equal_questions_are_told_apart_by_their_document_and_then_by_a_number(tmp_path: Path) -> None:
    store = ConversationStore(tmp_path)
    for _ in range(4):
        store.begin("How long is the notice?", "default", FakePipeline().ask("How long is the notice?"))
    about = "How long is the notice? – Lease of Flat 4, Mill Lane"
    titles = [summary.title for summary in store.summaries()]
    assert titles == [f"{about} (3)", f"{about} (2)", about, "How long is the notice?"]


def test_long_titles_keep_what_tells_them_apart(tmp_path: Path) -> None:
    store = ConversationStore(tmp_path)
    question = "How long is the notice, " + "asked at length " * 20
    for _ in range(3):
        store.begin(question, "default", FakePipeline().ask("How long is the notice?"))
    titles = [summary.title for summary in store.summaries()]
    assert len(set(titles)) == 3
    assert all(len(title) <= 120 for title in titles)
    assert titles[0].endswith("Lease of Flat 4, Mill Lane (2)")


def test_what_was_deleted_comes_back_whole_and_once(tmp_path: Path) -> None:
    store = ConversationStore(tmp_path)
    key = store.begin("What was struck?", "default", FakePipeline().ask("What was struck?"))
    before = store.get(key)
    store.delete(key)
    assert b"struck" not in store.file.read_bytes()
    store.restore(before)
    store.restore(before)
    assert store.get(key) == before
    assert [summary.id for summary in store.summaries("Masra")] == [key]
