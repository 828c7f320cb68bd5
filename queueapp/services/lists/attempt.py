"""One try at an operation, as the database has it: its beginning, its end, and why it has to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors.tmdb_lists import Change
from queueapp.models.list_operation import ListOperation, ListOperationType, WaitsFor
from queueapp.models.task import Task
from queueapp.models.tmdb_list import TmdbList
from queueapp.models.tmdb_user import TmdbUser
from queueapp.services.lists import accounts, known, waking
from queueapp.states import TaskStatus

Kind = ListOperationType
#: An operation that finds its list not created yet looks again after this.
CREATION_WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Begun:
    """What a try works with; `made_by_us` are TMDB's ids of the user's other lists that were created here."""

    operation_id: int
    kind: ListOperationType
    movie_id: int | None
    data: dict[str, Any]
    tries: int
    user_id: int
    list_id: int
    list_name: str
    tmdb_list_id: int | None
    #: of the list's creation: TMDB's lists of that name before it was sent; None when it was never sent
    namesakes: list[int] | None
    made_by_us: frozenset[int] = field(default_factory=frozenset)


def find(session: Session, task_id: int, operation_id: int) -> tuple[ListOperation, TmdbUser]:
    """The operation, locked, if this task is to carry it out, and its user.

    Raises Skip for one that was withdrawn, Permanent for what can never be done, and RetryLater while its list is
    still to be created.
    """
    query = sa.select(ListOperation).where(ListOperation.id == operation_id).with_for_update()
    operation = session.scalar(query.execution_options(populate_existing=True))
    if operation is None or operation.task_id != task_id:
        raise errors.Permanent(f"list operation {operation_id} is not this task's to carry out")
    if operation.cancel_reason is not None:
        raise errors.Skip(operation.cancel_reason)
    _refuse_pointless(session, operation, session.get_one(TmdbList, operation.list_id))
    return operation, accounts.load(session, operation.user_id)


def begin(session: Session, task_id: int, operation_id: int) -> Begun:
    """Mark an operation as with TMDB, so that it cannot be withdrawn, and read what is to be done.

    Raises as `find` does.
    """
    operation, user = find(session, task_id, operation_id)
    on = session.get_one(TmdbList, operation.list_id)
    if operation.first_sent_at is None:
        operation.first_sent_at = sa.func.now()
    else:
        operation.retry_count += 1
        operation.last_retry_at = sa.func.now()
    operation.tries += 1
    operation.in_flight, operation.waits_for, operation.updated_at = True, None, sa.func.now()
    return Begun(
        operation_id=operation.id,
        kind=operation.operation_type,
        movie_id=operation.movie_id,
        data=operation.data,
        tries=operation.tries,
        user_id=user.id,
        list_id=on.id,
        list_name=known.name_of(on),
        tmdb_list_id=on.tmdb_list_id,
        namesakes=_namesakes(session, on),
        made_by_us=_made_by_us(session, on),
    )


def keep_namesakes(session: Session, operation_id: int, ids: list[int]) -> None:
    """Remember which lists of that name there were before a creation is sent."""
    _change(session, operation_id, namesakes=ids)


def note_wait(session: Session, operation_id: int, reason: WaitsFor) -> None:
    """Note that a try has ended without an outcome, and what the operation waits for."""
    _change(session, operation_id, waits_for=reason, in_flight=False)


def others_were_done(session: Session, operation_id: int) -> bool:
    """Whether TMDB has done anything for anybody since it was first asked for this operation."""
    since = sa.select(ListOperation.first_sent_at).where(ListOperation.id == operation_id).scalar_subquery()
    done = (
        sa.select(ListOperation.id)
        .join(Task, Task.id == ListOperation.task_id)
        .where(Task.status == TaskStatus.COMPLETED, Task.finished_at > since)
    )
    return session.scalar(done.limit(1)) is not None


def note_missing(session: Session, list_id: int, reason: str) -> None:
    """Note that a list is no more, so that what is still wished of it fails without asking TMDB."""
    on = session.scalar(sa.select(TmdbList).where(TmdbList.id == list_id).with_for_update())
    if on is not None and on.gone_at is None:
        known.mark_gone(on, reason)


def record(session: Session, begun: Begun, tmdb_list_id: int | None, change: Change) -> dict[str, Any]:
    """Store what an operation has made of its list and return the operation's result."""
    query = sa.select(TmdbList).where(TmdbList.id == begun.list_id).with_for_update()
    on = session.scalars(query.execution_options(populate_existing=True)).one()
    match begun.kind:
        case Kind.CREATE_LIST:
            _absorb(session, on, tmdb_list_id)
            on.tmdb_list_id, on.gone_at, on.gone_reason = tmdb_list_id, None, None
            on.item_count = on.item_count or 0
        case Kind.UPDATE_LIST:
            for name in ("name", "description", "public", "sort_by"):
                if name in begun.data:
                    setattr(on, name, begun.data[name])
        case Kind.DELETE_LIST:
            known.mark_gone(on, "it was deleted")
        case Kind.CLEAR_LIST:
            on.item_count = 0
        case _ if change.changed and on.item_count is not None:
            on.item_count = max(on.item_count + (1 if begun.kind is Kind.ADD_ITEM else -1), 0)
    on.updated_at = sa.func.now()
    told = {"list_id": on.id, "tmdb_list_id": on.tmdb_list_id, "name": on.name}
    return told | {"movie_id": begun.movie_id, "changed": change.changed, "message": change.message}


