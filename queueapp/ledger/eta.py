"""How far a task is and when it may end."""

from __future__ import annotations

import math

#: Finished items from which on a pace means something.
MIN_FINISHED = 5


def percent(total: int, done: int) -> float:
    """Return how much is terminal, in percent with one decimal; an empty task is at 0."""
    return round(100.0 * done / total, 1) if total else 0.0


def eta_seconds(
    *,
    total: int,
    done: int,
    growing: int,
    paused: bool,
    pace_seconds: float | None,
    idle_seconds: float = 0.0,
    due_seconds: float = 0.0,
) -> int | None:
    """Return the seconds until the end by the recent pace of finished items.

    None while items can still be found, while paused, or with too few finished to tell. `idle_seconds` have passed
    since an item finished last: they are taken off what the next one takes, and no more. The end is not before
    `due_seconds`, when the last retry is due.
    """
    if growing or paused or pace_seconds is None or done < MIN_FINISHED or done >= total:
        return None
    left = total - done
    pace = max(pace_seconds, 0.0)
    by_pace = left * pace - min(max(idle_seconds, 0.0), pace)
    return math.ceil(max(by_pace, due_seconds, 0.0))
