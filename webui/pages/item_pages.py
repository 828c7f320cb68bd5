"""A page of a task's items: the failed ones first, then all others in their order."""

from __future__ import annotations

from sqlalchemy.orm import Session

from queueapp.ledger import reads
from queueapp.ledger.views import ItemView, TaskView
from queueapp.states import ItemStatus
from webui.pages.task_query import ItemsQuery

OTHERS = [status for status in ItemStatus if status is not ItemStatus.FAILED]


def read(session: Session, task: TaskView, query: ItemsQuery) -> tuple[list[ItemView], int]:
    """Return the items of a page and how many there are in all."""
    limit, offset = query.limit, query.offset
    if query.status or not task.failed_items:
        return reads.list_items(session, task.id, status=query.statuses(), limit=limit, offset=offset)
    failed, count = reads.list_items(session, task.id, status=[ItemStatus.FAILED], limit=limit, offset=offset)
    rest = limit - len(failed)
    others: list[ItemView] = []
    if rest:
        from_others = max(0, offset - count)
        others, _ = reads.list_items(session, task.id, status=OTHERS, limit=rest, offset=from_others)
    return [*failed, *others], task.total_items
