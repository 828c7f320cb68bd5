"""Which buttons a task or an item shows: the ledger's table of acts, as far as pages offer them."""

from __future__ import annotations

from typing import Any

from queueapp import states


def allows(task: Any, act: str) -> bool:
    """Whether a task's status allows an act; while items still stop, nothing does."""
    return not task.canceling and states.TaskAct(act) in states.TASK_ACTS[states.TaskStatus(task.status)]


def item_allows(item: Any, act: str) -> bool:
    """Whether an item can be canceled (it is not over) or retried (it ended otherwise than completed)."""
    if act == "cancel":
        return (
            states.ItemStatus(item.status) not in states.ITEM_TERMINAL and item.display_status != "canceling"
        )
    return item.status in (states.ItemStatus.FAILED, states.ItemStatus.CANCELED, states.ItemStatus.SKIPPED)
