"""What a reader, an answerer or a verifier must keep to, for the tests of whoever writes one.

Each function returns where all holds, and raises AssertionError with a sentence where something does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from index.errors import UnreadableFile
from index.readers.extracted import Extracted
from index.types import Passage, Source, Span
from rag.errors import Cancelled, LLMFailed
from rag.plugins import Verifier
from rag.reader.layout import Unit
from rag.reader.reader import Judgement
from rag.types import Answerer, Draft, Evidence, Live, Quote, Ranks, RetrievedPassage, Turn

_TEXT = "The ferry to Orl leaves at nine. It carries forty cars."


def check_reader(read: Callable[[bytes], Extracted], example: bytes, words: str) -> None:
    """`read` reads `example`, in which `words` stand, the same each time, and refuses in a sentence what is damaged.

    Raises: AssertionError.
    """
    extracted = read(example)
    _require(isinstance(extracted, Extracted), f"It must give an Extracted, not {type(extracted).__name__!r}.")
    _require(words in extracted.text, f"{words!r} is not in the text that was read.")
    _require(extracted == read(example), "The same bytes were read in two ways.")
    spans = [block.span for block in extracted.blocks]
    _require(bool(spans), "There are no blocks; put the text together with a Composer.")
    ends = [0, *(span.end for span in spans)]
    in_order = all(end <= span.start < span.end for end, span in zip(ends, spans, strict=False))
    _require(in_order and ends[-1] <= len(extracted.text), "The blocks must follow each other inside the text.")
    for damaged in (b"", b"\x00\xff" * 40, example[: len(example) // 2]):
        _require_read_or_refused(read, damaged)


def check_answerer(answerer: Answerer) -> None:
    """`answerer` drafts from the passages that it is given, can be stopped, and leaves alone what stands alone.

    Raises: AssertionError.
    """
    passages, evidence = _offered()
    question = "When does the ferry leave?"
    try:
        draft = answerer.draft(question, passages, evidence, Live())
    except LLMFailed as error:
        raise AssertionError(f"It gave no draft: {error}") from error
    _require(isinstance(draft, Draft), f"It must give a Draft, not {type(draft).__name__!r}.")
    _require(draft.declined or bool(draft.text.strip()), "It neither declined nor wrote anything.")
    _require(set(draft.sent or ()) <= {1}, "It names a passage that it was not given.")
    _require(not answerer.rewritings(question, ()), "Without turns before it, a question has no other form.")
    forms = answerer.rewritings("And how many cars?", (Turn(question, _TEXT),))
    _require(all(isinstance(form, str) and form.strip() for form in forms), "A form of a question must be text.")
    try:
        answerer.draft(question, passages, evidence, Live(cancelled=lambda: True))
    except Cancelled:
        pass
    except Exception as error:
        raise AssertionError(f"When it was stopped it raised {type(error).__name__!r}, not Cancelled.") from error


def check_verifier(verifier: Verifier) -> None:
    """`verifier` gives a judgement for each statement, as probabilities, and supports what is copied most.

    Raises: AssertionError.
    """
    evidence = [Unit(sentence) for sentence in _TEXT.split(". ")]
    pairs = [(evidence[0].text, evidence), ("The bakery of Harlow burnt down on Monday.", evidence)]
    judged = verifier.judge(pairs)
    _require(len(judged) == len(pairs), f"{len(pairs)} statements came to {len(judged)} judgements.")
    for item in judged:
        _require_shares(item)
    copied, other = judged
    _require(copied.supported > other.supported, "What is copied must be supported more than what is of other things.")
    _require(judged == verifier.judge(pairs), "The same was judged in two ways.")
    _require(not verifier.judge([]), "No statement comes to no judgement.")
    _require(bool(verifier.fingerprint), "Its fingerprint must tell it from others.")


def _require_read_or_refused(read: Callable[[bytes], Extracted], damaged: bytes) -> None:
    why = "a reason"
    try:
        read(damaged)
    except UnreadableFile as error:
        why = str(error).strip()
    except Exception as error:
        kind = type(error).__name__
        raise AssertionError(f"Damaged bytes must raise UnreadableFile, and raised {kind!r}.") from error
    _require(bool(why), "A refusal must say why.")


def _require_shares(item: Judgement) -> None:
    _require(isinstance(item, Judgement), f"It must give a Judgement, not {type(item).__name__!r}.")
    shares = (item.contradicted, item.not_said, item.supported)
    _require(all(0 <= share <= 1 for share in shares), f"{shares} are no probabilities.")
    _require(math.isclose(sum(shares), 1, abs_tol=1e-3), f"{shares} do not sum to 1.")


def _offered() -> tuple[tuple[RetrievedPassage, ...], Evidence]:
    """One passage, and the words of it that answer."""
    passage = Passage("0:0-55", "0", 0, 0, len(_TEXT), _TEXT)
    source = Source("0", "ferry.txt", "0" * 64, None, None, None, None)
    first = Span(0, _TEXT.index(". ") + 1)
    return (RetrievedPassage(1, passage, source, 0.5, Ranks()),), Evidence((Quote(1, first, first.of(_TEXT)),), 0.9)


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise AssertionError(sentence)
