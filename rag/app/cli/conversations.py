"""`rag conversations`: list, show, export, rename and delete what is kept; and how `rag chat` keeps it."""

from __future__ import annotations

import json as jsons
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from index.errors import IndexFault, NoIndex, RagError
from rag.app.cli.options import Config, Home, Json, named, settings_of
from rag.app.cli.terminal import Terminal, one_line, shorten

if TYPE_CHECKING:  # the values bring numpy, which `rag --help` can do without
    from rag.app.conversations.keeping import Keeper
    from rag.app.conversations.store import ConversationStore, StoredConversation
    from rag.contract import Json as Object
    from rag.settings import Settings
    from rag.types import Answer, Turn
    from rag.verification.reopen import State

conversations = typer.Typer(
    help="List, show, export, rename and delete kept conversations.", invoke_without_command=True, rich_markup_mode=None
)

Id = Annotated[str, typer.Argument(metavar="ID", help="The conversation, as `rag conversations` names it.")]
Yes = Annotated[bool, typer.Option("--yes", help="Yes, delete it; there is no way back.")]
Earlier = Annotated[str | None, typer.Argument(metavar="[ID]", help="With --continue, which conversation.")]
Resume = Annotated[bool, typer.Option("--continue", help="Go on with the conversation ID, or with the last one.")]
NoSave = Annotated[bool, typer.Option("--no-save", help="Keep nothing of this conversation.")]


