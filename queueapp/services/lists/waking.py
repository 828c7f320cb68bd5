"""Ends the waits of list operations whose reason is over, and lets held ones go."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db
from queueapp.ledger import dispatchable, pauses, tasks
from queueapp.models.list_operation import ListOperation, ListOperationType, WaitsFor
from queueapp.models.task import Task
from queueapp.priorities import LANES
from queueapp.runtime import Runtime
from queueapp.services.enqueue import fill_lanes
from queueapp.services.lists.processor import PAUSED_BY
from queueapp.states import TASK_ACTIVE


def wake(runtime: Runtime, *conditions: sa.ColumnElement[bool]) -> int:
    """Make the operations due that wait for a further try and meet the conditions; return how many that were."""
    with runtime.transaction() as session:
        count = end_waits(session, active_tasks(session, *conditions))
    if count:
        fill_lanes(runtime, range(len(LANES)))
    return count


def wake_waiting_for(runtime: Runtime, *reasons: WaitsFor, user_id: int | None = None) -> int:
    """Make the operations due that wait for one of the reasons; return how many that were."""
    chosen = [ListOperation.waits_for.in_(reasons)]
    return wake(runtime, *chosen, *([ListOperation.user_id == user_id] if user_id else []))


def active_tasks(session: Session, *conditions: sa.ColumnElement[bool]) -> list[int]:
    """The tasks of operations that are not over and meet the conditions, oldest first."""
    query = sa.select(ListOperation.task_id).join(Task, Task.id == ListOperation.task_id)
    chosen = query.where(Task.status.in_(TASK_ACTIVE), *conditions)
    return list(session.scalars(chosen.order_by(ListOperation.task_id)))


def end_waits(session: Session, task_ids: Sequence[int]) -> int:
    """Make what these tasks wait for a further try with due; return how many did."""
    conn = db.raw(session)
    count = sum(pauses.end_waits(conn, None, task_id) for task_id in task_ids)
    if count:
        dispatchable.promote_due(conn, limit=max(count, 1000))
    return count


def let_go(session: Session, task_ids: Sequence[int]) -> int:
    """Resume those of these tasks that the processor holds back; return how many."""
    query = sa.select(Task.id).where(Task.id.in_(task_ids), Task.paused_by == PAUSED_BY).order_by(Task.id)
    held = list(session.scalars(query.with_for_update(key_share=True)))
    for task_id in held:
        tasks.set_paused(db.raw(session), task_id, None)
    return len(held)


def hold_back(session: Session, task_ids: Sequence[int]) -> int:
    """Let nothing further of these tasks start; those that a person has paused stay as they are."""
    query = sa.select(Task.id).where(Task.id.in_(task_ids), Task.paused_at.is_(None)).order_by(Task.id)
    free = list(session.scalars(query.with_for_update(key_share=True)))
    for task_id in free:
        tasks.set_paused(db.raw(session), task_id, PAUSED_BY)
    return len(free)


def is_being_created(session: Session, list_id: int) -> bool:
    """Whether the creation of a list is still to come."""
    creating = ListOperation.operation_type == ListOperationType.CREATE_LIST
    return bool(active_tasks(session, ListOperation.list_id == list_id, creating))
