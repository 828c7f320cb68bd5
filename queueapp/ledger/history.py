"""What was done over time: the items of tasks that ended, counted in equal spans up to now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.models.task import Task

#: Tasks looked at, newest first; spans before the oldest of them stay empty.
MOST_TASKS = 100_000


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time and the items of the tasks that ended in it."""

    start: datetime
    end: datetime
    completed: int
    failed: int


def spans(session: Session, seconds: int, count: int) -> list[Span]:
    """Return `count` spans of `seconds` each, oldest first; the last one is going on."""
    size = sa.literal(seconds)
    number = sa.cast(sa.func.floor(sa.extract("epoch", Task.finished_at) / size), sa.BigInteger)
    now = session.scalar(sa.select(sa.func.now()))
    assert now is not None
    current = int(now.timestamp()) // seconds
    first = datetime.fromtimestamp((current - count + 1) * seconds, now.tzinfo)
    ended = sa.select(number.label("number"), Task.completed_items, Task.failed_items)
    newest = (
        ended.where(Task.finished_at >= first).order_by(Task.finished_at.desc()).limit(MOST_TASKS).subquery()
    )
    sums = sa.select(
        newest.c.number, sa.func.sum(newest.c.completed_items), sa.func.sum(newest.c.failed_items)
    )
    found = {row[0]: (int(row[1]), int(row[2])) for row in session.execute(sums.group_by(newest.c.number))}
    return [
        _span(each, seconds, now, found.get(each, (0, 0))) for each in range(current - count + 1, current + 1)
    ]


def _span(number: int, seconds: int, now: datetime, counts: tuple[int, int]) -> Span:
    start = datetime.fromtimestamp(number * seconds, now.tzinfo)
    return Span(start, datetime.fromtimestamp((number + 1) * seconds, now.tzinfo), *counts)
