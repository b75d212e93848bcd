"""Kept conversations as a person meets them: `rag chat` keeps them, `rag conversations` looks after them."""

from __future__ import annotations

import io
import json
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rag.app.conversations.store import ConversationStore
from tests.fakes import HERALD, WIRE, FakePipeline
from tests.rag.shell import Said, Shell, state

QUESTION = "Who was killed near Masra?"


class Talk:
    """Chats and looks at what is kept, over one home."""

    def __init__(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shell = shell
        self.store = ConversationStore(shell.home)
        self._monkeypatch = monkeypatch

    def chat(self, *lines: str, options: tuple[str, ...] = ()) -> Said:
        """What a chat in which `lines` are typed leaves on the screen."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        said = self.shell.run("chat", *options)
        assert (said.code, said.err) == (0, "")
        return said

    def json(self, *arguments: object) -> dict[str, object]:
        """The object that `rag conversations … --json` prints."""
        said = self.shell.run("conversations", *arguments, "--json")
        assert (said.code, said.err) == (0, "")
        return dict(json.loads(said.out))

    def only(self) -> str:
        """The id of the one conversation that is kept."""
        (summary,) = self.store.summaries()
        return summary.id


@pytest.fixture
def talk(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Talk:
    return Talk(shell, monkeypatch)


def made(store: ConversationStore, *questions: str, collection: str = "default") -> str:
    """The id of a conversation that fakes have held."""
    pipeline, key = FakePipeline(), store.create(questions[0], collection)
    for question in questions:
        store.append(key, question, pipeline.ask(question))
    return key


# rag chat


def test_a_chat_is_kept_and_says_how_to_go_on(talk: Talk) -> None:
    said = talk.chat(QUESTION, "What was struck?")
    key = talk.only()
    assert f"Kept as {key}; `rag chat --continue {key}` goes on with it." in said.out
    kept = talk.store.get(key)
    assert [turn.question for turn in kept.turns] == [QUESTION, "What was struck?"]
    assert (kept.summary.title, kept.summary.collection) == (QUESTION, "default")


@pytest.mark.parametrize("lines", [(), ("", "/quit"), ("?", "/new")])
def test_a_chat_in_which_nothing_was_answered_leaves_nothing(talk: Talk, lines: tuple[str, ...]) -> None:
    before = state(talk.shell.home)
    assert "Kept as" not in talk.chat(*lines).out
    assert not talk.store.file.parent.exists()
    assert {path: told for path, told in state(talk.shell.home).items() if path in before} == before


def test_starting_over_begins_another_conversation(talk: Talk) -> None:
    talk.chat(QUESTION, "/new", "What was struck?")
    assert [summary.title for summary in talk.store.summaries()] == ["What was struck?", QUESTION]


def test_nothing_is_kept_where_that_was_asked(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Kept as" not in talk.chat(QUESTION, options=("--no-save",)).out
    monkeypatch.setenv("RAG_CONVERSATIONS__KEEP", "false")
    assert "Kept as" not in talk.chat(QUESTION).out
    assert not talk.store.file.parent.exists()


def test_the_switch_changes_no_fingerprint(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    for keep in ("true", "false"):
        monkeypatch.setenv("RAG_CONVERSATIONS__KEEP", keep)
        told.append(json.loads(talk.shell.run("ask", QUESTION, "--json").out)["settings_fingerprint"])
    assert told[0] == told[1]


@pytest.mark.parametrize("named", [False, True])
def test_a_chat_goes_on_with_the_last_conversation_or_a_named_one(talk: Talk, named: bool) -> None:
    first = made(talk.store, "Which plant was struck near Masra?")
    last = made(talk.store, QUESTION, "Was anyone hurt?")
    key = first if named else last
    said = talk.chat("And where was it?", options=("--continue", key) if named else ("--continue",))
    turns = talk.store.get(key).turns
    assert f"Going on with {key}" in said.out
    assert turns[-1].question == "And where was it?"
    assert turns[-1].answer["standalone_question"] != "And where was it?", "what came before is not read"
    assert {summary.id for summary in talk.store.summaries()} == {first, last}


def test_going_on_without_saving_keeps_nothing_more(talk: Talk) -> None:
    key = made(talk.store, "What was struck?")
    talk.chat("And where was it?", options=("--continue", "--no-save"))
    assert len(talk.store.get(key).turns) == 1


def test_a_conversation_is_gone_on_with_over_its_own_collection(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "herald.txt").write_text(HERALD)
    assert talk.shell.run("index", tmp_path / "only", "--collection", "other").code == 0
    key = made(talk.store, "What was struck?", collection="other")
    made(talk.store, "In the default one", collection="default")
    assert "1 documents" in talk.chat(options=("--continue", key)).out
    assert f"Going on with {key}" in talk.chat(options=("--continue", "--collection", "other")).out
    assert "'other'" in talk.shell.refused(2, "chat", "--continue", key, "--collection", "default")


def test_there_may_be_nothing_to_go_on_with(talk: Talk) -> None:
    assert "`rag chat` begins one" in talk.shell.refused(1, "chat", "--continue")
    assert "no conversation '00000000'" in talk.shell.refused(1, "chat", "--continue", "00000000")
    assert "--continue 00000000" in talk.shell.refused(2, "chat", "00000000")


def test_asking_goes_on_where_nothing_can_be_kept(talk: Talk) -> None:
    talk.store.file.parent.mkdir()
    talk.store.file.write_bytes(b"no database " * 100)
    said = talk.chat(QUESTION, "What was struck?")
    assert said.out.count("is not kept") == 1
    assert "Kept as" not in said.out
    assert said.out.count("The nearest passages") + said.out.count("Answered from") == 2
    sentence = talk.shell.refused(1, "chat", "--continue")
    assert str(talk.store.file) in sentence


# What became of the sources


@pytest.fixture
def folder(talk: Talk, tmp_path: Path) -> Path:
    """A folder of one file, indexed, about which a chat was held; two words of it are known to be quoted."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "wire.txt").write_text(WIRE)
    assert talk.shell.run("index", "--only", folder, "--yes").code == 0
    talk.chat("Who were killed, the army said?", "How many employees of the centre were named in a list in April?")
    assert any(turn.answer["citations"] for turn in talk.store.get(talk.only()).turns), "nothing was quoted"
    return folder


def test_sources_that_are_as_they_were_need_no_words(talk: Talk, folder: Path) -> None:
    key = talk.only()
    for said in (talk.shell.run("conversations", "show", key), talk.chat(options=("--continue",))):
        assert "the source" not in said.out
    turns = talk.json("show", key)["turns"]
    assert isinstance(turns, list)
    assert {source["note"] for turn in turns for source in turn["sources"]} == {"as it was"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.rename(f.with_name("moved.txt")), "as it was, now at moved.txt"),
        (lambda f: f.write_text("New. " + WIRE), "the source has changed; the exact quote is still in it, at "),
        (lambda f: f.write_text(HERALD), "the source has changed; the exact quote is no longer in it"),
        (lambda f: (f.rename(f.with_name("w.md")), f.with_name("w.md").write_text(HERALD)), "is no longer indexed"),
    ],
    ids=["moved", "changed", "replaced", "gone"],
)
def test_sources_that_are_not_are_told_when_it_is_opened_again(
    talk: Talk, folder: Path, change: object, words: str
) -> None:
    assert callable(change)
    change(folder / "wire.txt")
    assert talk.shell.run("index", "--only", folder, "--yes").code == 0
    key = talk.only()
    assert words in talk.shell.run("conversations", "show", key).out
    assert words in talk.chat(options=("--continue",)).out
    turns = talk.json("show", key)["turns"]
    assert isinstance(turns, list)
    assert any(words in source["note"] for turn in turns for source in turn["sources"])


