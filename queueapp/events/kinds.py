"""The closed list of events that tell what changed; each carries ids and the figures a page shows."""

from __future__ import annotations

import enum
from typing import Any

from pydantic import BaseModel, Field


class Kind(enum.StrEnum):
    """What happened."""

    TASK_CREATED = "task.created"
    TASK_UPDATED = "task.updated"
    ITEM_UPDATED = "item.updated"
    TASK_COMPLETED = "task.completed"
    TASK_FAILED = "task.failed"
    TASK_CANCELED = "task.canceled"
    TASK_DELETED = "task.deleted"
    #: the reader may have missed events and must load the page's state anew
    RESET = "reset"


#: The event that tells of a task having reached a status.
KIND_OF_STATUS = {
    "completed": Kind.TASK_COMPLETED,
    "failed": Kind.TASK_FAILED,
    "canceled": Kind.TASK_CANCELED,
}


class Event(BaseModel):
    """One event; figures that do not apply are None."""

    kind: Kind
    task_id: int | None = None
    item_id: int | None = None
    type: str | None = None
    title: str | None = None
    status: str | None = None
    counts: dict[str, int] | None = Field(default=None, description="items by status, and total")
    percent: float | None = None
    eta_seconds: int | None = None
    message: str | None = None

    def data(self) -> dict[str, Any]:
        """Return what is sent to a page: everything that is known, without the kind."""
        return self.model_dump(mode="json", exclude={"kind"}, exclude_none=True)
