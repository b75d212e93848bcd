"""The file of users: what it holds comes back, what is no user is refused, and a change is noticed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.app import users as module
from rag.app.users import User, UsersFile, changing, hashed, is_password, read_users, user_name, user_of, write_users
from rag.errors import UsersUnusable

pytestmark = pytest.mark.usefixtures("quick_hashes")

SECRET = "scrypt$16$1$1$c2FsdHNhbHQ=$tUNAV3VKUlhDe0UGjMCw9qvBUsXnJ1pUlqw6kVfzPPY="
NAMES = st.from_regex(r"[a-z0-9][a-z0-9._@-]{0,63}", fullmatch=True).filter(lambda name: user_name(name) == name)
COLLECTIONS = st.lists(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True).filter(str.isascii))
USERS = st.builds(User, NAMES, st.just(SECRET), COLLECTIONS.map(tuple))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "users.txt"
    write_users(file, [user_of("ann", "ann's password"), user_of("bob", "bob's password", ["letters"])])
    return file


@given(st.lists(USERS, unique_by=lambda user: user.name))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, users: list[User]) -> None:
    file = tmp_path_factory.mktemp("round") / "users.txt"
    write_users(file, users)
    assert list(read_users(file).values()) == users
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_change_that_fails_leaves_the_file_as_it_was(file: Path) -> None:
    before = file.read_text()
    with pytest.raises(KeyError), changing(file) as users:
        del users["ann"], users["nobody"]
    assert file.read_text() == before


def test_a_file_has_one_lock_whatever_link_leads_to_it(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    link = file.with_name("link.txt")
    link.symlink_to(file)
    with changing(file), pytest.raises(UsersUnusable, match="Another program"), changing(link):
        pass


@given(st.text())
def test_a_name_is_a_folder_and_no_way_out_of_one(typed: str) -> None:
    name = user_name(typed)
    assert name is None or (Path("users") / name).resolve().parent == Path("users").resolve()


@pytest.mark.parametrize(
    "typed",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "-rf",
        "ann\n",
        "ann:x",
        "jörg",
        "\u212aate",
        "a" * 65,
        "x" * 300,
        "a b",
        "ann.",
        "a..",
        "con",
        "NUL",
        "aux.txt",
        "com1",
        "lpt9.x",
    ],
)
def test_a_name_that_is_unsafe_is_none(typed: str) -> None:
    assert user_name(typed) is None
    with pytest.raises(UsersUnusable, match="no name for a user"):
        user_of(typed, "long enough")


@pytest.mark.parametrize("typed", ["conny", "com10", "nul-x", "ann.con", "a", "a" * 64, "ann-", "ann@example.org"])
def test_a_name_that_only_looks_like_a_device_is_one(typed: str) -> None:
    assert user_name(typed) == typed


def test_names_count_without_regard_to_case() -> None:
    assert user_name("Ann@Example.org") == "ann@example.org"


def test_a_password_is_known_by_its_hash_alone() -> None:
    secret = hashed("pässword")
    assert "ssword" not in secret
    assert is_password("pässword", secret)
    assert is_password("pa\u0308ssword", secret), "composed or not, it is typed the same"
    assert not is_password("Pässword", secret)
    assert hashed("pässword") != secret


def test_a_short_password_is_refused() -> None:
    with pytest.raises(UsersUnusable, match="8 characters"):
        user_of("ann", "1234567")


@pytest.mark.parametrize(
    "line",
    [
        "ann", "ann:", "ann:secret", f"../x:{SECRET}", f"ann:{SECRET}:", f"ann:{SECRET}:a,,b", f"ann:{SECRET}:../x",
        f"ann:{SECRET}\nANN:{SECRET}", "ann:scrypt$15$1$1$c2FsdA==$c2FsdA==",
        "ann:scrypt$16777216$32$1$c2FsdA==$c2FsdA==", "ann:scrypt$16$1$1$!$c2FsdA==", "ann:scrypt$16$1$1$$",
        "ann:bcrypt$16$1$1$c2FsdA==$c2FsdA==",
    ],
)  # fmt: skip
def test_a_line_that_is_no_user_is_named(file: Path, line: str) -> None:
    file.write_text(line)
    with pytest.raises(UsersUnusable):
        read_users(file)


def test_a_file_that_others_can_read_is_refused(file: Path) -> None:
    file.chmod(0o640)
    with pytest.raises(UsersUnusable, match="chmod 600"):
        read_users(file)


def test_a_file_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(UsersUnusable, match="rag users add"):
        UsersFile(tmp_path / "none")


def test_a_right_password_is_remembered_until_the_file_changes(file: Path) -> None:
    users = UsersFile(file)
    assert not users.remembers("ann", "ann's password")
    assert users.check("ann", "ann's password")
    assert users.remembers("ann", "ann's password")
    assert not users.remembers("ann", "another")
    assert not users.remembers("bob", "ann's password")
    write_users(file, [user_of("ann", "a new password")])
    assert not users.remembers("ann", "ann's password")
    assert not users.check("ann", "ann's password")
    assert users.check("ann", "a new password")
    assert not users.is_known("bob")


def test_a_password_that_changes_while_it_is_checked_is_not_remembered(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = UsersFile(file)

    def changing_meanwhile(password: str, secret: str) -> bool:
        write_users(file, [user_of("ann", "a new password")])
        assert users.collections("ann") == (), "the file is read anew"
        return is_password(password, secret)

    monkeypatch.setattr(module, "is_password", changing_meanwhile)
    assert users.check("ann", "ann's password"), "it was right when it was sent"
    assert not users.remembers("ann", "ann's password")


def test_a_file_that_is_written_in_place_is_read_again(file: Path) -> None:
    users = UsersFile(file)
    assert users.check("bob", "bob's password")
    lines = file.read_text().splitlines()
    file.write_text(f"{lines[0]}\n")
    os.utime(file, ns=(1, 1))
    assert not users.remembers("bob", "bob's password")
    assert not users.check("bob", "bob's password")


def test_a_file_that_is_damaged_later_lets_nobody_in(file: Path) -> None:
    users = UsersFile(file)
    assert users.check("ann", "ann's password")
    file.write_text("ann")
    with pytest.raises(UsersUnusable):
        users.remembers("ann", "ann's password")
    file.unlink()
    with pytest.raises(UsersUnusable):
        users.remembers("ann", "ann's password")


def test_a_name_that_is_no_users_takes_as_long(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    costs: list[tuple[int, ...]] = []
    scrypt = module._scrypt

    def counting(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
        costs.append((n, r, p))
        return scrypt(password, salt, n, r, p)

    users = UsersFile(file)
    monkeypatch.setattr(module, "_scrypt", counting)
    assert not users.check("ann", "wrong")
    assert not users.check("nobody", "wrong")
    assert costs[0] == costs[1]


def test_who_has_no_list_sees_all_and_who_left_nothing(file: Path) -> None:
    users = UsersFile(file)
    assert users.collections("ann") == ()
    assert users.collections("bob") == ("letters",)
    with pytest.raises(UsersUnusable):
        users.collections("eve")
