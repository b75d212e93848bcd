"""The eight ways in, each as a client of it would use it: what an answer came to, read in the form of that client."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anthropic
import anyio
import openai
import pytest
from llama_index.core.llms import CitationBlock
from mcp import Client

from rag import Documents
from rag.app.cli.main import main
from rag.app.doors.llama import AnswerEngine
from rag.app.doors.mcp import mcp_server
from rag.contract import as_json

Json = dict[str, Any]


@dataclass(frozen=True, order=True)
class Place:
    """Cited words, where they stand and the verdict on them."""

    document: str
    start: int
    end: int
    quote: str
    verdict: str


@dataclass(frozen=True)
class Outcome:
    """What a client is left with: whether it is a no, every sentence with its verdict, and what is cited and quoted."""

    status: str
    statements: tuple[tuple[str, str], ...]
    cited: tuple[Place, ...]
    quotes: tuple[Place, ...]


@dataclass(frozen=True)
class Doors:
    """Where the documents of a home are to be asked."""

    home: Path
    documents: Documents
    http: str
    page: str


def by_command(doors: Doors, questions: Sequence[str]) -> list[Outcome]:
    """`rag ask --json`."""
    return [of_contract(json.loads(printed("ask", question, "--json", "--home", doors.home))) for question in questions]


def printed(*arguments: object) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit):
        main([str(argument) for argument in arguments])
    return out.getvalue()


def by_python(doors: Doors, questions: Sequence[str]) -> list[Outcome]:
    """`open_documents`."""
    return [of_contract(as_json(doors.documents.ask(question))) for question in questions]


def by_mcp(doors: Doors, questions: Sequence[str]) -> list[Outcome]:
    """The client of MCP's SDK."""

    async def answers() -> list[Json]:
        async with Client(mcp_server(doors.documents)) as client:
            results = [await client.call_tool("ask", {"question": question}) for question in questions]
            return [result.structured_content or {} for result in results]

    return [of_contract(answer) for answer in anyio.run(answers)]


def by_chat(doors: Doors, questions: Sequence[str]) -> list[Outcome]:
    """OpenAI's client, as most programs use it."""
    outcomes = []
    with openai.OpenAI(base_url=f"{doors.http}/v1", api_key="none", max_retries=0) as client:
        for question in questions:
            completion = client.chat.completions.create(
                model="rag", messages=[{"role": "user", "content": question}]
            ).model_dump()
            message = completion["choices"][0]["message"]
            cited = (_of_url(note["url_citation"]) for note in message["annotations"])
            outcomes.append(_outcome(completion["rag"], message["refusal"], cited))
    return outcomes


def by_responses(doors: Doors, questions: Sequence[str]) -> list[Outcome]:
    """OpenAI's client in its newer form."""
    outcomes = []
    with openai.OpenAI(base_url=f"{doors.http}/v1", api_key="none", max_retries=0) as client:
        for question in questions:
            response = client.responses.create(model="rag", input=question).model_dump()
            part = response["output"][0]["content"][0]
            cited = (
                Place(note["file_id"], note["start"], note["end"], note["quote"], note["verdict"])
                for note in part.get("annotations", ())
            )
            outcomes.append(_outcome(response["rag"], part.get("refusal"), cited))
    return outcomes


def by_messages(doors: Doors, questions: Sequence[str]) -> list[Outcome]:
    """Anthropic's client."""
    outcomes = []
    with anthropic.Anthropic(base_url=doors.http, api_key="none", max_retries=0) as client:
        for question in questions:
            message = client.messages.create(
                model="rag", max_tokens=1000, messages=[{"role": "user", "content": question}]
            ).model_dump()
            blocks = zip(message["content"], message["rag"]["statements"], strict=False)  # a no is a block alone
            for block, statement in blocks:
                assert {place["verdict"] for place in block["citations"] or ()} <= {statement["verdict"]}
            cited = (_of_location(place) for block in message["content"] for place in block["citations"] or ())
            outcomes.append(_outcome(message["rag"], message["stop_reason"] == "refusal", cited))
    return outcomes


def by_llama_index(doors: Doors, questions: Sequence[str]) -> list[Outcome]:
    """LlamaIndex's query engine; a citation block has no room for a verdict, which is that of its sentence."""
    outcomes = []
    for question in questions:
        response: Any = AnswerEngine(doors.documents).query(question)
        contract = response.metadata["rag"]
        sentences = iter(contract["statements"])
        verdict, cited = "", []
        for block in response.message.blocks:
            if isinstance(block, CitationBlock):
                cited.append(_of_block(block, verdict))
            else:
                verdict = next(sentences, {"verdict": ""})["verdict"]
        outcomes.append(_outcome(contract, verdict == "", cited))
    return outcomes


def by_gradio(doors: Doors, questions: Sequence[str]) -> list[Outcome]:
    """Gradio's client, on the page."""
    from gradio_client import Client as Program

    program = Program(doors.page, verbose=False)
    return [of_contract(json.loads(program.predict(question, api_name="/chat"))) for question in questions]


CLIENTS = (by_command, by_python, by_mcp, by_chat, by_responses, by_messages, by_llama_index, by_gradio)


def of_contract(answer: Json) -> Outcome:
    """The outcome that an object of `rag ask --json` tells."""
    return _outcome(answer, answer["status"] == "refused", _places(answer["citations"]))


def _outcome(contract: Json, refused: object, cited: Iterable[Place]) -> Outcome:
    assert bool(refused) == (contract["status"] == "refused")
    return Outcome(
        contract["status"],
        tuple((item["text"], item["verdict"]) for item in contract["statements"]),
        tuple(sorted(set(cited))),
        _places(contract["quotes"]),
    )


def _places(citations: Sequence[Json]) -> tuple[Place, ...]:
    names = ("document_id", "start", "end", "quote", "verdict")
    return tuple(sorted({Place(*(item[name] for name in names)) for item in citations}))


def _of_url(note: Json) -> Place:
    document, _, span = note["url"].removeprefix("rag://document/").partition("#char=")
    start, end = map(int, span.split(","))
    return Place(document, start, end, note["quote"], note["verdict"])


def _of_location(place: Json) -> Place:
    return Place(
        place["document_id"],
        place["start_char_index"],
        place["end_char_index"],
        place["cited_text"],
        place["verdict"],
    )


def _of_block(block: CitationBlock, verdict: str) -> Place:
    place = block.additional_location_info
    quote = block.cited_content.text  # type: ignore[union-attr]
    return Place(block.source, place["start_char_idx"], place["end_char_idx"], quote, verdict)
