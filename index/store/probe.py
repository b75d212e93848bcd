"""A trial of a generation in a process of its own, since a damaged Chroma store can kill the process that opens it.

`python -m index.store.probe FOLDER WHERE`, with where its vectors are as JSON, prints one line of JSON,
`{"checked": n, "problem": null | "in words"}`, and exits with 0 when the generation answers as it should, else 1. Where
nothing can be written, which Chroma needs to open a store, it prints `{"errno": n}`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np

from index.errors import IndexFault
from index.settings import EMBEDDED, StoreSettings
from index.store.corpus import FILE, Corpus
from index.vectors.remote import Remote

CHROMA, LEXICAL = "chroma", "lexical"
_VECTORS_TRIED, _TEXTS_TRIED = 500, 20
_NEAR = 0.999
_MISSED = 0.01
"""The share of passages that may not find themselves: of very many, Chroma's graph passes over a few."""
_PLAIN_SIZE = 64 * 1024 * 1024


def run(
    folder: Path, remote: Remote | None = None, store: StoreSettings = EMBEDDED, seconds: float = 300
) -> str | None:
    """What is wrong with the generation in `folder`, in words; None when it opens and finds its own passages.

    Its vectors are in `remote`, a collection on the server of `store`, or in the folder where that is None.

    Raises: OSError, when it cannot be tried because the disk is full or takes nothing.
    """
    # -P and an explicit path: the folder one happens to be in must not supply the code.
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent.parent)}
    where = json.dumps([asdict(remote) if remote else None, asdict(store)])
    command = [sys.executable, "-P", "-m", "index.store.probe", str(folder), where]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return f"the search does not answer within {seconds:g} s"
    if done.returncode < 0:
        return f"the search crashes (signal {-done.returncode})"
    try:
        told = json.loads(done.stdout)
        if "errno" in told:
            raise OSError(told["errno"], os.strerror(told["errno"]), str(folder))
        problem = told["problem"]
    except (ValueError, KeyError, TypeError):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        return f"the check itself failed with exit code {done.returncode}: {' '.join(last)}"
    return None if problem is None else str(problem)


def main(arguments: Sequence[str]) -> int:
    """Try the generation in the folder named; 0 when it is sound."""
    checked = 0
    remote, store = json.loads(arguments[1])
    try:
        checked, problem = _try(Path(arguments[0]), Remote(**remote) if remote else None, StoreSettings(**store))
    except IndexFault as error:
        problem = str(error)
    except OSError as error:
        sys.stdout.write(json.dumps({"errno": error.errno}) + "\n")
        return 1
    sys.stdout.write(json.dumps({"checked": checked, "problem": problem}) + "\n")
    return 0 if problem is None else 1


def _try(folder: Path, remote: Remote | None, store: StoreSettings) -> tuple[int, str | None]:
    """How many passages were looked for, and the first problem met."""
    problem = _sparse(folder / CHROMA)
    if problem:
        return 0, problem
    with Corpus(folder / FILE) as corpus:
        ids = corpus.passage_ids()
        problem = _find_vectors(folder, corpus, remote, store) or _find_texts(folder, corpus, ids)
    return min(len(ids), _VECTORS_TRIED), problem


def _sparse(folder: Path) -> str | None:
    """Chroma, when broken, has written files that claim terabytes; opening one is fatal."""
    for path in folder.rglob("*"):
        status = path.stat()
        if status.st_size > _PLAIN_SIZE + 8 * 512 * status.st_blocks:
            return f"{path.name} claims {status.st_size:,} bytes and holds {512 * status.st_blocks:,}"
    return None


def _find_vectors(folder: Path, corpus: Corpus, remote: Remote | None, settings: StoreSettings) -> str | None:
    from index.vectors.stores import open_vectors

    with closing(open_vectors(folder / CHROMA, remote, settings)) as store:
        distinct = corpus.distinct_ids()
        if store.count() != len(distinct):
            return f"the corpus has {len(distinct):,} distinct passages and Chroma {store.count():,}"
        tried = _sample(distinct, _VECTORS_TRIED)
        fingerprint = corpus.meta("fingerprint") or ""
        vectors = corpus.vectors(fingerprint, tried)
        hits = [store.query(vector, 1) for vector in vectors]
    tops = [found[0] for found in hits if found]
    if len(tops) < len(tried):
        return f"nothing at all is found for {len(tried) - len(tops):,} of {len(tried):,} vectors"
    # Equal texts have equal vectors, so the passage found may be another; its vector must be the one looked for.
    others = corpus.vectors(fingerprint, [top.passage_id for top in tops])
    missed = [
        key
        for key, vector, top, other in zip(tried, vectors, tops, others, strict=True)
        if min(float(np.dot(vector, other)), top.score) < _NEAR
    ]
    if len(missed) > _MISSED * len(tried):
        return f"the passage {missed[0]!r} is not found by its own vector ({len(missed)} of {len(tried)} tried)"
    return None


def _find_texts(folder: Path, corpus: Corpus, ids: Sequence[str]) -> str | None:
    from index.words.lexical import LexicalIndex
    from index.words.tokens import tokenize

    index = LexicalIndex.open(folder / LEXICAL)
    if index.ids != tuple(ids):
        return f"the corpus has {len(ids):,} passages and the word index {len(index.ids):,}, or in another order"
    for key, passage in corpus.passages(_sample(ids, _TEXTS_TRIED)).items():
        found = {hit.passage_id for hit in index.query(passage.text, len(ids))}
        if tokenize(passage.text) and key not in found:
            return f"the passage {key!r} is not found by its own words"
    return None


def _sample(ids: Sequence[str], most: int) -> Sequence[str]:
    """Up to `most` ids, evenly spread."""
    step = -(-len(ids) // most) or 1
    return ids[::step]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
