"""One endpoint that speaks OpenAI's chat protocol, asked within limits of time, length and tries.

The one home of httpx. Nothing is read from the environment: no proxy, no certificate file, no key but the one given.
Redirects are not followed, so that nothing but the configured address is ever contacted.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from index.keys import Mask
from rag.errors import LLMFailed, ReplyCut
from rag.providers.events import Events, Piece, Unreadable, problem, read

_AGAIN: Final = frozenset([408, 409, 425, 429, 500, 502, 503, 504, 529])
_UNTAKEN: Final = frozenset([400, 422])
"""Statuses under which an endpoint may refuse a field of the request."""
_OTHER_NAME: Final = {"max_tokens": "max_completion_tokens"}
_TOO_LONG = re.compile(
    r"context[\s_]*(?:length|window|size|limit)|(?:prompt|input|messages?) (?:is|are) too long|too many tokens",
    re.IGNORECASE,
)
"""How endpoints say that a prompt does not fit."""
_LONGEST_BODY = 1024 * 1024
_LONGEST_TOLD = 200
_MOST_MODELS = 100
_CHARS_A_TOKEN = 16
"""More than any tokenizer makes of ordinary text: past so many, the endpoint does not honour `max_tokens`."""

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait (seconds), how much to read, and how often to try again."""

    total: float = 120
    first: float = 60
    connect: float = 10
    max_tokens: int = 400
    retries: int = 2
    backoff: float = 0.5


@dataclass(frozen=True, slots=True)
class _Try:
    """Why one attempt failed, and whether another may help: after so many seconds, where the endpoint says so."""

    sentence: str
    again: bool = False
    after: float | None = None


class _Failed(Exception):
    def __init__(self, attempt: _Try) -> None:
        super().__init__(attempt.sentence)
        self.attempt = attempt


