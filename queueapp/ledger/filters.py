"""Which tasks a list holds, in which order and from where on."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from queueapp import errors
from queueapp.models.task import Task
from queueapp.states import TaskStatus

OrderBy = Literal["created_at", "updated_at", "priority"]

#: What each order sorts by, down to the id, which makes it total.
ORDER_COLUMNS: dict[str, tuple[Any, ...]] = {
    "created_at": (Task.created_at, Task.id),
    "updated_at": (Task.updated_at, Task.id),
    "priority": (Task.priority, Task.created_at, Task.id),
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

    def conditions(self, *, words_by_index: bool = True) -> list[sa.ColumnElement[bool]]:
        """Return the SQL conditions; without `words_by_index` titles are looked at row by row."""
        found: list[sa.ColumnElement[bool]] = []
        if self.status:
            found.append(_one_of(Task.status, self.status))
        if self.type:
            found.append(_one_of(Task.type, self.type))
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
        if self.q and self.q.strip():
            found.append(self._words(by_index=words_by_index))
        return found

    def _words(self, *, by_index: bool) -> sa.ColumnElement[bool]:
        """Return the condition that a title has, for each word of `q`, a word that begins with it.

        Case and accents do not matter; a search without a letter or digit finds nothing.
        """
        asked = sa.func.queue_title_search(self.q)
        matches: sa.ColumnElement[bool] = sa.type_coerce(Task.words.op("@@")(asked), sa.Boolean())
        return matches if by_index else matches.is_(sa.true())

    @property
    def narrows(self) -> bool:
        """Whether it looks at more than the status."""
        given = (self.type, self.created_by, self.q, self.is_ranged)
        return any(given) or not (self.priority is None is self.parent_task_id)

    @property
    def is_ranged(self) -> bool:
        """Whether it looks at when tasks were created."""
        return bool(self.since or self.until)


def _one_of(column: Any, values: tuple[Any, ...]) -> sa.ColumnElement[bool]:
    """An equality where it can be one: then an index on the column also gives the order within."""
    found: sa.ColumnElement[bool] = column.in_(values) if len(values) > 1 else column == values[0]
    return found


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; `cursor` (a keyset) goes before `offset`."""

    limit: int = 50
    offset: int = 0
    cursor: str | None = None
    order_by: OrderBy = "created_at"
    order: Literal["asc", "desc"] = "desc"
    #: only tasks that were there by then; not a filter, for it is expected to leave out few
    created_by_then: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place behind a row: what the row was sorted by, the id last."""

    order_by: str
    order: str
    values: tuple[Any, ...]

    def encode(self) -> str:
        """Return the cursor as text for a URL."""
        values = [one.isoformat() if isinstance(one, datetime) else one for one in self.values]
        packed = json.dumps([self.order_by, self.order, *values], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, page: Page) -> Cursor:
        """Read a cursor; raises BadPayload when it is garbage or of another order."""
        try:
            packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            order_by, order, *values = json.loads(packed)
            if (order_by, order) != (page.order_by, page.order):
                raise ValueError("of another order")
            columns = ORDER_COLUMNS[page.order_by]
            read = tuple(_read(column, value) for column, value in zip(columns, values, strict=True))
        except (ValueError, TypeError):
            raise bad_cursor() from None
        return cls(order_by, order, read)


def bad_cursor() -> errors.BadPayload:
    """The error that a cursor is garbage or of another list."""
    problem = [{"loc": ["query", "cursor"], "msg": "not a cursor of this list and order"}]
    return errors.BadPayload("bad cursor", problem)


def _read(column: Any, value: Any) -> int | datetime:
    """A value as the column holds it; raises ValueError, TypeError."""
    if isinstance(column.type, sa.DateTime):
        read = datetime.fromisoformat(value)
        if read.tzinfo is None:
            raise ValueError("without a time zone")
        return read
    bits = 15 if isinstance(column.type, sa.SmallInteger) else 63
    if type(value) is not int or not -(2**bits) <= value < 2**bits:
        raise ValueError("not a number of this column")
    return value
