"""/api/audit: who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from queueapp.services import audit
from queueapp.services.audit import AuditFilter
from webui.api.queue_models import Time
from webui.api.resource import PageQuery, Resource, answer
from webui.context import runtime
from webui.security import requires

api = Resource("audit", "Every write and every login: who, what, when, from where.", prefix="/api/audit")


class AuditQuery(PageQuery):
    """Which entries to return."""

    who: str | None = Field(default=None, max_length=200, description="Who did it, as the log names them")
    action: str | None = Field(default=None, max_length=200, description="A part of what was done")
    target: str | None = Field(default=None, max_length=500, description="A part of what it was done to")
    since: Time | None = Field(default=None, description="At or after")
    until: Time | None = Field(default=None, description="Before")
    before: int | None = Field(
        default=None, ge=1, lt=10**18, description="Only entries older than this one; goes to any depth"
    )
    cursor: str | None = Field(
        default=None, pattern=r"^[1-9]\d{0,17}$", description="next_cursor of the page before; as `before`"
    )

    def filter(self) -> AuditFilter:
        """The conditions."""
        return AuditFilter(self.who, self.action, self.target, self.since, self.until)


class EntryView(BaseModel):
    """One entry."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    who: str
    action: str
    target: str
    detail: dict[str, Any]
    address: str | None


class EntryList(BaseModel):
    """A page of entries, newest first."""

    entries: list[EntryView]
    total: int
    limit: int
    offset: int
    next_cursor: str | None = Field(description="`cursor` of the next page; null at the end")
    next_before: int | None = Field(description="The same as a number, for `before`")


@api.get("", responses={200: EntryList})
@requires("admin")
def list_entries(query: AuditQuery) -> Response:
    """Read the audit log, newest first."""
    before = int(query.cursor) if query.cursor else query.before
    limit = query.limit
    with runtime().transaction() as session:
        rows = audit.list_entries(
            session, query.filter(), limit=limit + 1, offset=query.offset, before=before
        )
        entries = [EntryView.model_validate(row) for row in rows]
        total = audit.count_entries(session, query.filter())
    page = entries[:limit]
    following = page[-1].id if len(entries) > limit else None
    return answer(
        EntryList(
            entries=page,
            total=total,
            limit=limit,
            offset=query.offset,
            next_cursor=str(following) if following else None,
            next_before=following,
        )
    )
