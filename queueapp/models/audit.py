"""Table `audit_log`: who changed what, when and from where."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from queueapp.models.base import Base, BigId, CreatedAt


class AuditEntry(Base):
    """One write that succeeded, or one login that was tried."""

    __tablename__ = "audit_log"

    id: Mapped[BigId]
    at: Mapped[CreatedAt]
    #: "admin", "key:radarr" or "cli"
    who: Mapped[str]
    #: what was done, in the words of the route: "queues.cancel", "login"
    action: Mapped[str]
    #: what it was done to: a URL path, or a name
    target: Mapped[str]
    #: never a secret and never a whole body
    detail: Mapped[dict[str, Any]] = mapped_column(server_default=sa.text("'{}'::jsonb"))
    #: the network address it came from; None on this machine's own command line
    address: Mapped[str | None]

    __table_args__ = (sa.Index(None, "at"),)
