"""What a person may fill in for a language model, what becomes of the settings file, and a trial that can be left."""

from __future__ import annotations

import stat
import threading
import tomllib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SettingsInvalid
from rag.app.model_form import Filled, Trial, chosen, form_of, keyless, leaves, model_line, require_file
from rag.app.workspace import Workspace
from rag.errors import Cancelled, LLMFailed
from rag.providers.file import outranked, write
from rag.settings import LanguageModel, load
from tests.rag.providers.endpoint import Reply, rambles, says, serving, stalls

ENDPOINT = Filled("endpoint", address="http://localhost:11434/v1/", model=" qwen2.5:7b ", context=8192)
KEYS = [
    "sk-proj-abcdefghijklmnop1234567890",
    "sk_live_51H8abcdefghijklmnop",
    "hf_abcdefghijklmnopqrstuvwx",
    "gsk_abcdefghijklmnopqrstuvwx",
    "AKIAIOSFODNN7EXAMPLE",
    "SKABCDEF0123456789ABCDEF",
    "0123456789abcdef0123456789abcdef",
    "Bearer abcdefghijklmnopqrstu",
]


def test_what_is_filled_in_becomes_settings_and_the_rest_stays() -> None:
    base = LanguageModel(timeout=33, path=Path("/models/a.gguf"))
    made = chosen(replace(ENDPOINT, key_env=" MY_KEY "), base)
    assert made == LanguageModel(
        provider="openai", base_url="http://localhost:11434/v1", model="qwen2.5:7b", api_key_env="MY_KEY",
        context=8192, timeout=33, path=Path("/models/a.gguf"),
    )  # fmt: skip
    assert chosen(form_of(made), made) == made
    assert chosen(Filled("quotes"), made).provider is None


def test_a_path_is_made_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen(Filled("file", path="m.gguf"), LanguageModel()).path == tmp_path / "m.gguf"
    assert chosen(Filled("file", path="~/m.gguf"), LanguageModel()).path == Path.home() / "m.gguf"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("field", ["key_env", "model", "address", "path"])
def test_a_key_is_refused_wherever_it_is_typed_and_not_repeated(field: str, key: str) -> None:
    filled = replace(ENDPOINT, kind="file" if field == "path" else "endpoint", **{field: key})
    with pytest.raises(SettingsInvalid) as refused:
        chosen(filled, LanguageModel())
    assert key not in str(refused.value)
    assert "key" in str(refused.value) or "address" in str(refused.value)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "KEY2", "_", "MY_LONG_NAME_OF_A_KEY_2026"])
def test_a_name_of_a_variable_is_taken(name: str) -> None:
    assert chosen(replace(ENDPOINT, key_env=name), LanguageModel()).api_key_env == name


@pytest.mark.parametrize(
    "model", ["qwen2.5:7b", "Qwen/Qwen2.5-7B-Instruct", "gpt-4o-mini-2024-07-18", "hf.co/bartowski/Llama-3.2-3B:Q4_K_M"]
)
def test_a_model_is_not_taken_for_a_key(model: str) -> None:
    assert chosen(replace(ENDPOINT, model=model), LanguageModel()).model == model


