"""An endpoint in every mood: one reply or one sentence, never a key, never a wait past its limit."""

from __future__ import annotations

import base64
import json
import logging
import re
import socket
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.keys import Mask
from rag.errors import LLMFailed, ReplyCut
from rag.providers.bridge import Give, pulled
from rag.providers.endpoint import Endpoint, Limits
from rag.providers.events import Events, Piece, Unreadable
from tests.rag.providers.endpoint import Reply, event, fails, hangs_up, rambles, says, sends, serving, stalls

KEY = "sk-very-secret-0123456789/+="
FORMS = {
    "plain": lambda key: key,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of a header": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "base64 of a login": lambda key: base64.b64encode(f"me:{key}\n".encode()).decode(),
    "base64 for a URL": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "percent-encoded": lambda key: quote(key, safe=""),
    "hex": lambda key: key.encode().hex(),
}
"""Ways in which an endpoint may repeat a key."""
QUICK = Limits(total=20, first=20, connect=5, max_tokens=50, retries=2, backoff=0.01)


def replied(url: str) -> tuple[str, str]:
    """What came of one prompt, and the sentence that says it was cut; "" where it was not."""
    endpoint = Endpoint(url, "small", key=lambda: KEY, limits=QUICK)
    came: list[str] = []
    try:
        came.extend(pulled(lambda give: endpoint.answer("Who?", give)))
    except ReplyCut as cut:
        return "".join(came), str(cut)
    return "".join(came), ""


def asked(url: str, limits: Limits = QUICK, key: str | None = KEY) -> str:
    endpoint = Endpoint(url, "small", key=lambda: key, limits=limits)

    async def work(give: Give) -> None:
        await endpoint.answer("Who?", give)

    return "".join(pulled(work))


def refused(*script: Reply, limits: Limits = QUICK) -> tuple[str, int]:
    """The one sentence of a failure, and how often the endpoint was asked."""
    with serving(*script) as endpoint, pytest.raises(LLMFailed) as failed:
        asked(endpoint.url, limits)
    sentence = str(failed.value)
    assert KEY not in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence, len(endpoint.requests)


def spellings() -> list[str]:
    return [spell(KEY) for spell in FORMS.values()]


def rests(shown: str, spelt: str) -> str:
    """A part of `spelt` that is still shown, beyond what stands for “Bearer ” or a user's name."""
    parts = [spelt[at : at + 7] for at in range(len(spelt) - 6)]
    parts = [part for part in parts if part not in base64.b64encode(b"Bearer s").decode()]
    return next((part for part in parts if part in shown), "")


def test_a_reply_comes_in_pieces_and_the_request_says_what_is_wanted() -> None:
    with serving(says("Ann ", "spoke ", "[1].")) as endpoint:
        assert asked(endpoint.url) == "Ann spoke [1]."
    (path, headers, body) = endpoint.requests[0]
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == f"Bearer {KEY}"
    assert body == {
        "model": "small",
        "messages": [{"role": "user", "content": "Who?"}],
        "temperature": 0,
        "max_tokens": 50,
        "stream": True,
    }


def test_without_a_key_none_is_sent() -> None:
    with serving(says("Yes.")) as endpoint:
        assert asked(endpoint.url, key=None) == "Yes."
    assert "Authorization" not in endpoint.requests[0][1]


@pytest.mark.parametrize(
    "reply",
    [
        sends(json.dumps({"choices": [{"message": {"content": "Ann spoke."}}]}), "application/json"),
        sends(event("Ann spoke.") + "data: [DONE]"),
        sends(event("Ann ").replace("\n", "\r\n") + event("spoke.", finish_reason="stop").replace("\n", "\r\n")),
        sends(event("Ann spoke.", finish_reason="stop"), "text/plain"),
        sends(f"event: x\nid: 1\n{event([{'type': 'text', 'text': 'Ann spoke.'}])}data:[DONE]\n"),  # type: ignore[arg-type]
        sends(event(delta={"refusal": "Ann spoke."}) + "data: [DONE]\n\n"),
        sends('data: {"choices": [], "usage": {}}\n\n' + event("Ann spoke.") + "data: [DONE]\n\n"),
    ],
    ids=["whole", "no last line end", "crlf", "plain", "parts", "refusal", "usage"],
)
def test_other_ways_to_say_it(reply: Reply) -> None:
    with serving(reply) as endpoint:
        assert asked(endpoint.url) == "Ann spoke."


