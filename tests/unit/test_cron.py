"""Cron expressions come due when crontab(5) says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings
from hypothesis import strategies as st

from queueapp import cron


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "due"),
    [
        ("* * * * *", "2026-03-01 10:00:30", "2026-03-01 10:01:00"),
        ("0 4 * * *", "2026-03-01 04:00:00", "2026-03-02 04:00:00"),
        ("*/15 * * * *", "2026-03-01 10:46:00", "2026-03-01 11:00:00"),
        ("5/20 * * * *", "2026-03-01 10:06:00", "2026-03-01 10:25:00"),
        ("0 0 29 2 *", "2026-03-01 00:00:00", "2028-02-29 00:00:00"),
        ("0 9-17/4 * * mon-fri", "2026-11-20 17:00:00", "2026-11-23 09:00:00"),
        ("0 0 * * 0", "2026-11-22 00:00:00", "2026-11-29 00:00:00"),
        ("0 0 * * 7", "2026-11-22 00:00:00", "2026-11-29 00:00:00"),
        ("0 0 1,15 jan *", "2026-01-02 00:00:00", "2026-01-15 00:00:00"),
        ("@weekly", "2026-11-20 17:00:00", "2026-11-22 00:00:00"),
    ],
)
def test_an_expression_comes_due_at_its_next_time(expression: str, after: str, due: str) -> None:
    assert cron.parse(expression).next_after(at(after)) == at(due)


def test_with_both_day_fields_either_day_is_enough() -> None:
    friday_or_13th = cron.parse("0 0 13 * fri")
    assert friday_or_13th.next_after(at("2026-01-09 12:00")) == at("2026-01-13 00:00")
    assert friday_or_13th.next_after(at("2026-01-13 12:00")) == at("2026-01-16 00:00")


def test_a_time_is_read_in_its_zone() -> None:
    berlin = cron.parse("0 4 * * *", "Europe/Berlin")
    assert berlin.next_after(at("2026-01-10 12:00")) == at("2026-01-11 03:00")
    assert berlin.next_after(at("2026-07-10 12:00")) == at("2026-07-11 02:00")


def test_an_hour_that_the_clock_skips_is_still_met_once() -> None:
    berlin = cron.parse("30 2 * * *", "Europe/Berlin")
    first = berlin.next_after(at("2026-03-28 12:00"))
    assert first == at("2026-03-29 01:30")
    assert berlin.next_after(first) == at("2026-03-30 00:30")


def test_an_hour_that_the_clock_repeats_is_met_once() -> None:
    berlin = cron.parse("30 2 * * *", "Europe/Berlin")
    first = berlin.next_after(at("2026-10-24 12:00"))
    assert first == at("2026-10-25 00:30")
    assert berlin.next_after(first) == at("2026-10-26 01:30")


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("* * * *", "5 fields"),
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day of month"),
        ("* * * foo *", "month"),
        ("* * * * 8", "day of week"),
        ("*/0 * * * *", "step"),
        ("5-1 * * * *", "minute"),
        (", * * * *", "minute"),
        ("-1 * * * *", "minute"),
        ("0 0 30 2 *", "never"),
    ],
)
def test_a_wrong_expression_is_refused_with_its_reason(expression: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        cron.parse(expression)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", ""])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        cron.parse("* * * * *", zone)


def fields(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    ranges = st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}")
    return st.one_of(
        st.just("*"),
        st.integers(2, 9).map(lambda step: f"*/{step}"),
        ranges,
        st.lists(numbers, min_size=1, max_size=3).map(lambda chosen: ",".join(map(str, chosen))),
    )


@settings(max_examples=200, deadline=None)
@given(
    minute=fields(0, 59),
    hour=fields(0, 23),
    day=fields(1, 28),
    month=fields(1, 12),
    after=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),  # noqa: DTZ001
)
def test_it_agrees_with_apscheduler(minute: str, hour: str, day: str, month: str, after: datetime) -> None:
    moment = after.replace(tzinfo=UTC)
    trigger = CronTrigger.from_crontab(f"{minute} {hour} {day} {month} *", timezone=UTC)
    expected = trigger.get_next_fire_time(None, moment + timedelta(microseconds=1))
    assert cron.parse(f"{minute} {hour} {day} {month} *").next_after(moment) == expected
