"""The table of log lines, written by actors about their item."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base


class ItemLog(Base):
    """One line of an item's log, in words for a person."""

    __tablename__ = "queue_item_logs"

    item_id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=sa.func.now())
    level: Mapped[str] = mapped_column(server_default="info")
    message: Mapped[str]
