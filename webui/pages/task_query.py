"""The filter of the task list as it stands in the URL: query, tabs, chips and links come from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

from flask import request, url_for
from werkzeug.datastructures import MultiDict

from queueapp import states
from queueapp.ledger import reads
from queueapp.ledger.filters import Page, TaskFilter
from queueapp.priorities import Priority

LIMIT = 50
ORDERS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "updated": "Last changed",
    "priority": "By priority",
}
_COLUMNS: dict[str, tuple[Any, Any]] = {
    "newest": ("created_at", "desc"),
    "oldest": ("created_at", "asc"),
    "updated": ("updated_at", "desc"),
    "priority": ("priority", "asc"),
}
#: The tab "Active" stands for both.
ACTIVE = "active"
#: How far back a list looks, by the words of the URL.
AGES = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(days=1)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes the filter."""

    label: str
    url: str
    current: bool = False
    count: int = 0
    #: The count is an estimate, and says so.
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class TaskQuery:
    """What the list shall show; unknown values in the URL count as not given."""

    status: str | None = None
    type: str | None = None
    by: str | None = None
    q: str | None = None
    priority: int | None = None
    age: str | None = None
    order: str = "newest"
    cursor: str | None = None

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Self:
        """Read the query string."""
        status, order = args.get("status"), args.get("order", "newest")
        return cls(
            status=status if status == ACTIVE or status in list(states.TaskStatus) else None,
            type=args.get("type") or None,
            by=args.get("by") or None,
            q=(args.get("q") or "").replace("\0", "").strip() or None,
            priority=_priority(args.get("priority", "")),
            age=args.get("age") if args.get("age") in AGES else None,
            order=order if order in ORDERS else "newest",
            cursor=args.get("cursor") or None,
        )

    def filter(self) -> TaskFilter:
        """The ledger's filter."""
        wanted: tuple[states.TaskStatus, ...] = ()
        if self.status == ACTIVE:
            wanted = tuple(sorted(states.TASK_ACTIVE))
        elif self.status:
            wanted = (states.TaskStatus(self.status),)
        return TaskFilter(
            status=wanted,
            type=(self.type,) if self.type else (),
            created_by=self.by,
            priority=self.priority,
            q=self.q,
            since=datetime.now(UTC) - AGES[self.age][1] if self.age else None,
        )

    def page(self) -> Page:
        """The ledger's page."""
        order_by, order = _COLUMNS[self.order]
        return Page(limit=LIMIT, cursor=self.cursor, order_by=order_by, order=order)

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.args().keys() - {"order"})

    @property
    def order_label(self) -> str:
        """The order in words."""
        return ORDERS[self.order]

    def url(self, **changes: Any) -> str:
        """The list's address with some of the filter changed, from its first page."""
        changed = replace(self, **{"cursor": None, **changes})
        return url_for("pages.tasks.index", **changed.args())

    def first_url(self) -> str:
        """The first page."""
        return self.url()

    def next_url(self, cursor: str) -> str:
        """The page behind a cursor."""
        return self.url(cursor=cursor)

    def hidden_fields(self) -> list[tuple[str, str]]:
        """What the search form carries along besides its words."""
        return [(name, value) for name, value in self.args().items() if name not in ("q", "cursor")]

    def tabs(self, counts: Mapping[str, int]) -> list[Choice]:
        """One tab a status, with the counts of all tasks."""
        tabs = [self._tab("All", None, counts.values())]
        tabs.append(self._tab("Active", ACTIVE, [counts.get(status, 0) for status in states.TASK_ACTIVE]))
        for status in ("failed", "completed", "canceled"):
            tabs.append(self._tab(status.capitalize(), status, [counts.get(status, 0)]))
        return tabs

    def chips(self) -> list[Choice]:
        """The filters in force, each link taking its filter away."""
        chips = []
        if self.status in ("queued", "running"):
            chips.append(Choice(str(self.status), self.url(status=None)))
        if self.q:
            chips.append(Choice(f"“{self.q}”", self.url(q=None)))
        if self.type:
            chips.append(Choice(self.type, self.url(type=None)))
        if self.by:
            chips.append(Choice(f"by {self.by}", self.url(by=None)))
        if self.priority is not None:
            chips.append(Choice(f"{Priority(self.priority).name.lower()} priority", self.url(priority=None)))
        if self.age:
            chips.append(Choice(AGES[self.age][0].lower(), self.url(age=None)))
        return chips

    def query_string(self) -> str:
        """What a saved view keeps: everything but the place in the list."""
        return urlencode({name: value for name, value in self.args().items() if name != "cursor"})

    def age_choices(self) -> list[Choice]:
        """How far the list looks back."""
        every = [Choice("Any time", self.url(age=None), self.age is None)]
        return every + [Choice(label, self.url(age=key), self.age == key) for key, (label, _) in AGES.items()]

    def priority_choices(self) -> list[Choice]:
        """All priorities, and each class."""
        every = [Choice("Every priority", self.url(priority=None), self.priority is None)]
        return every + [
            Choice(each.name.capitalize(), self.url(priority=each.value), self.priority == each.value)
            for each in Priority
        ]

    def export_args(self) -> dict[str, Any]:
        """The same filter for the API's export."""
        chosen = self.filter()
        given = {
            "status": [status.value for status in chosen.status],
            "type": list(chosen.type),
            "created_by": chosen.created_by,
            "priority": chosen.priority,
            "q": chosen.q,
            "since": chosen.since.isoformat(timespec="seconds") if chosen.since else None,
        }
        return {name: value for name, value in given.items() if value}

    def type_choices(self, types: Iterable[str]) -> list[Choice]:
        """All types, and each type there is."""
        every = [Choice("All types", self.url(type=None), self.type is None)]
        return every + [Choice(name, self.url(type=name), self.type == name) for name in types]

    def order_choices(self) -> list[Choice]:
        """The orders there are."""
        return [Choice(label, self.url(order=name), self.order == name) for name, label in ORDERS.items()]

    def _tab(self, label: str, status: str | None, counts: Iterable[int]) -> Choice:
        each = list(counts)
        estimated = any(map(reads.is_estimate, each))
        return Choice(label, self.url(status=status), self.status == status, sum(each), estimated)

    def args(self) -> dict[str, str]:
        """The query string without what is as usual."""
        given = {
            "status": self.status,
            "type": self.type,
            "by": self.by,
            "q": self.q,
            "priority": str(self.priority) if self.priority is not None else None,
            "age": self.age,
            "cursor": self.cursor,
        }
        found = {name: value for name, value in given.items() if value}
        if self.order != "newest":
            found["order"] = self.order
        return found


