"""Takes operations back that TMDB has not been asked for at this moment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db
from queueapp.dispatch.signals import signal_change
from queueapp.ledger import dependencies, tasks
from queueapp.models.item import Item
from queueapp.models.list_operation import ListOperation
from queueapp.models.task import Task
from queueapp.runtime import Runtime
from queueapp.services.cancel import settle
from queueapp.services.enqueue import announce, fill_lanes
from queueapp.states import TASK_ACTIVE


@dataclass(slots=True)
class Withdrawn:
    """The tasks canceled by a transaction, and the lanes that have work because of it."""

    task_ids: list[int] = field(default_factory=list)
    lanes: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Active:
    """An operation that is not over; a started one is with TMDB."""

    operation: ListOperation
    started: bool


def lock_active(session: Session, *conditions: sa.ColumnElement[bool]) -> list[Active]:
    """Lock and return the operations that are not over and meet the conditions, in the order of their tasks.

    A worker marks an operation as begun under the same lock, so one that is not started cannot start meanwhile.
    """
    query = (
        sa.select(ListOperation)
        .join(Task, Task.id == ListOperation.task_id)
        .where(Task.status.in_(TASK_ACTIVE), ListOperation.cancel_reason.is_(None), *conditions)
        .order_by(ListOperation.task_id)
        .with_for_update(of=ListOperation)
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).all()
    held = _held(session, [one.task_id for one in found])
    return [Active(one, one.in_flight and one.task_id in held) for one in found]


def withdraw(session: Session, operations: Iterable[ListOperation], reason: str, into: Withdrawn) -> None:
    """Cancel the tasks of locked operations that are not started; `announce_withdrawn` follows after the commit."""
    conn = db.raw(session)
    for one in sorted(operations, key=lambda each: each.task_id):
        one.cancel_reason, one.updated_at = reason, sa.func.now()
        if tasks.cancel_task(conn, one.task_id, ""):
            into.lanes |= dependencies.settle(conn, {one.task_id: "canceled"})
            into.task_ids.append(one.task_id)


def announce_withdrawn(runtime: Runtime, withdrawn: Withdrawn) -> None:
    """Tell workers and pages of what a commit has withdrawn."""
    if not withdrawn.task_ids:
        return
    signal_change(runtime.redis)
    fill_lanes(runtime, withdrawn.lanes)
    for task_id in withdrawn.task_ids:
        settle(runtime, task_id)
        announce(runtime, task_id)


def _held(session: Session, task_ids: Sequence[int]) -> set[int]:
    """Those tasks whose item a worker holds."""
    query = sa.select(Item.task_id).where(Item.task_id.in_(task_ids), Item.stage == 3)
    return set(session.scalars(query)) if task_ids else set()