def test_sources_of_a_collection_that_is_gone_are_no_longer_indexed(talk: Talk) -> None:
    key = made(talk.store, "What was struck?", collection="gone")
    assert talk.shell.run("conversations", "show", key).out.count("the source is no longer indexed") == 2


def test_a_conversation_is_shown_though_the_index_is_damaged(talk: Talk) -> None:
    key = made(talk.store, "What was struck?")
    (talk.shell.folder() / "corpus.sqlite").chmod(0o600)
    (talk.shell.folder() / "corpus.sqlite").write_bytes(b"")
    said = talk.shell.run("conversations", "show", key)
    assert (said.code, said.err.count("The sources cannot be checked.")) == (0, 1)
    assert "Aircraft struck a research facility" in said.out
    told = talk.shell.run("conversations", "show", key, "--json")
    assert json.loads(told.out)["turns"][0]["sources"] is None


# rag conversations


def test_without_any_it_says_so(bare: Shell) -> None:
    assert bare.run("conversations").out == "No conversation is kept yet.\n"
    assert json.loads(bare.run("conversations", "--json").out) == {"conversations": []}
    assert not bare.home.exists()


def test_they_are_listed_and_searched(talk: Talk) -> None:
    one, two = made(talk.store, "What was struck?"), made(talk.store, "Who baked the cake?")
    out = talk.shell.run("conversations").out
    assert out.index(two) < out.index(one)
    listed = talk.json()["conversations"]
    assert isinstance(listed, list)
    assert [(item["id"], item["title"], item["turns"]) for item in listed] == [
        (two, "Who baked the cake?", 1),
        (one, "What was struck?", 1),
    ]
    found = talk.shell.run("conversations", "--search", "CAKE").out
    assert two in found
    assert one not in found
    assert "holds these words" in talk.shell.run("conversations", "--search", "nowhere").out


