"""The scheduler process: lead or stand by, keep the agenda, and end cleanly."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from queueapp import errors
from queueapp.services import schedules
from queueapp.services.scheduler_lease import RENEW_SECONDS
from scheduler.agenda import Agenda
from scheduler.leader import Leader

if TYPE_CHECKING:
    from queueapp.bootstrap import Runtime

log = structlog.get_logger(__name__)

#: Seconds between two looks at the rows, and so the delay after which a change of them is acted on.
RELOAD_SECONDS = 1

#: Threads for due times that come together; each waits on Postgres only.
THREADS = 4


class SchedulerProcess:
    """Two standing jobs in APScheduler (renew the lease, reload the rows) beside those of the agenda."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._jobs = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(THREADS), "standing": ThreadPoolExecutor(2)},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )
        self._leader = Leader(runtime)
        self._agenda = Agenda(runtime, self._jobs)
        self._led = False
        self._trouble = ""

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then finish what is being enqueued and give up the lease."""
        self._jobs.add_job(self._beat, "interval", seconds=RENEW_SECONDS, executor="standing", id="beat")
        self._jobs.add_job(self._reload, "interval", seconds=RELOAD_SECONDS, executor="standing", id="reload")
        self._beat()
        self._reload()
        self._jobs.start()
        log.info("scheduler started")
        stop.wait()
        self._jobs.shutdown(wait=True)
        self._guarded(self._leader.resign)
        log.info("scheduler stopped")

    def _beat(self) -> None:
        self._guarded(self._lead_or_stand_by)

    def _reload(self) -> None:
        if self._leader.leads:
            self._guarded(self._agenda.reload)

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
