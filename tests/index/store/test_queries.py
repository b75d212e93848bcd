"""More values than one statement may hold are looked up all the same, each once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from index.store.queries import Row, rows_in


def test_every_value_is_looked_up_once_however_many_there_are() -> None:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE larders (place TEXT, jam TEXT)")
    jams = [f"quince-{number}" for number in range(1_234)]
    database.executemany("INSERT INTO larders VALUES (?, ?)", [("Brask", jam) for jam in (*jams, "damson")])
    lengths: list[int] = []

    def execute(select: str, values: Sequence[str]) -> list[Row]:
        lengths.append(len(values))
        return database.execute(select, values).fetchall()

    rows = rows_in(execute, "SELECT jam FROM larders WHERE place = ? AND jam IN", ("Brask",), jams)
    assert [jam for (jam,) in rows] == jams
    assert max(lengths) < 999  # what the oldest SQLite takes
    assert list(rows_in(execute, "SELECT jam FROM larders WHERE jam IN", (), ())) == []
