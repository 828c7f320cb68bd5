"""The few figures that a benchmark reports of its samples."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """What a person needs to know of repeated measurements, in the unit of the samples."""

    median: float
    lowest: float
    highest: float
    count: int


def spread(samples: Sequence[float]) -> Spread:
    """Median and range of the samples; ValueError when there are none."""
    if not samples:
        raise ValueError("no samples were taken")
    return Spread(statistics.median(samples), min(samples), max(samples), len(samples))


def percentile(samples: Sequence[float], percent: float) -> float:
    """The smallest sample that at least `percent` of all samples do not exceed.

    By nearest rank, never interpolated. ValueError for no samples or a percentage outside 0 to 100.
    """
    if not samples or not 0 <= percent <= 100:
        raise ValueError("a percentile needs samples and a percentage of 0 to 100")
    rank = max(math.ceil(percent / 100 * len(samples)), 1)
    return sorted(samples)[rank - 1]


def rate(count: int, seconds: float) -> float:
    """Things per second; ValueError for a time that is not positive."""
    if seconds <= 0:
        raise ValueError("a rate needs a positive time")
    return count / seconds
