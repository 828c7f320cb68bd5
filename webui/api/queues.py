"""/api/queues: create, list and read tasks."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain
from typing import Any

from flask import Response, request

from queueapp.ledger import reads
from queueapp.ledger.views import Ongoing, TaskPage
from queueapp.ledger.walk import tasks_in_batches
from queueapp.priorities import LANES
from queueapp.services import enqueue
from webui import task_files
from webui.api.new_tasks import new_items, new_task
from webui.api.queue_models import (
    AddedItems,
    CreatedTask,
    ExportQuery,
    ItemsQuery,
    NewItemsBody,
    NewTaskBody,
    OngoingQuery,
    QueueStats,
    TaskDetail,
    TaskListQuery,
    TaskPath,
)
from webui.api.resource import Resource, answer
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.security import current_user, requires

api = Resource("queues", "Tasks: durable, watched, cancelable, retried.", prefix="/api/queues")


@api.get("", responses={200: TaskPage})
@requires("viewer")
def list_tasks(query: TaskListQuery) -> Response:
    """List tasks. Offsets reach 10,000 deep, `cursor` any depth; totals beyond 10,000 are estimates."""
    with runtime().transaction() as session:
        return answer(reads.list_tasks(session, query.filter(), query.page()))


@api.post("/tasks", responses={201: CreatedTask, 200: CreatedTask})
@requires("admin")
def create_task(body: NewTaskBody) -> Response:
    """Enqueue a task: it is stored when this answers, and done by a worker afterwards."""
    made = enqueue.create_task(runtime(), new_task(runtime(), body, current_user))
    with runtime().transaction() as session:
        task = reads.get_task(session, made.task_id)
    add_detail(task_id=task.id, type=task.type, items=len(body.items))
    view = CreatedTask(
        task_id=task.id, created=made.created, status=task.status, total_items=task.total_items
    )
    location = f"{request.script_root}/api/queues/{task.id}"
    return answer(view, 201 if made.created else 200, {"Location": location})


@api.get("/ongoing", responses={200: Ongoing})
@requires("viewer")
def ongoing(query: OngoingQuery) -> Response:
    """What runs and waits now, small enough to be polled."""
    with runtime().transaction() as session:
        return answer(reads.ongoing(session, query.limit))


@api.get("/stats", responses={200: QueueStats})
@requires("viewer")
def stats() -> Response:
    """How much there is: tasks by status, waiting items by lane, workers alive."""
    with runtime().transaction() as session:
        depths = reads.lane_depths(session)
        counts = QueueStats(
            tasks=reads.counts_by_status(session),
            waiting_items={name: depths.get(number, 0) for number, name in enumerate(LANES)},
            workers=reads.workers_alive(session),
        )
    return answer(counts)


@api.get("/export", responses={200: task_files.ANSWER})
@requires("viewer")
def export_tasks(query: ExportQuery) -> Response:
    """Export all tasks that fit as one file, newest first, each as it is when its line is written."""
    batches = tasks_in_batches(runtime(), query.filter())
    first = next(batches, [])  # before the answer begins: what fails here is still a problem document
    write, mimetype = task_files.FORMATS[query.format]
    name = f"tasks-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{query.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(
        write(chain([first], batches)), headers=headers, content_type=f"{mimetype}; charset=utf-8"
    )


@api.get("/<id:task_id>", responses={200: TaskDetail})
@requires("viewer")
def get_task(path: TaskPath, query: ItemsQuery) -> Response:
    """Read a task with a page of its items."""
    limit, offset = query.items_limit, query.items_offset
    with runtime().transaction() as session:
        task = reads.get_task(session, path.task_id)
        items, total = reads.list_items(
            session, path.task_id, status=query.statuses(), limit=limit, offset=offset
        )
    page: dict[str, Any] = {
        "items": items,
        "items_total": total,
        "items_limit": limit,
        "items_offset": offset,
    }
    return answer(TaskDetail.model_construct(None, **{**dict(task), **page}))


@api.post("/<id:task_id>/items", responses={201: AddedItems})
@requires("admin")
def add_items(path: TaskPath, body: NewItemsBody) -> Response:
    """Add items to a task that is open or not finished."""
    with runtime().transaction() as session:
        task = reads.get_task(session, path.task_id)
    added = enqueue.add_items(runtime(), path.task_id, new_items(runtime(), task.type, body.items))
    return answer(AddedItems(added=added), 201)
