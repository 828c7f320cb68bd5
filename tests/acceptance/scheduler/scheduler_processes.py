"""Real scheduler processes, killed, stopped and ended by their process id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.models.schedule import SchedulerLeader
from queueapp.services.schedule import scheduler_lease
from tests.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[3]

#: Seconds a scheduler may take to start on a busy machine.
START_SECONDS = 40

Scheduler = subprocess.Popen[bytes]


@contextmanager
def schedulers(runtime: Runtime, log: Path) -> Iterator[Callable[[], Scheduler]]:
    """Gives a function that starts one more scheduler; all are killed at the end."""
    environment = {
        **os.environ,
        "DATABASE_URL": runtime.settings.database_url or "",
        "REDIS_URL": runtime.settings.redis_url or "",
        "QUEUEAPP_DATA_DIR": str(runtime.settings.data_dir),
    }
    with ExitStack() as stack:
        output = stack.enter_context(log.open("ab"))

        def start() -> Scheduler:
            process = subprocess.Popen(
                [sys.executable, "-m", "scheduler"],
                cwd=REPOSITORY,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            stack.callback(_end, process)
            return process

        yield start


def _end(process: Scheduler) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def leader_pid(runtime: Runtime) -> int | None:
    """The process that holds a valid lease."""
    with runtime.transaction() as session:
        found = scheduler_lease.health(session)
    return found.pid if found.running else None


def wait_for_leader(runtime: Runtime, *among: Scheduler, seconds: float = START_SECONDS) -> Scheduler:
    """Wait until one of the processes leads, and return it."""
    by_pid = {process.pid: process for process in among}
    return eventually(
        lambda: by_pid.get(leader_pid(runtime) or 0), seconds=seconds, what="one of the schedulers leads"
    )


def expire_lease(runtime: Runtime) -> None:
    """Let the leader's time run out, as after 15 seconds without a renewal."""
    with runtime.transaction() as session:
        session.execute(sa.update(SchedulerLeader).values(expires_at=sa.text("now() - interval '1 second'")))
