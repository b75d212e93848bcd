"""`python -m rag` is `rag`. Next to nothing is imported before Ctrl-C is minded."""

from __future__ import annotations

import os
import signal
import sys

_INTERRUPTED = 130


def main() -> None:
    """Runs one command and exits, as `rag.app.cli.main` does; Ctrl-C ends it without a word even while it is loaded."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(_INTERRUPTED))  # an exception amid an import may be lost or told
    from rag.app.cli.main import main as run

    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        run()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
