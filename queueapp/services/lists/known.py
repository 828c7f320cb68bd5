"""The lists that are known here: name them, find them by either id, take in what an account has at TMDB."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from queueapp import errors
from queueapp.connectors.tmdb_lists import KnownList
from queueapp.models.list_operation import ListOperation
from queueapp.models.task import Task
from queueapp.models.tmdb_list import FIRST_ID, TmdbList
from queueapp.states import TASK_ACTIVE


class ListView(BaseModel):
    """A list as far as it is known here."""

    id: int = Field(description="Our id; a list can be named by it or by TMDB's")
    tmdb_list_id: int | None = Field(description="TMDB's id; null until TMDB has created it")
    tmdb_user_id: int
    name: str | None
    description: str | None
    public: bool | None
    sort_by: str | None
    item_count: int | None = Field(description="Films on it when TMDB was last asked")
    pending_operations: int = Field(description="Operations on it that TMDB has not taken yet")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, found: TmdbList, pending: int) -> Self:
        """What is shown of a stored list."""
        own = {name: getattr(found, name) for name in cls.model_fields if hasattr(found, name)}
        return cls(**own, tmdb_user_id=found.user_id, pending_operations=pending)


def list_lists(
    session: Session, user_id: int | None, limit: int = 50, offset: int = 0, before: int | None = None
) -> tuple[list[ListView], int]:
    """A page of the lists that are there or will be, newest first, of one user if given; and how many there are.

    With `before` it begins behind the list of this id.
    """
    chosen = [TmdbList.gone_at.is_(None)] + ([TmdbList.user_id == user_id] if user_id else [])
    query = sa.select(TmdbList).where(*chosen).order_by(TmdbList.id.desc()).limit(limit)
    query = query.offset(offset) if before is None else query.where(TmdbList.id < before)
    found = session.scalars(query).all()
    pending = _pending(session, [one.id for one in found])
    total = session.scalar(sa.select(sa.func.count()).select_from(TmdbList).where(*chosen)) or 0
    return [ListView.of(one, pending.get(one.id, 0)) for one in found], total


def get_list(session: Session, list_id: int) -> ListView:
    """One list by our id, or by TMDB's if just one user has it. Raises NotFound, Conflict."""
    column = TmdbList.id if list_id >= FIRST_ID else TmdbList.tmdb_list_id
    found = session.scalars(sa.select(TmdbList).where(column == list_id, TmdbList.gone_at.is_(None))).all()
    if not found:
        raise errors.NotFound(f"there is no list {list_id}")
    if len(found) > 1:
        raise errors.Conflict(f"several TMDB users have a list {list_id}; name it by our id")
    return ListView.of(found[0], _pending(session, [found[0].id]).get(found[0].id, 0))


def lock_list(session: Session, user_id: int, list_id: int) -> TmdbList:
    """Lock and return a user's list by our id or TMDB's; one that only TMDB knows so far is taken on.

    Raises NotFound, also for a list that is gone.
    """
    column = TmdbList.id if list_id >= FIRST_ID else TmdbList.tmdb_list_id
    query = sa.select(TmdbList).where(TmdbList.user_id == user_id, column == list_id).with_for_update()
    found = session.scalar(query.execution_options(populate_existing=True))
    if found is None and list_id < FIRST_ID:
        # Made on TMDB's website, perhaps; whether it exists is seen when it is asked for.
        found = TmdbList(user_id=user_id, tmdb_list_id=list_id)
        session.add(found)
        session.flush()
    if found is None:
        raise errors.NotFound(f"TMDB user {user_id} has no list {list_id}")
    if found.gone_at is not None:
        raise errors.NotFound(f"list {list_id} is gone: {found.gone_reason}")
    return found


def take_in(session: Session, user_id: int, lists: Sequence[KnownList]) -> int:
    """Store what an account has at TMDB, and mark what it has no longer; return how many lists are new."""
    query = sa.select(TmdbList).where(TmdbList.user_id == user_id, TmdbList.tmdb_list_id.is_not(None))
    known = {one.tmdb_list_id: one for one in session.scalars(query.order_by(TmdbList.id).with_for_update())}
    new = 0
    for one in lists:
        found = known.pop(one.id, None)
        if found is None:
            new += 1
            session.add(found := TmdbList(user_id=user_id, tmdb_list_id=one.id))
        found.name, found.description = one.name, one.description
        found.public, found.item_count = one.public, one.item_count
        found.gone_at = found.gone_reason = None
        found.updated_at = sa.func.now()
    session.flush()
    busy = _pending(session, [one.id for one in known.values()])
    for left in known.values():
        if left.gone_at is None and left.id not in busy:
            mark_gone(left, "TMDB does not name it among the account's lists any more")
    return new


def mark_gone(found: TmdbList, reason: str) -> None:
    """Remember that a list is no more."""
    found.gone_at, found.gone_reason, found.updated_at = sa.func.now(), reason, sa.func.now()


def name_of(found: TmdbList) -> str:
    """A list's name for messages."""
    return f"“{found.name}”" if found.name else f"list {found.tmdb_list_id or found.id}"


def _pending(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """How many operations on each list are not over."""
    query = (
        sa.select(ListOperation.list_id, sa.func.count())
        .join(Task, Task.id == ListOperation.task_id)
        .where(ListOperation.list_id.in_(ids), Task.status.in_(TASK_ACTIVE))
        .group_by(ListOperation.list_id)
    )
    return dict(session.execute(query).all()) if ids else {}
