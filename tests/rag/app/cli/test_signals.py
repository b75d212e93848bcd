"""What a signal ends, it ends as one thing: KeyboardInterrupt, whatever became of it on the way."""

from __future__ import annotations

import signal
import threading

import pytest

from rag.app.cli.signals import every, interruptible


def half_imported() -> None:
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt as lost:
        raise ImportError("half a library") from lost


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_block_and_its_handler_is_as_before(sent: signal.Signals) -> None:
    before = signal.getsignal(sent)
    with pytest.raises(KeyboardInterrupt), interruptible(signal.SIGINT, signal.SIGTERM) as interrupted:
        signal.raise_signal(sent)
    assert interrupted.is_set()
    assert signal.getsignal(sent) is before


def test_an_error_that_a_library_made_of_it_is_still_an_interruption() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible(signal.SIGINT):
        half_imported()


def test_an_error_of_its_own_stays_what_it_is() -> None:
    with pytest.raises(ValueError, match="own"), interruptible(signal.SIGINT):
        raise ValueError("own")


class Dying:
    """Something whose destructor is interrupted."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_one_that_is_lost_in_a_destructor_is_still_noted() -> None:
    with interruptible(signal.SIGINT) as interrupted:
        Dying()
    assert interrupted.is_set()


def test_upkeep_goes_on_beside_the_block_and_ends_with_it() -> None:
    done = threading.Event()
    with every(0.001, done.set):
        assert done.wait(60)
    done.clear()
    assert not [thread for thread in threading.enumerate() if thread.name == "upkeep"]
