"""Takes a wish: at most one new task, and the earlier ones that it makes needless withdrawn, in one commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db, errors
from queueapp.connectors.tmdb_lists_v3 import NO_UPDATE
from queueapp.ledger import tasks
from queueapp.models.list_operation import ListOperation, ListOperationType
from queueapp.models.tmdb_list import TmdbList
from queueapp.models.tmdb_user import TmdbUser, TmdbUserKind, TmdbUserStatus
from queueapp.priorities import Priority
from queueapp.runtime import Runtime
from queueapp.services import enqueue
from queueapp.services.enqueue import NewTask
from queueapp.services.lists import accounts, known, processor, wishes
from queueapp.services.lists.account_views import label_of
from queueapp.services.lists.wishes import Earlier, Wish
from queueapp.services.lists.withdrawal import (
    Active,
    Withdrawn,
    announce_withdrawn,
    lock_active,
    withdraw,
)

Kind = ListOperationType
#: The operation whose tasks carry wishes out.
OPERATION = "list_operation"


@dataclass(frozen=True, slots=True)
class Asked:
    """The operation that does what was wished: a new one, or one that was there already."""

    operation_id: int
    list_id: int
    task_id: int
    created: bool
    #: nothing starts by itself now
    held: bool


def ask(runtime: Runtime, user_id: int, list_id: int | None, wish: Wish, by: str) -> Asked:
    """Store a wish as a task and hand it out; without `list_id` it is the creation of a list.

    Raises NotFound, and Conflict for a user who is not connected or whose API cannot do it.
    """
    withdrawn = Withdrawn()
    with runtime.transaction() as session:
        user = accounts.load(session, user_id, lock=True)
        _refuse_unfit(user, wish)
        on, earlier = _place(session, user_id, list_id, wish)
        asked = _settle(runtime, session, user, on, wish, earlier, withdrawn, by)
    announce_withdrawn(runtime, withdrawn)
    if asked.created:
        enqueue.dispatch_task(runtime, asked.task_id)
    return asked


def add_task(
    runtime: Runtime, session: Session, operation: ListOperation, title: str, by: str, *, held: bool
) -> int:
    """Insert the task of an operation, behind those on the same list; `dispatch_task` follows after the commit."""
    new = NewTask(
        type=OPERATION,
        items=[{"operation_id": operation.id, "list_id": operation.list_id}],
        title=title,
        priority=Priority.HIGH,
        created_by=by,
        origin="lists",
        ordering_key=f"tmdb list {operation.user_id}/{operation.list_id}",
    )
    task_id = enqueue.insert_task(session, runtime.registry, new)
    if held:
        tasks.set_paused(db.raw(session), task_id, processor.PAUSED_BY)
    return task_id


def make_way(session: Session, operation: ListOperation, withdrawn: Withdrawn) -> None:
    """Withdraw what a wish that is wished again makes needless. Raises Conflict when one does the same already."""
    active = lock_active(session, ListOperation.list_id == operation.list_id)
    planned = wishes.plan(_earlier(Active(operation, False)).wish, [_earlier(one) for one in active])
    if planned.same_as is not None:
        raise errors.Conflict(f"operation {planned.same_as} does the same already")
    _supersede(session, planned, {one.operation.id: one.operation for one in active}, operation.id, withdrawn)


def title_of(operation_type: ListOperationType, movie_id: int | None, on: TmdbList) -> str:
    """What an operation does, in words."""
    name = known.name_of(on)
    match operation_type:
        case Kind.ADD_ITEM:
            return f"Put film {movie_id} on {name}"
        case Kind.REMOVE_ITEM:
            return f"Take film {movie_id} off {name}"
        case _:
            return f"{operation_type.partition('_')[0].capitalize()} {name}"


def _refuse_unfit(user: TmdbUser, wish: Wish) -> None:
    if user.status is TmdbUserStatus.PENDING:
        raise errors.Conflict(f"{label_of(user)} is not connected yet")
    if wish.kind is Kind.UPDATE_LIST and user.kind is TmdbUserKind.V3:
        raise errors.Conflict(NO_UPDATE)


def _place(session: Session, user_id: int, list_id: int | None, wish: Wish) -> tuple[TmdbList, list[Active]]:
    """The list that is meant, locked, and what is still to be done to it."""
    if list_id is not None:
        on = known.lock_list(session, user_id, list_id)
        return on, lock_active(session, ListOperation.list_id == on.id)
    # The same creation asked for twice is one list.
    same = lock_active(
        session,
        ListOperation.user_id == user_id,
        ListOperation.operation_type == Kind.CREATE_LIST,
        ListOperation.data == wish.data,
    )
    for one in same:
        rest = lock_active(session, ListOperation.list_id == one.operation.list_id)
        if all(each.operation.operation_type is not Kind.DELETE_LIST for each in rest):
            return session.get_one(TmdbList, one.operation.list_id), rest
    fields = {name: wish.data.get(name) for name in ("name", "description", "public", "sort_by")}
    on = TmdbList(user_id=user_id, **fields)
    session.add(on)
    session.flush()
    return on, []


def _settle(
    runtime: Runtime,
    session: Session,
    user: TmdbUser,
    on: TmdbList,
    wish: Wish,
    active: list[Active],
    withdrawn: Withdrawn,
    by: str,
) -> Asked:
    by_id = {one.operation.id: one.operation for one in active}
    planned = wishes.plan(wish, [_earlier(one) for one in active])
    held = not processor.is_enabled(session, hold=True)
    if planned.same_as is not None:
        same = by_id[planned.same_as]
        _supersede(session, planned, by_id, same.id, withdrawn)
        if planned.data != same.data and wish.kind in (Kind.UPDATE_LIST, Kind.CREATE_LIST):
            same.data, same.updated_at = planned.data, sa.func.now()
        return Asked(same.id, on.id, same.task_id, created=False, held=held)
    operation_id = session.scalar(sa.select(sa.func.nextval(_sequence())))
    assert operation_id is not None
    _supersede(session, planned, by_id, operation_id, withdrawn)
    operation = ListOperation(
        id=operation_id, operation_type=wish.kind, user_id=user.id, list_id=on.id, movie_id=wish.movie_id,
        data=_data(wish),
    )  # fmt: skip
    title = title_of(wish.kind, wish.movie_id, on)
    operation.task_id = add_task(runtime, session, operation, title, by, held=held)
    session.add(operation)
    session.flush()
    return Asked(operation.id, on.id, operation.task_id, created=True, held=held)


def _supersede(
    session: Session, planned: wishes.Plan, by_id: dict[int, ListOperation], winner: int, into: Withdrawn
) -> None:
    gone = [by_id[one] for one in planned.superseded]
    withdraw(session, gone, f"superseded by operation {winner}", into)


def _earlier(one: Active) -> Earlier:
    operation = one.operation
    data = {} if operation.movie_id is not None else operation.data
    return Earlier(operation.id, Wish(operation.operation_type, operation.movie_id, data), one.started)


def _data(wish: Wish) -> dict[str, Any]:
    return dict(wish.data) if wish.movie_id is None else {"movie_id": wish.movie_id}


def _sequence() -> sa.ColumnElement[Any]:
    return sa.func.pg_get_serial_sequence(ListOperation.__tablename__, "id")
