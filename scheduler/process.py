"""The scheduler process: lead or stand by, keep the agenda, and end cleanly."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.engine.interfaces import DBAPIConnection

from queueapp import errors
from queueapp.services.schedule import schedules
from queueapp.services.schedule.scheduler_lease import RENEW_SECONDS
from scheduler.agenda import Agenda
from scheduler.leader import Leader

if TYPE_CHECKING:
    from queueapp.bootstrap import Runtime

log = structlog.get_logger(__name__)

#: Seconds between two looks at the rows: the delay of acting on a change, or of taking a free lease.
TICK_SECONDS = 1

#: Seconds after which Postgres ends a transaction of ours in which nothing happens: a scheduler stopped in
#: the middle of one must not keep the row that the next leader waits for.
IDLE_TRANSACTION_SECONDS = 5

#: Threads for due times that come together; each waits on Postgres only.
THREADS = 4


class SchedulerProcess:
    """One standing job in APScheduler (keep the lease, then the agenda) beside those of the agenda."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        sa.event.listen(runtime.engine, "connect", _bound_idle_transactions)
        self._executors = {"default": ThreadPoolExecutor(THREADS), "standing": ThreadPoolExecutor(1)}
        self._jobs = BackgroundScheduler(
            executors=self._executors,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        self._leader = Leader(runtime)
        self._agenda = Agenda(runtime, self._jobs)
        self._led = False
        self._renew_at = 0.0
        self._trouble = ""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then finish what is being enqueued and give up the lease."""
        self._jobs.add_job(self._tick, "interval", seconds=TICK_SECONDS, executor="standing", id="tick")
        self._jobs.start()
        log.info("scheduler started")
        stop.wait()
        self._finish_jobs()
        self._guarded(self._leader.resign)
        log.info("scheduler stopped")

    def _finish_jobs(self) -> None:
        # Not shutdown(wait=True): it waits with its locks held, which a running tick may want.
        self._jobs.pause()
        self._jobs.shutdown(wait=False)
        for executor in self._executors.values():
            executor.shutdown(wait=True)

    def _tick(self) -> None:
        self._guarded(self._keep_up)

    def _keep_up(self) -> None:
        if not self._leader.leads or time.monotonic() >= self._renew_at:
            self._lead_or_stand_by()
            self._renew_at = time.monotonic() + RENEW_SECONDS
        if self._leader.leads:
            self._agenda.reload()

    def _lead_or_stand_by(self) -> None:
        leads = self._leader.renew()
        if leads and not self._led:
            with self._runtime.transaction() as session:
                schedules.ensure_built_in(session, self._runtime.settings, self._runtime.registry.names())
            log.info("this scheduler leads")
        elif self._led and not leads:
            log.info("another scheduler leads")
            self._agenda.clear()
        self._led = leads

    def _guarded(self, step: Callable[[], object]) -> None:
        """Run a step; with the database away or its tables not made yet, say so once and let time pass."""
        try:
            step()
        except (errors.QueueAppError, sa.exc.SQLAlchemyError) as error:
            trouble = str(error).splitlines()[0]
            if trouble != self._trouble:
                log.warning("scheduler waits", reason=trouble)
            self._trouble = trouble
        else:
            if self._trouble:
                log.info("scheduler goes on")
            self._trouble = ""


def _bound_idle_transactions(connection: DBAPIConnection, _record: object) -> None:
    with closing(connection.cursor()) as cursor:
        cursor.execute(f"SET idle_in_transaction_session_timeout = {IDLE_TRANSACTION_SECONDS * 1000}")
    connection.commit()
