"""A worker that ends itself just as it is told to end is told once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from queueapp.execution.stop_signal import StopSignal


class Worker:
    """Counts what Dramatiq's own handler would hear."""

    def __init__(self) -> None:
        self.told = 0
        signal.signal(signal.SIGTERM, lambda number, frame: self._hear())
        self.stop = StopSignal()
        self.stop.listen()

    def _hear(self) -> None:
        self.told += 1

    def hear_from_outside(self) -> None:
        """Be told to end."""
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def worker() -> Iterator[Worker]:
    before = signal.getsignal(signal.SIGTERM)
    yield Worker()
    signal.signal(signal.SIGTERM, before)


def test_it_ends_itself(worker: Worker) -> None:
    worker.stop.send()
    assert worker.told == 1


def test_told_from_outside_first_it_does_not_tell_itself_again(worker: Worker) -> None:
    worker.hear_from_outside()
    worker.stop.send()
    assert worker.told == 1


def test_told_from_outside_just_after_it_goes_on_ending_in_order(worker: Worker) -> None:
    worker.stop.send()
    worker.hear_from_outside()
    assert worker.told == 1


def test_who_insists_is_heard(worker: Worker) -> None:
    worker.hear_from_outside()
    worker.hear_from_outside()
    assert worker.told == 2


def test_who_insists_after_it_ended_itself_is_heard(worker: Worker) -> None:
    worker.stop.send()
    worker.hear_from_outside()
    worker.hear_from_outside()
    assert worker.told == 2
