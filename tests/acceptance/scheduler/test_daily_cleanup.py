"""The schedule cleanup, from its due time to the rows it deletes, with a real scheduler and a real worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.models.task import Task
from queueapp.services.schedule import schedule_views
from queueapp.services.schedule.schedule_views import LastRun
from tests.acceptance.scheduler.scheduler_processes import (
    REPOSITORY,
    START_SECONDS,
    schedulers,
    wait_for_leader,
)
from tests.integration.finished_tasks import finished_task
from tests.integration.schedule_rows import set_due
from tests.waiting import eventually


@pytest.fixture
def worker(runtime: Runtime, tmp_path: Path) -> Iterator[None]:
    environment = {
        **os.environ,
        "DATABASE_URL": runtime.settings.database_url or "",
        "REDIS_URL": runtime.settings.redis_url or "",
        "QUEUEAPP_DATA_DIR": str(runtime.settings.data_dir),
    }
    with (tmp_path / "worker.log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "dramatiq", "actors", "-p", "1", "-t", "2"],
            cwd=REPOSITORY,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        yield
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def finished_run(runtime: Runtime) -> LastRun | None:
    with runtime.transaction() as session:
        last = schedule_views.view_schedule(session, "cleanup").last_run
    return last if last and last.finished_at else None


@pytest.mark.usefixtures("worker")
def test_when_it_is_due_old_finished_tasks_are_deleted_and_the_schedule_shows_it(
    runtime: Runtime, tmp_path: Path
) -> None:
    with runtime.transaction() as session:
        for age in (31, 45, 400):
            finished_task(session, age, items=3)
        young = finished_task(session, 3)
    with schedulers(runtime, tmp_path / "scheduler.log") as start:
        wait_for_leader(runtime, start())
        eventually(lambda: set_due(runtime, "cleanup", 0.2))
        last = eventually(lambda: finished_run(runtime), seconds=START_SECONDS)
    assert last.status == "completed"
    assert last.result == {
        "older_than_days": 30,
        "deleted_tasks": 3,
        "deleted_items": 9,
        "deleted_schedule_runs": 0,
        "deleted_webhooks": 0,
    }
    with runtime.transaction() as session:
        assert set(session.scalars(sa.select(Task.id))) == {young, last.task_id}