class Endpoint:
    """Asks one model at one address."""

    def __init__(
        self, url: str, model: str, *, key: Callable[[], str | None], temperature: float = 0, limits: Limits
    ) -> None:
        """An endpoint at `url`, which ends before `/chat/completions`. `key` is asked for at each call.

        Nothing is contacted yet.
        """
        self._url = url.rstrip("/")
        self._model = model
        self._key = key
        self._options: Json = {"temperature": temperature, "max_tokens": limits.max_tokens}
        self.limits = limits

    async def answer(self, prompt: str, give: Callable[[str], None]) -> None:
        """Hands the reply to `give` as it comes. Cancelling closes the connection.

        The key is masked where the endpoint repeats it. Raises: LLMFailed, in one sentence; ReplyCut, where the whole
        of what may come has come.
        """
        key = self._key()
        mask = Mask(key)
        ends = asyncio.get_running_loop().time() + self.limits.total
        reply = _Reply(give, self.limits.max_tokens * _CHARS_A_TOKEN, mask)
        for tried in range(self.limits.retries + 1):
            try:
                await self._within(prompt, key, reply, ends)
            except _Failed as error:
                failed = error.attempt
            else:
                return reply.close(self._name)
            pause = self.limits.backoff * 2**tried if failed.after is None else failed.after
            left = ends - asyncio.get_running_loop().time()
            if reply.begun or not failed.again or tried == self.limits.retries or pause >= left:
                break
            await asyncio.sleep(pause)
        raise LLMFailed(failed.sentence) from None

    async def _within(self, prompt: str, key: str | None, reply: _Reply, ends: float) -> None:
        """One attempt, within the time to the first word and the time to the last. Raises: _Failed."""
        begins = min(ends, asyncio.get_running_loop().time() + self.limits.first)
        try:
            async with asyncio.timeout_at(begins) as clock:
                reply.on_first(lambda: clock.reschedule(ends))
                while not await self._is_taken(prompt, key, reply):
                    pass
        except TimeoutError:
            raise _Failed(_Try(self._late(reply))) from None

    def _late(self, reply: _Reply) -> str:
        if reply.begun or self.limits.first >= self.limits.total:
            return (
                f"{self._name} was not done within {self.limits.total:g} s; raise llm.timeout or use a smaller model."
            )
        wait = f"within {self.limits.first:g} s"
        return f"{self._name} gave no word {wait}; raise llm.first_token_timeout or use a smaller model."

    async def _is_taken(self, prompt: str, key: str | None, reply: _Reply) -> bool:
        """One request: whether it was answered, or a field was refused that the next is without. Raises: _Failed."""
        time = httpx.Timeout(None, connect=self.limits.connect)
        try:
            async with (
                httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=time) as client,
                client.stream(
                    "POST", f"{self._url}/chat/completions", json=self._body(prompt), headers=_heads(key)
                ) as response,
            ):
                if response.status_code != httpx.codes.OK:
                    body = await _whole(response)
                    if response.status_code in _UNTAKEN and self._does_without(body):
                        return False
                    raise _Failed(self._refused(response, reply.mask.clean(problem(body))))
                await self._read(response, reply)
                return True
        except httpx.RequestError as error:
            raise _Failed(self._lost(error, reply)) from None
        except Unreadable as error:
            raise _Failed(_Try(f"{self._name} sent {error}; check that llm.base_url is its API.")) from None

    def _body(self, prompt: str) -> Json:
        return {
            "model": self._model,
            "messages": [{"role": "user", "content": prompt}],
            **self._options,
            "stream": True,
        }

    def _does_without(self, body: bytes) -> bool:
        """Whether `body` refuses a field that can be left out or named otherwise, as it then is from here on."""
        words = body.decode("utf-8", "replace")
        refused = next((name for name in self._options if re.search(rf"\b{name}\b", words)), None)
        if refused is None or _TOO_LONG.search(words):
            return False
        value = self._options.pop(refused)
        if refused in _OTHER_NAME:
            self._options[_OTHER_NAME[refused]] = value
        return True

    async def _read(self, response: httpx.Response, reply: _Reply) -> None:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == "text/html":
            raise Unreadable("a web page")
        if kind == "application/json":
            self._take(read(await _whole(response)), reply)
        else:
            await self._events(response, reply)
        if not reply.begun and reply.cut:
            raise _Failed(_Try(f"{self._name} had not begun its answer at llm.max_tokens; raise it."))
        reply.end()
        if not reply.begun:
            raise _Failed(_Try(f"{self._name} gave an empty reply; try another model."))

    async def _events(self, response: httpx.Response, reply: _Reply) -> None:
        events = Events()
        async for chunk in response.aiter_bytes():
            for piece in events.feed(chunk):
                if self._take(piece, reply):
                    return
        if not any([self._take(piece, reply) for piece in events.end()]):
            raise _Failed(
                _Try(f"{self._name} closed the connection before its reply was whole; try again.", again=True)
            )

    def _take(self, piece: Piece, reply: _Reply) -> bool:
        """Whether the reply is whole with this piece, or as long as it may be."""
        if piece.error is not None:
            raise _Failed(_Try(f"{self._name} broke off: {_short(reply.mask.clean(piece.error))}.", again=True))
        return reply.add(piece.text, cut=piece.cut) or piece.last

    def _refused(self, response: httpx.Response, words: str) -> _Try:
        code = response.status_code
        detail = f" ({_short(words)})" if words else ""
        if code in (401, 403):
            return _Try(f"{self._name} refused the key (status {code}); check the variable that llm.api_key_env names.")
        if code == httpx.codes.NOT_FOUND:
            return _Try(f"{self._name} is not there (status 404){detail}; check llm.base_url and llm.model.")
        if _TOO_LONG.search(words):
            return _Try(
                f"{self._name} has a smaller window than llm.context says{detail}; set llm.context to its size."
            )
        if response.is_redirect:
            return _Try(f"{self._name} points to another address (status {code}); set llm.base_url to the final one.")
        after = _seconds(response.headers.get("retry-after"))
        advice = "it is busy or broken, so try later" if code in _AGAIN else "check llm.base_url and llm.model"
        return _Try(f"{self._name} answered with status {code}{detail}; {advice}.", code in _AGAIN, after)

    def _lost(self, error: httpx.RequestError, reply: _Reply) -> _Try:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            why = str(error) or "no connection in time"
            return _Try(f"{self._name} cannot be reached ({_short(why)}); start it or check llm.base_url.", again=True)
        sentence = f"{self._name} closed the connection before its reply was whole; try again."
        return _Try(sentence, again=not reply.begun)

    @property
    def _name(self) -> str:
        return f"The model {self._model!r} at {self._url}"


