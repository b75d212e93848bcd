from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.cut.searchable import digest_of
from index.errors import IndexDamaged
from index.store.corpus import Corpus, StoredPath
from index.store.writer import CorpusWriter, holds_vectors
from index.types import Article, Document, Passage, Span, Vectors, passage_id
from index.vectors.lines import TextVectors, packed

letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
texts = st.lists(st.text(alphabet=letters, min_size=1, max_size=60), min_size=1, max_size=5, unique=True)
fields = st.none() | st.text(alphabet=letters, max_size=8)


def document_of(text: str) -> Document:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Document(digest[:16], digest, text, "utf-8", 2)


def article_of(document: Document, ordinal: int, span: Span, *told: str | None) -> Article:
    return Article(document.id, ordinal, span, *told, headline=Span(0, 1), byline=None)


def halves(document: Document) -> list[Passage]:
    middle, end = len(document.text) // 2, len(document.text)
    spans = [Span(0, middle), Span(middle, end)] if middle else [Span(0, end)]
    return [
        Passage(passage_id(document.id, s), document.id, 0, s.start, s.end, s.of(document.text), page=3) for s in spans
    ]


def store(file: Path, documents: Sequence[Document], *told: str | None) -> dict[str, Passage]:
    file.unlink(missing_ok=True)
    with CorpusWriter(file, "model-1") as writer:
        added = [passage for n, document in enumerate(documents) for passage in add(writer, n, document, *told)]
    return {passage.id: passage for passage in added}


def add(writer: CorpusWriter, number: int, document: Document, *told: str | None) -> list[Passage]:
    passages = halves(document)
    article = article_of(document, 0, Span(0, len(document.text)), *told)
    writer.add_document(document, [article], passages, [p.text for p in passages])
    writer.add_paths([StoredPath(f"{number}.txt", Path(f"/docs/{number}.txt"), document.id, 5, 10**18 + number)])
    return passages


@given(contents=texts, told=st.tuples(fields, fields, fields, fields))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_stored_comes_back(tmp_path: Path, contents: list[str], told: tuple[str | None, ...]) -> None:
    documents = [document_of(text) for text in contents]
    kept = store(tmp_path / "corpus.sqlite", documents, *told)
    with Corpus(tmp_path / "corpus.sqlite") as corpus:
        assert [corpus.document(key) for key in corpus.document_ids()] == documents
        assert corpus.passages(kept) == kept
        assert set(corpus.passage_ids()) == set(kept)
        for document in documents:
            whole = Span(0, len(document.text))
            assert corpus.articles(document.id) == (article_of(document, 0, whole, *told),)
            assert list(corpus.passages_of(document.id, 0)) == halves(document)
        counts = corpus.counts()
        assert (counts.documents, counts.articles, counts.passages) == (len(documents), len(documents), len(kept))
        assert corpus.integrity() == "ok"


def test_one_document_may_have_several_paths(tmp_path: Path) -> None:
    file, document = tmp_path / "corpus.sqlite", document_of("the same words")
    odd = Path("/docs/caf\udce9.txt")
    with CorpusWriter(file, "model-1") as writer:
        writer.add_document(document, [], [], [])
        writer.add_paths([StoredPath("z.txt", Path("/docs/z.txt"), document.id, 14, 7)])
        writer.add_paths([StoredPath("caf\\xe9.txt", odd, document.id, 14, 8)])
    with Corpus(file) as corpus:
        assert corpus.paths_of(document.id) == ("caf\\xe9.txt", "z.txt")
        assert [stored.location for stored in corpus.paths()] == [odd, Path("/docs/z.txt")]


def test_order_asked_for_is_kept_and_unknown_ids_left_out(tmp_path: Path) -> None:
    kept = list(store(tmp_path / "c", [document_of("one two three four")]))
    with Corpus(tmp_path / "c") as corpus:
        assert list(corpus.passages([kept[1], "nothing:0-1", kept[0], kept[1]])) == [kept[1], kept[0]]


def unit(*numbers: float) -> Vectors:
    return np.array([numbers], dtype=np.float32) / np.float32(np.linalg.norm(numbers))


def made(*rows: Vectors) -> list[TextVectors]:
    """Of texts of one line each."""
    return [TextVectors(row[0], packed(row)) for row in rows]


