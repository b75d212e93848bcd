"""What Gradio leaves open when a page ends."""

from __future__ import annotations

import asyncio
import gc
import warnings


def swept() -> None:
    """Collect it in silence: a test's own filters are lost where a thread sets warnings back meanwhile."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        asyncio.set_event_loop(None)  # the last one made is held until another takes its place, in some other test
        gc.collect()
