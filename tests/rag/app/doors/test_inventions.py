"""An agent may write what it likes and must pass `verify`: the invented citations it catches, the true ones it stops.

`pytest -s tests/rag/app/doors/test_inventions.py` prints the counts that docs/verify.md has.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import anyio
import pytest
from mcp import Client

from rag import Documents, open_documents
from rag.app.doors.mcp import mcp_server
from tests.rag.app.doors.inventions import DOCUMENTS, INVENTED, TRUE, Cited


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documents]:
    folder = tmp_path_factory.mktemp("folder")
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text)
    with open_documents(tmp_path_factory.mktemp("home")) as opened:
        opened.index(folder)
        yield opened


@pytest.fixture(scope="module")
def verdicts(documents: Documents) -> Mapping[Cited, str]:
    """The verdict on each sentence of one draft, in which true and invented ones are mixed."""
    mixed = [*TRUE, *INVENTED]
    random.Random(18).shuffle(mixed)

    async def checked() -> Any:  # noqa: ANN401 - the contract's object
        async with Client(mcp_server(documents)) as client:
            return await client.call_tool("verify", {"text": " ".join(item.written() for item in mixed)})

    statements = anyio.run(checked).structured_content["statements"]
    assert [item["text"] for item in statements] == [item.sentence for item in mixed]
    return {item: statement["verdict"] for item, statement in zip(mixed, statements, strict=True)}


def test_forty_and_forty_that_differ() -> None:
    assert len({*TRUE}) == len({*INVENTED}) == 40
    assert {item.source for item in TRUE} == {*DOCUMENTS}


@pytest.mark.parametrize(
    ("passing", "caught", "stopped"),
    [(("supported",), 39, 5), (("supported", "partly", "uncited"), 25, 1)],
    ids=["all but supported stops", "contradicted and unsupported stop"],
)
def test_no_fewer_are_caught_than_were_measured(
    verdicts: Mapping[Cited, str], passing: Sequence[str], caught: int, stopped: int
) -> None:
    """Asked for are 40 caught and at most 2 stopped; these are what there is."""
    stops = [item for item, verdict in verdicts.items() if verdict not in passing]
    true = sum(item.kind == "true" for item in stops)
    sys.stdout.write(
        f"{len(stops) - true} of 40 invented caught, {true} of 40 true stopped: {', '.join(passing)} pass\n"
    )
    assert len(stops) - true >= caught
    assert true <= stopped


def test_a_source_that_is_not_there_or_says_nothing_of_it_is_always_caught(verdicts: Mapping[Cited, str]) -> None:
    cited = [item for item in INVENTED if item.kind in ("no such source", "wrong source")]
    assert {verdicts[item] for item in cited} == {"unsupported"}


def test_the_counts_by_what_is_the_matter(verdicts: Mapping[Cited, str]) -> None:
    for kind in dict.fromkeys(item.kind for item in (*TRUE, *INVENTED)):
        counted = Counter(verdict for item, verdict in verdicts.items() if item.kind == kind)
        sys.stdout.write(f"{kind}: {', '.join(f'{number} {verdict}' for verdict, number in counted.most_common())}\n")
    for item, verdict in verdicts.items():
        if (verdict == "supported") != (item.kind == "true"):
            sys.stdout.write(f"{verdict} ({item.kind}): {item.written()}\n")
