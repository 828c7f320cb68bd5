"""Tables `undos` and `undo_tasks`: acts that can be taken back for a few seconds."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, CreatedAt, status_column


class UndoableAct(enum.StrEnum):
    """What can be taken back."""

    DELETE = "delete"
    PRIORITY = "priority"


class Undo(Base):
    """One act on one task or on many."""

    __tablename__ = "undos"
    __table_args__ = (sa.Index(None, "expires_at"),)

    token: Mapped[str] = mapped_column(primary_key=True)
    act: Mapped[UndoableAct] = mapped_column(status_column(UndoableAct, "act"))
    done_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
    #: when it was taken back
    undone_at: Mapped[datetime | None]


class UndoTask(Base):
    """A task as it was before the act: of a deleted one the whole row, else its priority.

    A deleted task's row lives here and nowhere else, so no list, count or export can show it; its items stay where
    they are until the time is up.
    """

    __tablename__ = "undo_tasks"

    token: Mapped[str] = mapped_column(sa.ForeignKey("undos.token", ondelete="CASCADE"), primary_key=True)
    task_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    former: Mapped[dict[str, Any]]