def _refuse_pointless(session: Session, operation: ListOperation, on: TmdbList) -> None:
    if operation.operation_type in (Kind.CREATE_LIST, Kind.DELETE_LIST):
        return
    if on.gone_at is not None:
        raise errors.Permanent(f"{known.name_of(on)} is gone: {on.gone_reason}")
    if on.tmdb_list_id is None:
        if waking.is_being_created(session, on.id):
            message = "waits for its list to be created"
            raise errors.RetryLater(message, CREATION_WAIT_SECONDS, uses_attempt=False)
        raise errors.Permanent(f"{known.name_of(on)} was never created at TMDB")


def _namesakes(session: Session, on: TmdbList) -> list[int] | None:
    creation = sa.select(ListOperation.namesakes).where(
        ListOperation.list_id == on.id, ListOperation.operation_type == Kind.CREATE_LIST
    )
    found: list[int] | None = session.scalar(creation)
    return found


def _made_by_us(session: Session, on: TmdbList) -> frozenset[int]:
    created = (
        sa.select(TmdbList.tmdb_list_id)
        .join(ListOperation, ListOperation.list_id == TmdbList.id)
        .where(
            TmdbList.user_id == on.user_id,
            TmdbList.id != on.id,
            ListOperation.operation_type == Kind.CREATE_LIST,
            TmdbList.tmdb_list_id.is_not(None),
        )
    )
    return frozenset(one for one in session.scalars(created) if one is not None)


def _absorb(session: Session, on: TmdbList, tmdb_list_id: int | None) -> None:
    """Take over what is known under TMDB's id, when it was taken in before its creation was known to be ours."""
    query = sa.select(TmdbList.id).where(
        TmdbList.user_id == on.user_id, TmdbList.tmdb_list_id == tmdb_list_id, TmdbList.id != on.id
    )
    for other in session.scalars(query).all():
        moved = sa.update(ListOperation).where(ListOperation.list_id == other).values(list_id=on.id)
        session.execute(moved)
        session.execute(sa.delete(TmdbList).where(TmdbList.id == other))


def _change(session: Session, operation_id: int, **values: Any) -> None:
    change = sa.update(ListOperation).where(ListOperation.id == operation_id)
    session.execute(change.values(**values, updated_at=sa.func.now()))
