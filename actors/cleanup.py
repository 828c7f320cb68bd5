"""Deletes what is kept for a time only: old tasks, notes of schedule runs, answers, leftovers of media operations."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from queueapp.execution.context import Context
from queueapp.operations import operation
from queueapp.services import idempotency, prune
from queueapp.services.arr import webhooks
from queueapp.services.rename import journal
from queueapp.services.schedule import schedule_runs
from queueapp.services.title import leftovers


class Cleanup(BaseModel):
    """What a cleanup is given."""

    model_config = ConfigDict(extra="forbid")

    older_than_days: int | None = Field(
        None, ge=1, le=36500, description="Least age in days of what is deleted; empty: tasks.retention_days"
    )


@operation("cleanup", payload=Cleanup, timeout_seconds=6 * 3600, title=lambda _: "Delete old finished tasks")
def perform(payload: Cleanup, context: Context) -> dict[str, Any]:
    """Delete finished tasks, with their items and logs, that are past their retention."""
    days = payload.older_than_days or context.settings.tasks.retention_days
    tasks, items = prune.count_prunable(context, days)
    if context.dry_run:
        context.log(f"Would delete {tasks} tasks with {items} items, older than {days} days")
        return {"older_than_days": days, "would_delete_tasks": tasks, "would_delete_items": items}
    return _delete(context, days, tasks)


def _delete(context: Context, days: int, expected: int) -> dict[str, Any]:
    deleted = {"tasks": 0, "items": 0}

    def on_batch(tasks: int, items: int) -> None:
        deleted["tasks"] += tasks
        deleted["items"] += items
        context.step(min(deleted["tasks"], expected), expected, f"{deleted['tasks']:,} tasks deleted")

    # The context's transactions keep a cancel out of a batch: it comes between two.
    prune.prune_finished(context, days, on_batch=on_batch)
    with context.transaction() as session:
        runs = schedule_runs.prune_runs(session)
    with context.transaction() as session:
        idempotency.prune(session)
    with context.transaction() as session:
        journal.prune(session)
    with context.transaction() as session:
        received = webhooks.prune(session, context.settings.webhooks.keep_days)
    context.log(f"Deleted {deleted['tasks']} tasks with {deleted['items']} items, older than {days} days")
    for what, count in leftovers.prune(context.transaction, context.settings.data_dir).items():
        if count:
            context.log(f"Deleted {count} {what.replace('_', ' ')} past their time")
    return {
        "older_than_days": days,
        "deleted_tasks": deleted["tasks"],
        "deleted_items": deleted["items"],
        "deleted_schedule_runs": runs,
        "deleted_webhooks": received,
    }
