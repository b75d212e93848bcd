"""What the libraries would tell their makers is switched off here, before any of them is loaded.

`index`, `rag` and `evals` call `switch_off` when they are first imported, so it is done in every process of ours, the
workers included. docs/telemetry.md lists what each library would send; tests/test_yours_alone.py holds the processes
to it at the level of system calls.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",  # of hf_xet and of Gradio's report through it too
    "GRADIO_ANALYTICS_ENABLED": "False",
    "ANONYMIZED_TELEMETRY": "False",
    "DO_NOT_TRACK": "1",
}
"""Variables, each read when its library is loaded, or by native code that cannot be told otherwise."""


def switch_off() -> None:
    """Puts every switch into the environment, whatever stood there, for this process and those that it starts."""
    os.environ.update(SWITCHES)


def event_folder() -> Path | None:
    """Where onnxruntime kept a device id and events to send, if that is there; None where it is not."""
    if sys.platform == "darwin":
        cache = Path.home() / "Library" / "Application Support"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "Microsoft" / "DeveloperTools" / ".onnxruntime"
    return folder if folder.is_dir() else None


def remove_events() -> Path | None:
    """Deletes that folder, and the two above it where they hold nothing else. Returns it, or None where none was.

    Raises: OSError.
    """
    folder = event_folder()
    if folder is None:
        return None
    shutil.rmtree(folder)
    for above in (folder.parent, folder.parent.parent):
        if any(above.iterdir()):
            break
        above.rmdir()
    return folder
