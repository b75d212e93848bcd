"""Follow-ups: whether a question leans on the one before, and how it reads with what it leans on put into it.

By grammar alone: pronouns, question words, auxiliaries and other closed classes (`rag.lexicon`). What is carried over
comes from the last question and its answer by form: a capital, a digit, the place of a noun.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from index.types import Span
from rag import lexicon
from rag.asking.phrases import BE, Phrase, Token, names, phrases, tokens
from rag.types import Turn

_OPENER = re.compile(
    r"(?:\w+(?: \w+)?[.!] +(?=(?:and|but|or|so|what about|how about)\b))?"
    r"(?:(?:and|but|or|so|then|also)\b[\s,]*)*(?:(?P<about>(?:what|how)\s+about)\b[\s,]*)?",
    re.I,
)
_SOURCE = re.compile(r"^[^“”\n]*:\s(?=“)", re.M)
"""Who a quote is from, before it: not what the answer is about."""
_SENTENCE = re.compile(r"[.!?]\s+")
_MARKER = re.compile(r"\[\d+\]")
_POSSESSIVES = frozenset("his her its their".split())
_OF_PEOPLE = frozenset("he she him her his hers".split())
_SUBJECTS = frozenset("he she they".split())
_BESIDE = frozenset("other others another else same such".split())
_CLAUSE = lexicon.CONJUNCTIONS | lexicon.CONTRASTS | lexicon.SUBORDINATORS | lexicon.QUESTION_WORDS | {"that"}
_CLAUSE_OF_IT = frozenset("to that if".split())
_FOR_THINGS = frozenset("who whom whose".split())
_PARTICIPLE = re.compile(r"\w{2,}(?:ed|en)")
LONGEST = 600
"""Characters of a question that may lean; what is longer says enough, and is one question."""
_FORMS = 3
"""Rewritings at most: each is searched for in turn."""
_SHORT = 5
"""Words of a fragment that may be but a noun, and of a noun that is carried over from an answer."""
_LONGEST_ANSWER = 600
"""Characters of an answer that are read."""


def leans(question: str) -> bool:
    """Whether a question cannot be read by itself.

    It opens with "and" or "what about", has a pronoun without a noun before it that it could stand for, or has too
    little in it to be a question: no verb, or no noun.
    """
    if len(question) > LONGEST:
        return False
    opener, _, _ = _opened(question)
    return bool(opener) or _says_too_little(tokens(question)) or _dangling(question) is not None


def rewritings(question: str, history: Sequence[Turn]) -> tuple[str, ...]:
    """Forms of `question` that stand without `history`, that which adds least first; none where there is no history.

    Each is made of the person's own question, and of one phrase or two of the last turn: chains do not grow.
    """
    if not history or len(question) > LONGEST:
        return ()
    earlier = _resolved(history)
    topics = _topics(earlier, history[-1].answer) or _topics(history[0].question, history[0].answer)
    _, about, core = _opened(question)
    topics = _places_first(topics, earlier) if _leans_on_a_place(core) else topics
    forms = _completed(core, earlier, about=about)
    if not forms:
        replaced = _replaced_forms(core, topics)
        forms = [*replaced, *_prefixed(next(iter(replaced), core), topics)]
    whole = dict.fromkeys(map(_sentence, forms))
    return tuple(form for form in whole if form != _sentence(question))[:_FORMS]


def _opened(question: str) -> tuple[str, bool, str]:
    """What opens a question ("and", "what about"), whether it says "about", and the rest."""
    text = question.strip()
    match = _OPENER.match(text)
    assert match is not None  # every part of it is optional
    return match[0], bool(match["about"]), text[match.end() :].strip()


def _resolved(history: Sequence[Turn]) -> str:
    """The last question, with what it leans on itself put into it."""
    last = history[-1].question[:LONGEST]
    return next(iter(rewritings(last, history[:-1])), last) if leans(last) else last


# Whether it leans


def _says_too_little(line: Sequence[Token]) -> bool:
    """Whether there is no noun, or but one word and no verb: "from which quay", "who paid", "what is required"."""
    places = [at for at, token in enumerate(line) if token.has_content]
    if len(places) != 1:
        return not places
    word, before = line[places[0]], line[places[0] - 1].form if places[0] else ""
    if any(c.isdigit() for c in word.text) or (word.is_named and before):
        return False
    auxiliaries = {token.form for token in line if token.form in lexicon.AUXILIARIES}
    participle = _PARTICIPLE.fullmatch(word.form) is not None and before not in lexicon.DETERMINERS
    return not auxiliaries or (participle and auxiliaries <= BE and line[0].form in lexicon.QUESTION_WORDS)


def _dangling(question: str) -> int | None:
    """The first word that stands for a noun which is not there; None where each has one that it could stand for."""
    line = tokens(question)
    nouns = [phrase.place[0] for phrase in phrases(question)]
    first_noun = nouns[0] if nouns else len(line)
    clause, asks_from = 0, _asks_from(question, line)
    for at, token in enumerate(line):
        points = at >= asks_from and _points(line, at)
        subject = token.form in _SUBJECTS and _has_content(line, at - 1)
        if at and (token.breaks or subject or (token.form in _CLAUSE and not points)):
            clause = at
        antecedent = first_noun < (at if token.form in _POSSESSIVES else clause)
        if points and not antecedent and not _is_told_later(line, at, nouns):
            return at
    return None


def _asks_from(question: str, line: Sequence[Token]) -> int:
    """The first word of the sentence that asks, where a remark stands before it: "That is a lot. Who pays for it?"."""
    begins = max((match.end() for match in _SENTENCE.finditer(question)), default=0)
    first = sum(token.span.start < begins for token in line)
    return first if sum(token.has_content for token in line[first:]) > 1 else 0


def _points(line: Sequence[Token], at: int) -> bool:
    """Whether the word at a place stands for something named elsewhere."""
    form, before, after = line[at].form, _form(line, at - 1), _form(line, at + 1)
    if form in _BESIDE:
        return sum(token.has_content for token in line) < 3
    if form == "there":
        return not BE & {before, after}
    if form == "one" and before in lexicon.UNIVERSALS:
        return True
    if form == "one" and before not in lexicon.QUESTION_WORDS:
        return after != "of" and not _has_content(line, at + 1)
    if form == "that" and _has_content(line, at - 1):
        return False  # "the deposit that", "say that"
    if form in lexicon.DEMONSTRATIVES:
        is_time = lexicon.UNITS.get(after, ("", 0.0))[0].startswith("time")
        return not is_time and after not in lexicon.QUESTION_WORDS | {"that", "of"}
    is_empty = form == "it" and _is_expletive(line, at)
    return form in lexicon.PERSONAL_PRONOUNS | lexicon.ANAPHORS and not is_empty


def _form(line: Sequence[Token], at: int) -> str:
    """The form of the word at a place; empty beyond the ends."""
    return line[at].form if 0 <= at < len(line) else ""


def _has_content(line: Sequence[Token], at: int) -> bool:
    return 0 <= at < len(line) and line[at].has_content


def _is_expletive(line: Sequence[Token], at: int) -> bool:
    """Whether "it" stands for what follows: "is it allowed to park in front of the gate"."""
    clause = next((place for place in range(at + 1, min(at + 6, len(line))) if line[place].form in _CLAUSE_OF_IT), None)
    return clause is not None and sum(token.has_content for token in line[clause:]) > 1


def _is_told_later(line: Sequence[Token], at: int, nouns: Sequence[int]) -> bool:
    """Whether a pronoun of an opening clause has its noun after the comma: "if it rains, where does the class go"."""
    if line[0].form not in lexicon.CONJUNCTIONS | lexicon.SUBORDINATORS | lexicon.PREPOSITIONS or any(
        token.breaks for token in line[: at + 1]
    ):
        return False
    comma = next((place for place in range(at, len(line)) if line[place].breaks), len(line))
    return any(noun >= comma for noun in nouns)


# What is put in


def _topics(earlier: str, answer: str) -> list[str]:
    """What a follow-up may be about, likeliest first: what answers "who" or "which" before what the question names."""
    nouns = sorted(phrases(earlier), key=lambda phrase: phrase.asked_for)
    inner = [phrase.text for phrase in phrases(earlier, linked=False) if phrase.is_name]
    line = tokens(earlier)
    answered = _answer_phrases(answer, line)
    asks = {token.form for token in line[:2]}
    first = answered if asks & _FOR_THINGS or any(noun.asked_for for noun in nouns) else []
    last = answered if "where" in asks else []
    return list(dict.fromkeys(_within(text) for text in [*first, *(noun.text for noun in nouns), *inner, *last]))


def _leans_on_a_place(core: str) -> bool:
    at = _dangling(core)
    return at is not None and tokens(core)[at].form == "there"


def _places_first(topics: Sequence[str], earlier: str) -> list[str]:
    """What stands after a preposition first, as a place does: "Aleppo" of "How many remain in Aleppo?"."""
    line = [token for token in tokens(earlier) if token.form not in lexicon.DETERMINERS]
    placed = {after.form for before, after in pairwise(line) if before.form in lexicon.PREPOSITIONS}
    return sorted(topics, key=lambda topic: next((token.form for token in tokens(topic)), "") not in placed)


def _answer_phrases(answer: str, earlier: Sequence[Token]) -> list[str]:
    """What an answer names that the question does not: its names, or else a noun with a determiner.

    Such a noun counts where the answer is but a few words, or says again some of the question; a refusal does not.
    """
    text = _MARKER.sub("", _SOURCE.sub("", answer[:_LONGEST_ANSWER]))
    known = {token.stem for token in earlier if token.has_content}
    new = [name for name in names(text) if not _stems(name) <= known]
    if new or not (len(text.split()) < _SHORT or _stems(text) & known):
        return new[:2]
    nouns = [_without_verb(phrase, text) for phrase in phrases(text) if _bare(phrase.text) != phrase.text]
    return [noun for noun in nouns if not _stems(noun) <= known and len(noun.split()) <= _SHORT][:1]


def _without_verb(phrase: Phrase, text: str) -> str:
    """The subject that opens a statement, without its verb: "the landlord" of "The landlord pays"."""
    line = tokens(text)
    start, end = phrase.place
    if start or end - start < 3 or _form(line, end) in lexicon.AUXILIARIES or line[end - 1].is_named:
        return phrase.text
    link = next((at for at in range(start, end) if line[at].form in lexicon.PREPOSITIONS), end)
    return text[: line[max(1, link - 2)].span.end]


def _bare(noun: str) -> str:
    """A noun without its determiner."""
    first, _, rest = noun.partition(" ")
    return rest if rest and first.lower() in lexicon.DETERMINERS else noun


def _within(text: str) -> str:
    """A noun or a question as it reads within a sentence."""
    opens = tokens(text)[:1]
    return text[:1].lower() + text[1:] if opens and not opens[0].has_content and opens[0].text != "I" else text


def _stems(text: str) -> set[str]:
    return {token.stem for token in tokens(text) if token.has_content}


def _replaced_forms(core: str, topics: Sequence[str]) -> list[str]:
    """`core` with the pronoun that leans replaced, by the likeliest topic first; empty where there is no pronoun."""
    line = tokens(core)
    at = _dangling(core)
    if at is None:
        return []
    people = [topic for topic in topics if topic[:1].isupper()]
    things = [topic for topic in topics if topic not in people]
    fitting = {"one": things[::-1], "ones": things[::-1]} | dict.fromkeys(_OF_PEOPLE, people)
    forms = (_replaced(core, line, at, topic) for topic in (fitting.get(line[at].form) or topics)[:2])
    return [form for form in forms if form]


def _replaced(core: str, line: Sequence[Token], at: int, noun: str) -> str | None:
    """`core` with `noun` in place of the word at a place; None where it cannot stand there."""
    token, after = line[at], line[at + 1 : at + 2]
    before_noun = bool(after) and after[0].has_content and not after[0].breaks
    if token.form in _POSSESSIVES and (token.form != "her" or before_noun):
        new = f"{noun}{'’' if noun.endswith('s') else '’s'}"
    elif token.form in ("one", "ones") and at:
        new = _bare(noun)
    elif token.form in lexicon.PERSONAL_PRONOUNS or (token.form in lexicon.DEMONSTRATIVES and not before_noun):
        new = noun + token.text[len(token.form) :]  # "it's"
    else:
        return None
    return core[: token.span.start] + new + core[token.span.end :]


def _completed(core: str, earlier: str, *, about: bool) -> list[str]:
    """A fragment with the rest of the earlier question: "from which quay" and "when does the ferry leave"."""
    line = tokens(core)
    rest = earlier.rstrip(" ?")
    if not line or _dangling(core) is not None or any(token.form in lexicon.AUXILIARIES for token in line):
        return []
    if any(token.form in lexicon.QUESTION_WORDS for token in line):
        rests = [rest[token.span.start :] for token in tokens(rest) if token.form in lexicon.AUXILIARIES]
        whole = f"{core.rstrip(' ?')} {rests[0]}" if rests else f"{rest}: {_within(core)}"
        return [whole] if _says_too_little(line) else []
    place = _counterpart(core, rest) if about or len(line) <= _SHORT else None
    if place is not None:
        return [rest[: place.start] + core.rstrip(" ?") + rest[place.end :]]
    return [f"{rest} {core}"] if line[0].form in lexicon.PREPOSITIONS else []


def _counterpart(core: str, earlier: str) -> Span | None:
    """Where the earlier question has what a fragment puts another thing in place of: "Flat B", for "Flat A".

    It begins with the same preposition, shares a word, or else is the last of the same form.
    """
    mine, line, nouns = tokens(core), tokens(earlier), phrases(earlier, linked=False)
    if mine[0].form in lexicon.PREPOSITIONS:
        fitting = [
            (n.place[0] - 1, n.place[1]) for n in nouns if n.place[0] and line[n.place[0] - 1].form == mine[0].form
        ]
    else:
        alike = [noun for noun in nouns if not noun.asked_for and noun.is_name == mine[0].is_named]
        fitting = [noun.place for noun in [n for n in nouns if _stems(n.text) & _stems(core)] or alike]
    return Span(line[fitting[-1][0]].span.start, line[fitting[-1][1] - 1].span.end) if fitting else None


def _prefixed(core: str, topics: Sequence[str]) -> Iterable[str]:
    """`core` after what it is about, where it does not say so itself."""
    new = [topic for topic in topics if not _stems(topic) <= _stems(core)]
    second = [topic for topic in new[1:] if not _stems(topic) <= _stems(new[0])][:1]
    for about in (new[:1], second, new[:1] + second):
        if about:
            yield f"{', '.join(about)}: {_within(core)}"


def _sentence(text: str) -> str:
    """`text` with a capital and a question mark."""
    line = " ".join(text.split()).rstrip(" ?.")
    return f"{line[:1].upper()}{line[1:]}?"