def test_one_is_shown_with_its_answers_and_their_words(talk: Talk) -> None:
    key = made(talk.store, "What was struck?", "Who baked the cake?")
    out = talk.shell.run("conversations", "show", key).out
    assert "1. What was struck?" in out
    assert "“Aircraft struck a research facility near the town of Masra early on Thursday.”" in out
    assert "Nothing in the passages speaks of “cake”." in out
    told = talk.json("show", key)
    assert (told["id"], told["collection"]) == (key, "default")


def test_one_is_renamed(talk: Talk) -> None:
    key = made(talk.store, "What was struck?")
    assert talk.json("rename", key, "The\nstrike")["title"] == "The strike"
    assert "“Another”" in talk.shell.run("conversations", "rename", key, "Another").out
    assert "empty" in talk.shell.refused(2, "conversations", "rename", key, " ")
    assert talk.store.summaries()[0].title == "Another"


@pytest.mark.parametrize("everything", [False, True])
def test_one_or_all_are_deleted_for_good(talk: Talk, everything: bool) -> None:
    one, two = made(talk.store, "SECRETWORD"), made(talk.store, "kept")
    which = "--all" if everything else one
    assert "--yes" in talk.shell.refused(2, "conversations", "delete", which)
    assert talk.json("delete", which, "--yes") == {"deleted": 2 if everything else 1}
    assert [summary.id for summary in talk.store.summaries()] == ([] if everything else [two])
    assert b"secretword" not in talk.store.file.read_bytes().lower()


@pytest.mark.parametrize("arguments", [(), ("00000000", "--all")])
def test_what_to_delete_is_named_once(talk: Talk, arguments: tuple[str, ...]) -> None:
    assert "--all" in talk.shell.refused(2, "conversations", "delete", "--yes", *arguments)


