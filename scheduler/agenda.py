"""The agenda: schedule rows as APScheduler jobs, kept equal to the rows while this process leads.

APScheduler holds no state: a job is a wake-up for one due time, and the service decides what it is worth.
"""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.date import DateTrigger

from queueapp import errors
from queueapp.models.schedule import Schedule
from queueapp.services.schedule import schedule_runs
from queueapp.services.schedule.schedule_timing import fires_at

if TYPE_CHECKING:
    from queueapp.bootstrap import Runtime

log = structlog.get_logger(__name__)

#: Seconds for which a schedule that cannot be enqueued is left alone.
REFUSED_SECONDS = 60.0


@dataclass(frozen=True)
class Due:
    """One due time of one schedule, and the seconds from now until it fires, by Postgres's clock."""

    schedule_id: int
    name: str
    due_at: datetime
    wait_seconds: float

    @property
    def job_id(self) -> str:
        """The job's name in APScheduler: another due time is another job."""
        return f"{self.schedule_id}@{self.due_at.isoformat()}"


class Agenda:
    """Puts one job per enabled schedule into APScheduler and takes out those that no longer hold."""

    def __init__(self, runtime: Runtime, jobs: BaseScheduler) -> None:
        self._runtime = runtime
        self._jobs = jobs
        self._planned: set[str] = set()
        self._lock = threading.Lock()
        self._left_alone_until: dict[int, float] = {}

    def reload(self) -> None:
        """Read the rows and make the jobs agree with them. Raises DatabaseUnavailable."""
        dues = {due.job_id: due for due in self._read() if not self._is_left_alone(due)}
        with self._lock:
            for job_id in self._planned - dues.keys():
                self._drop(job_id)
            for job_id in dues.keys() - self._planned:
                self._add(dues[job_id])

    def clear(self) -> None:
        """Take all jobs out: another process leads."""
        with self._lock:
            for job_id in set(self._planned):
                self._drop(job_id)

    def _read(self) -> list[Due]:
        with self._runtime.transaction() as session:
            now = session.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            enabled = sa.select(Schedule).where(
                Schedule.enabled, Schedule.operation.in_(self._runtime.registry.names())
            )
            return [
                Due(one.id, one.name, one.next_due_at, (fires_at(one, one.next_due_at) - now).total_seconds())
                for one in session.scalars(enabled)
                if one.next_due_at is not None
            ]

    def _is_left_alone(self, due: Due) -> bool:
        return time.monotonic() < self._left_alone_until.get(due.schedule_id, 0.0)

    def _add(self, due: Due) -> None:
        # The row's time is Postgres's; this host's clock, which APScheduler goes by, may stand elsewhere.
        here = datetime.now(UTC) + timedelta(seconds=due.wait_seconds)
        self._planned.add(due.job_id)
        self._jobs.add_job(self._fire, DateTrigger(here), args=[due], id=due.job_id, replace_existing=True)

    def _drop(self, job_id: str) -> None:
        self._planned.discard(job_id)
        with contextlib.suppress(JobLookupError):
            self._jobs.remove_job(job_id)

    def _fire(self, due: Due) -> None:
        """Meet a due time; if that fails, forgetting the job lets the next reload plan it anew."""
        try:
            task_id = schedule_runs.fire(self._runtime, due.schedule_id, due.due_at)
        except (errors.DatabaseUnavailable, sa.exc.SQLAlchemyError) as error:
            log.warning("schedule waits for the database", schedule=due.name, reason=str(error))
        except errors.QueueAppError as error:
            log.error("schedule cannot be enqueued", schedule=due.name, reason=error.message)
            self._left_alone_until[due.schedule_id] = time.monotonic() + REFUSED_SECONDS
        else:
            self._report(due, task_id)
        finally:
            with self._lock:
                self._planned.discard(due.job_id)

    def _report(self, due: Due, task_id: int | None) -> None:
        if task_id is None:
            log.info("schedule not fired", schedule=due.name, due_at=due.due_at.isoformat())
        else:
            log.info("schedule fired", schedule=due.name, due_at=due.due_at.isoformat(), task_id=task_id)
