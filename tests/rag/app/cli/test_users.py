"""`rag users`, and what of `rag ui` does not go together with people who have names."""

from __future__ import annotations

import getpass
import json
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from rag.app import users as module
from rag.app.cli.main import main
from rag.app.cli.users import add, door_of, remove
from rag.app.users import changing, hashed, is_password, read_users, user_of
from tests.rag.shell import Said

pytestmark = pytest.mark.usefixtures("quick_hashes")

Run = Callable[..., Said]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "users.txt"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ANNS", "ann's password")

    def running(*arguments: object) -> Said:
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        heard = capsys.readouterr()
        return Said(int(ended.value.code or 0), heard.out, heard.err)

    return running


def typing(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    waiting = iter(words)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: next(waiting))


def test_a_user_is_added_listed_and_removed(run: Run, file: Path) -> None:
    added = run("users", "add", "Ann", "--file", file, "--collection", "letters", "--password-env", "ANNS")
    assert (added.code, added.out) == (0, "ann is added, and may see letters.\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "password" not in file.read_text()
    assert "letters" in run("users", "list", "--file", file).out
    listed = json.loads(run("users", "list", "--file", file, "--json").out)
    assert listed == {"users": [{"name": "ann", "collections": ["letters"]}]}
    changed = run("users", "add", "ann", "--file", file, "--password-env", "ANNS", "--collection", "press")
    assert changed.out == "ann is changed, and may see press.\n"
    assert run("users", "remove", "ANN", "--file", file).code == 0
    assert read_users(file) == {}
    assert "no users yet" in run("users", "list", "--file", file).out


def test_a_new_password_alone_gives_nobody_more_to_see(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("users", "add", "ann", "--file", file, "--collection", "letters", "--password-env", "ANNS")
    monkeypatch.setenv("ANNS", "another password")
    changed = run("users", "add", "ann", "--file", file, "--password-env", "ANNS")
    assert changed.out == "ann is changed, and may see letters.\n"
    user = read_users(file)["ann"]
    assert user.collections == ("letters",)
    assert is_password("another password", user.secret)
    run("users", "remove", "ann", "--file", file)
    again = run("users", "add", "ann", "--file", file, "--password-env", "ANNS")
    assert again.out == "ann is added, and may see all collections.\n"


def test_a_password_is_typed_twice(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typing(monkeypatch, "one password", "another one")
    refused = run("users", "add", "ann", "--file", file)
    assert refused.code == 1
    assert "differ" in refused.sentence
    assert not file.exists()
    typing(monkeypatch, "one password", "one password")
    assert run("users", "add", "ann", "--file", file).code == 0
    assert "ann" in read_users(file)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("add", "../x", "--password-env", "ANNS"), 1, "no name for a user"),
        (("add", "ann", "--password-env", "NONE"), 2, "empty or not set"),
        (("add", "ann", "--password-env", "ANNS", "--collection", "../x"), 1, "no name for a collection"),
        (("remove", "ann"), 1, "rag users add"),
        (("list",), 1, "rag users add"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    run: Run, file: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    refused = run("users", *arguments, "--file", file)
    assert (refused.code, refused.out) == (code, "")
    assert words in refused.err
    assert not file.exists()


def test_a_user_who_is_not_there_cannot_be_removed(run: Run, file: Path) -> None:
    run("users", "add", "ann", "--file", file, "--password-env", "ANNS")
    before = file.read_text()
    assert "'bob'" in run("users", "remove", "bob", "--file", file).sentence
    assert file.read_text() == before


def test_who_is_added_and_removed_at_once_is_not_lost(run: Run, file: Path) -> None:
    for name in ("ann", "bob"):
        run("users", "add", name, "--file", file, "--password-env", "ANNS")
    adding = Thread(target=add, args=("carl", file), kwargs={"password_env": "ANNS"})
    removing = Thread(target=remove, args=("bob", file))
    with changing(file) as users:
        for thread in (adding, removing):
            thread.start()
            thread.join(0.5)  # both could be done by now
        users["dora"] = user_of("dora", "dora's password")
    for thread in (adding, removing):
        thread.join()
    assert read_users(file).keys() == {"ann", "carl", "dora"}


def test_a_password_is_typed_and_hashed_while_others_can_change_the_file(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = user_of("bob", "bob's password")

    def hashing(password: str) -> str:
        with changing(file) as users:
            users["bob"] = bob
        return hashed(password)

    monkeypatch.setattr(module, "hashed", hashing)
    assert run("users", "add", "ann", "--file", file, "--password-env", "ANNS").code == 0
    assert read_users(file).keys() == {"ann", "bob"}


def test_whoever_cannot_change_the_file_hears_why(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 0.0)
    with changing(file):
        busy = run("users", "add", "ann", "--file", file, "--password-env", "ANNS")
    assert (busy.code, busy.out) == (1, "")
    assert "Another program" in busy.sentence
    inside = run("users", "add", "ann", "--file", file / "users.txt", "--password-env", "ANNS")
    assert inside.code == 1
    assert "cannot be written" in inside.sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ("--user-header", "X-Forwarded-User"),
        ("--trusted-proxy", "127.0.0.1"),
        ("--user-header", "X-Forwarded-User", "--trusted-proxy", "the proxy"),
        ("--user-header", "X-Forwarded-User", "--trusted-proxy", "127.0.0.1", "--insecure"),
        ("--user-header", "X-Forwarded-User", "--trusted-proxy", "127.0.0.1", "--users", "users.txt"),
        ("--user-header", "X-Forwarded-User", "--trusted-proxy", "127.0.0.1", "--token"),
        ("--user-header", "X-Forwarded-User", "--trusted-proxy", "127.0.0.1", "--allow-uploads"),
        ("--user-header", "X-Forwarded-User", "--trusted-proxy", "127.0.0.1", "--password-env", "ANNS"),
    ],
)
def test_options_that_do_not_go_together_are_refused(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run("ui", "--home", tmp_path, *arguments).code == 2


def test_the_proxy_before_a_page_of_users_is_named(run: Run, file: Path) -> None:
    run("users", "add", "ann", "--file", file, "--password-env", "ANNS")
    behind, alone = (door_of(file, None, proxies) for proxies in (["10.0.0.1", "10.1.0.0/16"], []))
    assert behind is not None
    assert behind.forwarders == ("10.0.0.1/32", "10.1.0.0/16")
    assert alone is not None
    assert alone.forwarders == ("127.0.0.1", "::1")


def test_a_page_does_not_open_over_a_file_that_others_can_read(run: Run, file: Path, tmp_path: Path) -> None:
    run("users", "add", "ann", "--file", file, "--password-env", "ANNS")
    file.chmod(0o644)
    refused = run("ui", "--home", tmp_path, "--users", file)
    assert refused.code == 1
    assert "chmod 600" in refused.sentence
