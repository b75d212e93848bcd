"""SIGKILL at random moments of what a person does to a home: adding, removing, uploading, keeping a conversation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from index.errors import NoIndex
from index.settings import IndexSettings
from rag.app.conversations.store import ConversationStore
from rag.app.library import uploads
from rag.app.library.holdings import key_of
from rag.app.library.jobs import Job
from rag.app.library.library import Library
from rag.types import Answer
from tests.faults import folder
from tests.faults.child import Embedder, settings_of
from tests.faults.process import Child

ACTS = ("add a folder", "remove a folder", "upload", "remove an upload", "keep a turn")
_COLLECTION = "default"
_PARAGRAPHS = 6


@dataclass(frozen=True, slots=True)
class Deed:
    """What a process is to do to a home; `path` is the folder, or the file, that it does it to."""

    home: Path
    act: str
    path: Path


@dataclass(slots=True)
class Home:
    """A home, what lies where a person put it, and which of it is to be in the index."""

    work: Path
    number: int = 0
    folders: dict[Path, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    turns: int = 0

    @property
    def home(self) -> Path:
        return self.work / "home"

    @property
    def uploaded(self) -> Path:
        return uploads.folder_of(self.home, _COLLECTION)

    @property
    def texts(self) -> set[str]:
        return {*self.folders.values(), *self.given.values()}


class _Workspace:
    """What a library needs of one."""

    def __init__(self, home: Path) -> None:
        self.embedder = Embedder()
        self._home = home

    def for_index(self, collection: str) -> IndexSettings:
        """The settings of the faults."""
        del collection
        return settings_of(self._home)

    def shares(self, collection: str) -> bool:
        """All are the owner's."""
        return True

    def release(self, collection: str) -> None:
        """Nothing is open."""


def serve(deed: Deed, parent: Connection) -> None:
    """Do the deed, and tell when it begins and is done."""
    parent.send(("ready", None, time.monotonic()))
    _DEEDS[deed.act](deed)
    parent.send(("became", "done", time.monotonic()))


def _waited(job: Job) -> None:
    for _ in job.follow(0.01):
        pass
    if job.outcome.wrong:
        raise RuntimeError(job.outcome.sentence)


def _library(home: Path) -> Library:
    return Library(_Workspace(home), trial=lambda built: None)


def _add(deed: Deed) -> None:
    _waited(_library(deed.home).add_folder(_COLLECTION, str(deed.path)))


def _remove(deed: Deed) -> None:
    library = _library(deed.home)
    _waited(library.remove(_COLLECTION, library.removal(_COLLECTION, key_of(deed.path))))


def _upload(deed: Deed) -> None:
    with uploads.incoming(deed.home) as place:
        sent = place / deed.path.name
        sent.write_text(_text(deed.path.name))
        _waited(_library(deed.home).add_files(_COLLECTION, [sent]))


def _keep(deed: Deed) -> None:
    store = ConversationStore(deed.home)
    summaries = store.summaries()
    if summaries:
        store.append(summaries[0].id, _question(summaries[0].turns + 1), _answer())
    else:
        store.begin(_question(1), _COLLECTION, _answer())


_DEEDS: dict[str, Callable[[Deed], None]] = {
    "add a folder": _add,
    "remove a folder": _remove,
    "upload": _upload,
    "remove an upload": _remove,
    "keep a turn": _keep,
}


def prepared(place: Home, act: str) -> Path:
    """What the deed is done to: a new folder, a new file, or one that is there."""
    place.number += 1
    if act == "remove a folder" and len(place.folders) > 1:
        return next(iter(place.folders))
    if act == "remove an upload" and place.given:
        return place.uploaded / next(iter(place.given))
    if act in ("add a folder", "remove a folder"):
        new = place.work / f"folder {place.number}"
        new.mkdir(parents=True)
        (new / f"{new.name}.txt").write_text(_text(f"{new.name}.txt"))
        if act == "remove a folder":
            _done(place, "add a folder", new)
        return new
    new = place.uploaded / f"given {place.number}.txt"
    if act == "remove an upload":
        _done(place, "upload", new)
    return new


def _done(place: Home, act: str, path: Path) -> None:
    """Do the deed to its end."""
    with Child(Deed(place.home, act, path), serve) as child:
        child.finish()
    _note(place, act, path)