@pytest.mark.parametrize(
    ("reply", "told", "times"),
    [
        (fails(401, f"bad key {KEY}"), r"refused the key \(status 401\)", 1),
        (fails(404, "no such model"), r"is not there \(status 404\) \(no such model\)", 1),
        (fails(400, f"what is {KEY}?"), r"status 400 \(what is \*\*\*\?\)", 1),
        (fails(429, "slow down"), r"status 429 \(slow down\); it is busy", 3),
        (fails(500), "status 500", 3),
        (fails(429, retry_after="3600"), "status 429", 1),
        (sends("", status=302, location="http://127.0.0.1:9/"), "points to another address", 1),
        (sends("<html>welcome</html>", "text/html"), "sent a web page", 1),
        (sends("<html>down</html>", "text/html", 503), "status 503; it is busy", 3),
        (sends("data: not json\n\n"), "sent text that is not JSON", 1),
        (sends("data: [1]\n\n"), "sent JSON that is no object", 1),
        (sends(b"\xff\xfe\x00" * 100), "closed the connection before its reply was whole", 3),
        (sends(event("   ") + "data: [DONE]\n\n"), "gave an empty reply", 1),
        (sends("data: [DONE]\n\n"), "gave an empty reply", 1),
        (sends(event(finish_reason="length")), r"had not begun its answer at llm\.max_tokens; raise it", 1),
        (sends(event("Ann spo")), "closed the connection before its reply was whole", 1),
        (sends(""), "closed the connection before its reply was whole", 3),
        (hangs_up, "closed the connection before its reply was whole", 3),
        (sends('data: {"error": {"message": "out of memory"}}\n\n'), r"broke off: out of memory\.", 3),
        (sends("data: " + "x" * 2_000_000), "sent a line of more than", 1),
    ],
)
def test_every_fault_is_one_sentence(reply: Reply, told: str, times: int) -> None:
    sentence, tries = refused(reply)
    assert re.search(told, sentence), sentence
    assert tries == times


def test_nothing_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(LLMFailed, match=r"cannot be reached \(.*\); start it or check llm\.base_url\.$"):
        asked(f"http://127.0.0.1:{port}/v1")


def test_plain_http_is_never_taken_for_https() -> None:
    with serving(says("Yes.")) as endpoint, pytest.raises(LLMFailed, match="cannot be reached"):
        asked(endpoint.url.replace("http:", "https:"))
    assert endpoint.requests == []


