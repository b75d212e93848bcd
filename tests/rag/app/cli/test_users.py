"""`rag users`, and what of `rag ui` does not go together with people who have names."""

from __future__ import annotations

import getpass
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.app.cli.main import main
from rag.app.cli.users import door_of
from rag.app.users import read_users
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
    changed = run("users", "add", "ann", "--file", file, "--password-env", "ANNS")
    assert changed.out == "ann is changed, and may see all collections.\n"
    assert run("users", "remove", "ANN", "--file", file).code == 0
    assert read_users(file) == {}
    assert "no users yet" in run("users", "list", "--file", file).out


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
