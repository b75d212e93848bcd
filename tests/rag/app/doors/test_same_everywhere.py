"""One question has one answer: the same quotes, spans and verdicts, whichever of the eight ways it is asked."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

import ui
from rag import open_documents
from rag.app.doors.http import api
from rag.app.workspace import Workspace
from tests.conftest import ROOT
from tests.leftovers import swept
from tests.rag.app.doors.clients import CLIENTS, Doors, Outcome, by_python
from tests.rag.app.doors.serving import served
from tests.rag.app.page.conftest import free_port
from tests.rag.providers.endpoint import says, serving

pytestmark = [  # what LlamaIndex, Gradio and its client leave behind
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed event loop:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]
Client = Callable[[Doors, Sequence[str]], list[Outcome]]
FILES = {
    "lease.md": (
        "# Lease of Flat 4\n\nThe landlord pays for repairs to the boiler and the roof. Dogs are not allowed.\n\n"
        "## Ending it\n\nEither side may end this lease with eight weeks' notice in writing.\n"
    ),
    "orders.csv": (
        "Order,Customer,Item,Status,Price\n1001,Ines Falk,Lamp,delivered,40.00\n1002,Omar Said,Chair,returned,85.50\n"
        "1003,Ines Falk,Desk,delivered,210.00\n1004,Lena Voss,Chair,returned,85.50\n"
    ),
    "notes.txt": (
        "The spare key hangs behind the boiler in the hall.\nThe fuse box is in the cellar, left of the stairs.\n"
        "Mrs Albrecht waters the plants on Tuesdays and Fridays.\n"
    ),
    "plan.md": "# Plan\n\n- Paint the hall: in May\n- New windows: in June, by Kerner & Sons\n- The shed: not yet\n",
}
QUESTIONS = (
    "How many civilians remain in Aleppo?",
    "How many people died at Khan Sheikhoun?",
    "In which province is Masyaf?",
    "What is WarReports?",
    "Which religious community does Assad belong to?",
    "how long had the latest fighting in hasakah been going on?",
    "Who told RT the militia had no warning before it was bombed?",
    "What is the population of Damascus?",
    "What is the capital of Australia?",
    "How far is Damascus from al-Tanf?",
    "Who pays for repairs to the roof?",
    "Are dogs allowed?",
    "How much notice has to be given to end the lease?",
    "How many orders were returned?",
    "Which item was the most expensive?",
    "Where is the spare key?",
    "When are the plants watered?",
    "Who makes the new windows?",
    "Which documents do you have?",
    "What does the dishwasher cost?",
)
WRITTEN = (
    "300,000 civilians remain inside Aleppo [1]. Some 900,000 civilians remain inside Aleppo [1]. "
    "The moon is made of green cheese [1]. It was sold in spring [70]. Nobody knows more."
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the sample documents and a small folder."""
    folder, home = tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("home")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with open_documents(home) as documents:
        documents.index(ROOT / "seeds", folder)
    return home


@pytest.fixture(scope="module")
def quoting(home: Path) -> Iterator[Doors]:
    with opened(home) as doors:
        yield doors


@pytest.fixture(scope="module")
def written(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """The same documents, and a model that writes the same sentences to every question."""
    copy = Path(shutil.copytree(home, tmp_path_factory.mktemp("written") / "home"))
    with serving(says(WRITTEN)) as model:
        (copy / "rag.toml").write_text(f'[llm]\nprovider = "openai"\nbase_url = "{model.url}"\nmodel = "small"\n')
        with opened(copy) as doors:
            yield doors


@contextmanager
def opened(home: Path) -> Iterator[Doors]:
    """Every door of a home, each server started once."""
    with ExitStack() as stack:
        documents = stack.enter_context(open_documents(home))
        workspace = stack.enter_context(Workspace(documents.settings))
        page = ui.serve(workspace, port=free_port(), prevent_thread_lock=True)
        stack.callback(swept)
        stack.callback(page.close, verbose=False)
        yield Doors(home, documents, stack.enter_context(served(api(documents))), str(page.local_url))


@pytest.fixture(scope="module")
def expected(quoting: Doors) -> Sequence[Outcome]:
    return by_python(quoting, QUESTIONS)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_twenty_questions_have_the_same_quotes_spans_and_verdicts(
    client: Client, quoting: Doors, expected: Sequence[Outcome]
) -> None:
    outcomes = client(quoting, QUESTIONS)
    assert len(outcomes) == len(QUESTIONS) == 20
    for question, outcome, same in zip(QUESTIONS, outcomes, expected, strict=True):
        assert outcome == same, question


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_what_a_model_wrote_has_the_same_verdicts(client: Client, written: Doors) -> None:
    (outcome,) = client(written, QUESTIONS[:1])
    assert [verdict for _, verdict in outcome.statements] == [
        "supported",
        "contradicted",
        "unsupported",
        "unsupported",
        "uncited",
    ]
    assert outcome == by_python(written, QUESTIONS[:1])[0]


def test_the_questions_are_of_every_kind(quoting: Doors, expected: Sequence[Outcome]) -> None:
    assert {"answered", "may_answer", "refused"} == {outcome.status for outcome in expected}
    assert sum(bool(outcome.cited) for outcome in expected) >= 14
    for outcome in expected:
        for place in (*outcome.cited, *outcome.quotes):
            assert quoting.documents.read(place.document, place.start, place.end).text == place.quote
