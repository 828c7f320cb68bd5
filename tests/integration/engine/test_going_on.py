"""A worker goes on by itself with what waits behind the window."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from queueapp.bootstrap import Runtime
from queueapp.dispatch.window import WINDOW
from queueapp.priorities import Priority
from queueapp.services.enqueue import NewTask, create_task
from tests.waiting import eventually


def run(runtime: Runtime, count: int) -> None:
    """Have a task of so many items done."""
    task_id = create_task(runtime, NewTask("noop", [{}] * count, priority=Priority.NORMAL)).task_id

    def completed() -> bool:
        with runtime.transaction() as session:
            statement = sa.text("SELECT completed_items FROM queue_tasks WHERE id = :id")
            return bool(session.scalar(statement, {"id": task_id}) == count)

    eventually(completed, what=f"{count} completed items")


@pytest.mark.usefixtures("worker")
def test_a_worker_goes_on_with_what_was_behind_the_window(runtime: Runtime) -> None:
    run(runtime, 1)  # as it starts, it looks at every lane by itself
    run(runtime, 60 * WINDOW)
