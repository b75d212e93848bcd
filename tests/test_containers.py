"""The container files, as far as they can be checked where there is no builder: by parsing them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.settings import load
from tests.conftest import ROOT
from tests.test_docs import blocks, parse

CORE = "requirements-core.lock"
PROFILES = {"page", "ollama", "chroma"}
_IGNORED = {"*", "**/__pycache__"}


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile says to do, its continued lines joined and its comments left out."""
    lines = [line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def copied() -> Iterator[str]:
    """What is copied from the repository."""
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            yield from shlex.split(rest)[:-1]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
def pages(compose: dict[str, Any]) -> dict[str, Any]:
    """The services that run this program."""
    return {name: service for name, service in compose["services"].items() if service.get("build") == "."}


def test_all_that_is_copied_is_there_and_is_sent_to_the_builder() -> None:
    sources = {*copied()}
    assert {"index", "rag", "evals", "ui.py", "pyproject.toml"} <= sources
    assert [name for name in sources if not (ROOT / name).exists()] == []
    sent = {*(ROOT / ".dockerignore").read_text("utf-8").splitlines()[1:]} - _IGNORED
    assert sent == {f"!{name}" for name in sources}


def test_the_last_stage_runs_as_nobody_in_particular_and_tells_its_health() -> None:
    said = instructions()
    last = max(at for at, (name, _) in enumerate(said) if name == "FROM")
    stage = dict(said[last:])
    assert int(stage["USER"]) > 0
    assert stage["VOLUME"] in stage["ENV"]
    assert " CMD [" in stage["HEALTHCHECK"]
    assert f":{stage['EXPOSE']}".replace(":", "'127.0.0.1', ") in stage["HEALTHCHECK"]
    assert all(re.match(r"python:\S*-slim", rest) for name, rest in said if name == "FROM")


def test_what_it_checks_its_health_with_is_python() -> None:
    (check,) = [rest for name, rest in instructions() if name == "HEALTHCHECK"]
    program, option, code = json.loads(check.partition(" CMD ")[2])
    assert (program, option) == ("python", "-c")
    compile(code, "HEALTHCHECK", "exec")


def test_what_is_installed_is_what_was_locked_and_nothing_else() -> None:
    (build,) = [rest for name, rest in instructions() if name == "RUN" and "-r " in rest]
    assert f"--require-hashes --no-deps -r {CORE}" in build
    (install,) = [rest for name, rest in instructions() if name == "RUN" and "/opt/rag/bin/pip" in rest]
    assert "--no-index --no-deps /wheels/*.whl" in install


def test_the_command_is_one_that_the_program_takes() -> None:
    stage = dict(instructions())
    assert json.loads(stage["ENTRYPOINT"]) == ["rag"]
    parse(json.loads(stage["CMD"]))


def test_each_profile_has_one_page_which_cannot_write_but_to_its_home(pages: dict[str, Any]) -> None:
    assert [service["profiles"] for service in pages.values()] == [["page"], ["ollama"], ["chroma"]]
    for service in pages.values():
        assert service["read_only"] is True
        assert service["tmpfs"] == ["/tmp"]
        assert service["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert [volume for volume in service["volumes"] if not volume.endswith(":ro")] == ["home:/data"]


def test_the_settings_of_each_page_are_ones_that_the_program_takes(pages: dict[str, Any], tmp_path: Path) -> None:
    for name, service in pages.items():
        environment = {key: re.sub(r"\$\{\w+:-(.*)\}", r"\1", value) for key, value in service["environment"].items()}
        settings = load(home=tmp_path, environ=environment)
        assert (settings.llm.provider == "openai") == (name == "page-ollama")
        assert (settings.store.host == "chroma") == (name == "page-chroma")


def test_a_chroma_server_is_reached_by_the_page_alone(compose: dict[str, Any]) -> None:
    chroma = compose["services"]["chroma"]
    assert "ports" not in chroma
    assert chroma["networks"] == ["vectors"]
    assert compose["networks"]["vectors"] == {"internal": True}
    on_it = [name for name, service in compose["services"].items() if "vectors" in service.get("networks", ())]
    assert on_it == ["page-chroma", "chroma"]
    locked = re.search(r"^chromadb==(\S+)", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)
    assert locked
    assert chroma["image"] == f"chromadb/chroma:{locked[1]}"


def test_every_volume_that_is_named_is_declared(compose: dict[str, Any]) -> None:
    volumes = [volume for service in compose["services"].values() for volume in service["volumes"]]
    named = {volume.partition(":")[0] for volume in volumes if not volume.startswith(("$", "."))}
    assert named == {*compose["volumes"]}


def test_the_commands_of_the_page_about_it_are_taken(compose: dict[str, Any]) -> None:
    page = (ROOT / "docs/containers.md").read_text("utf-8")
    lines = [line for block in blocks(page) for line in block.lines] + re.findall(r"`(docker compose [^`]+)`", page)
    called = [words for line in lines if (words := shlex.split(line))[:2] == ["docker", "compose"]]
    assert len(called) >= 7
    for words in called:
        assert {words[at + 1] for at, word in enumerate(words) if word == "--profile"} <= PROFILES
        services = [at for at, word in enumerate(words) if word in compose["services"] and words[at - 1] != "--profile"]
        if "run" in words:
            parse(words[services[0] + 1 :])
