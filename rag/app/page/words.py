"""The words of the page: every word of a button, tab, heading or field is one of these, and a test holds it to that.

`GLOSSARY` are those that mean something of their own here, each with one meaning; `PLAIN` are those that mean what they
mean everywhere. A new word is first put here, with its meaning, and then on the page; one that is no longer used goes.
The German of the page is in `german.json`, phrase by phrase, and says the words of `GLOSSARY` as `GERMAN` does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

GLOSSARY: Mapping[str, str] = {
    "answer": "what is shown for a question: quotes, or sentences of a model with their sources",
    "ask": "to put a question to the documents",
    "author": "who wrote a document or section, where that is printed",
    "baseline": "the run that later runs of a suite are compared with",
    "case": "a question with what is right, one of a suite",
    "chat": "the conversation that is going on",
    "cited": "named as what a sentence rests on",
    "collection": "documents that are indexed and asked together",
    "context": "how much a model can read at once",
    "conversation": "questions with their answers, one after another, which are kept",
    "date": "when a document or section was written, where that is printed",
    "document": "a file that was read",
    "endpoint": "the address of a program that runs a model",
    "evals": "how good the answers are, measured with suites",
    "evidence": "the passages behind an answer, with their quotes marked",
    "file": "what lies in a folder of this computer",
    "folder": "where files lie; all in it can be added, and ticked, at once",
    "gguf": "a form of file that holds a model",
    "indexed": "read and made ready to be searched",
    "json": "a form of file for other programs",
    "markdown": "a form of file that any editor opens",
    "measures": "the numbers of a run",
    "model": "a language model, which writes sentences where one is set",
    "note": "what you write beside a pin",
    "notebook": "what you have pinned in a collection",
    "outlet": "the paper or site that printed a document, where that is printed",
    "overview": "how documents begin, and questions that they answer",
    "pages": "a document as it is printed",
    "pattern": "a way to name many files at once, as *.pdf",
    "pdf": "a form of file that keeps how sheets of paper look",
    "pin": "to keep an answer or a quote in the notebook; what is kept so",
    "pinned": "kept in the notebook",
    "question": "what you ask",
    "quote": "words of a document, exactly as they stand there",
    "repair": "to make what is damaged anew from the stored text",
    "run": "a suite that is asked from its beginning to its end",
    "sample": "a document that comes with the program, to try it",
    "sentence": "what a model writes, checked one by one",
    "source": "a document that words come from",
    "suite": "a list of cases",
    "tokens": "the pieces of words that a model counts in",
    "verdict": "whether the cited words say what a sentence says",
}
"""In the singular; the plural by “s” is the same word."""
GERMAN: Mapping[str, str] = {
    "answer": "antwort",
    "ask": "frag",
    "author": "verfasser",
    "baseline": "vergleichslauf",
    "case": "fall",
    "chat": "chat",
    "cited": "fuhr",
    "collection": "sammlung",
    "context": "kontext",
    "conversation": "gesprach",
    "date": "dat",
    "document": "dokument",
    "endpoint": "endpunkt",
    "evals": "messung",
    "evidence": "beleg",
    "file": "datei",
    "folder": "ordner",
    "gguf": "gguf",
    "indexed": "eingelesen",
    "json": "json",
    "markdown": "markdown",
    "measures": "messwert",
    "model": "modell",
    "note": "notiz",
    "notebook": "notizheft",
    "outlet": "medium",
    "overview": "uberblick",
    "pages": "seite",
    "pattern": "muster",
    "pdf": "pdf",
    "pin": "heft",
    "pinned": "angeheftet",
    "question": "frag",
    "quote": "zit",
    "repair": "repar",
    "run": "lauf",
    "sample": "beispiel",
    "sentence": "satz",
    "source": "quelle",
    "suite": "reihe",
    "tokens": "token",
    "verdict": "urteil",
}
"""Of each, what its German word has in all its forms, small and without the dots of an umlaut."""
PLAIN = frozenset(
    """
    a add again all alone also an and around as asked at back be before begin by came cancel cannot changes check
    close computer confirm copy create delete deutsch details differ down drop edit find for found from go here in is it
    keep kind know left let like list look make mean more name nearest new next no not nothing numbers of on only
    open or out own previous print quoted read remove rename right save search send show shown skipped some stop
    stopping table test that the them this title titles to today try two undo up use view what where who why with
    words would written wrong yesterday yet you your
    """.split()
)


def words_of(text: str) -> frozenset[str]:
    """The words of a text, in small letters, each as the glossary would have it."""
    words = re.findall(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*", text.lower())
    return frozenset(_singular(word.removesuffix("’s")) for word in words)


def unknown(text: str) -> frozenset[str]:
    """The words of a text that are in neither list."""
    return words_of(text) - GLOSSARY.keys() - PLAIN


def _singular(word: str) -> str:
    shorter = word.removesuffix("s")
    return shorter if shorter in GLOSSARY else word
