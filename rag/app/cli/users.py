"""`rag users`: the people whom `rag ui --users FILE` lets in; and the door that its options ask for."""

from __future__ import annotations

import getpass
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.app.cli.options import Json, named
from rag.app.cli.terminal import Terminal
from rag.errors import UsersUnusable

if TYPE_CHECKING:
    from rag.app.page.people import NamingDoor, Network
    from rag.app.users import User

users = typer.Typer(help="Add, remove and list the users of a page.", no_args_is_help=True, rich_markup_mode=None)

UsersFileOption = Annotated[Path, typer.Option("--file", parser=named, metavar="FILE", help="The file of users.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Letters, digits, '.', '_', '@' and '-', at most 64.")]
Users = Annotated[
    Path | None,
    typer.Option("--users", parser=named, metavar="FILE", help="Let in the users of this file (`rag users add`)."),
]
UserHeader = Annotated[
    str | None,
    typer.Option("--user-header", metavar="NAME", help="Let in whom a trusted proxy names in this header."),
]
TrustedProxy = Annotated[
    list[str] | None,
    typer.Option("--trusted-proxy", metavar="ADDRESS", help="Address or network of the proxy; repeatable."),
]
PublicName = Annotated[
    str | None,
    typer.Option("--public-name", metavar="HOST", help="The host by which people reach the proxy before the page."),
]


@users.command()
def add(
    name: Name,
    file: UsersFileOption,
    collection: Annotated[
        list[str] | None,
        typer.Option(
            "--collection",
            metavar="C",
            help="What they may see; without it all, or the list that is there; repeatable.",
        ),
    ] = None,
    password_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The environment variable that holds the password.")
    ] = None,
) -> None:
    """Add a user, or give one a new password, and other collections where they are named."""
    from rag.app.users import changing, required_name, user_of

    user = user_of(required_name(name), _password(password_env), collection or ())
    with changing(file) as present:
        before = present.get(user.name)
        if before and not collection:
            user = replace(user, collections=before.collections)
        present[user.name] = user
    verb = "changed" if before else "added"
    Terminal().line(f"{user.name} is {verb}, and may see {_seen(user)}.")


@users.command()
def remove(name: Name, file: UsersFileOption) -> None:
    """Remove a user; what they kept stays in the home."""
    from rag.app.users import changing

    user = name.lower()
    if user not in _users_of(file):
        raise UsersUnusable(f"There is no user {name[:80]!r} in {str(file)!r}; `rag users list` has those there are.")
    with changing(file) as present:
        present.pop(user, None)  # another may have been quicker
    Terminal().line(f"{user} is removed. What they kept stays in the home, below users/{user}.")


@users.command("list")
def list_users(file: UsersFileOption, json: Json = False) -> None:
    """List the users, and what each may see."""
    present = _users_of(file)
    if json:
        rows = [{"name": user.name, "collections": list(user.collections) or None} for user in present.values()]
        Terminal().json({"users": rows})
    elif present:
        Terminal().table(("User", "May see"), [(user.name, _seen(user)) for user in present.values()])
    else:
        Terminal().line("There are no users yet; run `rag users add NAME --file FILE`.")


def door_of(users: Path | None, header: str | None, proxies: Sequence[str]) -> NamingDoor | None:
    """The door that the options of `rag ui` ask for; None where nobody has a name.

    Raises: UsersUnusable; typer.BadParameter, when they do not go together.
    """
    if header and not proxies:
        raise typer.BadParameter("--user-header needs --trusted-proxy: alone, it is no proof.")
    if proxies and not (header or users):
        raise typer.BadParameter("--trusted-proxy goes with --users or --user-header; give one of them.")
    if users and header:
        raise typer.BadParameter("name people by --users or by --user-header, not by both.")
    from rag.app.page.people import ProxyDoor, UsersDoor
    from rag.app.users import UsersFile

    trusted = [_network(proxy) for proxy in proxies]
    if users:
        return UsersDoor(UsersFile(users), proxies=trusted)
    return ProxyDoor(header, trusted) if header else None


def _network(typed: str) -> Network:
    try:
        return ipaddress.ip_network(typed, strict=False)
    except ValueError:
        raise typer.BadParameter(f"{typed!r} is no address or network, as 127.0.0.1 or 10.0.0.0/24 are.") from None


def _users_of(file: Path) -> dict[str, User]:
    from rag.app.users import read_users

    return read_users(file)


def _password(name: str | None) -> str:
    if name is not None:
        password = os.environ.get(name)
        if not password:
            raise typer.BadParameter(f"the environment variable {name!r} is empty or not set; put the password there.")
        return password
    password = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != password:
        raise UsersUnusable("The two passwords differ; nothing was changed, run it again.")
    return password


def _seen(user: User) -> str:
    return ", ".join(user.collections) or "all collections"
