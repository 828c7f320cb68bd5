"""The figures a benchmark publishes are those of its samples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import statistics

samples = st.lists(st.floats(0, 1e6), min_size=1, max_size=200)


def test_the_median_of_three_runs_is_the_middle_one() -> None:
    assert statistics.spread([4200.0, 3900.0, 5000.0]) == statistics.Spread(4200.0, 3900.0, 5000.0, 3)


def test_a_percentile_is_a_sample_that_was_seen() -> None:
    hundred = [float(n) for n in range(1, 101)]
    assert statistics.percentile(hundred, 50) == 50
    assert statistics.percentile(hundred, 99) == 99
    assert statistics.percentile(hundred, 100) == 100
    assert statistics.percentile(hundred, 0) == 1


def test_the_p99_of_few_samples_is_the_worst_of_them() -> None:
    assert statistics.percentile([5.0, 1.0, 9.0], 99) == 9.0


@given(samples, st.floats(0, 100))
def test_at_least_that_share_of_the_samples_is_no_greater(values: list[float], percent: float) -> None:
    found = statistics.percentile(values, percent)
    assert sum(value <= found for value in values) >= percent / 100 * len(values)


def test_a_rate_is_things_per_second() -> None:
    assert statistics.rate(10_000, 2.5) == 4000


@pytest.mark.parametrize("call", [lambda: statistics.spread([]), lambda: statistics.percentile([], 50)])
def test_no_samples_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match="samples"):
        call()  # type: ignore[operator]


def test_a_rate_over_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        statistics.rate(1, 0.0)
