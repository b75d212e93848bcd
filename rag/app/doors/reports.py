"""The verdicts on a text as machines of continuous integration read them: JUnit, and SARIF 2.1.0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from index.types import Span
from rag.checking.text import Check
from rag.contract import Json
from rag.types import Statement, Verdict

_RULES: Mapping[Verdict, tuple[str, str]] = {
    "contradicted": ("error", "The source says otherwise."),
    "unsupported": ("error", "The source that is cited does not say this, or there is no such source."),
    "partly": ("warning", "Not all of this is in the source that is cited."),
    "uncited": ("note", "The sentence cites no source."),
}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(check: Check, name: str, failing: Sequence[int]) -> str:
    """A test case for each sentence; those whose numbers are `failing` have failed."""
    cases = "\n".join(_case(check, at, name, failed=at in failing) for at in range(len(check.statements)))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<testsuite name={_attribute(name)} tests="{len(check.statements)}" failures="{len(failing)}">\n'
        f"{cases}\n</testsuite>\n"
    )


def _case(check: Check, at: int, name: str, *, failed: bool) -> str:
    statement = check.statements[at]
    opening = f"  <testcase classname={_attribute(name)} name={_attribute(_one_line(statement.text))}"
    if not failed:
        return f"{opening}/>"
    message = _attribute(f"{statement.verdict}: {statement.note}".removesuffix(": "))
    words = escape(_xml("\n".join(_evidence(check, at))))
    failure = f"<failure type={_attribute(statement.verdict)} message={message}>{words}</failure>"
    return f"{opening}>\n    {failure}\n  </testcase>"


def sarif(check: Check, name: str, version: str) -> Json:
    """A SARIF log with a result for each sentence that is not supported, at its place in the file `name`."""
    rules = [{"id": verdict, "shortDescription": {"text": text}} for verdict, (_, text) in _RULES.items()]
    driver = {"name": "rag verify", "version": version, "rules": rules}
    results = [
        _result(check, at, statement, name)
        for at, statement in enumerate(check.statements)
        if statement.verdict in _RULES
    ]
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _result(check: Check, at: int, statement: Statement, name: str) -> Json:
    level, text = _RULES[statement.verdict]
    evidence = "".join(f"\n{line}" for line in _evidence(check, at))
    location: Json = {"artifactLocation": {"uri": name}}
    if place := check.places[at]:
        location["region"] = _region(check.text, place)
    return {
        "ruleId": statement.verdict,
        "level": level,
        "message": {"text": f"{statement.note or text}\n{_one_line(statement.text)}{evidence}"},
        "locations": [{"physicalLocation": location}],
    }


def _region(text: str, place: Span) -> Json:
    """Lines and columns, both from 1."""

    def line_and_column(at: int) -> tuple[int, int]:
        return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)

    (line, column), (last_line, last_column) = line_and_column(place.start), line_and_column(place.end)
    return {"startLine": line, "startColumn": column, "endLine": last_line, "endColumn": last_column}


def _evidence(check: Check, at: int) -> Iterator[str]:
    """The words that a sentence was held against, each with where it stands."""
    for citation in check.citations[at]:
        span = f"{citation.source.path}:{citation.span.start}-{citation.span.end}"
        yield f"[{citation.label}] {span}: “{_one_line(citation.quote)}”"


def _attribute(text: str) -> str:
    return quoteattr(_xml(text))


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def _one_line(text: str) -> str:
    return " ".join(text.split())