def _priority(text: str) -> int | None:
    return int(text) if text in {str(each.value) for each in Priority} else None


def toggle_url(task_id: int, opened: bool) -> str:
    """The list's address with one task's items shown, or none; how the accordion works without script."""
    args = {name: value for name, value in request.args.items() if name not in ("expand", "ids")}
    if not opened:
        args["expand"] = str(task_id)
    return url_for("pages.tasks.index", **args, _anchor=f"task-{task_id}")  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class ItemsQuery:
    """Which items of a task its page shows."""

    task_id: int
    status: str | None
    offset: int
    limit: int = 50

    @classmethod
    def read(cls, task_id: int, args: MultiDict[str, str]) -> Self:
        """Read the query string."""
        status = args.get("items")
        offset = args.get("from", 0, type=int)
        return cls(task_id, status if status in list(states.ItemStatus) else None, max(0, offset))

    def statuses(self) -> list[states.ItemStatus]:
        """The ledger's filter."""
        return [states.ItemStatus(self.status)] if self.status else []

    def url(self, status: str | None, offset: int = 0) -> str:
        """The task's page with other items shown."""
        args = {name: value for name, value in (("items", status), ("from", offset or None)) if value}
        return url_for("pages.tasks.detail", task_id=self.task_id, _anchor="task-items", **args)  # type: ignore[arg-type]

    def previous_url(self) -> str:
        """The items before these."""
        return self.url(self.status, max(0, self.offset - self.limit))

    def next_url(self) -> str:
        """The items behind these."""
        return self.url(self.status, self.offset + self.limit)

    def tabs(self, task: Any) -> list[Choice]:
        """One tab for each status that has items, and the one chosen."""
        tabs = [Choice("All", self.url(None), self.status is None, task.total_items)]
        for status in ("failed", "running", "queued", "completed", "skipped", "canceled"):
            count = getattr(task, f"{status}_items")
            if count or status == self.status:
                tabs.append(Choice(status.capitalize(), self.url(status), self.status == status, count))
        return tabs
