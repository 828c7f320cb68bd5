"""/api/workers: who works."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from queueapp.ledger import reads
from queueapp.ledger.views import WorkerView
from queueapp.services import drain
from webui.api.resource import Id, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery, newest_first
from webui.context import runtime
from webui.security import requires

api = Resource("workers", "Worker processes and what each runs.", prefix="/api/workers")


class WorkerPath(BaseModel):
    """Names one worker."""

    worker_id: Id


class WorkersQuery(SmallListQuery):
    """Which workers to list."""

    include_gone: bool = Field(default=False, description="Also those that stopped or died")


class WorkerList(SmallList):
    """The worker processes."""

    workers: list[WorkerView]


@api.get("", responses={200: WorkerList})
@requires("viewer")
def list_workers(query: WorkersQuery) -> Response:
    """List the worker processes with their heartbeats and what each runs."""
    with runtime().transaction() as session:
        workers = reads.list_workers(session, include_gone=query.include_gone)
    cut = Cut(workers, query, newest_first)
    return answer(WorkerList(workers=cut.shown, **cut.page))


@api.post("/<id:worker_id>/drain", responses={202: WorkerView})
@requires("admin")
def drain_worker(path: WorkerPath) -> Response:
    """Let a worker finish what it runs, take nothing more and end; its supervisor starts a new one."""
    return answer(drain.drain_worker(runtime(), path.worker_id), 202)
