"""The command line, where the parts are put together. What is heavy is imported inside the command that needs it."""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from index.errors import NoIndex, RagError
from rag.app.cli.collections import collections
from rag.app.cli.config import config as config_commands
from rag.app.cli.conversations import Earlier, NoSave, Resume, begin, conversations
from rag.app.cli.doors import mcp, serve
from rag.app.cli.evals import evaluations
from rag.app.cli.index import bring_in, doctor, index
from rag.app.cli.llm import Spoken, Writer, llm, named_today
from rag.app.cli.options import (
    After,
    Article,
    Author,
    Before,
    Collection,
    Config,
    Docs,
    File,
    Home,
    Json,
    NoFilters,
    Outlet,
    filters_of,
    settings_of,
)
from rag.app.cli.roots import roots
from rag.app.cli.signals import every, interruptible
from rag.app.cli.terminal import Terminal, one_line
from rag.app.cli.trace import trace
from rag.app.cli.users import PublicName, TrustedProxy, UserHeader, Users, door_of, users
from rag.app.cli.verify import verify
from rag.errors import QuestionInvalid

if TYPE_CHECKING:
    from rag.app.conversations.chat import Conversation
    from rag.pipeline import Pipeline

FAILED, USAGE, REFUSED = 1, 2, 3
_UPKEEP = 2.0
"""Seconds between two looks at whether an index that was opened is still the one in use."""

