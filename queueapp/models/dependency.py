"""The table of tasks that wait for other tasks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base


class TaskDependency(Base):
    """A task starts only when another has completed, or with `any_end` has come to whatever end."""

    __tablename__ = "queue_task_dependencies"
    __table_args__ = (
        sa.Index("ix_queue_task_dependencies_unmet", "depends_on_id", postgresql_where=sa.text("NOT met")),
    )

    task_id: Mapped[int] = mapped_column(
        sa.BigInteger, sa.ForeignKey("queue_tasks.id", ondelete="CASCADE"), primary_key=True
    )
    depends_on_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    any_end: Mapped[bool] = mapped_column(server_default=sa.text("false"))
    met: Mapped[bool] = mapped_column(server_default=sa.text("false"))
