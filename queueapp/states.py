"""The statuses of tasks and items and every move allowed between them: one table, from which the code's guards,
the CHECK constraints, the API's enums, the buttons and the diagram are made."""

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


T, I = TaskStatus, ItemStatus

TASK_MOVES: dict[TaskStatus, frozenset[TaskStatus]] = {
    T.QUEUED: frozenset({T.RUNNING, T.COMPLETED, T.FAILED, T.CANCELED}),
    T.RUNNING: frozenset({T.COMPLETED, T.FAILED, T.CANCELED}),
    T.COMPLETED: frozenset({T.QUEUED}),
    T.FAILED: frozenset({T.QUEUED}),
    T.CANCELED: frozenset({T.QUEUED}),
}

ITEM_MOVES: dict[ItemStatus, frozenset[ItemStatus]] = {
    I.QUEUED: frozenset({I.RUNNING, I.COMPLETED, I.FAILED, I.SKIPPED, I.CANCELED}),
    I.RUNNING: frozenset({I.QUEUED, I.COMPLETED, I.FAILED, I.SKIPPED, I.CANCELED}),
    I.COMPLETED: frozenset({I.QUEUED}),
    I.FAILED: frozenset({I.QUEUED}),
    I.CANCELED: frozenset({I.QUEUED}),
    I.SKIPPED: frozenset({I.QUEUED}),
}

TASK_TERMINAL = frozenset({T.COMPLETED, T.FAILED, T.CANCELED})
TASK_ACTIVE = frozenset({T.QUEUED, T.RUNNING})
ITEM_TERMINAL = frozenset({I.COMPLETED, I.FAILED, I.CANCELED, I.SKIPPED})

#: Which acts each status allows; buttons and 409 answers both come from here.
TASK_ACTS: dict[TaskStatus, frozenset[TaskAct]] = {
    T.QUEUED: frozenset({TaskAct.CANCEL, TaskAct.PAUSE, TaskAct.RESUME}),
    T.RUNNING: frozenset({TaskAct.CANCEL, TaskAct.PAUSE, TaskAct.RESUME}),
    T.COMPLETED: frozenset({TaskAct.RETRY, TaskAct.DELETE}),
    T.FAILED: frozenset({TaskAct.RETRY, TaskAct.DELETE}),
    T.CANCELED: frozenset({TaskAct.RETRY, TaskAct.DELETE}),
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
