"""When a schedule comes due: pure arithmetic on its row, with the moment given by the caller."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from queueapp import cron
from queueapp.models.schedule import Schedule


def next_due(schedule: Schedule, last_due: datetime, now: datetime) -> datetime:
    """The first due time after `now`; an interval keeps its phase, so many missed times become one."""
    if schedule.cron is not None:
        return cron.parse(schedule.cron, schedule.timezone).next_after(now)
    interval = timedelta(seconds=schedule.interval_seconds or 0)
    missed = max((now - last_due) // interval, 0)
    return last_due + (missed + 1) * interval


def fires_at(schedule: Schedule, due: datetime) -> datetime:
    """The due time with its jitter, which is drawn from the due time so that every process finds the same."""
    if not schedule.jitter_seconds:
        return due
    digest = hashlib.sha256(f"{schedule.name} {due.timestamp()}".encode()).digest()
    share = int.from_bytes(digest[:4]) / 2**32
    return due + timedelta(seconds=share * schedule.jitter_seconds)
