"""The documents as parts of LlamaIndex: nodes and citation blocks with offsets that hold."""

from __future__ import annotations

import subprocess
import sys

import anyio
import pytest
from llama_index.core.llms import CitationBlock, MockLLM, TextBlock
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import ResponseMode, get_response_synthesizer
from llama_index.core.schema import MetadataMode
from llama_index.core.tools import QueryEngineTool

from rag import Documents
from rag.app.doors.llama import AnswerEngine, PassageRetriever
from rag.contract import as_json
from tests.conftest import ROOT
from tests.rag.app.doors.conftest import QUESTIONS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_nodes_carry_true_offsets(documents: Documents) -> None:
    retriever = PassageRetriever(documents, k=2)
    nodes = retriever.retrieve("Who was killed in the strike?")
    assert len(nodes) == 2
    for scored in nodes:
        node = scored.node
        document = node.node_id.split(":")[0]
        text = documents.read(document, node.start_char_idx, node.end_char_idx).text  # type: ignore[attr-defined]
        assert text == node.get_content()
        assert node.metadata["path"].endswith(".txt")
        assert node.get_content(metadata_mode=MetadataMode.EMBED) == node.get_content()
    assert anyio.run(retriever.aretrieve, "Who was killed in the strike?") == nodes


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_sentence_is_followed_by_what_it_rests_on(documents: Documents, question: str) -> None:
    answer = documents.ask(question)
    response = AnswerEngine(documents).query(question)
    blocks = response.message.blocks  # type: ignore[union-attr]
    citations = [block for block in blocks if isinstance(block, CitationBlock)]
    sentences = [block.text for block in blocks if isinstance(block, TextBlock)]
    if answer.status == "refused":
        assert (sentences, citations) == ([str(response)], [])
        return
    assert str(response) == answer.text
    assert sentences == [statement.text for statement in answer.statements]
    for block, citation in zip(citations, answer.citations, strict=True):
        place = block.additional_location_info
        exact = documents.read(block.source, place["start_char_idx"], place["end_char_idx"]).text
        assert exact == block.cited_content.text == citation.quote  # type: ignore[union-attr]
        assert (block.title, place["label"]) == (citation.source.path, citation.label)


def test_a_response_has_all_that_was_read_and_the_contract(documents: Documents) -> None:
    question = QUESTIONS[0]
    response = anyio.run(AnswerEngine(documents).aquery, question)
    answer = as_json(documents.ask(question))
    assert response.metadata
    assert response.metadata["rag"] | {"timings_ms": answer["timings_ms"]} == answer
    assert [node.node.node_id for node in response.source_nodes] == [item["passage_id"] for item in answer["passages"]]


def test_both_fit_where_llama_index_takes_such(documents: Documents) -> None:
    synthesizer = get_response_synthesizer(llm=MockLLM(), response_mode=ResponseMode.SIMPLE_SUMMARIZE)
    engine = RetrieverQueryEngine(PassageRetriever(documents, k=1), synthesizer)
    assert [node.node.metadata["path"] for node in engine.query("Was anyone hurt?").source_nodes]
    tool = QueryEngineTool.from_defaults(AnswerEngine(documents), name="documents", description="Asks them.")
    assert tool.call(QUESTIONS[0]).content == documents.ask(QUESTIONS[0]).text


def test_opening_documents_loads_no_llama_index() -> None:
    code = (
        "import sys, tempfile; from rag import open_documents\n"
        "with open_documents(tempfile.mkdtemp()): print('llama_index' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
