"""Canceling one of several tasks in a row at the very moment at which the one before it ends."""

from __future__ import annotations

import threading

import sqlalchemy as sa

from queueapp import db
from queueapp.bootstrap import Runtime
from queueapp.ledger import dependencies, tasks
from queueapp.services import cancel, enqueue
from queueapp.services.enqueue import NewTask
from tests.waiting import eventually

BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def test_the_heir_of_a_canceled_task_does_not_wait_for_one_that_ended_meanwhile(runtime: Runtime) -> None:
    first, middle, last = (
        enqueue.create_task(runtime, NewTask(type="noop", items=[{}], ordering_key="row")).task_id
        for _ in range(3)
    )
    canceling = threading.Thread(target=cancel.cancel_task, args=[runtime, middle])
    with runtime.transaction() as session:
        conn = db.raw(session)
        tasks.lock_task(conn, first)
        tasks.cancel_task(conn, first, "")
        # The end of the first is half recorded: its waits are met, those who waited are not released yet.
        met = dependencies._meet(conn, {first: "canceled"})
        assert [one[0] for one in met] == [middle]
        canceling.start()

        def is_blocked_or_done() -> bool:
            with runtime.transaction() as other:
                return bool(other.scalar(sa.text(BLOCKED))) or not canceling.is_alive()

        eventually(is_blocked_or_done)
        dependencies._count_down(conn, middle)
    canceling.join(20)
    with runtime.transaction() as session:
        row = session.execute(
            sa.text("SELECT pending_dependencies, status FROM queue_tasks WHERE id = :id"), {"id": last}
        ).one()
        unmet = session.scalar(sa.text("SELECT count(*) FROM queue_task_dependencies WHERE NOT met"))
    assert (row.pending_dependencies, row.status, unmet) == (0, "queued", 0)
