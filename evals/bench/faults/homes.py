"""SIGKILL at random moments of what a person does to a home: adding, removing, uploading, keeping a conversation."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from evals.bench.faults import folder
from evals.bench.faults.child import Embedder, settings_of
from evals.bench.faults.outcome import Outcome, Say
from evals.bench.faults.run import Child
from index.errors import NoIndex
from index.settings import IndexSettings
from rag.app.conversations.store import ConversationStore
from rag.app.library import uploads
from rag.app.library.holdings import key_of
from rag.app.library.jobs import Job
from rag.app.library.library import Library
from rag.types import Answer

ACTS = ("add a folder", "remove a folder", "upload", "remove an upload", "keep a turn")
_COLLECTION = "default"
_ASKED = "done whole or not at all; no file lost from sight; the next run goes on"
_MOST_ATTEMPTS = 6
_PARAGRAPHS = 6


@dataclass(frozen=True, slots=True)
class Deed:
    """What a process is to do to a home; `path` is the folder, or the file, that it does it to."""

    home: Path
    act: str
    path: Path


@dataclass(slots=True)
class _Home:
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

    def release(self, collection: str) -> None:
        """Nothing is open."""


def rounds(work: Path, times: int, say: Say, *, seed: int = 1) -> Outcome:
    """Kill `times` deeds, each kind in turn, at random moments; after each, do as the next start does, and look."""
    outcome = Outcome("SIGKILL while a home is changed", _ASKED)
    chance = random.Random(seed)
    place = _Home(work)
    lengths = dict.fromkeys(ACTS, 0.2)
    for attempt in range(_MOST_ATTEMPTS * times):
        if outcome.tried >= times:
            break
        act = ACTS[attempt % len(ACTS)]
        path = _prepared(place, act)
        killed, seconds = _killed(Deed(place.home, act, path), chance.uniform(0, lengths[act]))
        if not killed:
            lengths[act] = seconds
        problem = _judge(place, act, path, killed=killed)
        if killed:
            outcome.add(f"{act}, kill {outcome.tried + 1}", problem)
            outcome.by[act] += 1
        elif problem:
            outcome.failures.append(f"{act}, not killed: {problem}")
        say(f"{outcome.tried} of {times} killed, {len(outcome.failures)} failed")
    return outcome


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


def _prepared(place: _Home, act: str) -> Path:
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


def _done(place: _Home, act: str, path: Path) -> None:
    """Do the deed to its end."""
    with Child(Deed(place.home, act, path), serve) as child:
        child.finish()
    _note(place, act, path)


def _killed(deed: Deed, seconds: float) -> tuple[bool, float]:
    """Whether the deed was killed after so many seconds, before it was done; and how many it had."""
    with Child(deed, serve) as child:
        child.listen(lambda event: event[0] == "ready")
        began = time.monotonic()
        child.listen(lambda event: event[0] == "became", seconds=seconds)
        child.kill()
    return child.told.became != "done", time.monotonic() - began


def _judge(place: _Home, act: str, path: Path, *, killed: bool) -> str | None:
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


def _note(place: _Home, act: str, path: Path) -> None:
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


def _take_stock(place: _Home) -> None:
    """Note what is there: a deed that was killed is done, or it is not."""
    held = _texts(place.home)
    files = {path / f"{path.name}.txt": path for path in place.work.glob("folder *")}
    place.folders = {path: file.read_text() for file, path in files.items() if file.read_text() in held}
    place.given = {file.name: file.read_text() for file in uploads.held(place.uploaded)}
    place.turns = sum(summary.turns for summary in ConversationStore(place.home).summaries())


def _wrong_index(place: _Home, allowed: Sequence[set[str]]) -> str | None:
    held = _texts(place.home)
    if held not in allowed:
        return (
            f"the index holds {len(held)} texts, neither the {len(allowed[0])} before nor the {len(allowed[-1])} after"
        )
    lost = [name for name in place.given if not (place.uploaded / name).exists() and _text(name) in held]
    if lost:
        return f"the uploaded file {lost[0]!r} is indexed and is not there"
    problem = folder.problem(place.home, [folder.texts(place.home)], doctor=False) if held else None
    return problem


def _wrong_turns(place: _Home, allowed: Sequence[int]) -> str | None:
    store = ConversationStore(place.home)
    kept = [store.get(summary.id) for summary in store.summaries()]
    turns = [turn for conversation in kept for turn in conversation.turns]
    if len(turns) not in allowed:
        return f"{len(turns)} turns are kept, and not {' or '.join(map(str, allowed))}"
    if any(not conversation.turns for conversation in kept):
        return "a conversation without a turn is kept"
    whole = all(turn.question == _question(turn.number) and turn.answer["text"] == _text("answer") for turn in turns)
    return None if whole else "a turn is not as it was written"


def _left(place: _Home) -> list[str]:
    found = [*place.uploaded.glob(".*"), *(place.home / "uploads" / ".incoming").glob("*")]
    return [path.name for path in found]


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
