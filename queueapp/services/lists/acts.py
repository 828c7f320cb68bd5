"""What a person may do to operations: process now, cancel, retry; and to the processor: switch it."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors.circuit import open_circuits
from queueapp.connectors.tmdb_lists import NAME
from queueapp.models.list_operation import ListOperation, ListOperationType, WaitsFor
from queueapp.models.tmdb_list import TmdbList
from queueapp.models.tmdb_user import TmdbUser, TmdbUserStatus
from queueapp.priorities import LANES
from queueapp.runtime import Runtime
from queueapp.services import enqueue
from queueapp.services.enqueue import NewTask
from queueapp.services.lists import accounts, ask, operation_views, processor, waking
from queueapp.services.lists.account_views import TmdbUserView, label_of
from queueapp.services.lists.operation_views import ListOperationStatus, Row
from queueapp.services.lists.withdrawal import Withdrawn, announce_withdrawn, lock_active, withdraw

CREATING = ListOperationType.CREATE_LIST
#: The operation that takes in an account's lists.
REFRESH = "refresh_lists"


def process(runtime: Runtime, operation_id: int) -> Row:
    """Have an operation that waits tried now, after those before it on the same list. Raises NotFound, WrongStatus."""
    with runtime.transaction() as session:
        found = operation_views.get_operation(session, operation_id)
        if found.view.status is not ListOperationStatus.PENDING:
            raise _wrong(found, "processed; only a pending one can")
        up_to = ListOperation.task_id <= found.task_id
        _start(session, waking.active_tasks(session, ListOperation.list_id == found.list_id, up_to))
    return _after(runtime, operation_id)


def process_all(runtime: Runtime, user_id: int | None = None) -> int:
    """Have all operations that wait tried now, of one user if given; return how many. Raises NotFound."""
    with runtime.transaction() as session:
        if user_id is not None:
            accounts.load(session, user_id)
        chosen = [ListOperation.user_id == user_id] if user_id is not None else []
        active = waking.active_tasks(session, *chosen)
        _start(session, active)
    enqueue.fill_lanes(runtime, range(len(LANES)))
    return len(active)


def cancel(runtime: Runtime, operation_id: int, by: str) -> Row:
    """Cancel an operation that waits; with a list's creation all that waits for it. Raises NotFound, WrongStatus."""
    withdrawn = Withdrawn()
    with runtime.transaction() as session:
        found = operation_views.get_operation(session, operation_id)
        session.scalar(sa.select(TmdbList.id).where(TmdbList.id == found.list_id).with_for_update())
        active = {
            one.operation.id: one for one in lock_active(session, ListOperation.list_id == found.list_id)
        }
        own = active.get(operation_id)
        if own is None or own.started:
            raise _wrong(
                operation_views.get_operation(session, operation_id), "cancelled; only a pending one can"
            )
        withdraw(session, [own.operation], f"cancelled by {by}" if by else "cancelled", withdrawn)
        if own.operation.operation_type is CREATING:
            rest = [one.operation for one in active.values() if one is not own and not one.started]
            withdraw(
                session, rest, f"cancelled with operation {operation_id}, the list's creation", withdrawn
            )
            _forget_list(session, found.list_id)
    announce_withdrawn(runtime, withdrawn)
    with runtime.transaction() as session:
        return operation_views.get_operation(session, operation_id)


def retry(runtime: Runtime, operation_id: int, by: str) -> Row:
    """Wish again for what failed or was cancelled: it goes behind what waits on the same list.

    What it makes needless is withdrawn, as by a new wish. Raises NotFound, WrongStatus, and Conflict when another
    operation does the same already.
    """
    withdrawn = Withdrawn()
    with runtime.transaction() as session:
        found = operation_views.get_operation(session, operation_id)
        accounts.load(session, found.view.tmdb_user_id, lock=True)
        on = session.scalars(sa.select(TmdbList).where(TmdbList.id == found.list_id).with_for_update()).one()
        found = operation_views.get_operation(session, operation_id)
        if found.view.status not in (ListOperationStatus.FAILED, ListOperationStatus.CANCELLED):
            raise _wrong(found, "retried; only a failed or cancelled one can")
        operation = session.get_one(ListOperation, operation_id)
        ask.make_way(session, operation, withdrawn)
        if operation.operation_type is CREATING:
            on.gone_at = on.gone_reason = None
        title = ask.title_of(operation.operation_type, operation.movie_id, on)
        held = not processor.is_enabled(session, hold=True)
        operation.task_id = ask.add_task(runtime, session, operation, title, by, held=held)
        operation.tries, operation.in_flight = 0, False
        operation.cancel_reason = operation.waits_for = None
        operation.updated_at = sa.func.now()
        task_id = operation.task_id
    announce_withdrawn(runtime, withdrawn)
    enqueue.dispatch_task(runtime, task_id)
    return _after(runtime, operation_id)


