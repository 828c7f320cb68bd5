"""The processor of list operations: whether it works by itself, what waits, and its regular look."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from pydantic import BaseModel, Field
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp.models.list_operation import ListOperation
from queueapp.models.schedule import Schedule
from queueapp.models.setting import Setting
from queueapp.models.task import Task
from queueapp.services.lists import operation_views
from queueapp.services.lists.operation_views import ListOperationStatus
from queueapp.states import TASK_ACTIVE

KEY = "tmdb_lists.processor"
#: The schedule of its regular look.
SCHEDULE = "tmdb-lists"
#: Advisory lock: shared by who takes a wish, exclusive to who switches the processor.
SWITCH_LOCK = 0x746D6462
#: Said of tasks that wait because it is off.
PAUSED_BY = "the TMDB list processor being off"


class ProcessorStatus(BaseModel):
    """How the processor stands."""

    enabled: bool = Field(description="Off, operations wait until it is on or a person processes them")
    pending: int = Field(description="Operations that wait")
    processing: int = Field(description="Operations that TMDB is being asked for")
    waiting_for_retry: int = Field(description="Of those that wait: tried, and due again later")
    next_retry_at: datetime | None = Field(description="When the first of those is due")
    last_run_at: datetime | None = Field(description="When the schedule last looked")
    next_run_at: datetime | None


def is_enabled(session: Session, *, hold: bool = False) -> bool:
    """Whether operations are carried out by themselves; with `hold` that stays so until the commit."""
    if hold:
        session.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(SWITCH_LOCK)))
    stored = session.scalar(sa.select(Setting.value).where(Setting.key == KEY))
    return bool((stored or {}).get("enabled", True))


def store_enabled(session: Session, enabled: bool, by: str) -> None:
    """Remember whether they are, when all who rely on what was before have committed."""
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(SWITCH_LOCK)))
    row = insert(Setting).values(key=KEY, value={"enabled": enabled}, updated_by=by)
    new = {"value": row.excluded.value, "updated_by": by, "updated_at": sa.func.now()}
    session.execute(row.on_conflict_do_update(index_elements=["key"], set_=new))


def has_work(session: Session) -> bool:
    """Whether any operation is not over."""
    waiting = sa.select(ListOperation.id).join(Task, Task.id == ListOperation.task_id)
    return session.scalar(waiting.where(Task.status.in_(TASK_ACTIVE)).limit(1)) is not None


def status(session: Session) -> ProcessorStatus:
    """How the processor stands now."""
    counted = operation_views.stats(session)
    waiting, first = operation_views.waits(session)
    schedule = session.scalar(sa.select(Schedule).where(Schedule.name == SCHEDULE))
    return ProcessorStatus(
        enabled=is_enabled(session),
        pending=getattr(counted, ListOperationStatus.PENDING),
        processing=getattr(counted, ListOperationStatus.PROCESSING),
        waiting_for_retry=waiting,
        next_retry_at=first,
        last_run_at=schedule.last_run_at if schedule else None,
        next_run_at=schedule.next_due_at if schedule and schedule.enabled else None,
    )
