"""Programs that run models on this computer: which answer, and what they list; anything else is not taken for one."""

from __future__ import annotations

import pytest

from rag.app.model_form import leaves
from rag.providers.nearby import USUAL, Program, running
from tests.rag.app.page.conftest import free_port
from tests.rag.providers.endpoint import Reply, fails, hangs_up, lists, sends, serving, stalls


def test_what_runs_is_listed_with_its_models_and_what_does_not_is_left_out() -> None:
    with serving(lists("qwen2.5:7b", "llama3")) as first, serving(lists()) as second:
        places = {"One": first.url, "Two": second.url, "Three": f"http://127.0.0.1:{free_port()}/v1"}
        assert running(places) == (Program("One", first.url, ("qwen2.5:7b", "llama3")), Program("Two", second.url, ()))
        assert [path for path, _, _ in first.requests] == ["/v1/models"]


@pytest.mark.parametrize(
    "reply",
    [
        fails(401),
        fails(500),
        hangs_up,
        stalls(quiet=True),
        sends("<html>a router</html>", "text/html"),
        sends("[1, 2]", "application/json"),
        sends('{"data": {"id": "x"}}', "application/json"),
        sends("[" * 100_000, "application/json"),
        sends(b'{"data": [' + b" " * 3_000_000, "application/json"),
        sends("", status=302, location="http://127.0.0.1:9/v1/models"),
    ],
)
def test_what_is_no_endpoint_is_not_taken_for_one(reply: Reply) -> None:
    with serving(reply) as endpoint, serving(lists("small")) as beside:
        assert running({"Odd": endpoint.url, "Beside": beside.url}) == (Program("Beside", beside.url, ("small",)),)


def test_a_name_that_could_not_be_typed_is_left_out() -> None:
    with serving(sends('{"data": [{"id": "a\\u202eb"}, {"id": 7}, null, {}, {"id": "good"}]}')) as endpoint:
        assert running({"Odd": endpoint.url}) == (Program("Odd", endpoint.url, ("good",)),)


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(lists("small")) as endpoint, serving(fails(502)) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert running({"One": endpoint.url}) == (Program("One", endpoint.url, ("small",)),)
        assert proxy.requests == []


def test_every_usual_place_is_on_this_computer() -> None:
    assert [leaves(url) for url in USUAL.values()] == [None] * len(USUAL)
