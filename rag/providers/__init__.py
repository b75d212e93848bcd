"""The language models that settings can name. None is used unless `llm.provider` is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.providers.openai import ChatLLM
    from rag.settings import LanguageModel
    from rag.types import LLM


@contextmanager
def open_llm(settings: LanguageModel) -> Iterator[LLM]:
    """The model that `settings` name, let go of at the end. It is reached, or loaded, at the first question.

    Raises: SettingsInvalid, where no provider is set.
    """
    from rag.answering.llm import LlamaIndexLLM

    with open_llama(settings) as (llm, tokens):
        yield LlamaIndexLLM(llm, tokens)


@contextmanager
def open_llama(settings: LanguageModel) -> Iterator[tuple[ChatLLM, Callable[[str], int] | None]]:
    """The same as a llama-index `LLM`, with what counts its tokens; None where only a guess can.

    Raises: SettingsInvalid, where no provider is set.
    """
    from index.errors import SettingsInvalid

    if settings.provider is None:
        raise SettingsInvalid("No language model is set; set llm.provider to 'openai' or 'gguf' in rag.toml.")
    if settings.provider == "openai":
        from rag.providers.openai import openai_llm

        yield openai_llm(settings), None
        return
    from rag.providers.gguf import local_llm

    with local_llm(settings) as opened:
        yield opened
