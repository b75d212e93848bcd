"""Which files of a folder are wanted, by globs on their paths, as in a .gitignore."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from index.errors import SettingsInvalid


@dataclass(frozen=True, slots=True)
class Patterns:
    """Globs on paths relative to the folder given; a folder that matches stands for all below it.

    `*` and `?` stay within a name, `**/` crosses folders, `[a-z]` is one of these, a backslash takes the next character
    as it is. A glob with a slash before its end counts from the folder given, any other holds at every depth; one that
    ends in a slash is of folders only. What `exclude` matches is left out, whatever `include` says; where `include` is
    empty, everything else is wanted.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises: SettingsInvalid, when a glob cannot be used."""
        for glob in (*self.include, *self.exclude):
            _regex(glob)

    def prune(self, folder: str) -> bool:
        """Whether nothing below `folder` is wanted."""
        return _any(self.exclude, folder + "/")

    def want(self, file: str) -> bool:
        """Whether `file` is wanted."""
        return not _any(self.exclude, file) and (not self.include or _any(self.include, file))

    def line(self) -> str:
        """The patterns as they are kept with an index."""
        return json.dumps([self.include, self.exclude])

    @classmethod
    def from_line(cls, line: str | None) -> Patterns:
        """The patterns that `line` was made of; none, where there is none."""
        include, exclude = json.loads(line) if line else ((), ())
        return cls(tuple(include), tuple(exclude))


EVERYTHING = Patterns()


def _any(globs: Sequence[str], path: str) -> bool:
    return any(_regex(glob).fullmatch(path) for glob in globs)


@lru_cache(maxsize=1024)
def _regex(glob: str) -> re.Pattern[str]:
    """Matches the paths meant by `glob` and all below them; that of a folder ends in a slash."""
    body = glob.strip("/")
    if not body or glob.startswith("!"):
        raise SettingsInvalid(
            f"The pattern {glob!r} cannot be used; write a glob on paths, as in '*.log', 'drafts/' or '/notes/**/*.md'."
        )
    *folders, last = re.sub(r"(\*\*/)+", "**/", body).split("/")
    told = "" if "/" in glob.rstrip("/") else "(?:.*/)?"
    told += "".join("(?:.*/)?" if name == "**" else _name(name) + "/" for name in folders)
    told += ".+" if last == "**" else _name(last)
    told += "/.*" if glob.endswith("/") else "(?:/.*)?"
    try:
        return re.compile(told, re.DOTALL)
    except re.error as error:
        raise SettingsInvalid(f"The pattern {glob!r} cannot be used ({error}); mend it or leave it out.") from error


_PART = re.compile(r"\*+|\?|\\(?P<plain>.)|\[(?P<but>[!^]?)(?P<set>\]?[^\]]*)\]|(?P<other>.)", re.DOTALL)


def _name(glob: str) -> str:
    """The expression for one name of a path."""
    return "".join(map(_part, _PART.finditer(glob)))


def _part(found: re.Match[str]) -> str:
    if found["set"]:
        members = re.sub(r"([\\\[\]&~|^])", r"\\\1", found["set"]).replace("--", r"-\-")
        return f"(?!/)[{'^' if found['but'] else ''}{members}]"
    if found[0] == "?":
        return "[^/]"
    if found[0].startswith("*"):
        return "[^/]*"
    return re.escape(found["plain"] or found[0])
