"""List operations as people see them: their status, next try and error are read off their tasks."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.models.item import Item
from queueapp.models.list_operation import ListOperation, ListOperationType
from queueapp.models.task import Task
from queueapp.models.tmdb_list import TmdbList
from queueapp.states import TASK_ACTIVE


class ListOperationStatus(enum.StrEnum):
    """How far an operation is."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ListOperationView(BaseModel):
    """One list operation."""

    id: int
    operation_type: ListOperationType
    tmdb_user_id: int
    tmdb_list_id: int | None = Field(description="TMDB's id of the list; null until TMDB has created it")
    operation_data: dict[str, Any] = Field(
        description="What was asked for: movie_id, or the fields of the list"
    )
    status: ListOperationStatus
    retry_count: int = Field(description="Times TMDB was asked again")
    last_retry_at: datetime | None
    error_message: str | None = Field(description="Why the last try failed, or why it was cancelled")
    scheduled_for: datetime | None = Field(description="When TMDB is asked next, while it waits for that")
    inserted_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """An operation with what surrounds it."""

    view: ListOperationView
    list_id: int
    list_name: str | None
    task_id: int
    paused: bool
    waits_for: str | None
    result: dict[str, Any] | None
    error_type: str | None


@dataclass(frozen=True, slots=True)
class OperationFilter:
    """Which operations to show."""

    user_id: int | None = None
    list_id: int | None = None
    status: Sequence[ListOperationStatus] = ()
    operation_type: Sequence[ListOperationType] = ()


class OperationCounts(BaseModel):
    """Operations by status."""

    pending: int = 0
    processing: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    total: int = 0


class UserOperationCounts(OperationCounts):
    """One user's operations by status."""

    tmdb_user_id: int


#: With TMDB at this moment: begun, and still held by a worker.
_IN_FLIGHT = sa.or_(sa.and_(ListOperation.in_flight, Item.stage == 3), Item.status == "running")
STATUS: sa.ColumnElement[str] = sa.case(
    (
        sa.or_(ListOperation.cancel_reason.is_not(None), Task.status == "canceled"),
        ListOperationStatus.CANCELLED.value,
    ),
    (Task.status.in_(("completed", "failed")), sa.cast(Task.status, sa.Text)),
    (_IN_FLIGHT, ListOperationStatus.PROCESSING.value),
    else_=ListOperationStatus.PENDING.value,
)
_WAITS = sa.and_(
    STATUS.in_([ListOperationStatus.PENDING.value]), Item.stage.in_((0, 1)), Item.available_at > sa.func.now()
)
_SCHEDULED = sa.case((_WAITS, Item.available_at))


def get_operation(session: Session, operation_id: int) -> Row:
    """One operation. Raises NotFound."""
    found = _rows(session, _select().where(ListOperation.id == operation_id))
    if not found:
        raise errors.NotFound(f"there is no list operation {operation_id}")
    return found[0]


def has_to_wait(session: Session, found: Row) -> bool:
    """Whether an operation, or one before it on the same list, waits for a further try or is held back."""
    held = sa.or_(
        _WAITS, sa.and_(Task.paused_at.is_not(None), STATUS.in_([ListOperationStatus.PENDING.value]))
    )
    before = _joined(sa.select(ListOperation.id).select_from(ListOperation)).where(
        ListOperation.list_id == found.list_id,
        ListOperation.task_id <= found.task_id,
        Task.status.in_(TASK_ACTIVE),
        held,
    )
    return session.scalar(before.limit(1)) is not None


def list_operations(
    session: Session, chosen: OperationFilter, limit: int = 50, offset: int = 0, before: int | None = None
) -> list[Row]:
    """A page of operations, newest first; `before` is the id that the page begins behind."""
    query = (
        _select().where(*_conditions(chosen)).order_by(ListOperation.id.desc()).limit(limit).offset(offset)
    )
    return _rows(session, query.where(ListOperation.id < before) if before else query)


