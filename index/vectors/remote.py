"""Where the vectors of a generation are that are on a server."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remote:
    """Where the vectors of a generation are that are not among its files, and how many."""

    server: str
    collection: str
    count: int


def remote_name(collection: str, generation: str) -> str:
    """A new name, fit for Chroma and no other home's, for the vectors of a generation on a server."""
    return f"rag-{re.sub(r'[^A-Za-z0-9._-]', '_', collection)[:63]}-{generation}-{secrets.token_hex(8)}"
