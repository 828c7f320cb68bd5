"""Due times move on without drift, and many missed ones become one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from queueapp.models.schedule import Schedule
from queueapp.services.schedule.schedule_timing import fires_at, next_due

DUE = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def hourly(jitter_seconds: int = 0) -> Schedule:
    return Schedule(name="hourly", interval_seconds=3600, timezone="UTC", jitter_seconds=jitter_seconds)


def test_an_interval_keeps_its_phase_when_it_fires_late() -> None:
    assert next_due(hourly(), DUE, DUE + timedelta(minutes=25)) == DUE + timedelta(hours=1)


def test_many_missed_times_become_one() -> None:
    assert next_due(hourly(), DUE, DUE + timedelta(hours=49, minutes=1)) == DUE + timedelta(hours=50)


def test_a_due_time_still_ahead_is_followed_by_the_next() -> None:
    assert next_due(hourly(), DUE, DUE - timedelta(minutes=5)) == DUE + timedelta(hours=1)


def test_cron_comes_due_after_now_whatever_was_missed() -> None:
    daily = Schedule(name="daily", cron="0 4 * * *", timezone="UTC", jitter_seconds=0)
    assert next_due(daily, DUE, DUE + timedelta(days=3, hours=1)) == DUE + timedelta(days=4)


@given(late_seconds=st.integers(0, 10**7))
def test_the_next_due_time_is_always_ahead_and_less_than_an_interval_away(late_seconds: int) -> None:
    now = DUE + timedelta(seconds=late_seconds)
    following = next_due(hourly(), DUE, now)
    assert now < following <= now + timedelta(hours=1)


@given(jitter_seconds=st.integers(0, 3600))
def test_jitter_delays_by_at_most_its_bound_and_the_same_in_every_process(jitter_seconds: int) -> None:
    first = fires_at(hourly(jitter_seconds), DUE)
    assert DUE <= first <= DUE + timedelta(seconds=jitter_seconds)
    assert first == fires_at(hourly(jitter_seconds), DUE)


def test_jitter_differs_from_one_due_time_to_the_next() -> None:
    delays = {fires_at(hourly(600), due) - due for due in (DUE + timedelta(hours=n) for n in range(20))}
    assert len(delays) > 15
