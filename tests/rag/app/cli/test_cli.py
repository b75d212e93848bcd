"""The commands as a person meets them: what they print, how they exit, and what they leave unloaded."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rag.app.cli.main import main
from tests.evals.sets import chunking_folder, impossible, possible, reference, squad_file

ROOT = Path(__file__).resolve().parents[4]
HEAVY = ("torch", "sentence_transformers", "chromadb", "gradio", "llama_index", "pandas")
BAKERY = """Fire closes the oldest bakery of Harlow

The Harlow Courier, by Mary Finch, March 3, 2021:

A fire destroyed the oldest bakery of Harlow on Monday. Nobody was hurt. The baker, Tom Reed, said that an oven had
been left on overnight. The bakery had been open for 112 years. The town will pay 40,000 dollars towards its repair.
"""
HARBOUR = """Harbour of Eastwick to be dredged

The harbour of Eastwick will be dredged in the summer of 2022. The work will take eleven weeks, the harbour master,
Ada Stone, told the council. Ferries will leave from the northern pier while it lasts.
"""
HOSTILE = """A \x1b[31mred\x1b[0m notice \x9b2J about the lighthouse

The lighthouse of Westport \x1b]0;owned\x07 was painted green by Jon Hale \u202egnp.exe in [bold]1987[/bold].
"""


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    (folder / "bakery.txt").write_text(BAKERY)
    (folder / "harbour.txt").write_text(HARBOUR)
    (folder / "lighthouse\x1b[5m.txt").write_text(HOSTILE)
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, documents: Path) -> Path:
    """A home in which the documents are indexed."""
    folder = tmp_path_factory.mktemp("home")
    assert run("index", documents, "--home", folder) == 0
    return folder


def run(*arguments: object) -> int:
    """The exit code of a command in this process."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def started(*arguments: str | bytes, **options: object) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
        [sys.executable, "-m", "rag", *arguments], env=environment, text=True, stderr=subprocess.PIPE, **options
    )


def steers(text: str) -> bool:
    return any((ord(c) < 0x20 and c != "\n") or 0x7F <= ord(c) <= 0x9F or c == "\u202e" for c in text)


