"""Reads of the task manager: the newest tasks of a status, and what ended a moment ago."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.ledger import derive
from queueapp.ledger.views import TaskView
from queueapp.models.task import Task
from queueapp.states import TaskStatus


def newest(session: Session, statuses: Collection[TaskStatus], limit: int) -> list[TaskView]:
    """Return the newest tasks of some statuses, by creation."""
    return _views(session, Task.status.in_(statuses), limit=limit, newest_by=Task.created_at)


def oldest(session: Session, status: TaskStatus, limit: int) -> list[TaskView]:
    """Return the oldest tasks of a status, by creation: of queued ones those that come first."""
    query = sa.select(Task, sa.func.now()).where(Task.status == status)
    rows = session.execute(query.order_by(Task.created_at, Task.id).limit(limit)).all()
    return derive.task_views(session, rows)


def just_ended(
    session: Session, statuses: Collection[TaskStatus], within_seconds: float, limit: int
) -> list[TaskView]:
    """Return the tasks that ended within the last seconds in one of some statuses, latest first."""
    since = sa.func.now() - sa.func.make_interval(0, 0, 0, 0, 0, 0, within_seconds)
    ended = sa.and_(Task.finished_at > since, Task.status.in_(statuses))
    return _views(session, ended, limit=limit, newest_by=Task.finished_at)


def _views(session: Session, wanted: sa.ColumnElement[bool], *, limit: int, newest_by: Any) -> list[TaskView]:
    rows = session.execute(
        sa.select(Task, sa.func.now()).where(wanted).order_by(sa.desc(newest_by), Task.id.desc()).limit(limit)
    ).all()
    return derive.task_views(session, rows)
