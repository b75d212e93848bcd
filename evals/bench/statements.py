"""`python -m evals.bench.statements FOLDER --home DIR`: what a language model wrote that the verifier calls supported.

Every reply in the transcripts is verified anew against the passages that its writer was given, those of the plain
prompt too. What no reader has labelled yet is printed, a line a statement, to be read and labelled.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from evals.bench.answer_scores import LABELS, LONG, OURS, PLAIN, labels_of
from evals.bench.transcripts import Reply, lines_of
from evals.errors import EvalError
from evals.markdown import bounds
from evals.stats import wilson
from index.errors import RagError
from index.open import Index, open_index
from index.types import Encoded, Span, passage_id
from rag.settings import load
from rag.types import Ranks, RetrievedPassage
from rag.verification.attach import judged
from rag.verification.cite import parse
from rag.verification.support import Encode
from rag.verification.verify import Checked, verify


def main(
    folder: Annotated[Path, typer.Argument(help="The folder of the transcripts.")],
    home: Annotated[Path, typer.Option(help="The home where the documents are indexed.")] = Path(".home"),
    labels: Annotated[Path, typer.Option(help="What was labelled before.")] = LABELS,
) -> None:
    """Print the statements called supported that no reader has labelled; on stderr, how many of the labelled are right.

    The verifier in force judges: after a change to it, the labels tell what became of its precision.
    """
    from index.embed import embedder_of

    settings = load(home=home).for_index()
    embedder = embedder_of(settings)

    def encode(texts: Sequence[str]) -> dict[str, Encoded]:
        return dict(zip(texts, embedder.encode(texts), strict=True))

    try:
        read_there = [label for label in labels_of(labels) if label.sample == folder.name]
        known = {(label.system, label.case, label.statement): label for label in read_there}
        with open_index(settings, embedder.fingerprint) as index:
            called = {(name, case, item.statement.text): item for name, case, item in supported(folder, index, encode)}
    except RagError as error:
        sys.stderr.write(f"statements: {error}\n")
        raise typer.Exit(1) from error
    for key, item in called.items():
        if key not in known:
            sys.stdout.write(json.dumps(_blank(folder.name, *key[:2], item), ensure_ascii=False) + "\n")
    read = [known[key].agree for key in called if key in known]
    if read:
        found = bounds(wilson(sum(read), len(read)))
        sys.stderr.write(
            f"statements: called supported now, labelled, and agreed: {sum(read)} of {len(read)} {found}\n"
        )


def supported(folder: Path, index: Index, encode: Encode | None) -> Iterator[tuple[str, str, Checked]]:
    """The system, the case and the verdict of each statement by the model that the verifier calls supported.

    Raises: EvalError, when a transcript does not read, or names a passage that the index does not hold.
    """
    judge = partial(verify, encode=encode)
    for system in (OURS, PLAIN, LONG):
        for case, line in lines_of(folder / f"{system}.jsonl").items():
            reply = line.reply
            if reply is None or reply.status != "answered" or reply.answerer != "llm":
                continue
            passages = _given(reply, index)
            ours = {said.text for said in reply.statements if said.added}
            for item in judged(parse(reply.text), passages, judge):
                if item.statement.verdict == "supported" and item.statement.text not in ours:
                    yield system, case, item


def _given(reply: Reply, index: Index) -> list[RetrievedPassage]:
    """The passages that the writer of a reply was given, as they are in the index."""
    ids = {}
    for shown in reply.passages:
        if shown.label not in reply.unsent:
            ids[shown.label] = passage_id(index.document_at(shown.path) or "", Span(shown.start, shown.end))
    found = index.passages(ids.values())
    if len(found) < len(set(ids.values())):
        raise EvalError("The index does not hold the passages of these transcripts; index the same documents.")
    return [RetrievedPassage(n, found[i], index.source(found[i]), 0.0, Ranks()) for n, i in ids.items()]


def _blank(sample: str, system: str, case: str, item: Checked) -> dict[str, str | bool | None]:
    return {
        "sample": sample,
        "system": system,
        "case": case,
        "statement": item.statement.text,
        "quote": " … ".join(citation.quote for citation in item.citations if citation.verdict == "supported"),
        "moved": bool(item.statement.instead_of),
        "agree": None,  # true or false is for the reader to say
        "why": "",
    }


if __name__ == "__main__":
    typer.run(main)
