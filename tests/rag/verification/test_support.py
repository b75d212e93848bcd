"""How likely a text says all of a statement: more words, known numbers and likeness raise it."""

from __future__ import annotations

from collections.abc import Sequence

from index.types import Encoded
from rag.verification.support import support
from tests.fakes import HashingEmbedder

TEXT = ["The mill by the river was sold to a baker in 1984.", "It had stood empty for nine years.", "Birds sang."]


def test_what_is_said_in_full_is_likelier_than_in_part_or_not_at_all() -> None:
    whole = support("The mill was sold to a baker in 1984.", TEXT).probability
    assert whole > 0.5
    assert whole > support("The mill was sold to a pilot in 1984.", TEXT).probability
    assert support("Swifts migrate south.", TEXT).probability < 0.35


def test_the_words_lacking_are_named() -> None:
    assert "pilot" in support("The mill was sold to a pilot.", TEXT).lacking


def test_numbers_count_in_any_form() -> None:
    assert (
        support("It was empty for 9 years.", TEXT).probability > support("It was empty for 7 years.", TEXT).probability
    )


def test_words_of_neighbouring_sentences_count_for_more_than_the_same_words_far_apart() -> None:
    said = "The mill was sold to a baker, and it stood empty for nine years."
    apart = [TEXT[0], *(f"Line {at} tells of rain." for at in range(4)), TEXT[1]]
    beside = [*apart[1:-1], TEXT[0], TEXT[1]]
    assert support(said, beside).probability > support(said, apart).probability


def test_one_word_that_nothing_says_weighs_more_than_its_share() -> None:
    padded = "The mill by the river was sold to a baker in 1984"
    whole, lacking = support(f"{padded}.", TEXT), support(f"{padded} by helicopter.", TEXT)
    assert lacking.lacking[0] == "helicopter"
    assert lacking.probability < 0.7 * whole.probability


def test_words_are_read_in_context_where_a_model_is_given() -> None:
    embedder = HashingEmbedder()

    def encode(texts: Sequence[str]) -> dict[str, Encoded]:
        return dict(zip(texts, embedder.encode(texts), strict=True))

    assert 0 < support("The mill was sold.", TEXT, encode).probability < 1
    assert "The mill was sold." in embedder.seen


def test_nothing_said_or_nothing_to_say_is_not_supported() -> None:
    assert support("", TEXT).probability == 0.0
    assert support("The mill was sold.", []).probability < 0.5