@pytest.mark.parametrize(("name", "form"), [("a.md", None), ("a.json", None), ("a", "json"), ("a.json", "md")])
def test_one_is_exported(talk: Talk, tmp_path: Path, name: str, form: str | None) -> None:
    key, file = made(talk.store, "What was struck?", "Was anyone hurt?"), tmp_path / name
    options = ("--format", form) if form else ()
    written = form or name.rpartition(".")[2]
    assert talk.json("export", key, "--to", file, *options) == {
        "id": key,
        "file": str(file),
        "format": written,
        "turns": 2,
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    if written == "json":
        told = json.loads(file.read_text("ascii"))
        assert [turn["answer"] for turn in told["turns"]] == [turn.answer for turn in talk.store.get(key).turns]
    else:
        assert file.read_text("utf-8").startswith("# What was struck?\n")


def test_an_export_replaces_no_file(talk: Talk, tmp_path: Path) -> None:
    key, file = made(talk.store, "What was struck?"), tmp_path / "mine.md"
    file.write_text("mine")
    assert "name another" in talk.shell.refused(2, "conversations", "export", key, "--to", file)
    assert "name another" in talk.shell.refused(2, "conversations", "export", key, "--to", tmp_path / "no" / "a.md")
    assert "empty" in talk.shell.refused(2, "conversations", "export", key, "--to", "")
    assert file.read_text() == "mine"


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "\x1b[31mred", "\udcff", "' OR 1 --", "x" * 5000])
@pytest.mark.parametrize("command", [("show",), ("rename", "b"), ("delete", "--yes"), ("export", "--to", "out.md")])
def test_an_id_that_is_none_is_one_sentence(bare: Shell, command: tuple[str, ...], key: str, tmp_path: Path) -> None:
    name, *rest = command
    made(ConversationStore(bare.home), "What was struck?")
    arguments = [str(tmp_path / item) if item == "out.md" else item for item in rest]
    options, values = [item for item in arguments if item.startswith("-")], arguments
    if name == "rename":
        values = ["--", key, "b"]
    elif options:
        values = [*arguments, "--", key]
    else:
        values = ["--", key]
    sentence = bare.refused(1, "conversations", name, *values)
    assert "There is no conversation" in sentence
    assert "\x1b" not in sentence
    assert not (tmp_path / "out.md").exists()


def test_hostile_words_do_not_steer_the_terminal(bare: Shell) -> None:
    store = ConversationStore(bare.home)
    key = made(store, "hostile \x1b[31m\u202e question\udcff")
    store.rename(key, "\x1b]0;owned\x07 [bold]title[/bold] \u202e")
    for command in (["conversations"], ["conversations", "show", key], ["conversations", "--search", "owned"]):
        out = bare.run(*command).out
        assert "[bold]title[/bold]" in out
        assert not any((ord(c) < 0x20 and c != "\n") or 0x7F <= ord(c) <= 0x9F or c == "\u202e" for c in out)


@pytest.mark.parametrize("newer", [False, True])
def test_a_file_that_cannot_be_used_is_one_sentence(bare: Shell, newer: bool) -> None:
    store = ConversationStore(bare.home)
    key = made(store, "What was struck?")
    if newer:
        with closing(sqlite3.connect(store.file)) as database, database:
            database.execute("UPDATE meta SET value = '2'")
    else:
        store.file.write_bytes(b"no database " * 100)
    for command in ((), ("show", key), ("delete", key, "--yes"), ("rename", key, "b")):
        sentence = bare.refused(1, "conversations", *command)
        assert str(store.file) in sentence
        assert ("update it" in sentence) is newer


def test_a_kept_answer_that_does_not_read_is_one_sentence(bare: Shell) -> None:
    store = ConversationStore(bare.home)
    key = made(store, "What was struck?")
    with closing(sqlite3.connect(store.file)) as database, database:
        database.execute("UPDATE turns SET answer = '{}'")
    assert "delete its conversation" in bare.refused(1, "conversations", "show", key)
    assert bare.run("conversations", "delete", key, "--yes").code == 0
