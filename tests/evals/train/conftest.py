"""Data to train on and an encoder, each as small as can be."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

TEXT = "The quoin of Brask is blue. Wenna sold 40 larches in May. The weir opens at nine. Orl lies north of Brask."
DOCUMENT = (
    "# Brask\n\n## Weir\n\nThe weir opens at nine. Wenna keeps it.\n\n| Item | Price |\n|---|---|\n| quoin | 40 |\n"
)


def write(folder: Path, name: str, rows: Sequence[Mapping[str, object]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def write_authored(folder: Path) -> None:
    """Documents that are told apart by the number of what is asked."""
    document = {
        "text": DOCUMENT,
        "true": [{"s": "Wenna looks after the weir.", "e": ["Wenna keeps it."], "kind": "paraphrase"}],
        "false": [{"s": "The weir opens at ten.", "e": ["The weir opens at nine."], "kind": "number"}],
    }
    rows = [
        document
        | {
            "qa": [{"q": f"When does weir {n} open?", "a": "The weir opens at nine.", "short": "at nine"}] * 2,
            "near": [{"q": f"When does mill {n} open?"}],
        }
        for n in range(14)
    ]
    folder.mkdir()
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)))


def write_squad(folder: Path) -> None:
    """Articles that are told apart by the number of what is asked."""

    def article(n: int) -> dict[str, object]:
        answers = [{"answer_start": 28, "text": "Wenna"}]
        questions = [
            {"question": f"Who sold larches {n}?", "is_impossible": False, "answers": answers},
            {"question": f"Who ate larches {n}?", "is_impossible": True, "answers": []},
        ]
        return {"title": f"Brask_{n:02}", "paragraphs": [{"context": TEXT, "qas": questions}]}

    folder.mkdir()
    (folder / "dev-v2.0.json").write_text(json.dumps({"data": [article(n) for n in range(16)]}))


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder laid out as the training data are, with a row or two of each form."""
    place = tmp_path_factory.mktemp("data")
    folder = place / "reader"
    spanned = [{"q": "Who sold larches in May?", "ctx": TEXT, "spans": "[[28, 33]]"}]
    spanned += [{"q": "Who sold the moon?", "ctx": TEXT, "spans": "[]"}]
    names = "qed-train qed-dev nq-oracle timeqa covidqa onestopqa quoref-ni molweni qasrl qanom qadiscourse qamr"
    for name in (*names.split(), "qasrl-invalid", "qamr-invalid"):
        write(folder, name, spanned)
    write(
        folder,
        "unansq-dev",
        [{"q": "who sold larches ?", "uq": "who ate larches ?", "ctx": TEXT, "spans": "[[28, 33]]"}],
    )
    ordered = [
        {"q": "what is blue ?", "sent": text, "label": "1", "pos": str(n)} for n, text in enumerate(TEXT.split(". "))
    ]
    write(folder, "nqg-squadtrain", ordered)
    write(folder, "unansq-train-nqg", [{**ordered[0], "uq": "what is red ?"}])
    write(folder, "unansq-edits", [{"from": "sold", "to": "bought", "n": "3"}])
    write(
        folder,
        "selqa",
        [{"q": "What is blue?", "sent": row["sent"], "label": int(n == 0)} for n, row in enumerate(ordered)],
    )
    write(folder, "boolq-yesno", [{"q": f"is the quoin blue\npassage: Brask -- {TEXT}", "label": "True"}] * 2)
    write(
        folder,
        "condaqa",
        [
            {"sentence1": TEXT, "sentence2": "Is the quoin blue?", "label": "YES"},
            {"sentence1": TEXT, "sentence2": "Is the weir blue?", "label": "DON'T KNOW"},
        ],
    )
    for name in "mnli breaking-nli fever-sym fm2 summedits halueval-qa wice-train fm2-retrieved".split():
        write(
            folder,
            name,
            [{"prem": TEXT, "hyp": "The quoin is blue.", "label": "e"}, {"prem": TEXT, "hyp": "No.", "label": "n"}],
        )
    write_authored(place / "authored")
    write_squad(place / "squad2-cs224n")
    return place


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer with random weights and a vocabulary of letters."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("encoder")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,?"
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(vocabulary), max_position_embeddings=512, **shape)).save_pretrained(folder)
    return folder
