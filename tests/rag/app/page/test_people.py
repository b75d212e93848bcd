"""The doors that know who comes: by name and password, or by the word of a proxy."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import os
from base64 import b64encode
from collections import deque
from pathlib import Path

import pytest
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Message

from rag.app.page.door import AtTheDoor, Door
from rag.app.page.people import ProxyDoor, UsersDoor
from rag.app.users import UsersFile, user_of, write_users

pytestmark = pytest.mark.usefixtures("quick_hashes")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "users.txt"
    write_users(file, [user_of("ann", "ann's password"), user_of("bob", "bob's password")])
    return file


def request(address: str = "10.0.0.5", *headers: tuple[str, str]) -> HTTPConnection:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return HTTPConnection(
        {"type": "http", "method": "GET", "path": "/", "query_string": b"", "client": (address, 1), "headers": raw}
    )


def login(name: str, password: str) -> tuple[str, str]:
    return "Authorization", "Basic " + b64encode(f"{name}:{password}".encode()).decode()


def refusal_of(door: Door, asking: HTTPConnection) -> Response | None:
    return asyncio.run(door.refusal(asking))


def status(door: Door, asking: HTTPConnection) -> int:
    refusal = refusal_of(door, asking)
    assert (refusal is None) == (asking.scope.get("state", {}).get("user") is not None)
    return refusal.status_code if refusal else 200


ANNS = "ann's password"


class Counting(UsersFile):
    """Users, and how many passwords were looked up."""

    checks = 0

    def check(self, name: str, password: str) -> bool:
        self.checks += 1
        return super().check(name, password)


class Received:
    """What a browser sends, which then waits."""

    def __init__(self, *messages: Message) -> None:
        self._messages = deque(messages)

    async def __call__(self) -> Message:
        if not self._messages:
            await asyncio.Event().wait()
        return self._messages.popleft()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


# By name and password


def test_a_user_is_let_in_under_the_name_of_the_file(file: Path) -> None:
    door = UsersDoor(UsersFile(file))
    for _ in range(2):  # looked up, and then remembered
        asking = request("10.0.0.5", login("Ann", "ann's password"))
        assert refusal_of(door, asking) is None
        assert asking.state.user == "ann"


@pytest.mark.parametrize(
    "given",
    [
        ("ann", "wrong"), ("ann", "bob's password"), ("eve", "ann's password"), ("", ""), ("ann", ""), ("../x", "x"),
        ("ann\0", "ann's password"), ("jörg", "x"), ("a" * 300, "x"), ("ann", "x" * 30_000),
    ],
)  # fmt: skip
def test_who_is_no_user_is_asked_again(file: Path, given: tuple[str, str]) -> None:
    refusal = refusal_of(UsersDoor(UsersFile(file)), request("10.0.0.5", login(*given)))
    assert refusal is not None
    assert refusal.status_code == 401
    assert refusal.headers["www-authenticate"].startswith("Basic ")


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !", "Basic é", "Bearer ann", "Basic YW5u", "basic " + "A" * 9999]
)
def test_a_damaged_login_is_asked_again(file: Path, header: str) -> None:
    assert status(UsersDoor(UsersFile(file)), request("10.0.0.5", ("Authorization", header))) == 401


def test_no_login_is_no_wrong_one(file: Path) -> None:
    door = UsersDoor(UsersFile(file))
    assert [status(door, request()) for _ in range(9)] == [401] * 9
    assert status(door, request("10.0.0.5", login("ann", "ann's password"))) == 200


def test_a_wrong_password_waits_for_that_name_from_that_address(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    door = UsersDoor(UsersFile(file), clock)

    def tried(name: str, password: str, address: str = "10.0.0.5") -> int:
        return status(door, request(address, login(name, password)))

    assert tried("ann", "ann's password") == 200
    with caplog.at_level(logging.WARNING):
        assert [tried("ann", "guess") for _ in range(3)] == [401] * 3
        assert [tried("eve", "guess") for _ in range(4)] == [401, 401, 401, 429], "as for a name that is there"
    assert "'ann' came from 10.0.0.5 (3 in a row)" in caplog.text
    assert "guess" not in caplog.text
    assert "eve" not in caplog.text
    assert tried("ann", "ann's password") == 429, "what is remembered is not looked at either"
    assert tried("bob", "bob's password") == 200
    assert tried("ann", "ann's password", "10.0.0.6") == 200
    clock.now += 1
    assert tried("ann", "ann's password") == 200


def test_guesses_side_by_side_are_looked_at_one_after_another(file: Path) -> None:
    door = UsersDoor(UsersFile(file), Clock())

    async def guesses() -> list[Response | None]:
        return await asyncio.gather(*(door.refusal(request("10.0.0.5", login("ann", f"{n}"))) for n in range(9)))

    refusals = [refusal.status_code for refusal in asyncio.run(guesses()) if refusal]
    assert refusals == [401] * 2 + [429] * 7, "two wait, and the others are refused at once"
    assert [status(door, request("10.0.0.5", login("ann", f"{n}"))) for n in range(2)] == [401, 429]


def test_few_logins_wait_and_who_is_known_waits_for_none(file: Path) -> None:
    door = UsersDoor(UsersFile(file), Clock())
    anns = request("10.0.1.1", login("ann", "ann's password"))
    assert status(door, anns) == 200
    bobs = [request(f"10.0.0.{n}", login("bob", f"{n}")) for n in range(20)]

    async def crowd() -> list[Response | None]:
        return await asyncio.gather(*(door.refusal(one) for one in [*bobs, anns]))

    *refusals, let_in = asyncio.run(crowd())
    assert [refusal.status_code for refusal in refusals if refusal] == [401] * 8 + [503] * 12
    assert let_in is None
    assert status(door, request("10.0.0.5", login("bob", "bob's password"))) == 200, "the line is empty again"


def test_the_same_login_side_by_side_is_looked_up_once(file: Path) -> None:
    users = Counting(file)
    door = UsersDoor(users, Clock())

    async def tabs() -> list[Response | None]:
        return await asyncio.gather(*(door.refusal(request("10.0.0.5", login("ann", ANNS))) for _ in range(2)))

    assert asyncio.run(tabs()) == [None, None]
    assert users.checks == 1


def test_a_login_that_was_given_up_is_not_looked_up(file: Path) -> None:
    users = Counting(file)
    door = UsersDoor(users, Clock())
    scope = request("10.0.0.5", login("ann", ANNS)).scope
    assert refusal_of(door, AtTheDoor(scope, Received({"type": "http.disconnect"}))) is not None
    assert users.checks == 0
    assert refusal_of(door, AtTheDoor(scope, Received())) is None
    assert users.checks == 1


def test_what_a_request_sends_while_it_waits_is_not_lost(file: Path) -> None:
    door = UsersDoor(UsersFile(file))
    sent: list[Message] = [{"type": "http.request", "body": body, "more_body": True} for body in (b"a", b"b")]
    asking = AtTheDoor(request("10.0.0.5", login("ann", ANNS)).scope, Received(*sent))

    async def answered() -> list[Message]:
        assert await door.refusal(asking) is None
        return [await asking.receive(), await asking.receive()]

    assert asyncio.run(answered()) == sent


def test_a_change_of_the_file_counts_at_once(file: Path) -> None:
    door = UsersDoor(UsersFile(file))
    anns = login("ann", "ann's password")
    assert status(door, request("10.0.0.5", anns)) == 200
    write_users(file, [user_of("ann", "another one", ["letters"])])
    assert status(door, request("10.0.0.5", anns)) == 401
    assert status(door, request("10.0.0.5", login("ann", "another one"))) == 200
    assert door.collections("ann") == ("letters",)


def test_a_file_that_cannot_be_read_lets_nobody_in(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    door = UsersDoor(UsersFile(file))
    assert status(door, request("10.0.0.5", login("ann", "ann's password"))) == 200
    file.write_text("ann:no hash")
    os.utime(file, ns=(1, 1))
    refusal = refusal_of(door, request("10.0.0.5", login("ann", "ann's password")))
    assert refusal is not None
    assert refusal.status_code == 503
    assert str(file).encode() not in bytes(refusal.body)
    assert str(file) in caplog.text


# By the word of a proxy


def proxied(*proxies: str) -> ProxyDoor:
    return ProxyDoor("X-Forwarded-User", [ipaddress.ip_network(proxy) for proxy in proxies])


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "fd00::7"])
def test_a_trusted_proxy_names_who_comes(address: str) -> None:
    asking = request(address, ("x-forwarded-user", "Ann@Example.org"))
    assert refusal_of(proxied("127.0.0.1", "10.1.0.0/16", "fd00::/8"), asking) is None
    assert asking.state.user == "ann@example.org"


@pytest.mark.parametrize("address", ["10.2.0.1", "127.0.0.2", "::1", "", "testclient", "fe80::1%eth0"])
def test_nobody_else_is_believed(address: str) -> None:
    assert status(proxied("127.0.0.1", "10.1.0.0/16"), request(address, ("X-Forwarded-User", "ann"))) == 401


@pytest.mark.parametrize("name", ["", " ", "../x", "ann/..", "jörg", "a" * 300, "ann,bob", "ann bob", "."])
def test_a_proxy_that_names_nobody_is_refused(name: str) -> None:
    assert status(proxied("127.0.0.1"), request("127.0.0.1", ("X-Forwarded-User", name))) == 401


def test_a_header_that_is_missing_or_there_twice_is_refused() -> None:
    assert status(proxied("127.0.0.1"), request("127.0.0.1")) == 401
    twice = ("X-Forwarded-User", "ann"), ("X-Forwarded-User", "bob")
    assert status(proxied("127.0.0.1"), request("127.0.0.1", *twice)) == 401
