"""Acts that can be taken back for ten seconds: deleting finished tasks, and giving tasks another priority."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db, errors, states
from queueapp.events.kinds import Event, Kind
from queueapp.events.publish import publish, view_event
from queueapp.ledger import deletions, reads, tasks
from queueapp.models.undo import Undo, UndoableAct, UndoTask
from queueapp.runtime import Runtime
from queueapp.services import reprioritize

#: For so long an act can be taken back, from the last task that it touched.
UNDO_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back; `refused` names the tasks for which that was not possible any more."""

    act: UndoableAct
    task_ids: list[int]
    refused: list[int]


def new_token() -> str:
    """A token for one act; nothing is stored before the act touches its first task."""
    return secrets.token_urlsafe(24)


def joined(runtime: Runtime, token: str, act: UndoableAct, by: str) -> str:
    """Return the token under which an act begun before goes on: this one, or a new one when its time is up.

    Raises NotFound for a token that is not of such an act of the same caller, Gone for one that has been used.
    """
    with runtime.transaction() as session:
        expired = (Undo.expires_at <= sa.func.now()).label("expired")
        row = session.execute(sa.select(Undo, expired).where(Undo.token == token)).first()
        if row is None or (row[0].act, row[0].done_by) != (act, by):
            raise errors.NotFound("there is no such act of yours under this token")
        if row[0].undone_at is not None:
            raise errors.Gone("this was undone already")
        return new_token() if row[1] else token


def delete_task(runtime: Runtime, task_id: int, by: str, token: str | None = None) -> str:
    """Delete one finished task and return the token that takes it back; `token` joins it to an act begun before.

    It is gone from every list at once, and for good when the time is up. Raises NotFound, and WrongStatus while the
    task is active or still stopping.
    """
    token = token or new_token()
    with runtime.transaction() as session:
        conn = db.raw(session)
        task = tasks.lock_task(conn, task_id)
        if task["status"] not in states.TASK_TERMINAL:
            raise errors.WrongStatus(task["status"], f"task {task_id} is {task['status']}: cancel it first")
        _begin(session, token, UndoableAct.DELETE, by)
        if not deletions.set_aside(conn, token, task_id):
            raise errors.WrongStatus(task["status"], f"task {task_id} is still stopping")
    publish(runtime.redis, [Event(kind=Kind.TASK_DELETED, task_id=task_id)])
    return token


def set_priority(runtime: Runtime, task_id: int, priority: int, by: str, token: str | None = None) -> str:
    """Give a task another priority and return the token that takes that back.

    Raises NotFound, and WrongStatus for a finished task.
    """
    token = token or new_token()
    with runtime.transaction() as session:
        former = reads.get_task(session, task_id).priority
    reprioritize.set_priority(runtime, task_id, priority)
    with runtime.transaction() as session:
        _begin(session, token, UndoableAct.PRIORITY, by)
        deletions.note_priority(db.raw(session), token, task_id, former)
    return token


def undo(runtime: Runtime, token: str) -> Undone:
    """Take an act back. Raises NotFound for an unknown token, Gone for one that is used or whose time is up."""
    with runtime.transaction() as session:
        act = _claim(session, token)
        if act is UndoableAct.DELETE:
            restored = deletions.put_back(db.raw(session), token)
            views = reads.get_tasks(session, restored)
        else:
            rows = session.scalars(sa.select(UndoTask).where(UndoTask.token == token)).all()
            former = {row.task_id: int(row.former["priority"]) for row in rows}
    if act is UndoableAct.DELETE:
        publish(
            runtime.redis, [view_event(view).model_copy(update={"kind": Kind.TASK_CREATED}) for view in views]
        )
        return Undone(act, sorted(restored), [])
    return _restore_priorities(runtime, former)


def purge(runtime: Runtime) -> int:
    """Delete for good what can no longer be restored; return how many tasks that were."""
    with db.translated(), runtime.dispatch_engine.connect() as connection:
        return deletions.purge(db.driver(connection))


def _begin(session: Session, token: str, act: UndoableAct, by: str) -> None:
    expires = sa.func.clock_timestamp() + sa.func.make_interval(0, 0, 0, 0, 0, 0, UNDO_SECONDS)
    known = session.get(Undo, token, with_for_update=True)
    if known is None:
        session.add(Undo(token=token, act=act, done_by=by, expires_at=expires))
    elif known.undone_at is not None:
        raise errors.Gone("this was undone while it went on")
    else:
        known.expires_at = expires
    session.flush()


def _claim(session: Session, token: str) -> UndoableAct:
    expired = (Undo.expires_at <= sa.func.now()).label("expired")
    row = session.execute(sa.select(Undo, expired).where(Undo.token == token).with_for_update()).first()
    if row is None:
        raise errors.NotFound("there is nothing to undo under this token")
    found, is_expired = row
    if found.undone_at is not None:
        raise errors.Gone("this was undone already")
    if is_expired:
        raise errors.Gone(f"this could be undone for {UNDO_SECONDS} seconds; it is too late now")
    found.undone_at = sa.func.now()
    session.flush()
    return UndoableAct(found.act)


def _restore_priorities(runtime: Runtime, former: dict[int, int]) -> Undone:
    done, refused = [], []
    for task_id, priority in sorted(former.items()):
        try:
            reprioritize.set_priority(runtime, task_id, priority)
        except (errors.NotFound, errors.WrongStatus):
            refused.append(task_id)
        else:
            done.append(task_id)
    return Undone(UndoableAct.PRIORITY, done, refused)
