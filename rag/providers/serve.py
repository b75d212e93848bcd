"""The process that holds a GGUF model: `python -m rag.providers.serve`.

Reads one line of JSON from stdin (`path`, `context`, `threads`, `key`), loads the model, and prints one line,
`{"url": …}` or `{"problem": "in words"}`. It answers on loopback, to those who hold the key, until its stdin ends: with
the program that started it, however that ends. A model that is killed for its memory takes nothing else with it.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> None:
    """Serve the model that stdin names, until stdin ends."""
    request = json.loads(sys.stdin.readline())
    try:
        server = _load(request["path"], request["context"], request["threads"], request["key"])
    except (RuntimeError, ImportError) as error:
        _say({"problem": " ".join(str(error).split())})
        return
    _say({"url": server.listening_address})
    sys.stdin.read()
    os._exit(0)  # nothing here is worth waiting for: a reply that is being written would be waited for


def _say(message: dict[str, str]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _load(path: str, context: int, threads: int | None, key: str) -> Any:  # noqa: ANN401 - a class without types
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = context
    params.n_parallel = 1
    params.api_keys = [key]
    params.hostnames = ["127.0.0.1"]
    params.offline = True
    params.ui = False
    params.endpoint_slots = False
    params.warmup = False
    params.verbosity = 1  # errors, for the one that started us
    if threads is not None:
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
