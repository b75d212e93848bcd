"""Any endpoint of OpenAI's chat protocol as a llama-index `LLM`: Ollama, vLLM, llama.cpp, LM Studio, OpenAI."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from contextlib import closing
from typing import TYPE_CHECKING

from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from pydantic import PrivateAttr

from rag.errors import LLMFailed
from rag.providers.bridge import Give, pulled
from rag.providers.endpoint import Endpoint, Limits

if TYPE_CHECKING:
    from rag.settings import LanguageModel

_CONNECT = 10.0

Open = Callable[[], Endpoint]


class ChatLLM(CustomLLM):
    """A llama-index `LLM` over an endpoint that is opened at the first prompt.

    While nothing comes, the stream gives empty pieces, so that who reads it can leave; leaving closes the connection.
    """

    model: str
    context: int
    max_tokens: int
    _open: Open = PrivateAttr()

    def __init__(self, open_endpoint: Open, *, model: str, context: int, max_tokens: int) -> None:
        """A model whose endpoint `open_endpoint` gives."""
        super().__init__(model=model, context=context, max_tokens=max_tokens)
        self._open = open_endpoint

    @property
    def metadata(self) -> LLMMetadata:
        """The model's name and window, as configured."""
        return LLMMetadata(model_name=self.model, context_window=self.context, num_output=self.max_tokens)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponse:
        """The whole reply. Raises: LLMFailed."""
        with closing(self._pieces(prompt)) as pieces:
            return CompletionResponse(text="".join(pieces))

    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: object
    ) -> Generator[CompletionResponse, None, None]:
        """The reply in pieces. Raises: LLMFailed."""
        text = ""
        with closing(self._pieces(prompt)) as pieces:
            for piece in pieces:
                text += piece
                yield CompletionResponse(text=text, delta=piece)

    def _pieces(self, prompt: str) -> Generator[str, None, None]:
        endpoint = self._open()

        async def work(give: Give) -> None:
            await endpoint.answer(prompt, give)

        return pulled(work)


def openai_llm(settings: LanguageModel) -> ChatLLM:
    """The model at the endpoint that `settings` name; nothing is contacted yet."""
    url, model = settings.base_url or "", settings.model or ""

    def key() -> str | None:
        return key_from(settings.api_key_env) if settings.api_key_env else None

    endpoint = Endpoint(url, model, key=key, temperature=settings.temperature, limits=limits_of(settings))
    return ChatLLM(lambda: endpoint, model=model, context=settings.context, max_tokens=settings.max_tokens)


def limits_of(settings: LanguageModel) -> Limits:
    """The limits that `settings` say."""
    return Limits(
        total=settings.timeout,
        first=min(settings.first_token_timeout, settings.timeout),
        connect=min(settings.timeout, _CONNECT),
        max_tokens=settings.max_tokens,
        retries=settings.retries,
    )


def key_from(variable: str) -> str:
    """The key that an environment variable holds.

    Raises: LLMFailed, where it holds none, or what no header can carry; never with the value.
    """
    key = os.environ.get(variable, "").strip()
    if not key:
        raise LLMFailed(f"The environment variable {variable!r} holds no key; set it, or change llm.api_key_env.")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise LLMFailed(f"The environment variable {variable!r} holds what is no key; set it anew.")
    return key