@pytest.mark.parametrize("arguments", [["--help"], ["status"], ["eval", "--help"], ["ask", "--help"]])
def test_light_commands_import_no_heavy_library(arguments: list[str], home: Path) -> None:
    script = (
        "import sys\nfrom rag.app.cli.main import main\ntry:\n    main(sys.argv[1:])\n"
        f"except SystemExit as e:\n    assert not e.code\nprint('LOADED', [n for n in {HEAVY!r} if n in sys.modules])"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT), "RAG_HOME": str(home)}
    done = subprocess.run([sys.executable, "-c", script, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("LOADED []\n")


def test_index_without_anything_to_index_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("index", "--home", tmp_path) == 2
    assert "rag index ~/Documents" in capsys.readouterr().err
    assert run("index", tmp_path / "absent", "--home", tmp_path) == 2
    assert "absent" in capsys.readouterr().err


def test_indexing_tells_what_was_done_and_what_was_left_out(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = shutil.copytree(home, tmp_path / "home")
    capsys.readouterr()
    assert run("index", "--home", mine) == 0
    out = capsys.readouterr().out
    assert "3 unchanged" in out
    assert "0 embedded" in out
    assert "picture.png" in out


def test_a_rebuild_makes_a_new_generation_and_embeds_nothing(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = shutil.copytree(home, tmp_path / "home")
    run("status", "--home", mine, "--json")
    before = json.loads(capsys.readouterr().out)
    assert run("index", "--home", mine, "--rebuild", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["generation"] != before["generation"]
    assert report["embedded"] == 0
    assert report["reused"] == report["passages"] == before["passages"]


def test_status_says_what_is_indexed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("status", "--home", home, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["documents"] == 3
    assert told["collection"] == "default"
    assert Path(told["folder"]).is_dir()
    assert run("status", "--home", home) == 0
    assert told["generation"] in capsys.readouterr().out


@pytest.mark.parametrize("command", [["status"], ["ask", "Who?"], ["search", "who"], ["chat"]])
def test_without_an_index_there_is_one_sentence(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*command, "--home", tmp_path) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "rag index" in said.err


def test_an_answer_is_shown_with_its_words(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ask", "How long will the work at the harbour of Eastwick take?", "--home", home) == 0
    out = capsys.readouterr().out
    assert out.startswith("Answered from ")
    assert "eleven weeks" in out
    assert "harbour.txt:" in out


def test_one_command_indexes_and_answers(tmp_path: Path, documents: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asking = ("ask", "--docs", documents / "bakery.txt", "--docs", documents / "harbour.txt", "--home", tmp_path)
    assert run(*asking, "--json", "Where will ferries leave from at Eastwick?") == 0
    answer = json.loads(capsys.readouterr().out)
    assert "northern pier" in answer["citations"][0]["quote"]
    assert answer["index"]["documents"] == 2
    assert run("ask", "--docs", tmp_path / "none", "--home", tmp_path, "Who?") == 2
    assert "there is no file or folder" in capsys.readouterr().err


def test_what_the_documents_do_not_hold_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ask", "Who opened T-4499?", "--home", home) == 3
    out = capsys.readouterr().out
    assert out.startswith("No answer. Nothing in the passages speaks of “T-4499”.")
    assert "The nearest words" in out


@pytest.mark.parametrize(
    ("question", "code", "status"),
    [("When will the harbour be dredged?", 0, "answered"), ("Who opened T-4499?", 3, "refused")],
)
def test_json_is_the_contract_and_nothing_else(
    question: str, code: int, status: str, home: Path, documents: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("ask", question, "--json", "--home", home) == code
    answer = json.loads(capfd.readouterr().out)
    assert answer["question"] == question
    assert answer["status"] == status
    for item in (*answer["citations"], *answer["passages"]):
        text = (documents / item["path"]).read_text()
        assert text[item["start"] : item["end"]] == item.get("quote", item.get("text"))


def test_hostile_documents_do_not_steer_the_terminal(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("ask", "search"):
        run(command, "Who painted the lighthouse of Westport?", "--home", home)
        out = capsys.readouterr().out
        assert "[bold]1987[/bold]" in out
        assert "lighthouse␛[5m.txt" in out
        assert not steers(out)


def test_a_question_comes_from_stdin_too(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = io.TextIOWrapper(io.BytesIO("Who was the baker of Harlow? \xff\n".encode("latin-1")))
    monkeypatch.setattr(sys, "stdin", asked)
    run("ask", "-", "--json", "--home", home)
    assert json.loads(capsys.readouterr().out)["question"] == "Who was the baker of Harlow? \ufffd"


@pytest.mark.parametrize("question", ["", "  ", "?", "\ud800", "x" * 4001])
def test_what_is_no_question_is_a_usage_error(question: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ask", "--home", home, "--", question) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1


def test_search_shows_both_ranks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "harbour dredged", "-k", "2", "--home", home) == 0
    assert "dense 1  lexical 1" in capsys.readouterr().out
    assert run("search", "harbour dredged", "-k", "2", "--json", "--home", home) == 0
    found = json.loads(capsys.readouterr().out)["passages"]
    assert [item["label"] for item in found] == [1, 2]
    assert found[0]["path"] == "harbour.txt"
    assert found[0]["ranks"]["dense"] == 1


def test_a_conversation_resolves_follow_ups_until_it_is_left(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = "When did the fire destroy the bakery of Harlow?\n\nWho was its baker?\n/new\n?\n/quit\nnever read\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert run("chat", "--home", home) == 0
    out = capsys.readouterr().out
    assert "Read as: " in out
    assert "Starting over." in out
    assert "The question is empty" in out
    assert sys.stdin.read() == "never read\n"


def test_the_end_of_input_ends_a_conversation(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert run("chat", "--home", home) == 0


def test_the_page_is_not_given_to_others(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ui", "--host", "0.0.0.0", "--home", home) == 1
    said = capsys.readouterr()
    assert "The page is at" not in said.out
    assert "--password-env" in said.err


def test_doctor_finds_a_damaged_file(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("doctor", "--home", home) == 0
    assert "FAULT" not in capsys.readouterr().out
    mine = shutil.copytree(home, tmp_path / "home")
    current = json.loads((mine / "collections/default/CURRENT").read_text())
    corpus = mine / f"collections/default/gen-{current['generation']}/corpus.sqlite"
    corpus.chmod(0o600)
    corpus.write_bytes(corpus.read_bytes()[:-100])
    assert run("doctor", "--home", mine, "--json") == 1
    assert not all(finding["ok"] for finding in json.loads(capsys.readouterr().out)["findings"])
    assert run("ask", "Who was the baker?", "--home", mine) == 1
    assert "--rebuild" in capsys.readouterr().err


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("suite") / "small.jsonl"
    quote = "The work will take eleven weeks"
    cases = [
        {"id": "a", "kind": "fact", "question": "How long will the work at the harbour take?", "answerable": True,
         "answers": ["eleven weeks"], "evidence": [{"file": "harbour.txt", "quote": quote}]},
        {"id": "b", "kind": "off_topic", "question": "What is the boiling point of mercury?", "answerable": False},
    ]  # fmt: skip
    file.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return file


def test_a_suite_is_run_reported_and_compared(
    home: Path, suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert run("eval", "run", suite, "--out", out, "--home", home, "--controls") == 0
    assert "2 cases asked" in capsys.readouterr().out
    assert run("eval", "report", out) == 0
    assert capsys.readouterr().out.rstrip() == (out / "report.md").read_text().rstrip()
    assert run("eval", "compare", out, out) == 0
    assert "only in A: 0" in capsys.readouterr().out


def test_a_floor_that_is_missed_sets_the_exit_code(
    home: Path, suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["eval", "run", suite, "--out", tmp_path / "run", "--home", home]
    assert run(*command, "--fail-under", "quote_validity=1", "--fail-under", "token_f1=0") == 0
    assert run(*command, "--fail-under", "token_f1=1.5") == 1
    assert "token_f1" in capsys.readouterr().err
    assert run(*command, "--fail-under", "token_f1") == 2


def test_a_floor_of_no_metric_is_refused_before_a_case_is_asked(
    home: Path, suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["eval", "run", suite, "--out", tmp_path / "run", "--home", home]
    assert run(*command, "--fail-under", "token_f1=0", "--fail-under", "token_f2=0.5") == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "there is no metric 'token_f2'; choose among source_recall@1, " in told
    assert "token_f1, " in told
    assert not (tmp_path / "run").exists()


def test_public_sets_are_scored_by_each_search_and_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    rows = [
        ("When will the harbour be dredged?", [reference(HARBOUR, "dredged in the summer of 2022")], "news"),
        ("How long will the work take?", [reference(HARBOUR, "The work will take eleven weeks")], "news"),
    ]
    chunking_folder(data / "chunks", rows, news=HARBOUR)
    told = "A fire destroyed the bakery in 2021."
    kinds = [possible("p", ("2021", told.index("2021"))), impossible("i")]
    squad_file(data / "dev-v2.0.json", ("A", [(told, [])]), ("B", [(told + " It was old.", kinds)]))
    assert run("eval", "public", data, "--out", out) == 0
    said = capsys.readouterr()
    assert "SKIPPED" not in said.err
    for leg in ("dense", "lexical", "hybrid"):
        assert f"| {leg} | span recall@5 | 2 | 1.000 |" in said.out
        assert f"| {leg} | hit@1 | 1 |" in said.out
    assert (out / "questions_df.md").read_text() in said.out


def test_public_sets_that_are_absent_are_passed_over_loudly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    assert run("eval", "public", tmp_path / "data", "--out", tmp_path / "out") == 0
    assert capsys.readouterr().err.count("SKIPPED") == 2


def test_what_was_not_foreseen_is_one_sentence_and_a_traceback_on_demand() -> None:
    script = (
        "import rag.app.cli.main as c\n"
        "@c.app.command()\ndef boom() -> None: raise ValueError('a \\x1b[31m b\\nc')\n"
        "c.main(['boom'])"
    )
    for debug in ("0", "1"):
        environment = os.environ | {"PYTHONPATH": str(ROOT), "RAG_DEBUG": debug}
        done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith(
            "Something went wrong that was not foreseen (ValueError: a ␛[31m b c)"
        )
        assert ("Traceback" in done.stderr) == (debug == "1")


def test_a_file_name_that_is_not_text_can_be_named(tmp_path: Path) -> None:
    process = started("index", os.fsencode(tmp_path) + b"/\xff", "--home", str(tmp_path), stdout=subprocess.PIPE)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "Traceback" not in err


def test_a_reader_that_has_gone_ends_it_quietly(home: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = started("status", "--home", str(home), stdout=writer)
    os.close(writer)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")


def test_ctrl_c_ends_it_quietly(home: Path) -> None:
    process = started("chat", "--home", str(home), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    assert "3 documents" in process.stdout.readline()
    process.stdout.read(2)  # the prompt: the next thing is to wait for a line
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, "")