def switch_processor(runtime: Runtime, enabled: bool, by: str) -> processor.ProcessorStatus:
    """Let operations be carried out by themselves, or hold back what has not begun."""
    with runtime.transaction() as session:
        processor.store_enabled(session, enabled, by)
        active = waking.active_tasks(session)
        if enabled:
            waking.let_go(session, active)
        else:
            waking.hold_back(session, active)
    if enabled:
        enqueue.fill_lanes(runtime, range(len(LANES)))
    with runtime.transaction() as session:
        return processor.status(session)


def look(runtime: Runtime, *, dry_run: bool = False) -> dict[str, int | bool]:
    """The processor's regular look: what waits although the reason is over goes on. Returns what it found."""
    with runtime.transaction() as session:
        enabled = processor.is_enabled(session)
        active = waking.active_tasks(session)
        needless = waking.active_tasks(session, *_needless(runtime))
        works = enabled and not dry_run
        freed = waking.let_go(session, active) if works else 0
        woken = waking.end_waits(session, needless) if works else 0
    if freed or woken:
        enqueue.fill_lanes(runtime, range(len(LANES)))
    with runtime.transaction() as session:
        counted = operation_views.stats(session)
    return {"enabled": enabled, "pending": counted.pending, "processing": counted.processing, "woken": woken}


def _needless(runtime: Runtime) -> list[sa.ColumnElement[bool]]:
    """What is true of operations whose reason to wait is over."""
    connected = sa.select(TmdbUser.id).where(TmdbUser.status == TmdbUserStatus.CONNECTED)
    failing = any(one.name == NAME and one.kind == "failing" for one in open_circuits(runtime.redis))
    over = [WaitsFor.CREDENTIALS] if failing else [WaitsFor.CREDENTIALS, WaitsFor.CIRCUIT]
    return [ListOperation.user_id.in_(connected), ListOperation.waits_for.in_(over)]


def complete_connection(runtime: Runtime, user_id: int) -> TmdbUserView:
    """Complete a connection, and let go on what waited for it. Raises as `accounts.complete` does."""
    view = accounts.complete(runtime, user_id)
    waking.wake_waiting_for(runtime, WaitsFor.CREDENTIALS, user_id=view.id)
    if view.account_id is not None:
        refresh(runtime, view.id, "")
    return view


def refresh(runtime: Runtime, user_id: int, by: str) -> int:
    """Take in what lists a user has at TMDB, by a task; returns its id. Raises NotFound, Conflict."""
    with runtime.transaction() as session:
        user = accounts.load(session, user_id)
        if user.status is not TmdbUserStatus.CONNECTED:
            raise errors.Conflict(f"{label_of(user)} is not connected")
    task = NewTask(
        type=REFRESH,
        items=[{"tmdb_user_id": user_id}],
        title=f"Take in the lists of {label_of(user)}",
        created_by=by,
        origin="lists",
        dedup_key=f"lists of TMDB user {user_id}",
        on_conflict="return",
        automatic=True,
    )
    return enqueue.create_task(runtime, task).task_id


def remove_user(runtime: Runtime, user_id: int, by: str) -> None:
    """Cancel what waits for a user and forget them. Raises NotFound."""
    withdrawn = Withdrawn()
    with runtime.transaction() as session:
        accounts.load(session, user_id, lock=True)
        waiting = lock_active(session, ListOperation.user_id == user_id)
        withdraw(session, [one.operation for one in waiting], f"the TMDB user was removed by {by}", withdrawn)
    announce_withdrawn(runtime, withdrawn)
    accounts.remove(runtime, user_id)


def _start(session: Session, task_ids: Sequence[int]) -> None:
    waking.let_go(session, task_ids)
    waking.end_waits(session, task_ids)


def _after(runtime: Runtime, operation_id: int) -> Row:
    enqueue.fill_lanes(runtime, range(len(LANES)))
    with runtime.transaction() as session:
        return operation_views.get_operation(session, operation_id)


def _forget_list(session: Session, list_id: int) -> None:
    on = session.get_one(TmdbList, list_id)
    if on.tmdb_list_id is None:
        on.gone_at, on.gone_reason = sa.func.now(), "its creation was cancelled"


def _wrong(found: Row, what: str) -> errors.WrongStatus:
    status = found.view.status
    return errors.WrongStatus(status, f"operation {found.view.id} is {status} and cannot be {what}")
