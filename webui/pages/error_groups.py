"""The failed items of a task, grouped by what went wrong."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from queueapp import states
from queueapp.ledger import reads
from queueapp.ledger.views import TaskView

#: Failures looked at; a task with more still shows its commonest errors.
LOOKED_AT = 500
SHOWN = 8


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """An error's text and how many items ended with it."""

    message: str
    count: int


def of_task(session: Session, task: TaskView) -> list[ErrorGroup]:
    """The commonest errors first; nothing when fewer than two items failed."""
    if task.failed_items < 2:
        return []
    failed, _ = reads.list_items(session, task.id, status=[states.ItemStatus.FAILED], limit=LOOKED_AT)
    counts: dict[str, int] = {}
    for item in failed:
        text = item.error_message or "no message"
        counts[text] = counts.get(text, 0) + 1
    ranked = sorted(counts.items(), key=lambda pair: -pair[1])
    return [ErrorGroup(text, count) for text, count in ranked[:SHOWN]]
