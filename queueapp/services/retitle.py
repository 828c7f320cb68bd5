"""Gives tasks other titles."""

from __future__ import annotations

from queueapp import db
from queueapp.events.kinds import Kind
from queueapp.events.publish import publish, view_event
from queueapp.execution.rows import clean
from queueapp.ledger import reads, titles
from queueapp.ledger.views import TaskView
from queueapp.runtime import Runtime


def retitle_task(runtime: Runtime, task_id: int, title: str) -> TaskView:
    """Give a task another title, whatever its status, and return it. Raises NotFound."""
    with runtime.transaction() as session:
        titles.set_title(db.raw(session), task_id, clean(title) or "")
        view = reads.get_task(session, task_id)
    publish(runtime.redis, [view_event(view).model_copy(update={"kind": Kind.TASK_UPDATED})])
    return view
