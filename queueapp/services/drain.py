"""Tells a worker process to finish what it runs and take nothing more."""

from __future__ import annotations

import sqlalchemy as sa

from queueapp import errors
from queueapp.ledger import derive
from queueapp.ledger.views import WorkerView
from queueapp.models.worker import Worker, WorkerState
from queueapp.runtime import Runtime


def drain_worker(runtime: Runtime, worker_id: int) -> WorkerView:
    """Note the wish in the worker's row, where its next heartbeat finds it; return the worker.

    It ends when nothing of it runs any more, and whoever supervises it starts a new one. Asking again changes
    nothing. Raises NotFound, and WrongStatus for a worker that has stopped or died.
    """
    with runtime.transaction() as session:
        row = session.execute(
            sa.select(Worker, sa.func.now()).where(Worker.id == worker_id).with_for_update()
        ).first()
        if row is None:
            raise errors.NotFound(f"there is no worker {worker_id}")
        worker, now = row
        if worker.state in {WorkerState.STOPPED, WorkerState.DEAD}:
            raise errors.WrongStatus(worker.state.value, f"worker {worker_id} is {worker.state.value}")
        worker.state = WorkerState.DRAINING
        session.flush()
        return derive.worker_view(worker, now, [])