@pytest.mark.parametrize(
    ("filled", "sentence"),
    [
        (Filled("other"), "Choose who answers"),
        (Filled("endpoint", model="m"), "Fill in the address"),
        (Filled("endpoint", address="http://localhost/v1", model="  "), "Fill in the name of the model"),
        (Filled("file"), "Fill in the path"),
        (Filled("file", path={"a": 1}), "Fill in the path"),
        (Filled("endpoint", address="localhost:11434", model="m"), "The address cannot be used"),
        (Filled("endpoint", address="http://me:secret@host/v1", model="m"), "The address cannot be used"),
        (Filled("endpoint", address="http://[::1/v1", model="m"), "The address cannot be used"),
        (replace(ENDPOINT, model="a\nb"), "one line"),
        (replace(ENDPOINT, model="a" * 3000), "Shorten"),
        (replace(ENDPOINT, context=100), "The context cannot be"),
        (replace(ENDPOINT, context=600.5), "whole number"),
        (replace(ENDPOINT, context=float("nan")), "whole number"),
        (replace(ENDPOINT, context="many"), "whole number"),
        (replace(ENDPOINT, context=True), "whole number"),
        (replace(ENDPOINT, key_env=["A"]), "never typed here"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(filled: Filled, sentence: str) -> None:
    with pytest.raises(SettingsInvalid, match=sentence) as refused:
        chosen(filled, LanguageModel())
    assert "secret" not in str(refused.value)


def test_a_reply_leaves_room_for_passages() -> None:
    with pytest.raises(SettingsInvalid, match="must leave room"):
        chosen(replace(ENDPOINT, context=512), LanguageModel(max_tokens=600))


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("http://localhost:11434/v1", None),
        ("http://127.0.0.9/v1", None),
        ("http://[::1]:8000", None),
        ("", None),
        (None, None),
        ("http://[::1", None),
        ("https://api.example.com/v1", "api.example.com"),
        ("http://192.168.1.5:8000/v1", "192.168.1.5"),
        ("http://localhost.example.com", "localhost.example.com"),
        ("http://127.0.0.1.example.com", "127.0.0.1.example.com"),
    ],
)
def test_it_is_told_when_passages_leave_this_computer(address: object, host: str | None) -> None:
    assert leaves(address) == host


def test_one_line_says_who_answers(tmp_path: Path) -> None:
    with Workspace(load(home=tmp_path)) as workspace:
        assert model_line(workspace) == "Quotes only, no model"
        workspace.use_model(chosen(ENDPOINT, LanguageModel()))
        assert model_line(workspace) == "qwen2.5:7b at localhost:11434"
        workspace.use_model(LanguageModel(provider="gguf", path=Path("/m/Qwen2.5-1.5B.gguf")))
        assert model_line(workspace) == "Qwen2.5-1.5B.gguf on this computer"


def test_a_file_that_is_none_is_refused_before_it_is_used(tmp_path: Path) -> None:
    (tmp_path / "notes.gguf").write_text("no model")
    require_file(LanguageModel())
    for name, sentence in (("missing.gguf", "cannot be read"), ("notes.gguf", "no GGUF file")):
        with pytest.raises(LLMFailed, match=sentence):
            require_file(LanguageModel(provider="gguf", path=tmp_path / name))


def test_a_variable_without_a_key_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    llm = chosen(replace(ENDPOINT, key_env="MY_KEY"), LanguageModel())
    assert "holds no key" in str(keyless(llm))
    monkeypatch.setenv("MY_KEY", "secret")
    assert keyless(llm) is None
    assert keyless(LanguageModel()) is None


BEFORE = """# mine
collection = "work"   # the usual one

[llm]
# patient
timeout = 300 # s
provider = "gguf"
path = "/m/a.gguf"
api_key_env = "OLD_KEY"

[answer]
max_words = 60
"""


def test_only_what_the_form_sets_changes_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "rag.toml"
    file.write_text(BEFORE)
    file.chmod(0o644)
    write(file, chosen(replace(ENDPOINT, context=4096), load(home=tmp_path).llm))
    after = BEFORE.replace('"gguf"', '"openai"').replace('api_key_env = "OLD_KEY"\n', "")
    added = 'base_url = "http://localhost:11434/v1"\nmodel = "qwen2.5:7b"\n'
    assert file.read_text() == after.replace('path = "/m/a.gguf"\n', f'path = "/m/a.gguf"\n{added}')
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["rag.toml"]
    made = load(home=tmp_path)
    assert (made.llm.timeout, made.llm.model, made.collection) == (300, "qwen2.5:7b", "work")


def test_a_file_is_made_when_there_is_something_to_write(tmp_path: Path) -> None:
    file = tmp_path / "home" / "rag.toml"
    write(file, LanguageModel())
    assert not file.exists()
    write(file, chosen(ENDPOINT, LanguageModel()))
    assert load(home=file.parent).llm == chosen(ENDPOINT, LanguageModel())
    write(file, LanguageModel())
    made = load(home=file.parent).llm
    assert (made.provider, made.model) == (None, "qwen2.5:7b")  # to come back to


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "rag.toml"
    real.parent.mkdir()
    real.write_text("# kept elsewhere\n")
    link = tmp_path / "rag.toml"
    link.symlink_to(real)
    write(link, chosen(ENDPOINT, LanguageModel()))
    assert link.is_symlink()
    assert real.read_text().startswith("# kept elsewhere\n")


@pytest.mark.parametrize("broken", [b"[llm\n", b"llm = 3\n", b"\xff\xfe", b"a = 1\na = 2\n"])
def test_a_file_that_cannot_be_read_is_left_alone(tmp_path: Path, broken: bytes) -> None:
    file = tmp_path / "rag.toml"
    file.write_bytes(broken)
    with pytest.raises(SettingsInvalid, match="cannot be changed"):
        write(file, chosen(ENDPOINT, LanguageModel()))
    assert file.read_bytes() == broken


SECTIONS = st.sampled_from(
    [
        "",
        "# only a remark\r\n",
        "[llm]\n",
        "[llm]",
        "[llm]\r\ntimeout = 3\r\n# end\r\n",
        "llm.timeout = 3\n",
        "llm = {timeout = 3}\n",
        "llm = {}\n",
        'llm.model = "x"\nllm.provider = "openai"\nllm.base_url = "http://h"\n',
        '[answer]\nmax_words = 20\n[llm]\nprovider = "gguf"\npath = "/m"\n\n# then\n[index]\npassage_words = 30\n',
        "[ llm ]\n'timeout' = 3 # why\n[answer]\n",
    ]
)
MODELS = st.sampled_from(
    [
        LanguageModel(),
        LanguageModel(provider="openai", base_url="http://h/v1", model='a"b\\ c', api_key_env="K", context=600),
        LanguageModel(provider="openai", base_url="http://h/v1", model="m"),
        LanguageModel(provider="gguf", path=Path("/m/é '\".gguf"), context=2048),
    ]
)


@given(SECTIONS, st.lists(MODELS, min_size=1, max_size=3))
def test_however_the_file_is_written_it_says_the_model_and_all_else_stays(
    text: str, models: list[LanguageModel]
) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "rag.toml"
        file.write_bytes(text.encode())
        for llm in models:
            write(file, llm)
        said = tomllib.loads(file.read_bytes().decode())
        before = tomllib.loads(text)
        kept = {key: value for key, value in before.get("llm", {}).items() if key == "timeout"}
        assert {k: v for k, v in said.items() if k != "llm"} == {k: v for k, v in before.items() if k != "llm"}
        assert {k: v for k, v in said.get("llm", {}).items() if k == "timeout"} == kept
        assert all(remark in file.read_text() for remark in ("# only a remark", "# then", "# end") if remark in text)
        last = models[-1]
        made = load(home=Path(folder), environ={}).llm
        assert (made.provider, made.context if last.provider else 0) == (
            last.provider,
            last.context if last.provider else 0,
        )
        if last.provider == "openai":
            assert (made.base_url, made.model, made.api_key_env) == (last.base_url, last.model, last.api_key_env)
        if last.provider == "gguf":
            assert made.path == last.path


def test_what_will_win_over_the_file_is_told(tmp_path: Path) -> None:
    llm = chosen(ENDPOINT, LanguageModel())
    write(tmp_path / "rag.toml", llm)
    assert outranked(tmp_path, None, llm, {}) is None
    assert outranked(tmp_path, None, llm, {"RAG_LLM__MODEL": "qwen2.5:7b", "RAG_LLM__TIMEOUT": "9"}) is None
    said = outranked(tmp_path, None, llm, {"RAG_LLM__MODEL": "other"})
    assert said == "At the next start the environment wins over what is written: RAG_LLM__MODEL."
    assert "will have to be mended" in str(outranked(tmp_path, None, llm, {"RAG_LLM__PROVIDER": "magic"}))
    named = tmp_path / "other.toml"
    write(named, llm)
    assert outranked(tmp_path, named, llm, {}) is None


def test_a_trial_says_how_the_model_does() -> None:
    replies = says("All 41 passengers were taken ashore", " by fishing boats [1]."), says("NOT IN THE PASSAGES")
    with serving(*replies) as endpoint:
        trial = Trial(chosen(replace(ENDPOINT, address=endpoint.url), LanguageModel()))
        assert trial.wait(20)
        found = trial.outcome()
    assert (found.right, found.cites, found.declines, found.model) == (True, True, True, "qwen2.5:7b")


@pytest.mark.parametrize("reply", [stalls(), stalls(quiet=True), stalls("a "), rambles("word ")])
def test_a_trial_that_is_left_lets_go_of_the_endpoint(reply: Reply) -> None:
    with serving(reply) as endpoint:
        trial = Trial(chosen(replace(ENDPOINT, address=endpoint.url), LanguageModel()))
        assert not trial.wait(0.3)
        trial.stop()
        assert trial.wait(0)
        with pytest.raises(Cancelled, match="stopped"):
            trial.outcome()
        for thread in threading.enumerate():
            if thread.name in ("trial", "llm"):
                thread.join(10)
                assert not thread.is_alive()


def test_a_trial_tells_why_a_model_does_not_answer() -> None:
    trial = Trial(LanguageModel(provider="openai", base_url="http://127.0.0.1:9/v1", model="m", retries=0))
    assert trial.wait(20)
    with pytest.raises(LLMFailed, match=r"127\.0\.0\.1"):
        trial.outcome()
