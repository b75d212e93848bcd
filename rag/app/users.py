"""The people that a page knows: a file with a line for each, `name:hash` or `name:hash:collection,collection…`.

A hash is `scrypt$n$r$p$salt$key`, both parts in base64. Names count without regard to case: folders are made of them.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from rag.errors import UsersUnusable
from rag.private import write_private
from rag.settings import CollectionName

SHORTEST_PASSWORD = 8
_NAME = re.compile(r"(?!(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$))[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9_@-])?")
"""Fit for a folder of every system: Windows drops a dot at the end, and has devices that no folder can be named as."""
_N, _R, _P = 2**14, 8, 5
"""As hard as OWASP asks, in 16 MiB: a quarter of a second on a small machine."""
_MOST_MEMORY = 2**28
_SALT, _KEY = 16, 32
_PATIENCE = 10.0
"""Seconds to wait for another who changes the file."""


@dataclass(frozen=True, slots=True)
class User:
    """One line of the file. Without `collections` all are theirs to see."""

    name: str
    secret: str
    """The hash of their password."""
    collections: tuple[str, ...] = ()


def user_name(typed: str) -> str | None:
    """The name as it is known here, fit for a folder; None for what cannot be one."""
    name = typed.lower()
    return name if typed.isascii() and _NAME.fullmatch(name) else None


def required_name(typed: str) -> str:
    """The name that is typed, as it is kept. Raises: UsersUnusable, for one that cannot be a user's."""
    name = user_name(typed)
    if name is None:
        raise UsersUnusable(
            f"{typed[:80]!r} is no name for a user; use at most 64 letters, digits, '.', '_', '@' and '-', beginning "
            "with a letter or a digit, not ending with a dot, and no name of a device as 'con' is."
        )
    return name


def user_of(typed: str, password: str, collections: Iterable[str] = ()) -> User:
    """A user with this password. Raises: UsersUnusable, for a name, a password or a collection that cannot be one."""
    name = required_name(typed)
    if len(password) < SHORTEST_PASSWORD:
        raise UsersUnusable(f"The password is too short; use {SHORTEST_PASSWORD} characters or more.")
    return User(name, hashed(password), tuple(_collection(one) for one in collections))


def hashed(password: str) -> str:
    """The hash of a password, with a salt of its own."""
    salt = secrets.token_bytes(_SALT)
    encoded = (base64.b64encode(part).decode() for part in (salt, _scrypt(password, salt, _N, _R, _P)))
    return f"scrypt${_N}${_R}${_P}${'$'.join(encoded)}"


def is_password(password: str, secret: str) -> bool:
    """Whether `secret` is the hash of this password. Raises: ValueError, when it is no hash."""
    salt, key, cost = _parts(secret)
    return hmac.compare_digest(_scrypt(password, salt, *cost), key)


def read_users(file: Path) -> dict[str, User]:
    """The users of the file by name. Raises: UsersUnusable, when it cannot be read or a line is none."""
    try:
        lines = file.read_text("utf-8").splitlines()
        mode = stat.S_IMODE(file.stat().st_mode)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsersUnusable(
            f"The users of {str(file)!r} cannot be read ({reason}); make them with `rag users add NAME --file FILE`."
        ) from error
    if mode & 0o077:
        raise UsersUnusable(f"{str(file)!r} can be read by others (mode {mode:04o}); run `chmod 600` on it.")
    users: dict[str, User] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        user = _read(line, f"Line {number} of {str(file)!r}")
        if user.name in users:
            raise UsersUnusable(f"Line {number} of {str(file)!r} has a name that was there before; take one out.")
        users[user.name] = user
    return users


@contextmanager
def changing(file: Path) -> Iterator[dict[str, User]]:
    """The users of the file by name, none where it is not there; what the block makes of them is written at its end.

    Nobody else changes them meanwhile, and nothing is written when the block fails. Raises: UsersUnusable.
    """
    target = file.resolve()  # whatever link leads to it, it has one lock
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{target.name}.lock"), timeout=_PATIENCE, mode=0o600):
            users = read_users(file) if file.exists() else {}
            yield users
            write_users(file, users.values())
    except Timeout:
        raise UsersUnusable(
            f"Another program has been changing {str(file)!r} for {_PATIENCE:g} seconds; try again."
        ) from None
    except OSError as error:
        raise UsersUnusable(f"The users cannot be written to {str(file)!r} ({error.strerror}); check it.") from error


