"""Commands with a language model set: over an endpoint on loopback, and with one that fails."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rag.app.cli.main import main
from tests.rag.providers.endpoint import Endpoint, fails, rambles, says, serving

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
KEY = "sk-very-secret-0123456789"
QUESTION = "How many soldiers were killed near Masra?"
SAID = "Two soldiers were killed, the army said [1]."


@pytest.fixture
def home(sound: Path) -> Path:
    """A home in which two documents are indexed."""
    return sound


@pytest.fixture(autouse=True)
def _debugged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_DEBUG", "1")  # tracebacks too must be without the key
    monkeypatch.setenv("RAG_LLM__RETRIES", "0")


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def use(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_LLM__PROVIDER", "openai")
    monkeypatch.setenv("RAG_LLM__BASE_URL", endpoint.url)
    monkeypatch.setenv("RAG_LLM__MODEL", "small")
    monkeypatch.setenv("RAG_LLM__API_KEY_ENV", "MY_KEY")
    monkeypatch.setenv("MY_KEY", KEY)


def sent(endpoint: Endpoint) -> str:
    return json.dumps([body for _, _, body in endpoint.requests])


def test_the_model_that_is_set_answers(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(says("Two soldiers ", "were killed, the army said.")) as endpoint:
        use(endpoint, monkeypatch)
        assert run("ask", QUESTION, "--json", "--home", home) == 0
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert (answer["answerer"], answer["model"], answer["notice"]) == ("llm", "small", None)
    (statement,) = answer["statements"]
    assert (statement["text"], statement["verdict"]) == ("Two soldiers were killed, the army said.", "uncited")
    assert statement["evidence"], "the words that come nearest to a sentence without a source"
    assert answer["unsent_labels"] == []
    assert answer["quotes"], "the sources' own words stand beside what a model wrote"
    assert endpoint.requests[0][1]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in said.out + said.err + sent(endpoint)


def test_on_a_screen_it_is_heard_and_then_verified(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with serving(says("Two soldiers were killed, the army said. ", "And more: \x1b]0;owned\x07")) as endpoint:
        use(endpoint, monkeypatch)
        run("ask", QUESTION, "--home", home)
    out = capsys.readouterr().out
    assert "\x1b]0" not in out
    status = max(map(out.find, ("Answered", "No answer.", "The nearest words; look")))
    assert out.index("owned") < status < out.rindex("owned")


def test_when_the_model_fails_the_quotes_are_shown_and_the_reason_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(fails(401, f"wrong key {KEY}")) as endpoint:
        use(endpoint, monkeypatch)
        assert run("ask", QUESTION, "--home", home) == 0
    said = capsys.readouterr()
    assert "refused the key (status 401)" in said.out
    assert "These are quotes instead." in said.out
    assert "Two soldiers were killed" in said.out
    assert KEY not in said.out + said.err


def test_a_variable_without_a_key_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(says(SAID)) as endpoint:
        use(endpoint, monkeypatch)
        for value in ("", "two words", "schlüssel"):
            monkeypatch.setenv("MY_KEY", value)
            assert run("ask", QUESTION, "--json", "--home", home) == 0
            assert "'MY_KEY' holds" in json.loads(capsys.readouterr().out)["notice"]
    assert endpoint.requests == []


def test_quotes_alone_can_be_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(says(SAID)) as endpoint:
        use(endpoint, monkeypatch)
        assert run("ask", QUESTION, "--answerer", "quotes", "--json", "--home", home) == 0
        assert json.loads(capsys.readouterr().out)["answerer"] == "quotes"
        assert run("ask", QUESTION, "--answerer", "extract", "--json", "--home", home) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["answerer"] == "quotes"
    assert said.err == "Note: --answerer extract is now called quotes.\n"
    assert endpoint.requests == []


def test_nothing_is_used_that_is_not_set(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(says(SAID)) as endpoint:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
        assert run("ask", QUESTION, "--json", "--home", home) == 0
        assert json.loads(capsys.readouterr().out)["answerer"] == "quotes"
        assert run("ask", QUESTION, "--answerer", "llm", "--home", home) == 1
        assert "No language model is set; set llm.provider" in capsys.readouterr().err
    assert endpoint.requests == []


def test_check_says_how_the_model_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = says("All 41 passengers were taken ashore [1].")
    with serving(good, says("NOT IN THE PASSAGES"), says("Forty.")) as endpoint:
        use(endpoint, monkeypatch)
        assert run("llm", "check", "--json", "--home", tmp_path) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["model"], told["right"], told["cites"], told["declines"]) == ("small", True, True, True)
        assert run("llm", "check", "--home", tmp_path) == 0
    out = capsys.readouterr().out
    assert re.search(r"cites as asked +no", out)
    assert re.search(r"says when it is not there +no", out)
    assert KEY not in out


@pytest.mark.parametrize("reply", [fails(500, KEY), says("")], ids=["broken", "silent"])
def test_check_of_a_model_that_does_not_answer(
    reply: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RAG_DEBUG")
    with serving(reply) as endpoint:  # type: ignore[arg-type]
        use(endpoint, monkeypatch)
        assert run("llm", "check", "--home", tmp_path) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "The model 'small'" in said.err
    assert KEY not in said.err


def test_check_without_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("llm", "check", "--home", tmp_path) == 1
    assert "No language model is set" in capsys.readouterr().err


def test_get_without_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("llm", "get", "me/small", "small.gguf", "--home", tmp_path / "home") == 1
    assert "could not be fetched" in capsys.readouterr().err
    assert not (tmp_path / "home").exists()


def test_a_model_that_talks_without_end_is_cut(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RAG_LLM__MAX_TOKENS", "16")
    with serving(rambles("Two soldiers were killed, and ")) as endpoint:
        use(endpoint, monkeypatch)
        run("ask", QUESTION, "--json", "--home", home)
        assert endpoint.left.wait(10)
    assert "was cut" in json.loads(capsys.readouterr().out)["notice"]
