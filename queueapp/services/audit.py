"""The audit log: each write is recorded, and can be read back page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries; empty conditions admit all. `action` and `target` are parts of the text, in any case."""

    who: str | None = None
    action: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The SQL conditions."""
        found: list[sa.ColumnElement[bool]] = []
        if self.who is not None:
            found.append(AuditEntry.who == self.who)
        if self.action is not None:
            found.append(AuditEntry.action.icontains(self.action, autoescape=True))
        if self.target is not None:
            found.append(AuditEntry.target.icontains(self.target, autoescape=True))
        if self.since is not None:
            found.append(AuditEntry.at >= self.since)
        if self.until is not None:
            found.append(AuditEntry.at < self.until)
        return found


#: The filter that admits all.
EVERYTHING = AuditFilter()


def list_entries(
    session: Session,
    chosen: AuditFilter = EVERYTHING,
    *,
    limit: int = 50,
    offset: int = 0,
    before: int | None = None,
) -> Sequence[AuditEntry]:
    """The newest entries that a filter admits; `before` is the id of the last one already seen."""
    query = sa.select(AuditEntry).where(*chosen.conditions()).order_by(AuditEntry.id.desc()).limit(limit)
    if before is not None:
        return session.scalars(query.where(AuditEntry.id < before)).all()
    return session.scalars(query.offset(offset)).all()


def count_entries(session: Session, chosen: AuditFilter = EVERYTHING) -> int:
    """How many entries a filter admits."""
    query = sa.select(sa.func.count()).select_from(AuditEntry).where(*chosen.conditions())
    return session.scalar(query) or 0
