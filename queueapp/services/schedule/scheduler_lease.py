"""The lease of the leading scheduler: one row, timed by Postgres alone."""

from __future__ import annotations

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp.models.schedule import SchedulerLeader

#: Seconds that a lease lasts; who stops renewing it loses it after this long.
LEASE_SECONDS = 15

#: Seconds between two renewals.
RENEW_SECONDS = 5


class SchedulerHealth(BaseModel):
    """Who leads, and how fresh the lease is, for `doctor` and /ready."""

    running: bool
    host: str | None = None
    pid: int | None = None
    seconds_since_beat: float | None = None


def take_or_renew(session: Session, holder: str, host: str, pid: int) -> bool:
    """Renew the lease held by `holder`, or take a free or expired one; returns whether `holder` leads."""
    now = sa.func.clock_timestamp()
    mine = SchedulerLeader.holder == holder
    row = insert(SchedulerLeader).values(
        id=1,
        holder=holder,
        host=host,
        pid=pid,
        acquired_at=now,
        renewed_at=now,
        expires_at=now + sa.func.make_interval(0, 0, 0, 0, 0, 0, LEASE_SECONDS),
    )
    new = row.excluded
    taken = row.on_conflict_do_update(
        index_elements=["id"],
        set_={
            "holder": new.holder,
            "host": new.host,
            "pid": new.pid,
            "acquired_at": sa.case((mine, SchedulerLeader.acquired_at), else_=new.acquired_at),
            "renewed_at": new.renewed_at,
            "expires_at": new.expires_at,
        },
        where=mine | (SchedulerLeader.expires_at < now),
    ).returning(SchedulerLeader.holder)
    return session.scalar(taken) == holder


def release(session: Session, holder: str) -> None:
    """End the lease of `holder`, so that another scheduler can lead at once."""
    ended = sa.update(SchedulerLeader).where(SchedulerLeader.holder == holder)
    session.execute(ended.values(expires_at=sa.func.clock_timestamp()))


def health(session: Session) -> SchedulerHealth:
    """Whether a scheduler leads now, and when it last renewed its lease."""
    now = sa.func.clock_timestamp()
    row = session.execute(
        sa.select(
            SchedulerLeader.expires_at > now,
            SchedulerLeader.host,
            SchedulerLeader.pid,
            sa.extract("epoch", now - SchedulerLeader.renewed_at),
        )
    ).one_or_none()
    if row is None:
        return SchedulerHealth(running=False)
    running, host, pid, seconds = row
    return SchedulerHealth(running=running, host=host, pid=pid, seconds_since_beat=float(seconds))
