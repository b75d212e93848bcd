"""Two processes that index into one home at the same moment."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.faults import folder
from tests.faults.bench import Bench
from tests.faults.child import main
from tests.faults.process import Child, Transcript

REFUSAL = re.compile(r"The index in '.+' is being written( by process \d+ on \S+ since [^;]+)?; wait until .+\.")


def test_one_of_two_writers_is_refused_at_once_with_a_sentence(tmp_path: Path, times: int, thorough: bool) -> None:
    bench = Bench(tmp_path, short=not thorough)
    bench.grow()
    for _ in range(1 + 2 * times // 5):
        bench.change()
        require_one_after_the_other(together(bench))
        assert folder.left_behind(bench.home) == []
        assert folder.problem(bench.home, [bench.state], doctor=thorough) is None


def together(bench: Bench) -> tuple[Transcript, Transcript]:
    """What two runs tell that were set off together."""
    task = replace(bench.task(), waits=True)
    with Child(task, main) as one, Child(task, main) as other:
        for child in (one, other):
            child.listen(lambda event: event[0] == "ready")
        for child in (one, other):
            child.connection.send("go")
        return one.finish(), other.finish()


def require_one_after_the_other(transcripts: Sequence[Transcript]) -> None:
    """One is refused while the other writes, or begins when the other has ended."""
    finished = [transcript for transcript in transcripts if transcript.report is not None]
    refused = [transcript for transcript in transcripts if transcript.busy]
    assert len(finished) + len(refused) == 2, [transcript.complaint() for transcript in transcripts]
    assert finished, "both were refused"
    if refused:
        assert refused[0].ended < finished[0].ended, "refused only when the other had ended"
        assert REFUSAL.fullmatch(refused[0].busy)
        return
    first, second = sorted(finished, key=lambda transcript: transcript.stages["read"])
    assert first.stages.get("collect", first.ended) <= second.stages["read"], "both wrote at the same time"
