"""When a worker process ends itself, and when it must not."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

import pytest

from queueapp.execution.watchdog import PATIENCE, Watchdog


class Seen:
    """A watchdog with everything around it in the test's hands."""

    def __init__(self, pulse: Callable[[], int], threads: list[threading.Thread] | None = None) -> None:
        self.reasons: list[str] = []
        self.held_up = False
        self.watchdog = Watchdog(
            lambda: threads or [], {"writer": pulse}, lambda: self.held_up, self.reasons.append
        )

    def look(self, times: int) -> list[str]:
        for _ in range(times):
            self.watchdog.look()
        return self.reasons


def test_a_process_in_which_nothing_moves_ends() -> None:
    seen = Seen(lambda: 7)
    assert seen.look(PATIENCE) == []
    assert seen.look(1) == ["nothing moves in its writer"]


def test_a_process_that_moves_goes_on() -> None:
    assert Seen(itertools.count().__next__).look(5 * PATIENCE) == []


def test_a_pause_shorter_than_the_patience_is_forgiven() -> None:
    beats = iter([1] * PATIENCE + [2] * PATIENCE + [3] * PATIENCE)
    assert Seen(beats.__next__).look(3 * PATIENCE) == []


def test_an_outage_of_the_database_or_redis_is_no_fault_and_counts_for_nothing() -> None:
    seen = Seen(lambda: 7)
    seen.held_up = True
    assert seen.look(5 * PATIENCE) == []
    seen.held_up = False
    assert seen.look(PATIENCE - 1) == []
    assert len(seen.look(1)) == 1


def test_a_process_with_a_dead_thread_ends_at_once() -> None:
    thread = threading.Thread(target=int, name="one of them")
    thread.start()
    thread.join()
    assert Seen(itertools.count().__next__, [thread]).look(1) == ["its threads one of them have died"]


def test_a_process_that_is_told_to_stop_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen(lambda: 7)
    seen.watchdog.stop()
    assert seen.look(2 * PATIENCE) == []