def write_users(file: Path, users: Iterable[User]) -> None:
    """Puts the users into the file, in place of what was there; mode 0600. Raises: OSError."""
    write_private(file, "".join(f"{_line(user)}\n" for user in users))


@dataclass(frozen=True, slots=True)
class _State:
    """What the file held at one time, and which passwords were right then, as keyed digests."""

    stamp: tuple[int, ...]
    users: Mapping[str, User]
    right: set[bytes] = field(default_factory=set)


class UsersFile:
    """The users of a file, read again whenever it has changed. Safe to use from several threads.

    Every method raises UsersUnusable when it cannot be read.
    """

    def __init__(self, file: Path) -> None:
        """The users of `file`, which has to be readable now."""
        self._file = file
        self._key = secrets.token_bytes(32)
        self._nobody = hashed(secrets.token_hex())
        self._state = _State(self._stamp(), read_users(file))

    def collections(self, name: str) -> tuple[str, ...]:
        """What a user may see; nothing is listed where that is all. It raises for one who is none any more, too."""
        user = self._now().users.get(name)
        if user is None:
            raise UsersUnusable("You are no user of this page any more; ask whoever runs it.")
        return user.collections

    def is_known(self, name: str) -> bool:
        """Whether there is such a user."""
        return name in self._now().users

    def remembers(self, name: str, password: str) -> bool:
        """Whether this was right before, and the file is as it was then; told at once."""
        state = self._now()
        return bool(state.right) and self._digest(name, password) in state.right

    def check(self, name: str, password: str) -> bool:
        """Whether this is the user's password; told in the same time where there is no such user."""
        state = self._now()
        user = state.users.get(name)
        right = is_password(password, user.secret if user else self._nobody)
        if user is None or not right:
            return False
        state.right.add(self._digest(name, password))
        return True

    def _digest(self, name: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{name}\0{password}".encode(), "sha256")

    def _now(self) -> _State:
        """What the file holds; where it has changed, nobody's password is remembered any more."""
        stamp = self._stamp()
        if stamp != self._state.stamp:
            self._state = _State(stamp, read_users(self._file))
        return self._state

    def _stamp(self) -> tuple[int, ...]:
        try:
            status = self._file.stat()
        except OSError:  # reading it says why
            return ()
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _line(user: User) -> str:
    return ":".join((user.name, user.secret, *([",".join(user.collections)] if user.collections else [])))


def _read(line: str, place: str) -> User:
    typed, _, rest = line.partition(":")
    secret, colon, listed = rest.partition(":")
    name = user_name(typed)
    try:
        _parts(secret)
    except ValueError:
        name = None
    if name is None:
        raise UsersUnusable(f"{place} is no user; write it with `rag users add NAME --file FILE`.")
    collections = listed.split(",") if colon else ()  # an empty list is refused: it would be all of them
    return User(name, secret, tuple(_collection(one.strip()) for one in collections))


def _collection(typed: str) -> str:
    try:
        return str(TypeAdapter(CollectionName).validate_python(typed))
    except ValidationError:
        raise UsersUnusable(
            f"{typed[:80]!r} is no name for a collection; `rag collections` lists those there are."
        ) from None


def _parts(secret: str) -> tuple[bytes, bytes, tuple[int, int, int]]:
    """Salt, key and cost of a hash. Raises: ValueError."""
    kind, *numbers, salt, key = secret.split("$")
    n, r, p = map(int, numbers)
    sane = 2 <= n <= 2**20 and n.bit_count() == 1 and 1 <= r <= 32 and 1 <= p <= 16
    if kind != "scrypt" or not sane or 128 * n * r > _MOST_MEMORY:
        raise ValueError(f"a cost of {n}, {r}, {p}")
    decoded = base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)
    if not all(decoded):
        raise ValueError("an empty part")
    return *decoded, (n, r, p)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    composed = unicodedata.normalize("NFC", password).encode("utf-8", "replace")
    return hashlib.scrypt(composed, salt=salt, n=n, r=r, p=p, maxmem=2 * _MOST_MEMORY, dklen=_KEY)