def killed_after(deed: Deed, seconds: float) -> tuple[bool, float]:
    """Whether the deed was killed after so many seconds, before it was done; and how many it had."""
    with Child(deed, serve) as child:
        child.listen(lambda event: event[0] == "ready")
        began = time.monotonic()
        child.listen(lambda event: event[0] == "became", seconds=seconds)
        child.kill()
    return child.transcript.became != "done", time.monotonic() - began


def judge(place: Home, act: str, path: Path, *, killed: bool) -> str | None:
    """What is wrong with the home after a deed that was perhaps killed, and after the next start and run."""
    old = place.texts
    turns = place.turns
    _note(place, act, path)
    allowed = [old, place.texts] if killed else [place.texts]
    problem = _wrong_turns(place, (turns, place.turns) if killed else (place.turns,)) or _wrong_index(place, allowed)
    if problem:
        return problem
    uploads.sweep(place.home)
    left = _left(place)
    if left:
        return f"{', '.join(left)} was left behind"
    _take_stock(place)
    if place.texts:
        _waited(_library(place.home).sync(_COLLECTION))
    return _wrong_index(place, [place.texts])


def _note(place: Home, act: str, path: Path) -> None:
    """Note what is to be there once the deed is done."""
    if act == "add a folder":
        place.folders[path] = _text(f"{path.name}.txt")
    elif act == "remove a folder":
        place.folders.pop(path, None)
    elif act == "upload":
        place.given[path.name] = _text(path.name)
    elif act == "remove an upload":
        place.given.pop(path.name, None)
    else:
        place.turns += 1


def _take_stock(place: Home) -> None:
    """Note what is there: a deed that was killed is done, or it is not."""
    held = _texts(place.home)
    files = {path / f"{path.name}.txt": path for path in place.work.glob("folder *")}
    place.folders = {path: file.read_text() for file, path in files.items() if file.read_text() in held}
    place.given = {file.name: file.read_text() for file in uploads.held(place.uploaded)}
    place.turns = sum(summary.turns for summary in ConversationStore(place.home).summaries())


def _wrong_index(place: Home, allowed: Sequence[set[str]]) -> str | None:
    held = _texts(place.home)
    if held not in allowed:
        return (
            f"the index holds {len(held)} texts, neither the {len(allowed[0])} before nor the {len(allowed[-1])} after"
        )
    lost = [name for name in place.given if not (place.uploaded / name).exists() and _text(name) in held]
    if lost:
        return f"the uploaded file {lost[0]!r} is indexed and is not there"
    return folder.problem(place.home, [folder.texts(place.home)], doctor=False) if held else None


def _wrong_turns(place: Home, allowed: Sequence[int]) -> str | None:
    store = ConversationStore(place.home)
    conversations = [store.get(summary.id) for summary in store.summaries()]
    turns = [turn for conversation in conversations for turn in conversation.turns]
    if len(turns) not in allowed:
        return f"{len(turns)} turns are stored, and not {' or '.join(map(str, allowed))}"
    if any(not conversation.turns for conversation in conversations):
        return "a conversation without a turn is stored"
    whole = all(turn.question == _question(turn.number) and turn.answer["text"] == _text("answer") for turn in turns)
    return None if whole else "a turn is not as it was written"


def _left(place: Home) -> list[str]:
    unfinished = [*place.uploaded.glob(".*"), *(place.home / "uploads" / ".incoming").glob("*")]
    return [path.name for path in unfinished]


def _texts(home: Path) -> set[str]:
    with suppress(NoIndex):
        return set(folder.texts(home).values())
    return set()


def _text(name: str) -> str:
    return "\n\n".join(f"Entry {at} of {name}: the keeper counted ships before the fog." for at in range(_PARAGRAPHS))


def _question(number: int) -> str:
    return f"How many ships were counted on day {number}?"


def _answer() -> Answer:
    from index.types import IndexState

    return Answer(
        question="How many?",
        standalone_question="How many?",
        status="refused",
        probability=0.0,
        reason="no_evidence",
        text=_text("answer"),
        statements=(),
        citations=(),
        passages=(),
        conflicts=(),
        answerer="quotes",
        model=None,
        settings_fingerprint="0" * 12,
        index=IndexState("1", 1, 1),
        timings_ms={"total": 1.0},
    )
