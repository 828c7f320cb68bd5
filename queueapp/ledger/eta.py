"""How far a task is and when it may end."""

from __future__ import annotations

#: Finished items from which on a pace means something.
MIN_FINISHED = 5


def percent(total: int, done: int) -> float:
    """Return how much is terminal, in percent with one decimal; an empty task is at 0."""
    return round(100.0 * done / total, 1) if total else 0.0


def eta_seconds(
    *, total: int, done: int, growing: int, paused: bool, pace_seconds: float | None
) -> int | None:
    """Return the seconds until the end by the recent pace of finished items.

    None while items can still be found, while paused, or with too few finished to tell.
    """
    if growing or paused or pace_seconds is None or done < MIN_FINISHED or done >= total:
        return None
    return max(round((total - done) * pace_seconds), 0)
