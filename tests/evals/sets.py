"""Small public sets, written in their published forms."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

Reference = dict[str, object]


def reference(text: str, quote: str) -> Reference:
    start = text.index(quote)
    return {"content": quote, "start_index": start, "end_index": start + len(quote)}


def chunking_folder(folder: Path, rows: Sequence[tuple[str, Sequence[Reference], str]], **corpora: str) -> Path:
    folder.mkdir(exist_ok=True)
    with (folder / "questions_df.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["question", "references", "corpus_id"])
        writer.writerows((question, json.dumps(list(refs)), corpus) for question, refs, corpus in rows)
    for name, text in corpora.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8", newline="")
    return folder


def squad_file(path: Path, *articles: tuple[str, Sequence[tuple[str, Sequence[dict[str, object]]]]]) -> Path:
    data = [
        {"title": title, "paragraphs": [{"context": text, "qas": list(qas)} for text, qas in paragraphs]}
        for title, paragraphs in articles
    ]
    path.write_text(json.dumps({"version": "v2.0", "data": data}), encoding="utf-8")
    return path


def possible(id_: str, *answers: tuple[str, int]) -> dict[str, object]:
    told = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": id_, "question": "When?", "answers": told, "is_impossible": False}


def impossible(id_: str) -> dict[str, object]:
    return {"id": id_, "question": "Why?", "answers": [], "is_impossible": True, "plausible_answers": []}
