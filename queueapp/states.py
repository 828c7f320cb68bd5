"""The statuses of tasks and items and every move allowed between them.

One table, from which the code's guards, the CHECK constraints, the API's enums, the buttons and the diagram are made.
"""

from __future__ import annotations

import enum


class TaskStatus(enum.StrEnum):
    """What a task is doing; everything finer (paused, canceling, scheduled) is derived."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


class ItemStatus(enum.StrEnum):
    """What an item is doing; waiting, scheduled, retrying and paused are derived from its stage and times."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    SKIPPED = "skipped"


class Stage(enum.IntEnum):
    """Where an item stands on its way to a worker; a column of the ledger, never shown as a status."""

    HELD = 0  #: waits for a predecessor, a free slot of its task or, as a barrier, for all others
    WAITING = 1  #: waits for its time (a retry, a schedule)
    READY = 2  #: may be dispatched
    DISPATCHED = 3  #: handed to Redis, perhaps claimed, perhaps running
    DONE = 4  #: terminal


class TaskAct(enum.StrEnum):
    """What a person can do to a task."""

    CANCEL = "cancel"
    RETRY = "retry"
    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"


TASK_MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.QUEUED: frozenset(
        {TaskStatus.RUNNING, TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELED}
    ),
    TaskStatus.RUNNING: frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELED}),
    TaskStatus.COMPLETED: frozenset({TaskStatus.QUEUED}),
    TaskStatus.FAILED: frozenset({TaskStatus.QUEUED}),
    TaskStatus.CANCELED: frozenset({TaskStatus.QUEUED}),
}

ITEM_MOVES: dict[ItemStatus, frozenset[ItemStatus]] = {
    ItemStatus.QUEUED: frozenset(
        {ItemStatus.RUNNING, ItemStatus.COMPLETED, ItemStatus.FAILED, ItemStatus.SKIPPED, ItemStatus.CANCELED}
    ),
    ItemStatus.RUNNING: frozenset(
        {ItemStatus.QUEUED, ItemStatus.COMPLETED, ItemStatus.FAILED, ItemStatus.SKIPPED, ItemStatus.CANCELED}
    ),
    ItemStatus.COMPLETED: frozenset({ItemStatus.QUEUED}),
    ItemStatus.FAILED: frozenset({ItemStatus.QUEUED}),
    ItemStatus.CANCELED: frozenset({ItemStatus.QUEUED}),
    ItemStatus.SKIPPED: frozenset({ItemStatus.QUEUED}),
}

TASK_TERMINAL = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELED})
TASK_ACTIVE = frozenset({TaskStatus.QUEUED, TaskStatus.RUNNING})
ITEM_TERMINAL = frozenset({ItemStatus.COMPLETED, ItemStatus.FAILED, ItemStatus.CANCELED, ItemStatus.SKIPPED})

#: Which acts each status allows; buttons and 409 answers both come from here.
TASK_ACTS: dict[TaskStatus, frozenset[TaskAct]] = {
    TaskStatus.QUEUED: frozenset({TaskAct.CANCEL, TaskAct.PAUSE, TaskAct.RESUME}),
    TaskStatus.RUNNING: frozenset({TaskAct.CANCEL, TaskAct.PAUSE, TaskAct.RESUME}),
    TaskStatus.COMPLETED: frozenset({TaskAct.RETRY, TaskAct.DELETE}),
    TaskStatus.FAILED: frozenset({TaskAct.RETRY, TaskAct.DELETE}),
    TaskStatus.CANCELED: frozenset({TaskAct.RETRY, TaskAct.DELETE}),
}


def parse_task_status(text: str) -> TaskStatus:
    """Read a status as a person may write it (`cancelled` too); raises ValueError naming the allowed ones."""
    word = "canceled" if text == "cancelled" else text
    try:
        return TaskStatus(word)
    except ValueError:
        raise ValueError(f"unknown status {text!r}; one of {', '.join(TaskStatus)}") from None


def parse_item_status(text: str) -> ItemStatus:
    """Read an item status as a person may write it; raises ValueError naming the allowed ones."""
    word = "canceled" if text == "cancelled" else text
    try:
        return ItemStatus(word)
    except ValueError:
        raise ValueError(f"unknown status {text!r}; one of {', '.join(ItemStatus)}") from None