class _Reply:
    """What has been said so far, up to `most` characters, without the key."""

    def __init__(self, give: Callable[[str], None], most: int, mask: Mask) -> None:
        self.mask = mask
        self._masked = mask.stream()
        self._give = give
        self._left = most
        self._first: Callable[[], None] = lambda: None
        self.begun = False
        self.cut = False

    def on_first(self, do: Callable[[], None]) -> None:
        """Call `do` when the first word comes."""
        self._first = do

    def add(self, text: str, *, cut: bool = False) -> bool:
        """Whether no more is read; `cut` says that the endpoint gives no more because it is as long as it may be."""
        if text.strip() and not self.begun:
            self.begun = True
            self._first()
        text = text[: self._left]
        self._left -= len(text)
        self.cut = self.cut or cut or self._left <= 0
        self._pass_on(self._masked.feed(text))
        return self._left <= 0

    def end(self) -> None:
        """The reply is whole: what the mask still held back is handed on."""
        self._pass_on(self._masked.end())

    def close(self, model: str) -> None:
        """The end of the reply. Raises: ReplyCut, where there would be more."""
        if self.cut:
            raise ReplyCut(f"{model} was cut at llm.max_tokens; raise it.")

    def _pass_on(self, text: str) -> None:
        if text:
            self._give(text)


async def _whole(response: httpx.Response) -> bytes:
    """The body, up to a limit; it is read for a message or one JSON object only."""
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > _LONGEST_BODY:
            break
    return body[:_LONGEST_BODY]


def post(url: str, payload: Json, key: str, seconds: float) -> Json:
    """The JSON object that `url` answers to one. Raises: LLMFailed."""
    try:
        with httpx.Client(trust_env=False, follow_redirects=False, timeout=seconds) as client:
            answer = client.post(url, json=payload, headers=_heads(key)).json()
    except (httpx.HTTPError, ValueError) as error:
        raise LLMFailed(f"The model's process did not answer ({_short(str(error))}); try again.") from error
    return answer if isinstance(answer, dict) else {}


async def models_at(url: str, seconds: float) -> tuple[str, ...] | None:
    """The names of the models at `url`, which ends before `/models`; None where none are listed within so many seconds.

    No key goes there.
    """
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(trust_env=False, follow_redirects=False) as client,
            client.stream("GET", f"{url}/models", headers=_heads(None)) as response,
        ):
            listed = json.loads(await _whole(response)) if response.status_code == httpx.codes.OK else None
    except (httpx.HTTPError, TimeoutError, ValueError, RecursionError):
        return None
    models = listed.get("data") if isinstance(listed, dict) else None
    return tuple(filter(None, map(_name_of, models[:_MOST_MODELS]))) if isinstance(models, list) else None


def _name_of(model: object) -> str:
    """The name of a model that is listed, empty where it has none that could be typed."""
    name = model.get("id") if isinstance(model, dict) else None
    return name if isinstance(name, str) and name.isprintable() and len(name) <= _LONGEST_TOLD else ""


def _heads(key: str | None) -> dict[str, str]:
    """The headers of a request, with the key where there is one."""
    heads = {"Accept": "text/event-stream, application/json", "Accept-Encoding": "identity"}
    return heads | ({"Authorization": f"Bearer {key}"} if key else {})


def _seconds(retry_after: str | None) -> float | None:
    """What a Retry-After header asks for, as seconds from now: it is a number or a date."""
    if retry_after is None:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        when = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _short(words: str) -> str:
    line = " ".join(words.split()).rstrip(".")
    return line if len(line) <= _LONGEST_TOLD else line[: _LONGEST_TOLD - 1] + "…"
