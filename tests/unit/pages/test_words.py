from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webui.pages import words

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "now", lambda: NOON)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 ms"), (0.0123, "12 ms"), (0.4, "0.4 s"), (7, "7 s"), (2.0, "2.0 s"), (9.96, "9 s"),
        (59.9, "59 s"), (60, "1 min"),        (252, "4 min 12 s"), (7500, "2 h 5 min"), (273600, "3 d 4 h"),
    ],
)  # fmt: skip
def test_a_duration_is_said_in_at_most_two_units(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-30, "just now"), (4, "just now"), (5, "5 s ago"), (3599, "59 min ago"), (86400 * 3, "3 d ago")],
)
def test_a_time_is_told_coarsely_and_never_from_the_future(seconds: float, said: str) -> None:
    assert words.ago(NOON - timedelta(seconds=seconds)) == said


def test_a_time_long_ago_is_told_by_its_date() -> None:
    assert words.ago(NOON - timedelta(days=40)) == "13 Oct 2026"


def test_what_is_due_is_told_as_now() -> None:
    assert words.until(NOON - timedelta(seconds=3)) == "now"
    assert words.until(NOON + timedelta(seconds=90)) == "in 1 min"


def test_elapsed_time_is_never_negative() -> None:
    assert words.elapsed(NOON + timedelta(seconds=5)) == "0 s"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (3, "a few seconds left"), (62, "1 min left"), (97, "1 min 35 s left"), (7300, "2 h left")],
)
def test_a_forecast_is_rounded_as_forecasts_are(seconds: int | None, said: str) -> None:
    assert words.eta(seconds) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "0 B"), (2048, "2 KiB"), (131 * 1024**2, "131 MiB"), (int(4.2 * 1024**3), "4.2 GiB")],
)
def test_sizes_are_said_in_the_unit_that_reads_best(count: int, said: str) -> None:
    assert words.size(count) == said


def test_an_estimate_says_that_it_is_one() -> None:
    assert words.about(12300, estimated=True) == "≈ 12,300"
    assert words.about(12300, estimated=False) == "12,300"


def test_counts_carry_their_noun() -> None:
    assert words.plural(1, "item") == "1 item"
    assert words.plural(1204, "item") == "1,204 items"