app = typer.Typer(
    help="Answers from your own documents, each sentence with the exact words it rests on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(evaluations, name="eval")
app.add_typer(collections, name="collections")
app.add_typer(conversations, name="conversations")
app.add_typer(llm, name="llm")
app.add_typer(config_commands, name="config")
app.add_typer(users, name="users")

Question = Annotated[str, typer.Argument(metavar="QUESTION", help="The question; - reads it from stdin.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs one command and exits: 0 done, answered or may answer, 3 refused, 2 usage, 1 error, 130 interrupted.

    An error is one sentence on stderr; with RAG_DEBUG=1 the traceback stands above it.
    """
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115 - it was closed: nothing is typed
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow code page, a file name or a line that is not text
    try:
        app(None if arguments is None else list(arguments), prog_name="rag")
    except QuestionInvalid as error:
        _fail(str(error), USAGE)
    except RagError as error:
        _fail(str(error), FAILED)
    except Exception as error:  # noqa: BLE001 - the boundary to the person
        reason = f"{type(error).__name__}: {error}".removesuffix(": ")
        _fail(f"Something went wrong that was not foreseen ({reason}); RAG_DEBUG=1 shows where.", FAILED)


def _fail(sentence: str, code: int) -> None:
    if os.environ.get("RAG_DEBUG") == "1":
        traceback.print_exc()
    Terminal(sys.stderr).line(one_line(sentence))
    sys.exit(code)


app.command()(index)
app.command()(roots)


@app.command()
def status(home: Home = None, config: Config = None, collection: Collection = None, json: Json = False) -> None:
    """Say what is indexed, and where it is kept."""
    settings = settings_of(home, config, collection).for_index()
    from index.store.generation import folder_of, reading, require_published

    with reading(settings.root) as held:
        if held is None:
            raise NoIndex(f"Nothing is indexed in {str(settings.root)!r} yet; run `rag index PATH`.")
        manifest, _ = held
        require_published(settings.root, manifest)
    payload = {
        "collection": settings.collection,
        "generation": manifest.generation,
        "documents": manifest.documents,
        "passages": manifest.passages,
        "model": manifest.fingerprint,
        "folder": str(folder_of(settings.root, manifest.generation)),
    }
    if json:
        Terminal().json(payload)
    else:
        Terminal().table(("Index", ""), [(name, str(value)) for name, value in payload.items()])


@app.command()
def search(
    query: Question,
    k: Annotated[int | None, typer.Option("-k", min=1, max=1000, help="How many passages.")] = None,
    file: File = None,
    article: Article = None,
    outlet: Outlet = None,
    author: Author = None,
    after: After = None,
    before: Before = None,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
    json: Json = False,
) -> None:
    """Show the passages that bear on a query."""
    settings = settings_of(home, config, collection)
    filters = filters_of(file, article, outlet, author, after, before)
    from rag.contract import search_as_json
    from rag.pipeline import open_pipeline

    query = _typed(query, settings.answer.max_question_chars)
    with open_pipeline(settings) as pipeline:
        passages = pipeline.retrieve(query, k or settings.retrieval.top_k, filters)
        filtering, none = pipeline.matching(filters)
    if json:
        Terminal().json(search_as_json(query, filtering, passages))
    elif passages:
        Terminal().passages(passages)
    else:
        Terminal().line(f"No passage matches: {none}." if none else "No passage matches.")


@app.command()
def ask(
    question: Question,
    docs: Docs = None,
    file: File = None,
    article: Article = None,
    outlet: Outlet = None,
    author: Author = None,
    after: After = None,
    before: Before = None,
    no_filters: NoFilters = False,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
    answerer: Writer = None,
    json: Json = False,
) -> None:
    """Answer one question, or say that it cannot (code 3)."""
    settings = settings_of(home, config, collection)
    filters = filters_of(file, article, outlet, author, after, before)
    from rag.contract import as_json
    from rag.pipeline import KeptTo, open_pipeline

    terminal = Terminal()
    if docs:
        bring_in(settings.for_index(), docs)
    with open_pipeline(settings, named_today(answerer)) as pipeline:
        typed = _typed(question, settings.answer.max_question_chars)
        narrowed = KeptTo(pipeline, filters, understand=not no_filters)
        answer = narrowed.ask(typed) if json else Spoken(narrowed, terminal).ask(typed)
    if json:
        terminal.json(as_json(answer))
    else:
        terminal.answer(answer)
    if answer.status == "refused":
        raise typer.Exit(REFUSED)


def _typed(question: str, limit: int) -> str:
    """The question itself, or what stdin holds where it is `-`; one character past `limit` is enough to refuse it."""
    if question != "-":
        return question.encode("utf-8", "replace").decode()  # bytes that are no text came as lone surrogates
    return sys.stdin.buffer.read(4 * (limit + 1)).decode("utf-8", "replace").strip()


@app.command()
def chat(
    conversation: Earlier = None,
    resume: Resume = False,
    no_save: NoSave = False,
    file: File = None,
    article: Article = None,
    outlet: Outlet = None,
    author: Author = None,
    after: After = None,
    before: Before = None,
    no_filters: NoFilters = False,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
) -> None:
    """Ask in turns, in the terminal; the conversation is kept in the home."""
    filters = filters_of(file, article, outlet, author, after, before)
    begun = begin(home, config, collection, conversation, resume=resume, save=not no_save)
    settings = begun.settings
    from rag.app.conversations.chat import Conversation
    from rag.pipeline import KeptTo, open_pipeline

    def let_go() -> None:
        with suppress(RagError):  # the next question says what is wrong
            pipeline.let_go()

    with open_pipeline(settings) as pipeline, begun.notices(), every(_UPKEEP, let_go):
        _greet(pipeline)
        narrowed = KeptTo(pipeline, filters, understand=not no_filters)
        _converse(Conversation(Spoken(narrowed, Terminal()), settings.answer.history_turns, begun.keeper, begun.turns))


def _greet(pipeline: Pipeline) -> None:
    state = pipeline.state
    counts = f"{state.documents:,} documents, {state.passages:,} passages."
    Terminal().line(f"{counts} /new starts over; /quit or Ctrl-D leaves.", style="dim")


def _converse(conversation: Conversation) -> None:
    terminal = Terminal()
    while (question := _next_line()) not in (None, "/quit"):
        if question == "/new":
            conversation.clear()
            terminal.line("Starting over.", style="dim")
        elif question:
            try:
                terminal.answer(conversation.ask(question))
            except RagError as error:
                terminal.line(one_line(str(error)), style="red")
            terminal.line()


def _next_line() -> str | None:
    try:
        return input("> ").strip()
    except EOFError:
        return None


@app.command()
def ui(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    password_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The environment variable that holds the page's password.")
    ] = None,
    token: Annotated[
        bool, typer.Option("--token", help="Open with a link that works once: keeps out this machine's other users.")
    ] = False,
    allow_uploads: Annotated[
        bool, typer.Option("--allow-uploads", help="Let those who come by the password give files.")
    ] = False,
    insecure: Annotated[bool, typer.Option("--insecure", help="Allow a host that others can reach; no login.")] = False,
    users: Users = None,
    user_header: UserHeader = None,
    trusted_proxy: TrustedProxy = None,
    public_name: PublicName = None,
    language: Annotated[
        Literal["en", "de"] | None, typer.Option(help="The page's language; the browser's, where none is given.")
    ] = None,
    home: Home = None,
    config: Config = None,
    collection: Collection = None,
) -> None:
    """Serve the page to ask questions in, until Ctrl-C."""
    settings = settings_of(home, config, collection)
    password = _password(password_env)
    if token and (password or insecure):
        raise typer.BadParameter("--token is for a page that this machine alone can reach; give it without a password.")
    people = door_of(users, user_header, trusted_proxy or ())
    if people and (token or password or insecure or allow_uploads):
        raise typer.BadParameter("where people have names, there is no --token, password, --insecure or upload.")
    from evals.desk import Desk
    from rag.app.library.uploads import incoming
    from rag.app.workspace import Workspace
    from ui import serve

    with Workspace(settings) as workspace, incoming(settings.home) as folder:
        page = serve(
            workspace,
            incoming=folder,
            desk=Desk(workspace),
            host=host,
            port=port,
            open_browser=open_browser,
            config=config,
            insecure=insecure,
            password=password,
            allow_uploads=allow_uploads,
            announce=_announce if token else None,
            people=people,
            public_name=public_name,
            language=language,
            prevent_thread_lock=True,
        )
        try:
            Terminal().line(f"The page is at http://{host}:{port}/ while this runs; Ctrl-C ends it.")
            if people:
                Terminal().line(_PEOPLE if users else _PROXIED)
            else:
                Terminal().line(_whom(guests=bool(password or insecure), token=token, allow_uploads=allow_uploads))
            with suppress(KeyboardInterrupt), interruptible(signal.SIGINT, signal.SIGTERM) as interrupted:
                workspace.warm()  # while the page is opened; a question that comes first waits for it
                if not interrupted.is_set():
                    Terminal().line("Ready for questions.")
                with every(_UPKEEP, workspace.let_go):
                    interrupted.wait()
        finally:
            page.close(verbose=False)


_CLEAR = "All passes in the clear: put a proxy with TLS before it."
_PEOPLE = f"Its users may ask and look, and keep what is theirs. {_CLEAR}"
_PROXIED = (
    f"Whom the proxy names may ask and look, and keep what is theirs; all collections are shared with all. {_CLEAR}"
)


def _announce(link: str) -> None:
    Terminal().line(f"This link opens the page in one browser, once: {link}")


def _whom(*, guests: bool, token: bool, allow_uploads: bool) -> str:
    """Who can open the page, and what they can do, in a line or two."""
    if guests:
        may = "ask, look, and give files" if allow_uploads else "ask and look; --allow-uploads lets them give files"
        return f"Guests may {may}. All passes in the clear, a password too: put a proxy with TLS before it."
    if token:
        return "Each use of the link prints the next one; other users of this machine are kept out."
    return "Other users of this machine can open it as well: where there are any, `rag ui --token` keeps them out."


def _password(name: str | None) -> str | None:
    if name is None:
        return None
    password = os.environ.get(name)
    if not password:
        raise typer.BadParameter(f"the environment variable {name!r} is empty or not set; put the password there.")
    return password


app.command()(doctor)
app.command()(verify)
app.command()(trace)
app.command()(mcp)
app.command()(serve)
