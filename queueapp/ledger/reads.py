"""Reads of the ledger, for pages, the API and the CLI; they change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from queueapp import errors
from queueapp.ledger import derive
from queueapp.ledger.latest import list_tasks
from queueapp.ledger.listing import count_statuses, count_tasks, counts_by_status, is_estimate
from queueapp.ledger.views import ItemDetail, ItemView, LogLine, Ongoing, OngoingTask, TaskView, WorkerView
from queueapp.ledger.waiting import Reasons
from queueapp.models.item import Item
from queueapp.models.item_log import ItemLog
from queueapp.models.task import Task
from queueapp.models.worker import Worker
from queueapp.states import ItemStatus, TaskStatus

__all__ = [
    "MOST_DEPTH", "count_statuses", "count_tasks", "counts_by_status", "get_item", "get_task", "get_tasks",
    "is_estimate", "item_logs", "lane_depths", "list_items", "list_tasks", "list_workers", "ongoing",
    "workers_alive",
]  # fmt: skip

#: Ready items of a lane are counted up to here.
MOST_DEPTH = 10_000


def get_task(session: Session, task_id: int) -> TaskView:
    """Return a task; raises NotFound."""
    row = session.execute(sa.select(Task, sa.func.now()).where(Task.id == task_id)).first()
    if row is None:
        raise errors.NotFound(f"there is no task {task_id}")
    return derive.task_views(session, [row])[0]


def get_tasks(session: Session, task_ids: Sequence[int]) -> list[TaskView]:
    """Return those of the given tasks that exist, in the order given."""
    rows = session.execute(sa.select(Task, sa.func.now()).where(Task.id.in_(task_ids))).all()
    found = {view.id: view for view in derive.task_views(session, rows)}
    return [found[one] for one in task_ids if one in found]


def list_items(
    session: Session,
    task_id: int,
    *,
    status: Sequence[ItemStatus] = (),
    subject: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> tuple[list[ItemView], int]:
    """Return a page of a task's items in their order, and how many there are; raises NotFound for the task."""
    task = _task(session, task_id)
    conditions = [Item.task_id == task_id]
    total = task.total_items
    if status:
        conditions.append(derive.item_status_condition(task, status))
        counts = derive.items_by_status(task)
        total = sum(counts[one] for one in set(status))
    if subject is not None:
        conditions.append(Item.subject == subject)
        total = session.scalar(sa.select(sa.func.count()).select_from(Item).where(*conditions)) or 0
    if total == 0:
        return [], 0
    query = sa.select(Item, Worker).outerjoin(Worker, Worker.id == Item.worker_id).where(*conditions)
    if len(conditions) == 1:
        # The places of a task's items have no gap.
        query = query.where(Item.index >= offset)
    else:
        query = query.offset(offset)
    light = query.options(defer(Item.payload), defer(Item.result), defer(Item.attempts))
    rows = session.execute(light.order_by(Item.index).limit(limit)).all()
    reasons = Reasons(session, {task.id: task}, [item for item, _ in rows])
    return [derive.item_view(item, worker, task, reasons) for item, worker in rows], total


def get_item(session: Session, task_id: int, item_id: int) -> ItemDetail:
    """Return one item with payload, result and error; raises NotFound."""
    task = _task(session, task_id)
    row = session.execute(
        sa.select(Item, Worker)
        .outerjoin(Worker, Worker.id == Item.worker_id)
        .where(Item.id == item_id, Item.task_id == task_id)
    ).first()
    if row is None:
        raise errors.NotFound(f"task {task_id} has no item {item_id}")
    lines = session.scalar(sa.select(sa.func.max(ItemLog.seq)).where(ItemLog.item_id == item_id)) or 0
    return derive.item_detail(row[0], row[1], task, Reasons(session, {task.id: task}, [row[0]]), lines)


def item_logs(session: Session, item_id: int, *, after: int = 0, limit: int = 1000) -> list[LogLine]:
    """Return an item's log lines behind number `after`."""
    rows = session.scalars(
        sa.select(ItemLog)
        .where(ItemLog.item_id == item_id, ItemLog.seq > after)
        .order_by(ItemLog.seq)
        .limit(limit)
    )
    return [LogLine(seq=row.seq, at=row.at, level=row.level, message=row.message) for row in rows]


def ongoing(session: Session, limit: int = 20) -> Ongoing:
    """Return the running tasks, newest first, then the queued, and how many there are of each."""
    active = (TaskStatus.RUNNING, TaskStatus.QUEUED)
    counts, estimated = count_statuses(session, active)
    views: list[TaskView] = []
    for status in active:
        query = sa.select(Task, sa.func.now()).where(Task.status == status)
        newest = query.order_by(Task.created_at.desc(), Task.id.desc()).limit(limit - len(views))
        views += derive.task_views(session, session.execute(newest).all(), why=False)
    small = [OngoingTask(**view.model_dump(include=set(OngoingTask.model_fields))) for view in views]
    return Ongoing(
        tasks=small, running=counts["running"], queued=counts["queued"], counts_are_estimates=estimated
    )


def list_workers(session: Session, *, include_gone: bool = False) -> list[WorkerView]:
    """Return the worker processes, newest first, with what each runs."""
    query = sa.select(Worker, sa.func.now()).order_by(Worker.id.desc()).limit(200)
    if not include_gone:
        query = query.where(Worker.state.in_(["running", "draining"]))
    workers = session.execute(query).all()
    running: dict[int, list[ItemView]] = {}
    ids = [worker.id for worker, _ in workers]
    rows = session.execute(
        sa.select(Item, Task)
        .join(Task, Task.id == Item.task_id)
        .where(Item.stage == 3, Item.status == ItemStatus.RUNNING, Item.worker_id.in_(ids))
        .order_by(Item.started_at)
        .limit(500)
    ).all()
    by_id = {worker.id: worker for worker, _ in workers}
    for item, task in rows:
        view = derive.item_view(item, by_id[item.worker_id or 0], task, None)
        running.setdefault(item.worker_id or 0, []).append(view)
    return [derive.worker_view(worker, now, running.get(worker.id, [])) for worker, now in workers]


def workers_alive(session: Session, within_seconds: float = 15.0) -> int:
    """Return how many workers have beaten within the last seconds."""
    fresh = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, within_seconds)
    query = sa.select(sa.func.count()).where(
        Worker.state.in_(["running", "draining"]), Worker.heartbeat_at > fresh
    )
    return session.scalar(query) or 0


def lane_depths(session: Session) -> dict[int, int]:
    """Return how many items are ready in each lane, counted up to MOST_DEPTH."""
    rows: Sequence[Any] = session.execute(
        sa.text(
            """
            SELECT l.lane, (SELECT count(*) FROM (
                SELECT FROM queue_items i WHERE i.stage = 2 AND i.lane = l.lane LIMIT :most) bounded)
            FROM unnest(ARRAY[0, 1, 2, 3]) AS l(lane)
            """
        ),
        {"most": MOST_DEPTH},
    ).all()
    return dict(tuple(row) for row in rows)


def _task(session: Session, task_id: int) -> Task:
    task = session.get(Task, task_id, populate_existing=True)
    if task is None:
        raise errors.NotFound(f"there is no task {task_id}")
    return task
