"""A GGUF file fetched from the Hugging Face hub because the user named it, and kept once its SHA-256 is the hub's own.

The one home of huggingface_hub here. No token is sent, and nothing is fetched unless this is called.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Protocol

from rag.errors import ModelNotFetched

_FILE = re.compile(r"(?:[\w-][\w.+-]*/)*[\w-][\w.+-]*\.gguf")
_REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


@dataclass(frozen=True, slots=True)
class Listed:
    """A file as the hub lists it: the commit it is of, and the SHA-256 of its bytes."""

    revision: str
    sha256: str


class Hub(Protocol):
    """What is needed of the hub."""

    def listed(self, repository: str, file: str) -> Listed | None:
        """The file as listed, None where there is none. Raises: OSError, ValueError."""
        ...

    def download(self, repository: str, file: str, revision: str, folder: Path) -> Path:
        """The file, fetched below `folder`. Raises: OSError, ValueError."""
        ...


class HuggingFace:
    """The hub itself."""

    def listed(self, repository: str, file: str) -> Listed | None:
        """The file as the hub's newest commit lists it. Raises: OSError, ValueError."""
        from huggingface_hub import HfApi

        try:
            info = HfApi(token=False).model_info(repository, files_metadata=True, timeout=30)
        except (OSError, ValueError):
            raise
        except Exception as error:  # the network's own errors have no root but this, and another in each version
            raise OSError(str(error)) from error
        sibling = next((sibling for sibling in info.siblings or [] if sibling.rfilename == file), None)
        if sibling is None or sibling.lfs is None or info.sha is None:
            return None
        return Listed(info.sha, sibling.lfs.sha256)

    def download(self, repository: str, file: str, revision: str, folder: Path) -> Path:
        """The file of that commit, with a progress bar on a screen. Raises: OSError, ValueError."""
        from huggingface_hub import hf_hub_download

        try:
            return Path(hf_hub_download(repository, file, revision=revision, local_dir=folder, token=False))
        except (OSError, ValueError):
            raise
        except Exception as error:
            raise OSError(str(error)) from error


def fetch(repository: str, file: str, folder: Path, hub: Hub) -> Path:
    """The file in `folder`, fetched whole or not at all; one that is there and sound is not fetched again.

    Raises: ModelNotFetched.
    """
    if not _REPOSITORY.fullmatch(repository) or not _FILE.fullmatch(file):
        raise ModelNotFetched(f"{repository!r} {file!r} is no file of the hub; give OWNER/NAME and a .gguf file of it.")
    name = f"{file!r} of {repository!r}"
    try:
        listed = hub.listed(repository, file)
        if listed is None:
            raise ModelNotFetched(f"The hub lists no {name} with a SHA-256; check both names on its page.")
        target = folder / Path(file).name
        if not (target.is_file() and _sha256(target) == listed.sha256):
            _fetch(repository, file, listed, target, hub)
        return target
    except (OSError, ValueError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        reason = lines[0].rstrip(".")
        raise ModelNotFetched(f"{name} could not be fetched ({reason}); check the network and both names.") from error


def _fetch(repository: str, file: str, listed: Listed, target: Path, hub: Hub) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = Path(mkdtemp(prefix=".part-", dir=target.parent))
    try:
        fetched = hub.download(repository, file, listed.revision, part)
        if (digest := _sha256(fetched)) != listed.sha256:
            raise ModelNotFetched(
                f"{file!r} came with SHA-256 {digest[:12]}… and not {listed.sha256[:12]}…; nothing was kept, try again."
            )
        os.replace(fetched, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
