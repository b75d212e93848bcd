"""`rag trace`: where the time of the last question went."""

from __future__ import annotations

from dataclasses import asdict

from rag.app.cli.options import Config, Home, Json, settings_of
from rag.app.cli.terminal import Terminal


def trace(home: Home = None, config: Config = None, json: Json = False) -> None:
    """Print the stages of the last question as a tree with their times; [trace] keep in rag.toml keeps them."""
    from rag.stages import nested
    from rag.tracing import last_trace

    last, terminal = last_trace(settings_of(home, config, None).home), Terminal()
    if json:
        terminal.json(asdict(last))
        return
    counts = f"{last.passages} passages, {last.citations} citations"
    writer = last.model or "quotes"
    terminal.line(f"ask {last.whole.ms:.1f} ms: {last.status} by {writer}, {counts}, generation {last.generation}")
    for depth, stage in nested(last.stages):
        after = (stage.start - last.whole.start) / 1e6
        terminal.line(f"{stage.name} {stage.ms:.1f} ms, after {after:.1f}", indent=2 + 2 * depth)