@pytest.mark.parametrize("pause", ["0", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", None])
def test_a_busy_endpoint_is_asked_again(pause: str | None) -> None:
    busy = fails(429) if pause is None else fails(429, retry_after=pause)
    with serving(busy, hangs_up, says("Yes.")) as endpoint:
        assert asked(endpoint.url) == "Yes."
    assert len(endpoint.requests) == 3


def test_without_retries_it_is_asked_once() -> None:
    assert refused(fails(500), limits=Limits(retries=0))[1] == 1


def test_no_head_in_time() -> None:
    assert "gave no word within 0.2 s" in refused(stalls(quiet=True), limits=Limits(first=0.2))[0]


def test_no_word_in_time() -> None:
    assert "gave no word within 0.2 s" in refused(stalls(), limits=Limits(first=0.2))[0]


def test_not_done_in_time() -> None:
    sentence, tries = refused(stalls("Ann ", "spo"), limits=Limits(total=3, first=2.5))
    assert "was not done within 3 s" in sentence
    assert tries == 1


def test_text_without_end_is_cut_and_the_connection_closed() -> None:
    with serving(rambles("and so on ")) as endpoint:
        text, cut = replied(endpoint.url)
        assert len(text) == 50 * 16
        assert cut.endswith(" was cut at llm.max_tokens; raise it.")
        assert endpoint.left.wait(10)


@pytest.mark.parametrize(
    "reply",
    [
        sends(event("Ann spo") + event(finish_reason="length") + "data: [DONE]\n\n"),
        sends(event("Ann spo", finish_reason="length")),
        sends(
            json.dumps({"choices": [{"message": {"content": "Ann spo"}, "finish_reason": "length"}]}),
            "application/json",
        ),
    ],
    ids=["a last event", "with the last words", "whole"],
)
def test_a_reply_that_the_endpoint_cut_keeps_its_words_and_says_so(reply: Reply) -> None:
    with serving(reply) as endpoint:
        text, cut = replied(endpoint.url)
    assert text == "Ann spo"
    assert cut.endswith(" was cut at llm.max_tokens; raise it.")
    with serving(says("Ann spoke.")) as endpoint:
        assert replied(endpoint.url) == ("Ann spoke.", "")


MAX_TOKENS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
)
TEMPERATURE = "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) is supported."


def options(endpoint_requests: list[tuple[str, dict[str, str], dict[str, object]]]) -> list[dict[str, object]]:
    return [
        {k: v for k, v in body.items() if k not in ("model", "messages", "stream")} for *_, body in endpoint_requests
    ]


def test_a_field_that_is_refused_is_left_out_or_named_as_the_endpoint_wants_without_a_retry() -> None:
    with serving(fails(400, MAX_TOKENS), fails(400, TEMPERATURE), says("Yes.")) as endpoint:
        chat = Endpoint(endpoint.url, "small", key=lambda: KEY, limits=Limits(max_tokens=50, retries=0))
        assert "".join(pulled(lambda give: chat.answer("Who?", give))) == "Yes."
        assert "".join(pulled(lambda give: chat.answer("Who?", give))) == "Yes."
    assert options(endpoint.requests) == [
        {"temperature": 0, "max_tokens": 50},
        {"temperature": 0, "max_completion_tokens": 50},
        {"max_completion_tokens": 50},
        {"max_completion_tokens": 50},
    ]


def test_a_field_named_only_beside_the_message_is_found_too() -> None:
    told = {"detail": [{"loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}]}
    with serving(sends(json.dumps(told), "application/json", 422), says("Yes.")) as endpoint:
        assert asked(endpoint.url) == "Yes."
    assert options(endpoint.requests)[1] == {"max_tokens": 50}


def test_an_endpoint_that_refuses_everything_is_asked_a_few_times() -> None:
    sentence, tries = refused(fails(400, "max_tokens, max_completion_tokens and temperature are not taken"))
    assert "status 400" in sentence
    assert tries == 4


@pytest.mark.parametrize(
    "told",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (max_tokens is 400).",
        "the request exceeds the available context size, try increasing it",
        "Your input exceeds the context window of this model.",
        "prompt is too long: 210000 tokens > 200000 maximum",
    ],
)
def test_a_prompt_that_does_not_fit_says_which_setting_to_change(told: str) -> None:
    sentence, tries = refused(fails(400, told))
    assert re.search(r"has a smaller window than llm\.context says \(.*\); set llm\.context to its size\.$", sentence)
    assert tries == 1


@pytest.mark.parametrize("reply", [rambles("and "), stalls("Ann "), stalls()], ids=["talking", "paused", "silent"])
def test_who_leaves_closes_the_connection(reply: Reply) -> None:
    with serving(reply) as endpoint:
        chat = Endpoint(endpoint.url, "small", key=lambda: None, limits=QUICK)
        pieces = pulled(lambda give: chat.answer("Who?", give))
        while not endpoint.requests:
            next(pieces)
        pieces.close()
        assert endpoint.left.wait(10)


def test_what_the_work_raises_comes_out() -> None:
    async def work(give: Give) -> None:
        give("one")
        raise LLMFailed("It broke.")

    pieces = pulled(work)
    assert next(pieces) == "one"
    with pytest.raises(LLMFailed, match="It broke"):
        list(pieces)


def test_neither_proxy_nor_stray_key_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(says("Yes.")) as endpoint, serving(says("No.")) as other:
        for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "OPENAI_BASE_URL"):
            monkeypatch.setenv(name, other.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-stray")
        assert asked(endpoint.url, key=None) == "Yes."
    assert other.requests == []
    assert "sk-stray" not in str(endpoint.requests)


def test_no_log_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), serving(fails(500, KEY), says("Yes.")) as endpoint:
        assert asked(endpoint.url) == "Yes."
    assert "chat/completions" in caplog.text
    assert KEY not in caplog.text


@given(st.lists(st.text(max_size=8), max_size=6), st.lists(st.integers(1, 400), max_size=12), st.booleans())
def test_pieces_do_not_depend_on_where_the_bytes_are_cut(said: list[str], cuts: list[int], plain: bool) -> None:
    lines = [json.dumps({"choices": [{"delta": {"content": text}}]}, ensure_ascii=plain) for text in said]
    raw = "".join(f"data: {line}\n\n" for line in lines).encode("utf-8", "replace")
    events, found, start = Events(), [], 0
    for cut in (*sorted(cuts), len(raw)):
        found += events.feed(raw[start:cut])
        start = max(start, cut)
    found += events.end()
    expected = "".join(said).encode("utf-8", "replace").decode()
    assert "".join(piece.text for piece in found) == expected


@given(st.binary(max_size=200))
def test_any_bytes_are_pieces_or_unreadable(raw: bytes) -> None:
    events = Events()
    try:
        found = [*events.feed(b"data:" + raw), *events.end()]
    except Unreadable:
        return
    assert all(isinstance(piece, Piece) for piece in found)


@pytest.mark.parametrize("spelt", spellings(), ids=list(FORMS))
def test_an_error_that_repeats_the_key_is_masked_before_it_is_cut(spelt: str) -> None:
    for before in range(150, 230):
        sentence, _ = refused(fails(400, "x" * before + spelt + " is no key" * 9))
        assert rests(sentence, spelt) == "", before


@pytest.mark.parametrize("spelt", spellings(), ids=list(FORMS))
def test_a_reply_that_repeats_the_key_is_masked_wherever_its_pieces_end(spelt: str) -> None:
    text = f"The key is {spelt}, as you know."
    for size in (1, 2, 3, 7, len(text)):
        pieces = [text[at : at + size] for at in range(0, len(text), size)]
        with serving(says(*pieces)) as endpoint:
            reply = asked(endpoint.url)
        assert reply.startswith("The key is ")
        assert reply.endswith(", as you know.")
        assert "***" in reply
        assert rests(reply, spelt) == ""


def test_what_only_begins_like_the_key_is_told_whole() -> None:
    for end in (KEY[:-1], KEY[:3], "s"):
        with serving(says(*f"It begins with {end}")) as endpoint:
            assert asked(endpoint.url) == f"It begins with {end}"


def test_a_key_that_is_a_word_is_no_secret_in_a_reply() -> None:
    with serving(says("An ollama ", "is no llama.")) as endpoint:
        assert asked(endpoint.url, key="ollama") == "An ollama is no llama."


@given(st.binary(max_size=9), st.binary(max_size=9), st.text("abcXYZ019-_.", min_size=16, max_size=60))
def test_whatever_is_encoded_around_it_no_more_than_its_edges_are_left(before: bytes, after: bytes, key: str) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        spelt = encode(before + key.encode() + after).decode()
        shown = Mask(key).clean(spelt)
        assert "***" in shown
        assert len(shown) <= len(encode(before + after)) + 3 + 8
