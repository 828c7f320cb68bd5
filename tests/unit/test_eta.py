from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from queueapp.ledger.eta import eta_seconds, percent


def left(**given: Any) -> int | None:
    usual: dict[str, Any] = {"total": 100, "done": 50, "growing": 0, "paused": False, "pace_seconds": 2.0}
    return eta_seconds(**(usual | given))


def test_it_is_what_is_left_times_the_pace() -> None:
    assert left() == 100
    assert left(pace_seconds=0.01) == 1


def test_there_is_none_while_items_can_still_be_found() -> None:
    assert left(growing=1) is None


def test_there_is_none_while_paused() -> None:
    assert left(paused=True) is None


def test_there_is_none_with_fewer_than_five_finished() -> None:
    assert left(done=4) is None
    assert left(done=5) is not None


def test_there_is_none_without_a_pace_or_when_nothing_is_left() -> None:
    assert left(pace_seconds=None) is None
    assert left(done=100) is None


def test_it_is_never_before_the_last_retry_is_due() -> None:
    assert left(due_seconds=3600.2) == 3601
    assert left(due_seconds=5) == 100


def test_it_counts_down_while_the_next_item_runs_and_no_further_than_that_item() -> None:
    assert left(idle_seconds=1) == 99
    assert left(idle_seconds=500) == 98


@given(
    st.integers(0, 10**7),
    st.integers(0, 10**7),
    st.floats(-10, 1e6),
    st.floats(-10, 1e6),
    st.floats(-10, 1e6),
)
def test_it_is_never_negative(total: int, done: int, pace: float, idle: float, due: float) -> None:
    seconds = left(total=total, done=done, pace_seconds=pace, idle_seconds=idle, due_seconds=due)
    assert seconds is None or seconds >= max(due, 0)


def test_percent_falls_when_items_are_added() -> None:
    assert (percent(10, 5), percent(50, 5), percent(0, 0)) == (50.0, 10.0, 0.0)
