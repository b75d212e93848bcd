"""What the tests of the application share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag.app import users


@pytest.fixture(scope="module")
def quick_hashes() -> Iterator[None]:
    """Passwords hashed at a 1,024th of the cost, as long as a module's tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users, "_N", 2**4)
        yield
