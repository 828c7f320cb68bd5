"""Bodies, query strings and answers of /api/queues."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    TypeAdapter,
    WithJsonSchema,
    model_validator,
)

from queueapp.ledger.filters import Page, TaskFilter
from queueapp.ledger.latest import check_cursor
from queueapp.ledger.views import ItemView, LogLine, TaskView
from queueapp.priorities import parse_priority
from queueapp.states import ItemStatus, TaskStatus, parse_item_status, parse_task_status
from queueapp.strict_json import NOT_BLANK
from webui.api.resource import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    Body,
    Id,
    OneOf,
    Opaque,
    OptionalBody,
    PageQuery,
    Query,
    Words,
    as_list,
    says,
)

#: items one request may bring; an open task takes more by further requests
MAX_ITEMS = 100_000


def _read_time(value: Any) -> datetime:
    """Read a time that is written out; numbers would be taken for seconds since 1970."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and re.match(r"\s*\d{4}-", value)):
        raise ValueError("a time is written as 2026-11-22T10:08:00Z")
    return _TIMES.validate_python(value)


def _utc(value: datetime) -> datetime:
    """The same in UTC, for PostgreSQL knows no offsets of 16 hours; beyond the calendar, its first or last moment."""
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:
        return _FIRST if value.year == 1 else _LAST


def _read_priority(value: Any) -> int:
    """Read a priority; 5.0 is an integer to JSON Schema, and in a query string a text."""
    return parse_priority(re.sub(r"\.0+$", "", value) if isinstance(value, str) else value)


_TIMES = TypeAdapter(datetime)
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Time = Annotated[datetime, BeforeValidator(_read_time), AfterValidator(_utc)]
Priority = Annotated[
    int,
    BeforeValidator(_read_priority),
    Field(ge=1, le=10),
    WithJsonSchema({"anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 10},
        {"enum": ["critical", "high", "normal", "low"]},
    ]}),
]  # fmt: skip
TaskStatuses = Annotated[Words, OneOf(TaskStatus, parse_task_status, also=("cancelled",))]
ItemStatuses = Annotated[Words, OneOf(ItemStatus, parse_item_status, also=("cancelled",))]


def _words(value: Any) -> list[Any]:
    return [word.strip() for word in value.split(",")] if isinstance(value, str) else as_list(value)


def _read_statuses(value: Any) -> list[TaskStatus]:
    return [parse_task_status(word) for word in _words(value)]


_STATUSES = [*TaskStatus, "cancelled"]
_STATUS = rf"\s*({'|'.join(_STATUSES)})\s*"
#: The two below are said in bodies: a list, or words with commas between them.
StatusList = Annotated[
    list[TaskStatus],
    BeforeValidator(_read_statuses),
    WithJsonSchema({"anyOf": [
        {"type": "string", "pattern": f"^{_STATUS}(,{_STATUS})*$"},
        {"type": "array", "items": {"enum": _STATUSES}},
    ]}),
]  # fmt: skip
WordList = Annotated[
    list[str],
    BeforeValidator(_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]


class TaskPath(BaseModel):
    """Names one task."""

    task_id: Id


class ItemPath(TaskPath):
    """Names one item of a task."""

    item_id: Id


class NewTaskBody(Body):
    """A task to enqueue."""

    type: str = Field(
        min_length=1, max_length=100, description="The operation; GET /api/operations lists them"
    )
    items: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MAX_ITEMS,
        description="Each is the payload itself, or {payload, type, title, optional}",
    )
    title: str | None = Field(default=None, max_length=500, description="By default made from the items")
    meta: dict[str, Any] = Field(default_factory=dict, description="Kept with the task as it is")
    priority: Priority | None = Field(
        default=None, description="1 (first) to 10, or critical, high, normal, low"
    )
    max_parallel: int | None = Field(
        default=None, ge=1, le=10_000, description="Items at once; 1 is strict order"
    )
    dry_run: bool = Field(default=False, description="Report the plan, change nothing")
    dedup_key: str | None = Field(default=None, min_length=1, max_length=500)
    on_conflict: Literal["refuse", "return"] = Field(
        default="refuse", description="When the dedup_key is taken: 409, or 200 with the task that has it"
    )
    scheduled_for: Time | None = Field(default=None, description="Not started before")
    depends_on: list[Id] = Field(
        default_factory=list,
        max_length=100,
        description="Tasks that must complete first; it is canceled if one fails",
    )
    ordering_key: str | None = Field(
        default=None, min_length=1, max_length=500, description="Tasks that share it run one after another"
    )
    stop_on_failure: bool = Field(default=False, description="The first failure cancels what has not started")
    parent_task_id: Id | None = Field(default=None, description="Where it came from; nothing more")
    open: bool = Field(default=False, description="More items follow; ended by POST …/close")


