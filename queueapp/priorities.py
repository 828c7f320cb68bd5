"""Priorities and the lanes that serve them: a lane is a Dramatiq queue."""

from __future__ import annotations

import enum


class Priority(enum.IntEnum):
    """A priority class; smaller runs earlier."""

    CRITICAL = 1
    HIGH = 3
    NORMAL = 5
    LOW = 8


#: Dramatiq queue names in the order in which a worker serves them; the place in this list is the lane's number.
LANES: tuple[str, ...] = ("critical", "high", "normal", "low")


def lane_of(priority: int) -> int:
    """Return the number of the lane that serves a priority of 1 (first) to 10 (last)."""
    for number, bound in enumerate((2, 4, 7)):
        if priority <= bound:
            return number
    return 3


def parse_priority(value: int | str) -> int:
    """Read a priority given as a name or a number of 1 to 10; raises ValueError naming what is allowed."""
    if isinstance(value, str) and not value.isdigit():
        try:
            return Priority[value.upper()].value
        except KeyError:
            raise ValueError(
                f"unknown priority {value!r}; one of critical, high, normal, low or 1 to 10"
            ) from None
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("priority is a word or a whole number")
    number = int(value)
    if not 1 <= number <= 10:
        raise ValueError("priority is a number of 1 (first) to 10 (last)")
    return number
