"""Small tables that steer the engine: pauses, running locks on paths, and facts it remembers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, CreatedAt


class Pause(Base):
    """A pause of everything (scope `*`) or of one operation (scope: its name)."""

    __tablename__ = "queue_pauses"

    scope: Mapped[str] = mapped_column(primary_key=True)
    paused_at: Mapped[CreatedAt]
    paused_by: Mapped[str] = mapped_column(server_default="")


class ConcurrencyLock(Base):
    """A concurrency key held by the one item in flight that has it."""

    __tablename__ = "queue_concurrency_locks"

    key: Mapped[str] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(sa.BigInteger, unique=True)


class EngineFact(Base):
    """A fact the engine remembers over restarts, such as the epoch of the Redis it last dispatched to."""

    __tablename__ = "queue_facts"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    updated_at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
