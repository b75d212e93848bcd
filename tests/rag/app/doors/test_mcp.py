"""The MCP door through the SDK's own client: in process, as a program of its own, and over HTTP."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from jsonschema import validate
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import TextContent, TextResourceContents

from rag import Documents
from rag.app.doors.mcp import mcp_server
from rag.checking.contract import check_as_json, quotation_as_json
from rag.contract import as_json
from tests.conftest import ROOT
from tests.rag.app.doors.conftest import QUESTIONS
from tests.rag.app.doors.serving import served

send = partial(httpx.post, timeout=120)
"""A busy machine is slow to answer."""
Asked = Callable[[Client], Coroutine[Any, Any, Any]]


def through(documents: Documents, ask: Asked) -> Any:  # noqa: ANN401 - what the test asks for
    async def connected() -> Any:  # noqa: ANN401
        async with Client(mcp_server(documents)) as client:
            return await ask(client)

    return anyio.run(connected)


def call(documents: Documents, tool: str, **arguments: object) -> dict[str, Any]:
    """The structured content of a call that must not fail."""
    result = through(documents, lambda client: client.call_tool(tool, arguments))
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    content: dict[str, Any] = result.structured_content
    return content


def moving(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "timings_ms"}


def test_every_tool_only_reads_and_tells_its_shape(documents: Documents) -> None:
    tools = through(documents, lambda client: client.list_tools()).tools
    names = ["search", "ask", "read", "outline", "list_documents", "verify", "verify_quote"]
    assert [tool.name for tool in tools] == names
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert tool.annotations.title
        assert tool.output_schema["properties"]
        assert tool.description


@pytest.mark.parametrize("question", QUESTIONS)
def test_an_answer_is_the_contract_and_fits_its_schema(documents: Documents, question: str) -> None:
    answer = call(documents, "ask", question=question)
    assert moving(answer) == moving(as_json(documents.ask(question)))
    (tool,) = (tool for tool in through(documents, lambda c: c.list_tools()).tools if tool.name == "ask")
    validate(answer, tool.output_schema)


def test_what_was_written_is_verified(documents: Documents) -> None:
    text = "Two soldiers were killed [wire.txt]. Nine soldiers were killed [wire.txt]. All fled [ghost.txt]."
    check = call(documents, "verify", text=text)
    assert check == json.loads(json.dumps(check_as_json(documents.verify(text))))
    assert check["statements"][0]["verdict"] == "supported"
    assert check["statements"][1]["verdict"] != "supported"
    assert check["unknown"] == ["ghost.txt"]
    passage = call(documents, "search", query="How many soldiers were killed?", k=1)["passages"][0]
    numbered = call(documents, "verify", text="Two soldiers were killed [1].", sources=[passage["passage_id"]])
    assert numbered["statements"][0]["verdict"] == "supported"
    cited = {"document": passage["path"], "start": passage["start"], "end": passage["end"]}
    claims = [{"text": "Two soldiers were killed.", "citations": [cited]}]
    assert call(documents, "verify", sentences=claims)["statements"][0]["verdict"] == "supported"


def test_a_quote_is_found_and_read_where_it_stands(documents: Documents) -> None:
    quotation = call(documents, "verify_quote", quote="Two soldiers were killed")
    assert quotation == json.loads(json.dumps(quotation_as_json(documents.verify_quote("Two soldiers were killed"))))
    (place,) = quotation["places"]
    part = call(documents, "read", document=place["document_id"], start=place["start"], end=place["end"])
    assert part["text"] == "Two soldiers were killed"


def test_documents_are_resources(documents: Documents) -> None:
    resources = through(documents, lambda client: client.list_resources()).resources
    assert [resource.name for resource in resources] == ["herald.txt", "wire.txt"]
    (content,) = through(documents, lambda client: client.read_resource(resources[1].uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.text == documents.read("wire.txt").text
    for uri in ("rag://document/none", "rag://document/..%2Fwire.txt", "rag://document/wire.txt/../x"):
        assert through(documents, lambda client, uri=uri: refused(client, uri))


async def refused(client: Client, uri: str) -> bool:
    try:
        await client.read_resource(uri)
    except MCPError:
        return True
    return False


def test_the_prompt_asks_for_quotes(documents: Documents) -> None:
    prompt = through(documents, lambda client: client.get_prompt("answer_with_quotes", {"question": "Who?"}))
    content = prompt.messages[0].content
    assert isinstance(content, TextContent)
    assert "Who?" in content.text


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("read", {"document": "../wire.txt"}),
        ("read", {"document": 3}),
        ("read", {"document": "wire.txt", "start": "many"}),
        ("read", {}),
        ("search", {"query": "x", "k": 0}),
        ("search", {"query": ["x"]}),
        ("ask", {"question": ""}),
        ("ask", {"question": "x" * 5000}),
        ("ask", {"question": "x", "history": [{"question": 1}]}),
        ("verify", {}),
        ("verify", {"text": "x", "sentences": []}),
        ("verify", {"text": "Two. [1]", "sources": ["../x"]}),
        ("verify_quote", {"quote": " "}),
        ("no_such_tool", {}),
    ],
)
def test_wrong_arguments_are_an_error_the_model_can_read(
    documents: Documents, tool: str, arguments: dict[str, object]
) -> None:
    result = through(documents, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    assert "Traceback" not in result.content[0].text


def test_over_http_a_token_and_no_other_page(documents: Documents) -> None:
    with served(mcp_server(documents).streamable_http_app(), token="s3cret") as address:
        hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        usual = {"Authorization": "Bearer s3cret", "Accept": "application/json, text/event-stream"}
        assert send(f"{address}/mcp", json=hello).status_code == 401
        foreign = usual | {"Origin": "http://evil.example"}
        assert send(f"{address}/mcp", json=hello, headers=foreign).status_code == 403
        assert send(f"{address}/mcp", content=b" " * 3_000_000, headers=usual).status_code == 413
        assert send(f"{address}/mcp", json=hello, headers=usual).status_code not in (401, 403, 413)


def test_the_configuration_of_the_page_works_as_it_stands(sound: Path) -> None:
    page = (ROOT / "docs/mcp.md").read_text("utf-8")
    block = re.search(r"```json\n(\{\s*\"mcpServers\".*?)^```", page, re.MULTILINE | re.DOTALL)
    assert block
    (server,) = json.loads(block[1])["mcpServers"].values()
    assert server["command"] == "rag"
    command = ["-m", "rag", *server["args"]]
    environment = {**server.get("env", {}), "RAG_HOME": str(sound), "PYTHONPATH": str(ROOT)}

    async def connected() -> Any:  # noqa: ANN401
        async with Client(StdioServerParameters(command=sys.executable, args=command, env=environment)) as client:
            return await client.call_tool("verify_quote", {"quote": "Two soldiers were killed"})

    assert anyio.run(connected).structured_content["verbatim"]
