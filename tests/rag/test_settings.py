"""Flags over environment over file over defaults, and every mistake named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from index.errors import SettingsInvalid
from rag.settings import Settings, load


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def write(home: Path, text: str) -> Path:
    home.mkdir(exist_ok=True)
    (home / "rag.toml").write_text(text, encoding="utf-8")
    return home


def test_without_anything_there_are_defaults_and_nothing_is_made(home: Path) -> None:
    settings = load(home=home, environ={})
    assert settings == Settings(home=home)
    assert not home.exists()


def test_the_home_is_a_flag_else_the_environment_else_the_users_data(home: Path, tmp_path: Path) -> None:
    environ = {"RAG_HOME": str(tmp_path / "other")}
    assert load(home=home, environ=environ).home == home
    assert load(environ=environ).home == tmp_path / "other"
    assert load(environ={"RAG_HOME": ""}).home == Path.home() / "data" / "rag"  # as the tests' XDG_DATA_HOME says


def test_a_home_is_absolute_and_knows_the_tilde() -> None:
    assert load(home=Path("here"), environ={}).home == Path.cwd() / "here"
    assert load(home=Path("~/there"), environ={}).home == Path.home() / "there"


def test_flag_over_environment_over_file(home: Path) -> None:
    write(home, "collection = 'file'\n[answer]\nmax_words = 30\nhistory_turns = 1\n[retrieval]\ntop_k = 7\n")
    environ = {"RAG_COLLECTION": "environment", "RAG_ANSWER__MAX_WORDS": "40"}
    settings = load(home=home, environ={})
    assert (settings.collection, settings.answer.max_words, settings.retrieval.top_k) == ("file", 30, 7)
    settings = load(home=home, environ=environ)
    assert (settings.collection, settings.answer.max_words, settings.answer.history_turns) == ("environment", 40, 1)
    assert load(home=home, collection="flag", environ=environ).collection == "flag"


def test_a_named_file_is_read_instead_of_the_homes_own(home: Path, tmp_path: Path) -> None:
    write(home, "collection = 'own'\n")
    (tmp_path / "named.toml").write_text("[answer]\nmax_words = 33\n")
    settings = load(home=home, config=tmp_path / "named.toml", environ={})
    assert (settings.collection, settings.answer.max_words) == ("default", 33)


def test_a_named_file_must_be_there(home: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"absent\.toml' does not exist; check --config"):
        load(home=home, config=tmp_path / "absent.toml", environ={})


def test_variables_of_other_programs_are_left_alone(home: Path) -> None:
    others = {"RAG_TOP_K": "many", "RAG_DEBUG": "1", "RAGTIME__X": "1", "MY_RAG_ANSWER__MAX_WORDS": "1"}
    assert load(home=home, environ=others) == Settings(home=home)


@pytest.mark.parametrize(
    ("text", "environ", "collection", "parts"),
    [
        ("nonsense = 1", {}, None, ["no setting 'nonsense'", "rag.toml", "collection, index, retrieval, answer"]),
        ("[answer]\nwords = 1", {}, None, ["no setting 'answer.words'", "rag.toml", "answer.max_words"]),
        ("[answer]\nmax_words = 9", {}, None, ["'answer.max_words' cannot be 9", "rag.toml"]),
        ("", {"RAG_ANSWER__MAX_WORDS": "x"}, None, ["cannot be 'x'", "change it in RAG_ANSWER__MAX_WORDS."]),
        ("", {"RAG_ANSWER__WORDS": "1"}, None, ["no setting 'answer.words'", "take it out of RAG_ANSWER__WORDS,"]),
        ("", {"RAG_ANSWERS__X": "1"}, None, ["no setting 'answers'", "take it out of RAG_ANSWERS__X,"]),
        ("", {"RAG_COLLECTION": "a b"}, None, ["'a b'", "change it in RAG_COLLECTION."]),
        ("collection = 'good'", {}, "a b", ["only letters, digits", "change it in --collection."]),
        ("[answer]\nmax_words = 9", {"RAG_ANSWER__HISTORY_TURNS": "2"}, None, ["max_words", "rag.toml"]),
    ],
)
def test_a_mistake_is_named_with_its_place(
    home: Path, text: str, environ: dict[str, str], collection: str | None, parts: list[str]
) -> None:
    write(home, text)
    with pytest.raises(SettingsInvalid) as caught:
        load(home=home, collection=collection, environ=environ)
    for part in parts:
        assert part in str(caught.value)


def test_the_index_is_given_its_part(home: Path) -> None:
    write(home, "collection = 'letters'\n[index]\npassage_words = 90\nmodel = 'some/model'\nmax_file_bytes = 10\n")
    told = load(home=home, environ={}).for_index()
    assert (told.home, told.collection, told.passage_words) == (home, "letters", 90)
    assert (told.model, told.max_file_bytes) == ("some/model", 10)
    assert told.root == home / "collections" / "letters"


def test_the_fingerprint_changes_with_what_can_change_an_answer_and_nothing_else(home: Path, tmp_path: Path) -> None:
    plain = load(home=home, environ={}).fingerprint()
    assert load(home=tmp_path, collection="other", environ={}).fingerprint() == plain
    for name in ("ANSWER__MAX_WORDS", "ANSWER__HISTORY_TURNS", "RETRIEVAL__TOP_K", "INDEX__PASSAGE_WORDS"):
        assert load(home=home, environ={f"RAG_{name}": "21"}).fingerprint() != plain
    assert len(plain) == 12
