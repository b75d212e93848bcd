"""What one answer scores against its case. Pure; `None` means that a metric does not apply, and is never a zero.

Every score is in [0, 1], but for the count `words_quoted`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from evals import words
from evals.cases import Case
from evals.gold import Gold, Part, Place, covered, found_jointly, found_singly, holds, merged, shared
from evals.ranking import shown_scores
from rag.types import Answer, Citation, RetrievedPassage

Scores = dict[str, float | None]
CUTOFFS = (1, 5)
NAMES = (
    *(f"source_recall@{k}" for k in CUTOFFS),
    *("passage_recall@5", "ndcg@5", "rr"),
    *("answer_presence", "answer_parts", "exact_match", "token_f1"),
    *("quote_validity", "supported", "citation_coverage", "known_labels", "words_quoted"),
    *("cited_precision", "cited_recall", "span_precision", "span_recall", "evidence_in_quotes"),
    *("refused", "refusal_right", "may_answer"),
)
"""Every metric of `score`, in its order."""


def score(case: Case, answer: Answer, gold: Gold, text_of: Callable[[str], str]) -> Scores:
    """Every metric of one answer, in the order of a report.

    `gold` are the places of the case's evidence; `text_of` gives a document's decoded text by its id.
    """
    return {
        **retrieval(gold, answer.passages),
        **correctness(case, answer),
        **grounding(answer, text_of),
        **attribution(gold, answer),
        **refusal(case, answer),
    }


def retrieval(gold: Gold, passages: Sequence[RetrievedPassage]) -> Scores:
    """How much of the evidence is in the passages shown, and how high.

    `source_recall@k`: the share of parts with an alternative that lies, by 90 % of its characters or more, in
    one of the first k passages. `passage_recall@5`, `ndcg@5` and `rr` rank passages; one is relevant when it
    holds such an alternative (see `evals.ranking.shown_scores` for evidence that is in none).
    """
    names = [f"source_recall@{k}" for k in CUTOFFS]
    if not gold:
        return dict.fromkeys([*names, "passage_recall@5", "ndcg@5", "rr"])
    places = [place_of(passage) for passage in passages]
    recalls = [_share(found_singly(part, places[:k]) for part in gold) for k in CUTOFFS]
    missed = sum(not found_singly(part, places) for part in gold)
    ranked = shown_scores([holds(place, gold) for place in places], missed, ["R@5", "nDCG@5", "RR"])
    return {
        **dict(zip(names, recalls, strict=True)),
        "passage_recall@5": ranked["R@5"],
        "ndcg@5": ranked["nDCG@5"],
        "rr": ranked["RR"],
    }


def correctness(case: Case, answer: Answer) -> Scores:
    """Whether an answerable question got its answer; a refusal of one scores 0.

    `answer_presence` and `answer_parts` look for accepted forms in the whole text; `exact_match` and
    `token_f1` compare the words quoted (the text itself, where a model wrote it) with the nearest of `answers`.
    """
    scores: Scores = dict.fromkeys(["answer_presence", "answer_parts", "exact_match", "token_f1"])
    if not case.answerable:
        return scores
    refused = answer.status == "refused"
    text = "" if refused else words.without_markers(answer.text)
    if case.answers or case.answers_all:
        parts = parts_present(case, text)
        scores |= {"answer_presence": float(parts == 1), "answer_parts": parts}
    if case.answers:
        answer_text = "" if refused else _written_text(answer, text)
        scores |= {
            "exact_match": words.exact_match(answer_text, case.answers),
            "token_f1": words.token_f1(answer_text, case.answers),
        }
    return scores


def grounding(answer: Answer, text_of: Callable[[str], str]) -> Scores:
    """Whether what is said is cited, and what is cited is really written.

    `quote_validity`: the share of citations whose quote is the exact slice of its document. `supported`: of the
    statements that somebody wrote the share so judged. `citation_coverage`: the share of statements that cite a
    passage shown.
    `known_labels`: the share of cited labels that a passage was shown under. `words_quoted`: words in the distinct
    quotes.
    """
    exact = [c.span.of(text_of(c.source.document_id)) == c.quote for c in answer.citations]
    known, cited = {passage.label for passage in answer.passages}, _cited(answer)
    quotes = {(c.source.document_id, c.span): len(c.quote.split()) for c in answer.citations}
    has_statements = bool(answer.statements)
    written = [s.verdict == "supported" for s in answer.statements if s.verdict != "quoted"]
    return {
        "quote_validity": _share(exact) if exact else None,
        "supported": _share(written) if written else None,
        "citation_coverage": _share(bool(known & set(s.labels)) for s in answer.statements) if has_statements else None,
        "known_labels": _share(label in known for label in cited) if cited else None,
        "words_quoted": float(sum(quotes.values())) if quotes else None,
    }


def attribution(gold: Gold, answer: Answer) -> Scores:
    """Whether what is cited is the evidence.

    `cited_precision`: the share of cited labels whose passage holds evidence; an unknown label holds none.
    `cited_recall`: the share of parts that a cited passage holds. `span_precision` and `span_recall`: the same
    in characters of the quotes, a part counting by its best covered alternative. `evidence_in_quotes`: the
    share of parts with an alternative of which the quotes hold 90 % of the characters or more.
    Recalls are 0 where nothing is cited; precisions do not apply there.
    """
    names = ["cited_precision", "cited_recall", "span_precision", "span_recall", "evidence_in_quotes"]
    if not gold:
        return dict.fromkeys(names)
    cited, quotes = _cited(answer), _quotes(answer.citations)
    places = {p.label: place_of(p) for p in answer.passages if p.label in cited}
    right = sum(holds(place, gold) for place in places.values())
    precision, recall = span_overlap(gold, quotes)
    return {
        "cited_precision": right / len(cited) if cited else None,
        "cited_recall": _share(found_singly(part, list(places.values())) for part in gold),
        "span_precision": precision,
        "span_recall": recall,
        "evidence_in_quotes": _share(found_jointly(part, quotes) for part in gold),
    }


def refusal(case: Case, answer: Answer) -> Scores:
    """`refused`; `refusal_right`, whether that is what the case asks for; `may_answer`: not refused, but in doubt."""
    refused, doubted = answer.status == "refused", answer.status == "may_answer"
    return {
        "refused": float(refused),
        "refusal_right": float(refused != case.answerable),
        "may_answer": float(doubted),
    }


def span_overlap(gold: Gold, retrieved: Sequence[Place]) -> tuple[float | None, float]:
    """The precision and recall of the characters of `retrieved`; the precision is None where nothing is found.

    After Smith and Troynikov 2024 (chunking evaluation), with unions on both sides.
    """
    files = {place.file for place in retrieved}
    by_file = {file: [p.span for p in retrieved if p.file == file] for file in files}
    wanted = [place for part in gold for place in part]
    size = sum(len(span) for spans in by_file.values() for span in merged(spans))
    hit = sum(shared(spans, [p.span for p in wanted if p.file == file]) for file, spans in by_file.items())
    best = [_best(part, retrieved) for part in gold]
    recalled = sum(covered(place, retrieved) * len(place.span) for place in best)
    return (hit / size if size else None), recalled / sum(len(place.span) for place in best)


def place_of(passage: RetrievedPassage) -> Place:
    """Where a passage lies."""
    return Place(passage.source.path, passage.passage.span)


def parts_present(case: Case, text: str) -> float:
    """The share of the parts of a right answer of which `text` holds an accepted form; any of `answers` is all."""
    whole = words.fraction_present(text, [case.answers]) if case.answers else 0.0
    parts = words.fraction_present(text, case.answers_all) if case.answers_all else 0.0
    return max(whole, parts)


def _best(part: Part, retrieved: Sequence[Place]) -> Place:
    return max(part, key=lambda place: (covered(place, retrieved), -len(place.span)))


def _cited(answer: Answer) -> set[int]:
    return {label for s in answer.statements for label in s.labels} | {c.label for c in answer.citations}


def _quotes(citations: Sequence[Citation]) -> list[Place]:
    return [Place(c.source.path, c.span) for c in citations]


def _written_text(answer: Answer, text: str) -> str:
    if answer.answerer == "llm":
        return text
    quotes = {(c.source.document_id, c.span): c.quote for c in answer.citations}
    return " ".join(quotes.values())


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return sum(values) / len(values)
