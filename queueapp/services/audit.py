"""The audit log: each write is recorded, and can be read back page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.models.audit import AuditEntry


def record(
    session: Session,
    *,
    who: str,
    action: str,
    target: str,
    detail: dict[str, Any] | None = None,
    address: str | None = None,
) -> None:
    """Store one entry. `detail` must hold no secret."""
    session.execute(
        sa.insert(AuditEntry).values(
            who=who, action=action, target=target, detail=detail or {}, address=address
        )
    )


def list_entries(session: Session, *, limit: int = 50, before: int | None = None) -> Sequence[AuditEntry]:
    """The newest entries; `before` is the id of the last one already seen."""
    query = sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    return session.scalars(query).all()
