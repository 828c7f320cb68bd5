"""Table `journals`: what a task did to files beside each title, written before it was done."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class JournalAct(enum.StrEnum):
    """What was done."""

    RENAME = "rename"
    PUBLISH = "publish"


class JournalState(enum.StrEnum):
    """How far it is."""

    OPEN = "open"  #: begun; how much of it is done is told by what lies where
    DONE = "done"
    ROLLED_BACK = "rolled_back"  #: given up, and all as it was before
    REVERTED = "reverted"  #: done, and taken back by a later task
    STUCK = "stuck"  #: neither to be finished nor taken back; `error` says what is where


class Journal(Base):
    """One title's part in a task. No foreign keys: it outlives what it tells of, until it is pruned."""

    __tablename__ = "journals"
    __table_args__ = (
        sa.CheckConstraint("(state = 'open') = (finished_at IS NULL)", name="finished_has_its_time"),
        sa.CheckConstraint("(state = 'reverted') = (reverted_by IS NOT NULL)", name="reverted_by_a_task"),
        sa.Index("ix_journals_task_id", "task_id", "id"),
        sa.Index("ix_journals_open", "library_id", postgresql_where=sa.text("state = 'open'")),
        sa.Index("ix_journals_created_at", "created_at"),
    )

    id: Mapped[BigId]
    act: Mapped[JournalAct] = mapped_column(status_column(JournalAct, "act"))
    state: Mapped[JournalState] = mapped_column(
        status_column(JournalState, "state"), server_default=JournalState.OPEN.value
    )
    task_id: Mapped[int] = mapped_column(sa.BigInteger)
    item_id: Mapped[int] = mapped_column(sa.BigInteger)
    library_id: Mapped[int] = mapped_column(sa.BigInteger)
    media_id: Mapped[int] = mapped_column(sa.BigInteger)
    #: What the title is called, for people.
    label: Mapped[str]
    #: Of a rename `RenameRecord`, of a publication `PublishRecord`, as JSON.
    record: Mapped[dict[str, Any]]
    #: The journal that this one took back.
    reverts: Mapped[int | None] = mapped_column(sa.BigInteger)
    #: The task that took this one back.
    reverted_by: Mapped[int | None] = mapped_column(sa.BigInteger)
    error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    finished_at: Mapped[datetime | None]