def test_vectors_are_kept_by_model_and_text(tmp_path: Path) -> None:
    file, document = tmp_path / "c", document_of("abcd")
    ab, cd = digest_of("ab"), digest_of("cd")
    with CorpusWriter(file, "model-1") as writer:
        first, second = add(writer, 0, document)
        assert writer.missing() == {ab: first.id, cd: second.id}
        writer.add_vectors([cd], made(unit(0.1, 0.7)))
        assert (list(writer.missing()), writer.embedded([ab, cd])) == ([ab], {cd})
        writer.add_vectors([ab, digest_of("no passage")], made(unit(1.0, -0.3), unit(1.0, 1.0)))
        assert writer.embedded([digest_of("no passage")])
        writer.drop_unused()
        assert not writer.embedded([digest_of("no passage")])
    with Corpus(file) as corpus:
        assert np.array_equal(corpus.vectors("model-1"), np.vstack([unit(1.0, -0.3), unit(0.1, 0.7)]))
        assert np.array_equal(corpus.vectors("model-1", [second.id]), unit(0.1, 0.7))
        lines = [one.lines for one in corpus.text_vectors("model-1", [second.id, first.id])]
        assert lines == [packed(unit(0.1, 0.7)), packed(unit(1.0, -0.3))]
        assert corpus.embedded("model-1", [ab, digest_of("no passage")]) == {ab}
        assert corpus.embedded("model-2", [ab]) == set()
        with pytest.raises(IndexDamaged, match="no vector"):
            corpus.vectors("model-2")


@pytest.mark.parametrize("needed", [True, False])
def test_vectors_are_taken_from_another_corpus(tmp_path: Path, needed: bool) -> None:
    with CorpusWriter(tmp_path / "one", "model-1") as writer:
        add(writer, 0, document_of("abcd"))
        writer.add_vectors([digest_of("ab"), digest_of("cd")], made(unit(1.0, -0.3), unit(0.1, 0.7)))
    with CorpusWriter(tmp_path / "two", "model-1") as writer:
        add(writer, 0, document_of("cdxy"))
        writer.take_vectors(tmp_path / "one", needed=needed)
        assert list(writer.missing()) == [digest_of("xy")]
        assert bool(writer.embedded([digest_of("ab")])) is not needed
    with CorpusWriter(tmp_path / "three", "model-2") as writer:
        writer.take_vectors(tmp_path / "one", needed=False)
        assert not writer.embedded([digest_of("ab")])
        (tmp_path / "rubbish").write_bytes(b"rubbish" * 1000)
        with pytest.raises(sqlite3.DatabaseError):
            writer.take_vectors(tmp_path / "rubbish", needed=False)
        writer.set_meta({"still": "writes"})


def test_what_was_kept_survives_a_run_that_fails(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", "model-1")
    passage, *_ = add(writer, 0, document_of("abcd"))
    assert not holds_vectors(tmp_path / "c")
    writer.add_vectors([digest_of("ab")], made(unit(1.0, -0.3)))
    writer.set_meta({"later": "lost"})
    writer.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert holds_vectors(tmp_path / "c")
    with Corpus(tmp_path / "c") as corpus:
        assert np.array_equal(corpus.vectors("model-1", [passage.id]), unit(1.0, -0.3))
        assert corpus.meta("later") is None
    assert not holds_vectors(tmp_path / "none")


def test_a_failed_run_leaves_nothing_half_written(tmp_path: Path) -> None:
    writer = CorpusWriter(tmp_path / "c", "model-1")
    writer.add_document(document_of("words"), [], [], [])
    writer.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    with pytest.raises(IndexDamaged):
        Corpus(tmp_path / "c")


def test_another_schema_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with CorpusWriter(tmp_path / "c", "model-1") as writer:
        writer.set_meta({"schema": "99"})
    with pytest.raises(IndexDamaged, match=r"schema '99'.*rag index --rebuild"):
        Corpus(tmp_path / "c")


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0 and then rubbish", b"rubbish" * 1000])
def test_what_is_no_corpus_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(IndexDamaged, match="--rebuild"):
        Corpus(tmp_path / "c")
    with pytest.raises(IndexDamaged, match="--rebuild"):
        Corpus(tmp_path / "missing")


def test_integrity_finds_a_page_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "c"
    store(file, [document_of(f"some words number {n} " * 200) for n in range(50)])
    damaged = bytearray(file.read_bytes())
    middle = len(damaged) // 8192 * 4096
    damaged[middle : middle + 4096] = b"\x05" * 4096
    file.write_bytes(damaged)
    with Corpus(file) as corpus:
        assert corpus.integrity() != "ok"