class CreatedTask(BaseModel):
    """A task that was stored, or found by its dedup_key."""

    task_id: int
    created: bool = Field(description="False when it was there already")
    status: TaskStatus
    total_items: int


class NewItemsBody(Body):
    """Items to add to a task."""

    items: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_ITEMS)


class AddedItems(BaseModel):
    """How many items were added."""

    added: int


class TaskChange(Body):
    """What to change of a task; what is left out stays."""

    model_config = says("title", "priority")

    title: str | None = Field(default=None, min_length=1, max_length=500, pattern=NOT_BLANK)
    priority: Priority | None = Field(
        default=None, description="1 (first) to 10, or critical, high, normal, low"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.title is None and self.priority is None:
            raise ValueError("give a title or a priority")
        return self


class TaskFilterQuery(Query):
    """Which tasks are meant."""

    status: TaskStatuses = Field(default_factory=list, description="Repeatable, or with commas")
    type: Words = Field(default_factory=list, description="Repeatable, or with commas")
    created_by: str | None = Field(default=None, max_length=200)
    priority: Priority | None = None
    q: str | None = Field(default=None, max_length=200, description="Words of the title, by their beginnings")
    since: Time | None = Field(default=None, description="Created at or after")
    until: Time | None = Field(default=None, description="Created before")

    def filter(self) -> TaskFilter:
        """The conditions."""
        return TaskFilter(
            status=tuple(TaskStatus(word) for word in self.status),
            type=tuple(self.type),
            created_by=self.created_by,
            priority=self.priority,
            q=self.q,
            since=self.since,
            until=self.until,
        )


class TaskFilterBody(TaskFilterQuery):
    """Which tasks are meant, said in a body."""

    status: StatusList = Field(default_factory=list, description="A list, or words with commas between them")
    type: WordList = Field(default_factory=list, description="Operations: a list, or commas between them")


class TaskListQuery(TaskFilterQuery, PageQuery):
    """Which tasks to list, and in which order."""

    order_by: Literal["created_at", "updated_at", "priority"] = "created_at"
    order: Literal["asc", "desc"] = "desc"
    cursor: Opaque | None = Field(default=None, description="next_cursor of the page before")

    def page(self) -> Page:
        """The page. Raises BadPayload for a cursor that is garbage."""
        page = Page(self.limit, self.offset, self.cursor, self.order_by, self.order)
        check_cursor(page)
        return page


class ExportQuery(TaskFilterQuery):
    """Which tasks to export, and as what."""

    format: Literal["csv", "jsonl"] = Field(default="csv", description="A table, or one JSON object a line")


class ItemsQuery(Query):
    """Which of a task's items to show."""

    items_status: ItemStatuses = Field(default_factory=list, description="Repeatable, or with commas")
    items_limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    items_offset: int = Field(default=0, ge=0, le=100_000_000)

    def statuses(self) -> list[ItemStatus]:
        """The statuses chosen; empty: all."""
        return [ItemStatus(word) for word in self.items_status]


class TaskDetail(TaskView):
    """A task with a page of its items."""

    items: list[ItemView]
    items_total: int = Field(description="Items that fit items_status")
    items_limit: int
    items_offset: int


class RetryBody(OptionalBody):
    """Which items get new attempts."""

    scope: Literal["failed", "all"] = Field(
        default="failed", description="failed: failed and canceled items; all: every item once more"
    )
    payload: dict[str, Any] | None = Field(
        default=None, description="In place of the one it has; only where one item is retried, else 409"
    )


class RevertBody(OptionalBody):
    """How to take back what a task did."""

    dry_run: bool = Field(default=False, description="Report what would be done, change nothing")


class RevertingTask(BaseModel):
    """The task that takes it back."""

    task_id: int
    created: bool = Field(description="False when it was being taken back already: this is it")


class RetriedTask(BaseModel):
    """How many items got new attempts."""

    task_id: int
    retried: int


class RetryItemBody(OptionalBody):
    """A new attempt at one item."""

    payload: dict[str, Any] | None = Field(default=None, description="In place of the one it has")


class LogQuery(Query):
    """Which log lines to return."""

    after: int = Field(default=0, ge=0, lt=2**31, description="The number of the last line already seen")
    limit: int = Field(default=1000, ge=1, le=10_000)


class LogLines(BaseModel):
    """Log lines of an item."""

    logs: list[LogLine]
    next_after: int = Field(description="`after` for the lines that follow")


class OngoingQuery(Query):
    """How many tasks to show."""

    limit: int = Field(default=20, ge=1, le=MAX_LIMIT)


class QueueStats(BaseModel):
    """How much there is."""

    tasks: dict[str, int] = Field(description="Tasks by status")
    waiting_items: dict[str, int] = Field(description="Items ready to run by lane, counted up to 10,000")
    workers: int = Field(description="Workers alive")
