"""Admission: how many are in at once, who is next, and that a turn is given back whatever happens in it."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag.admission import Admission


def order_in(parts: Sequence[int]) -> list[int]:
    """In which order questions of so many parts, which come one after another while a turn is held, have theirs."""
    admission, order = Admission(1), list[int]()

    def wait(number: int) -> None:
        with admission.taken(parts[number]):
            order.append(number)

    with ThreadPoolExecutor(len(parts)) as pool, admission.taken():
        for number in range(len(parts)):
            pool.submit(wait, number)
            while admission.waiting <= number:
                time.sleep(0.001)
    return order


def test_as_many_are_in_at_once_as_are_let_in() -> None:
    admission, inside, both = Admission(2), threading.Semaphore(2), threading.Barrier(2, timeout=600)

    def enter(_: int) -> None:
        with admission.taken():
            assert inside.acquire(blocking=False), "a third was let in"
            both.wait()
            inside.release()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(enter, range(6)))


def test_who_came_first_is_first() -> None:
    assert order_in([1, 1, 1, 1]) == [0, 1, 2, 3]


def test_a_long_question_lets_short_ones_pass_but_not_for_ever() -> None:
    assert order_in([3, 1, 1, 2]) == [1, 2, 3, 0]
    assert order_in([2, *[1] * 12]) == [*range(1, 9), 0, *range(9, 13)]


def test_a_turn_is_given_back_after_an_error() -> None:
    admission = Admission(1)
    with pytest.raises(ValueError, match="on the way"), admission.taken():
        raise ValueError("on the way")
    with admission.taken():
        pass


def test_a_turn_that_is_lent_is_anothers_meanwhile_and_taken_again() -> None:
    admission = Admission(1)
    with ThreadPoolExecutor(1) as pool, admission.taken():
        with admission.lent():
            pool.submit(order_of, admission).result(timeout=600)
        waiting = pool.submit(order_of, admission)
        while not admission.waiting:
            time.sleep(0.001)
        assert not waiting.done()


def order_of(admission: Admission) -> None:
    with admission.taken():
        pass


def test_who_is_interrupted_while_waiting_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    admission = Admission(1)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with admission.taken():
        monkeypatch.setattr(admission._changed, "wait_for", interrupted)
        with pytest.raises(KeyboardInterrupt), admission.taken():
            pass
        monkeypatch.undo()
    with admission.taken():
        assert admission.waiting == 0
