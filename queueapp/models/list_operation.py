"""What people wish of their lists: each wish is a task, and here is what a task does not hold."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt, status_column


class ListOperationType(enum.StrEnum):
    """The six things that can be done to a list."""

    CREATE_LIST = "create_list"
    UPDATE_LIST = "update_list"
    DELETE_LIST = "delete_list"
    CLEAR_LIST = "clear_list"
    ADD_ITEM = "add_item"
    REMOVE_ITEM = "remove_item"


class WaitsFor(enum.StrEnum):
    """What an operation that TMDB has not taken yet waits for."""

    #: TMDB did not answer as it should
    OUTAGE = "outage"
    #: others found TMDB away; it has not been asked for this operation
    CIRCUIT = "circuit"
    #: the person has to connect again
    CREDENTIALS = "credentials"
    #: TMDB asked us to slow down
    PACE = "pace"


class ListOperation(Base):
    """One operation on one list. Its status, next try and error are those of its task."""

    __tablename__ = "tmdb_list_operations"
    __table_args__ = (
        sa.UniqueConstraint("task_id"),
        sa.Index("ix_tmdb_list_operations_list_task", "list_id", "task_id"),
        sa.Index("ix_tmdb_list_operations_user_id", "user_id", sa.text("id DESC")),
    )

    id: Mapped[BigId]
    operation_type: Mapped[ListOperationType] = mapped_column(
        status_column(ListOperationType, "operation_type")
    )
    user_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("tmdb_users.id", ondelete="CASCADE"))
    list_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("tmdb_lists.id", ondelete="CASCADE"))
    #: The task that carries it out; another one after a manual retry.
    task_id: Mapped[int] = mapped_column(sa.BigInteger, sa.ForeignKey("queue_tasks.id", ondelete="CASCADE"))
    movie_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    data: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    #: A worker is with TMDB for it; set until the try has ended without an outcome.
    in_flight: Mapped[bool] = mapped_column(server_default=sa.false())
    #: Times TMDB was asked by the present task.
    tries: Mapped[int] = mapped_column(server_default="0")
    #: Times TMDB was asked again, manual retries included.
    retry_count: Mapped[int] = mapped_column(server_default="0")
    first_sent_at: Mapped[datetime | None]
    last_retry_at: Mapped[datetime | None]
    waits_for: Mapped[WaitsFor | None] = mapped_column(status_column(WaitsFor, "waits_for"))
    #: Of a creation: TMDB's lists that had the name already, so that one made by a lost try is known.
    namesakes: Mapped[list[Any] | None]
    #: Why it was withdrawn.
    cancel_reason: Mapped[str | None]
    inserted_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
