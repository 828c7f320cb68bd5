"""Figures over all jobs: how many, how well, how long; in all, by type, and of the last day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

QUERY = sa.text(
    """
    SELECT type, status, created_at > now() - interval '24 hours' AS recent, count(*) AS jobs,
        sum(completed_items + failed_items + skipped_items) AS processed,
        sum(extract(epoch FROM finished_at - started_at)) FILTER (WHERE status IN ('completed', 'failed')) AS seconds,
        count(started_at) FILTER (WHERE status IN ('completed', 'failed')) AS timed
    FROM queue_tasks GROUP BY 1, 2, 3
    """
)


@dataclass(slots=True)
class JobFigures:
    """Sums over some jobs."""

    queued: int = 0
    running: int = 0
    completed: int = 0
    failed: int = 0
    canceled: int = 0
    processed: int = 0
    seconds: float = 0.0
    timed: int = 0

    @property
    def total(self) -> int:
        """All jobs."""
        return self.queued + self.running + self.completed + self.failed + self.canceled

    @property
    def success_rate(self) -> float:
        """Of the jobs that completed or failed, the part that completed, 0 to 1; 0 when there are none."""
        ended = self.completed + self.failed
        return round(self.completed / ended, 4) if ended else 0.0

    @property
    def average_seconds(self) -> float:
        """Seconds from the start to the end of a job that completed or failed; 0 when there are none."""
        return round(self.seconds / self.timed, 3) if self.timed else 0.0


@dataclass(frozen=True, slots=True)
class AllFigures:
    """In all, by type, and of jobs made within 24 hours."""

    total: JobFigures
    by_type: dict[str, JobFigures]
    last_day: JobFigures


def job_figures(session: Session) -> AllFigures:
    """Sum up the ledger; reads every task once."""
    rows = session.execute(QUERY).all()
    types = sorted({row.type for row in rows})
    return AllFigures(
        total=_sum(rows),
        by_type={name: _sum(row for row in rows if row.type == name) for name in types},
        last_day=_sum(row for row in rows if row.recent),
    )


def _sum(rows: Iterable[sa.Row[tuple[object, ...]]]) -> JobFigures:
    figures = JobFigures()
    for row in rows:
        setattr(figures, row.status, getattr(figures, row.status) + row.jobs)
        figures.processed += int(row.processed or 0)
        figures.seconds += float(row.seconds or 0.0)
        figures.timed += int(row.timed)
    return figures
