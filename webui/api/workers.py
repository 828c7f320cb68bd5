"""/api/workers: who works."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from queueapp.ledger import reads
from queueapp.ledger.views import WorkerView
from webui.api.resource import Query, Resource, answer
from webui.context import runtime
from webui.security import requires

api = Resource("workers", "Worker processes and what each runs.", prefix="/api/workers")


class WorkersQuery(Query):
    """Which workers to list."""

    include_gone: bool = Field(default=False, description="Also those that stopped or died")


class WorkerList(BaseModel):
    """The worker processes."""

    workers: list[WorkerView]
    total: int


@api.get("", responses={200: WorkerList})
@requires("viewer")
def list_workers(query: WorkersQuery) -> Response:
    """List the worker processes with their heartbeats and what each runs."""
    with runtime().transaction() as session:
        workers = reads.list_workers(session, include_gone=query.include_gone)
    return answer(WorkerList(workers=workers, total=len(workers)))
