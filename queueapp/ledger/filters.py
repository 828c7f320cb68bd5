"""Which tasks a list holds, in which order and from where on."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from queueapp import errors
from queueapp.models.task import Task
from queueapp.states import TaskStatus

OrderBy = Literal["created_at", "updated_at", "priority"]

ORDER_COLUMNS: dict[str, Any] = {
    "created_at": Task.created_at,
    "updated_at": Task.updated_at,
    "priority": Task.priority,
}


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Conditions on tasks; empty ones admit all. `q` matches words of the title by prefix."""

    status: tuple[TaskStatus, ...] = ()
    type: tuple[str, ...] = ()
    created_by: str | None = None
    priority: int | None = None
    q: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    parent_task_id: int | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the SQL conditions."""
        found: list[sa.ColumnElement[bool]] = []
        if self.status:
            found.append(Task.status.in_(self.status))
        if self.type:
            found.append(Task.type.in_(self.type))
        if self.created_by:
            found.append(Task.created_by == self.created_by)
        if self.priority is not None:
            found.append(Task.priority == self.priority)
        if self.parent_task_id is not None:
            found.append(Task.parent_task_id == self.parent_task_id)
        if self.since:
            found.append(Task.created_at >= self.since)
        if self.until:
            found.append(Task.created_at < self.until)
        found.extend(_word_condition(word) for word in (self.q or "").split())
        return found


def _word_condition(word: str) -> sa.ColumnElement[bool]:
    """Match a word's beginning anywhere in the title, without regard to case."""
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.or_(Task.title.ilike(f"{escaped}%"), Task.title.op("~*")(_boundary(word)))


def _boundary(word: str) -> str:
    quoted = "".join(c if c.isalnum() else f"\\{c}" if c.isascii() else c for c in word)
    return rf"(^|[^[:alnum:]]){quoted}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; `cursor` (a keyset) goes before `offset`."""

    limit: int = 50
    offset: int = 0
    cursor: str | None = None
    order_by: OrderBy = "created_at"
    order: Literal["asc", "desc"] = "desc"


@dataclass(slots=True)
class Cursor:
    """The place behind a row: the value it was ordered by, and its id."""

    order_by: str
    order: str
    value: Any
    id: int
    extra: dict[str, Any] = field(default_factory=dict)

    def encode(self) -> str:
        """Return the cursor as text for a URL."""
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        packed = json.dumps([self.order_by, self.order, value, self.id]).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, page: Page) -> Cursor:
        """Read a cursor; raises BadPayload when it is garbage or of another order."""
        try:
            packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            order_by, order, value, row_id = json.loads(packed)
            if isinstance(value, str):
                value = datetime.fromisoformat(value)
            expected = int if order_by == "priority" else datetime
            if (order_by, order) != (page.order_by, page.order) or type(row_id) is not int:
                raise ValueError("of another order")
            if type(value) is not expected:
                raise ValueError("of another column")
        except (ValueError, TypeError):
            problem = [{"loc": ["query", "cursor"], "msg": "not a cursor of this list and order"}]
            raise errors.BadPayload("bad cursor", problem) from None
        return cls(order_by, order, value, row_id)