@conversations.callback()
def listed(
    context: typer.Context,
    search: Annotated[str, typer.Option("--search", metavar="WORDS", help="Only those that hold all of these.")] = "",
    home: Home = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """List the kept conversations, the last used first; or show, export, rename or delete one."""
    if context.invoked_subcommand is not None:
        return
    summaries = _store(settings_of(home, config, None)).summaries(search)
    if json:
        Terminal().json({"conversations": [asdict(summary) for summary in summaries]})
    elif summaries:
        rows = [(s.id, shorten(s.title, 80), s.collection, str(s.turns), s.updated[:16] + "Z") for s in summaries]
        Terminal().table(("Id", "Title", "Collection", "Turns", "Last asked"), rows)
    else:
        Terminal().line("No kept conversation holds these words." if search else "No conversation is kept yet.")


@conversations.command()
def show(
    context: typer.Context, conversation: Id, home: Home = None, config: Config = None, json: Json = False
) -> None:
    """Show a conversation, and which of its sources are not as they were."""
    home, config, json = _given(context, home, config, json)
    stored = _store(settings_of(home, config, None)).get(conversation)
    from rag.app.conversations.export import as_object
    from rag.verification.reopen import answer_of

    answers = [answer_of(turn.answer) for turn in stored.turns]
    states = _states(settings_of(home, config, stored.summary.collection), answers)
    if json:
        payload = as_object(stored)
        for at, turn in enumerate(payload["turns"]):
            turn["sources"] = _sources(answers[at], states[at]) if states else None
        return Terminal().json(payload)
    Terminal().line(stored.summary.title, style="bold")
    for at, (stored_turn, answer) in enumerate(zip(stored.turns, answers, strict=True)):
        Terminal().line()
        Terminal().line(f"{stored_turn.number}. {one_line(stored_turn.question)}", style="bold")
        Terminal().answer(answer)
        for line in _changes(answer, states[at]) if states else ():
            Terminal().line(line, indent=2, style="yellow")


@conversations.command()
def export(
    context: typer.Context,
    conversation: Id,
    to: Annotated[Path, typer.Option("--to", parser=named, metavar="FILE", help="The file; it must not exist yet.")],
    form: Annotated[
        Literal["md", "json"] | None, typer.Option("--format", help="Else by the name of FILE, and else Markdown.")
    ] = None,
    home: Home = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Write a conversation with every quote and its source to a file."""
    home, config, json = _given(context, home, config, json)
    stored = _store(settings_of(home, config, None)).get(conversation)
    from rag.app.conversations.export import as_markdown, as_object

    form = form or ("json" if to.suffix.lower() == ".json" else "md")
    _write(to, as_markdown(stored) if form == "md" else jsons.dumps(as_object(stored), indent=1) + "\n")
    if json:
        Terminal().json({"id": conversation, "file": str(to), "format": form, "turns": len(stored.turns)})
    else:
        Terminal().line(f"Wrote {conversation} to {to}.")


@conversations.command()
def rename(
    context: typer.Context,
    conversation: Id,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="The new title; one line.")],
    home: Home = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Give a conversation another title."""
    home, config, json = _given(context, home, config, json)
    if not title.strip():
        raise typer.BadParameter("the title is empty; type one.")
    summary = _store(settings_of(home, config, None)).rename(conversation, title)
    if json:
        Terminal().json(asdict(summary))
    else:
        Terminal().line(f"{summary.id} is now “{one_line(summary.title)}”.")


@conversations.command()
def delete(
    context: typer.Context,
    conversation: Annotated[str | None, typer.Argument(metavar="[ID]", help="The conversation to delete.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Delete every kept conversation.")] = False,
    yes: Yes = False,
    home: Home = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Delete a conversation, or all of them; nothing of it stays in the file."""
    home, config, json = _given(context, home, config, json)
    if (conversation is None) == (not everything):
        raise typer.BadParameter("name one conversation, or say --all.")
    if not yes:
        what = "every kept conversation" if conversation is None else repr(conversation)
        raise typer.BadParameter(f"this deletes {what}, for good; add --yes to do it.")
    store, count = _store(settings_of(home, config, None)), 1
    if conversation is None:
        count = store.delete_all()
    else:
        store.delete(conversation)
    if json:
        Terminal().json({"deleted": count})
    else:
        Terminal().line(f"Deleted {count} conversation{'' if count == 1 else 's'}.")


@dataclass(frozen=True, slots=True)
class Begun:
    """How a chat begins: its settings, the turns before it, and who keeps it, None where nobody does."""

    settings: Settings
    keeper: Keeper | None
    earlier: StoredConversation | None
    turns: tuple[Turn, ...]

    @contextmanager
    def notices(self) -> Iterator[None]:
        """Says before the block which sources of an earlier conversation changed, and after it where it is kept."""
        if self.earlier:
            self._reopened(self.earlier)
        try:
            yield
        finally:
            if self.keeper and self.keeper.conversation_id:
                key = self.keeper.conversation_id
                Terminal().line(f"Kept as {key}; `rag chat --continue {key}` goes on with it.", style="dim")

    def _reopened(self, earlier: StoredConversation) -> None:
        from rag.verification.reopen import answer_of

        summary = earlier.summary
        Terminal().line(f"Going on with {summary.id}, “{one_line(summary.title)}”; turns: {summary.turns}.")
        answers = [answer_of(turn.answer) for turn in earlier.turns]
        states = _states(self.settings, answers) or []
        for turn, answer, now in zip(earlier.turns, answers, states, strict=False):
            for line in _changes(answer, now):
                Terminal().line(f"Question {turn.number}, {line}", style="yellow")


def begin(
    home: Path | None,
    config: Path | None,
    collection: str | None,
    conversation: str | None,
    *,
    resume: bool,
    save: bool,
) -> Begun:
    """A new chat, or one that goes on with a kept conversation, over the collection that this was of.

    Raises: SettingsInvalid; NoConversation; ConversationsUnusable, when an earlier one was asked for.
    """
    if conversation is not None and not resume:
        raise typer.BadParameter(f"to go on with {conversation!r}, say --continue {conversation}.")
    settings = settings_of(home, config, collection)
    store = _store(settings)
    earlier = _earlier(store, conversation, collection) if resume else None
    turns: tuple[Turn, ...] = ()
    if earlier:
        settings = settings_of(home, config, earlier.summary.collection)
        turns = store.history(earlier.summary.id, settings.answer.history_turns)
    return Begun(settings, _keeper(store, settings, earlier) if save else None, earlier, turns)


def _earlier(store: ConversationStore, conversation: str | None, collection: str | None) -> StoredConversation:
    from rag.errors import NoConversation

    if conversation is None:
        summaries = [s for s in store.summaries() if collection in (None, s.collection)]
        if not summaries:
            raise NoConversation("There is no conversation to go on with; `rag chat` begins one.")
        conversation = summaries[0].id
    stored = store.get(conversation)
    if collection not in (None, stored.summary.collection):
        raise typer.BadParameter(f"{conversation} is about the collection {stored.summary.collection!r}; name that.")
    return stored


def _keeper(store: ConversationStore, settings: Settings, earlier: StoredConversation | None) -> Keeper | None:
    if not settings.conversations.keep:
        return None
    from rag.app.conversations.keeping import Keeper

    def tell(sentence: str) -> None:
        Terminal().line(one_line(sentence), style="red")

    return Keeper(store, settings.collection, tell, earlier.summary.id if earlier else None)


def _store(settings: Settings) -> ConversationStore:
    from rag.app.conversations.store import ConversationStore

    return ConversationStore(settings.home)


def _given(
    context: typer.Context, home: Path | None, config: Path | None, json: bool
) -> tuple[Path | None, Path | None, bool]:
    """The flags in force, typed before the subcommand or after."""
    before = context.parent.params if context.parent else {}
    return home or before.get("home"), config or before.get("config"), json or bool(before.get("json"))


def _states(settings: Settings, answers: Sequence[Answer]) -> list[tuple[State, ...]] | None:
    """What became of every citation of each answer; None, which is said, where the index cannot be read."""
    from index.store.open import open_index
    from rag.verification.reopen import GONE, check

    try:
        with open_index(settings.for_index()) as index:
            return [tuple(check(citation, index) for citation in answer.citations) for answer in answers]
    except NoIndex:
        return [(GONE,) * len(answer.citations) for answer in answers]
    except IndexFault as error:
        Terminal(sys.stderr).line(f"The sources cannot be checked. {one_line(str(error))}", style="red")
        return None


def _changes(answer: Answer, states: Sequence[State]) -> list[str]:
    """A line for each citation whose source is not as it was."""
    from rag.verification.reopen import in_words

    lines = []
    for citation, state in zip(answer.citations, states, strict=True):
        if state.standing != "same" or state.path != citation.source.path:
            lines.append(f"[{citation.label}] {citation.source.path}: {in_words(citation, state)}")
    return [one_line(line) for line in dict.fromkeys(lines)]


def _sources(answer: Answer, states: Sequence[State]) -> list[Object]:
    from rag.verification.reopen import in_words

    return [
        {
            "label": citation.label,
            "standing": state.standing,
            "path": state.path,
            "start": state.span.start if state.span else None,
            "end": state.span.end if state.span else None,
            "note": in_words(citation, state),
        }
        for citation, state in zip(answer.citations, states, strict=True)
    ]


def _write(file: Path, text: str) -> None:
    """Write a new file, for its owner alone, whole or not at all."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise typer.BadParameter(f"{str(file)!r} cannot be made ({reason}); name another file.") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
    except OSError as error:
        file.unlink()
        raise RagError(f"{str(file)!r} could not be written ({error.strerror}); free some space.") from error
