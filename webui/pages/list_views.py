"""List operations and TMDB users in the words of the pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from queueapp.config import Settings
from queueapp.models.list_operation import ListOperationType as Kind
from queueapp.services.lists import accounts
from queueapp.services.lists.account_views import TmdbUserView
from queueapp.services.lists.operation_views import ListOperationStatus, Row, UserOperationCounts


@dataclass(frozen=True, slots=True)
class Person:
    """A TMDB user with where they approve, if that is to be done, and how their operations fare."""

    user: TmdbUserView
    label: str
    approve_url: str | None
    stats: str


@dataclass(frozen=True, slots=True)
class Line:
    """One operation as a row; `look` is the status whose colours it takes."""

    id: int
    what: str
    list_id: int
    list_name: str
    look: str
    remark: str
    retry_count: int
    scheduled_for: datetime | None
    at: datetime
    task_id: int
    allows: frozenset[str]


LOOKS = {
    ListOperationStatus.PENDING: "queued",
    ListOperationStatus.PROCESSING: "running",
    ListOperationStatus.COMPLETED: "completed",
    ListOperationStatus.FAILED: "failed",
    ListOperationStatus.CANCELLED: "canceled",
}
ACTS = {
    ListOperationStatus.PENDING: frozenset({"process", "cancel"}),
    ListOperationStatus.FAILED: frozenset({"retry"}),
    ListOperationStatus.CANCELLED: frozenset({"retry"}),
}


def person(
    session: Session, settings: Settings, user: TmdbUserView, stats: dict[int, UserOperationCounts]
) -> Person:
    """A TMDB user for the page."""
    stored = accounts.load(session, user.id)
    counted = stats.get(user.id)
    return Person(
        user, user.name or f"User {user.id}", accounts.approve_url(settings, stored), _counts(counted)
    )


def line(row: Row) -> Line:
    """An operation for the page."""
    view = row.view
    look = LOOKS[view.status]
    if view.status is ListOperationStatus.PENDING:
        look = "paused" if row.paused else "retrying" if view.scheduled_for else look
    return Line(
        id=view.id,
        what=what(view.operation_type, view.operation_data),
        list_id=row.list_id,
        list_name=row.list_name or f"List {view.tmdb_list_id or row.list_id}",
        look=look,
        remark=view.error_message or "",
        retry_count=view.retry_count,
        scheduled_for=view.scheduled_for,
        at=view.updated_at,
        task_id=row.task_id,
        allows=ACTS.get(view.status, frozenset()),
    )


def what(kind: Kind, data: dict[str, Any]) -> str:
    """What an operation does."""
    match kind:
        case Kind.ADD_ITEM:
            return f"Put film {data.get('movie_id')} on"
        case Kind.REMOVE_ITEM:
            return f"Take film {data.get('movie_id')} off"
        case Kind.UPDATE_LIST:
            return f"Change {', '.join(sorted(data))}"
        case _:
            return kind.value.partition("_")[0].capitalize()


def told(row: Row) -> str:
    """What is said after a wish."""
    does = what(row.view.operation_type, row.view.operation_data)
    if row.view.status is ListOperationStatus.COMPLETED:
        return f"{row.list_name or 'List'}: {(row.result or {}).get('message', 'done')}"
    return f"{does}: queued, it is done later in order"


def _counts(stats: UserOperationCounts | None) -> str:
    if stats is None:
        return "nothing wished yet"
    said = [
        (stats.pending + stats.processing, "waiting"),
        (stats.completed, "done"),
        (stats.failed, "failed"),
    ]
    return ", ".join(f"{count} {word}" for count, word in said if count) or f"{stats.cancelled} cancelled"