def count_operations(session: Session, chosen: OperationFilter) -> int:
    """How many operations there are to page through."""
    joined = _joined(sa.select(sa.func.count()).select_from(ListOperation))
    return session.scalar(joined.where(*_conditions(chosen))) or 0


def stats(session: Session, user_id: int | None = None) -> OperationCounts:
    """Operations by status, of one user if given."""
    chosen = _conditions(OperationFilter(user_id=user_id))
    query = _joined(sa.select(STATUS, sa.func.count()).select_from(ListOperation)).where(*chosen)
    counts: dict[str, int] = dict(session.execute(query.group_by(STATUS)).all())
    return OperationCounts(**counts, total=sum(counts.values()))


def stats_by_user(session: Session) -> list[UserOperationCounts]:
    """Operations by status for each user that has any."""
    user = ListOperation.user_id
    query = _joined(sa.select(user, STATUS, sa.func.count()).select_from(ListOperation)).group_by(
        user, STATUS
    )
    gathered: dict[int, dict[str, int]] = {}
    for user_id, status, count in session.execute(query):
        gathered.setdefault(user_id, {})[status] = count
    return [
        UserOperationCounts(tmdb_user_id=user_id, **counts, total=sum(counts.values()))
        for user_id, counts in sorted(gathered.items())
    ]


def waits(session: Session) -> tuple[int, datetime | None]:
    """How many operations wait for their next try, and when the first of them is due."""
    query = _joined(sa.select(sa.func.count(), sa.func.min(Item.available_at)).select_from(ListOperation))
    count, first = session.execute(query.where(_WAITS)).one()
    return count, first


def _joined(query: Any) -> Any:
    """The query with the task and the item of each operation."""
    item = sa.and_(Item.task_id == ListOperation.task_id, Item.index == 0)
    return query.join(Task, Task.id == ListOperation.task_id).outerjoin(Item, item)


def _select() -> Any:
    columns = (ListOperation, TmdbList, STATUS, _SCHEDULED, Task, Item.result, Item.error)
    query = _joined(sa.select(*columns).select_from(ListOperation))
    return query.join(TmdbList, TmdbList.id == ListOperation.list_id)


def _conditions(chosen: OperationFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if chosen.user_id is not None:
        found.append(ListOperation.user_id == chosen.user_id)
    if chosen.list_id is not None:
        found.append(ListOperation.list_id == chosen.list_id)
    if chosen.status:
        found.append(STATUS.in_([one.value for one in chosen.status]))
    if chosen.operation_type:
        found.append(ListOperation.operation_type.in_(chosen.operation_type))
    return found


def _rows(session: Session, query: Any) -> list[Row]:
    return [_row(*found) for found in session.execute(query.execution_options(populate_existing=True))]


def _row(
    operation: ListOperation,
    on: TmdbList,
    status: str,
    scheduled_for: datetime | None,
    task: Task,
    result: dict[str, Any] | None,
    error: dict[str, Any] | None,
) -> Row:
    view = ListOperationView(
        id=operation.id,
        operation_type=operation.operation_type,
        tmdb_user_id=operation.user_id,
        tmdb_list_id=on.tmdb_list_id,
        operation_data=operation.data,
        status=ListOperationStatus(status),
        retry_count=operation.retry_count,
        last_retry_at=operation.last_retry_at,
        error_message=_message(ListOperationStatus(status), operation, task, error),
        scheduled_for=scheduled_for,
        inserted_at=operation.inserted_at,
        updated_at=max(operation.updated_at, task.updated_at),
    )
    return Row(
        view, on.id, on.name, task.id, task.paused_at is not None, operation.waits_for, result,
        (error or {}).get("type"),
    )  # fmt: skip


def _message(
    status: ListOperationStatus, operation: ListOperation, task: Task, error: dict[str, Any] | None
) -> str | None:
    if status is ListOperationStatus.COMPLETED:
        return None
    if status is ListOperationStatus.CANCELLED:
        return operation.cancel_reason or task.message
    return (error or {}).get("message") or task.error
