"""Jupyter notebooks: the text and code of every cell, and what it printed."""

from __future__ import annotations

import re

from index.errors import UnreadableFile
from index.readers.decode import decode
from index.readers.extracted import Composer, Extracted
from index.readers.jsontext import Json, parse
from index.readers.markdown import without_comments

_LONGEST_OUTPUT = 100_000
"""Characters of one output: what is longer is a log or data, and what a person reads of it stands at its beginning."""
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def read_notebook(data: bytes) -> Extracted:
    """Every cell in order; of the outputs, those that are text, and of a very long one its beginning.

    Raises: UnreadableFile, when it is no notebook.
    """
    decoded = decode(data)
    notebook = parse(decoded.text)
    cells = notebook.get("cells", _of_first_sheet(notebook)) if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise UnreadableFile("named as a Jupyter notebook, but holds no cells")
    composer = Composer(decoded.encoding)
    for cell in cells:
        if isinstance(cell, dict):
            _add(composer, cell)
    return composer.done(replaced=decoded.replaced)


def _add(composer: Composer, cell: dict[str, Json]) -> None:
    source = _joined(cell.get("source", cell.get("input")))
    if cell.get("cell_type") == "markdown":
        text, hidden = without_comments(source)
        composer.hide_count(hidden)
        composer.text(text)
    else:
        composer.block(source)
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict):
            printed = _printed(output)
            if len(printed) > _LONGEST_OUTPUT:
                composer.note(f"an output of {len(printed):,} characters was cut to {_LONGEST_OUTPUT:,}")
            composer.block(_COLOUR.sub("", printed[:_LONGEST_OUTPUT]))


def _printed(output: dict[str, Json]) -> str:
    data = output.get("data")
    if isinstance(data, dict):
        return _joined(data.get("text/plain"))
    if "traceback" in output:
        return f"{_joined(output.get('ename'))}: {_joined(output.get('evalue'))}"
    return _joined(output.get("text"))


def _joined(value: Json) -> str:
    """The text of a field, which notebooks keep whole or line by line."""
    if isinstance(value, list):
        return "".join(piece for piece in value if isinstance(piece, str))
    return value if isinstance(value, str) else ""


def _of_first_sheet(notebook: dict[str, Json]) -> Json:
    """The cells of a notebook from before 2015."""
    sheets = notebook.get("worksheets")
    first = sheets[0] if isinstance(sheets, list) and sheets else None
    return first.get("cells") if isinstance(first, dict) else None
