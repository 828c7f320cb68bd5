"""/api/audit: who changed what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from queueapp.services import audit
from webui.api.resource import DEFAULT_LIMIT, MAX_LIMIT, Query, Resource, answer
from webui.context import runtime
from webui.security import requires

api = Resource("audit", "Every write and every login: who, what, when, from where.", prefix="/api/audit")


class AuditQuery(Query):
    """Which entries to return."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Most entries to return")
    before: int | None = Field(default=None, ge=1, lt=10**18, description="Only entries older than this one")


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
    next_before: int | None = Field(description="`before` of the next page; null at the end")


@api.get("", responses={200: EntryList})
@requires("admin")
def list_entries(query: AuditQuery) -> Response:
    """Read the audit log, newest first."""
    with runtime().transaction() as session:
        rows = audit.list_entries(session, limit=query.limit + 1, before=query.before)
        entries = [EntryView.model_validate(row) for row in rows]
    more = len(entries) > query.limit
    page = entries[: query.limit]
    return answer(EntryList(entries=page, next_before=page[-1].id if more else None))
