"""What the Model tab says: who answers, where the passages go, what runs here, and what a trial of a model found."""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.probe import Probe
from rag.app.model_form import leaves
from rag.app.page.html import given, safe
from rag.providers.nearby import USUAL, Program

_HINTS = {
    "quotes": "The sentences that answer are quoted as they stand. Nothing leaves this computer.",
    "endpoint": "With an endpoint, each question and the passages found for it are sent to its address.",
    "file": "The model runs on this computer, and nothing leaves it. It is loaded when it is first asked.",
}
_LONGEST_REPLY = 600


def now(line: str) -> str:
    """The heading, and who answers at present."""
    return f'<h2>Model</h2><p class="now">Answering now: <strong>{safe(line)}</strong></p>'


def hint(kind: object, address: object) -> str:
    """Where the words go with this choice; another computer is named where it cannot be overlooked."""
    line = f'<p class="note">{_HINTS.get(str(kind), "")}</p>'
    host = leaves(address) if kind == "endpoint" else None
    if host is None:
        return line
    plain = isinstance(address, str) and address.strip().lower().startswith("http:")
    way = " The way there is not encrypted: use https:// if the endpoint has it." if plain else ""
    return (
        f'{line}<div class="away"><p>The passages go to another computer:</p>'
        f'<p class="host" translate="no">{safe(host)}</p>'
        f"<p>Whoever runs it can read them.{way}</p></div>"
    )


def nearby(programs: Sequence[Program]) -> str:
    """The programs that run models on this computer, and a button for each model, which fills the form."""
    if not programs:
        none = f"None of these answers on this computer: {', '.join(USUAL)}. Start one, and look again."
        return f'<p class="note" role="status">{none}</p>'
    return f'<ul class="nearby" role="status">{"".join(map(_program, programs))}</ul>'


def _program(program: Program) -> str:
    buttons = "".join(
        f'<button type="button" data-do="fill" data-id="{safe(f"{program.url} {model}")}">{given(model)}</button>'
        for model in program.models
    )
    has = buttons or '<span class="note">It runs, and has no model yet.</span>'
    return (
        f'<li><p class="now"><strong translate="no">{safe(program.name)}</strong> at {safe(program.url)}</p>{has}</li>'
    )


def saved_in(file: str) -> str:
    """Where the settings are written."""
    return f'<p class="note">“Use it” writes to <span class="path">{safe(file)}</span></p>'


def result(probe: Probe) -> str:
    """What a trial found, in words."""
    speed = f"the first word after {probe.first_ms / 1000:,.1f} seconds"
    if probe.tokens_per_second is not None:
        speed = f"{probe.tokens_per_second:,.1f} tokens a second, {speed}"
    reply = probe.reply if len(probe.reply) <= _LONGEST_REPLY else probe.reply[: _LONGEST_REPLY - 1] + "…"
    rows = [
        ("Answers", _judged(probe.right, "what the sample says", "not what the sample says")),
        ("Cites", _judged(probe.cites, "every sentence names its passage", "not every sentence names its passage")),
        ("Declines", _judged(probe.declines, "says when it is not there", "answers what is not there")),
        ("Speed", safe(speed)),
        ("Room", f"{probe.window:,} tokens for a question and its passages"),
        ("Its reply", f'<span class="said-by" dir="auto">{safe(reply)}</span>'),
    ]
    terms = "".join(f"<div><dt>{term}</dt><dd>{words}</dd></div>" for term, words in rows)
    return f'<section class="trial"><h3 translate="no">{safe(probe.model)}</h3><dl>{terms}</dl></section>'


def _judged(good: bool, yes: str, no: str) -> str:
    kind, symbol, word = ("supported", "✓", "Yes") if good else ("partly", "✕", "No")
    return f'<span class="badge {kind}"><span aria-hidden="true">{symbol}</span> {word}</span> {yes if good else no}'
