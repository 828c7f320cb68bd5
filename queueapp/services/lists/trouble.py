"""Why wishes for TMDB lists are not being carried out, for a line across every page."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.models.list_operation import ListOperation, WaitsFor
from queueapp.models.task import Task
from queueapp.models.tmdb_user import TmdbUser, TmdbUserStatus
from queueapp.services.lists import processor
from queueapp.services.lists.account_views import label_of
from queueapp.states import TASK_ACTIVE

AWAY = (WaitsFor.OUTAGE, WaitsFor.CIRCUIT)


def find(session: Session) -> list[str]:
    """What keeps operations waiting now, in sentences."""
    refused = sa.select(TmdbUser).where(TmdbUser.status == TmdbUserStatus.REFUSED).order_by(TmdbUser.id)
    found = [
        f"TMDB refuses the access of {label_of(user)} ({user.refused_reason}): what is wished of their lists waits "
        "until they are connected again, under TMDB lists."
        for user in session.scalars(refused)
    ]
    away = _count(session, ListOperation.waits_for.in_(AWAY))
    if away:
        found.append(f"TMDB does not answer as it should: {_waiting(away)} and tried again.")
    if not processor.is_enabled(session) and (held := _count(session, Task.paused_by == processor.PAUSED_BY)):
        found.append(f"The TMDB list processor is off: {_waiting(held)} until it is switched on.")
    return found


def _count(session: Session, condition: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(ListOperation).join(Task, Task.id == ListOperation.task_id)
    return session.scalar(query.where(Task.status.in_(TASK_ACTIVE), condition)) or 0


def _waiting(count: int) -> str:
    return f"{count} operation{' is' if count == 1 else 's are'} kept"
