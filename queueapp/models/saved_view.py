"""Table `saved_views`: filters of the task list that people keep by name."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt


class SavedView(Base):
    """One filter with its name; an owner's names differ in more than case."""

    __tablename__ = "saved_views"

    id: Mapped[BigId]
    #: who keeps it, named as in the audit log: "anna", "key:radarr"
    owner: Mapped[str]
    name: Mapped[str]
    #: the query string of the task list, without its "?"
    query: Mapped[str]
    #: whether everybody sees it; only its owner and admins change it
    shared: Mapped[bool] = mapped_column(server_default=sa.text("false"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    __table_args__ = (
        sa.Index("uq_saved_views_owner_name", "owner", sa.text("lower(name)"), unique=True),
        sa.Index("ix_saved_views_shared", "id", postgresql_where=sa.text("shared")),
    )
