"""Shows batches: how far they are, and what became of each file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp.ledger.views import TaskView
from queueapp.media import paths
from queueapp.models.item import Item
from queueapp.priorities import LANES, lane_of
from queueapp.runtime import Runtime
from queueapp.services.batch import batches
from queueapp.services.batch.batch_views import (
    BatchProgress,
    BatchResult,
    BatchStatus,
    BatchSummary,
    FileStatus,
)
from queueapp.states import ITEM_TERMINAL, TASK_ACTIVE, ItemStatus

#: Results read at a time for an export.
EXPORT_BATCH = 1000
#: What the ledger's words are called here.
_WORDS: dict[str, FileStatus] = {
    "completed": "success", "skipped": "skipped", "failed": "failed", "canceled": "cancelled",
}  # fmt: skip
_STORED = {word: ItemStatus(status) for status, word in _WORDS.items()}


def summary(session: Session, task: TaskView) -> BatchSummary:
    """A batch as it stands."""
    asked = task.meta["batch"]
    searches = _searches(session, task.id)
    return BatchSummary(
        job_id=f"job_{task.id}",
        status=_status(task, searches),
        path=paths.readable(asked["path"]),
        recursive=asked["recursive"],
        pattern=asked["pattern"],
        operation=asked["operation"],
        dry_run=task.dry_run,
        priority=LANES[lane_of(task.priority)],
        filters=batches.filters_of(task),
        progress=_progress(task, searches),
        message=task.error or task.message or (task.waiting_for if task.status in TASK_ACTIVE else None),
        created_at=task.created_at,
        started_at=task.started_at,
        updated_at=task.updated_at,
        completed_at=task.finished_at,
    )


def results(
    session: Session, task: TaskView, *, status: Sequence[FileStatus] = (), limit: int = 50, offset: int = 0
) -> tuple[list[BatchResult], int]:
    """A page of what became of the files, in their order, and how many there are."""
    conditions = _done(task.id, status)
    total = session.scalar(sa.select(sa.func.count()).select_from(Item).where(*conditions)) or 0
    rows = session.scalars(
        sa.select(Item).where(*conditions).order_by(Item.index).limit(limit).offset(offset)
    )
    return [_result(task, item) for item in rows], total


def all_results(runtime: Runtime, task: TaskView) -> Iterator[list[BatchResult]]:
    """All results in their order, read piece by piece."""
    last = -1
    while True:
        with runtime.transaction() as session:
            query = sa.select(Item).where(*_done(task.id, ()), Item.index > last).order_by(Item.index)
            rows = session.scalars(query.limit(EXPORT_BATCH)).all()
            found = [_result(task, item) for item in rows]
            last = rows[-1].index if rows else last
        if not found:
            return
        yield found


def _done(task_id: int, status: Sequence[FileStatus]) -> list[sa.ColumnElement[bool]]:
    # Of a canceled batch only those files count that were begun.
    wanted = [_STORED[word] for word in status] or sorted(ITEM_TERMINAL)
    begun = sa.or_(Item.status != ItemStatus.CANCELED, Item.started_at.is_not(None))
    return [Item.task_id == task_id, Item.type != batches.TYPE, Item.status.in_(wanted), begun]


def _searches(session: Session, task_id: int) -> dict[str, int]:
    """How many items that look for files there are, by status."""
    query = sa.select(Item.status, sa.func.count()).where(Item.task_id == task_id, Item.type == batches.TYPE)
    return {status.value: number for status, number in session.execute(query.group_by(Item.status))}


def _status(task: TaskView, searches: dict[str, int]) -> BatchStatus:
    if task.status in TASK_ACTIVE:
        has_begun = set(searches) & {"completed", "running", "failed"}
        return "running" if has_begun else "queued"
    return "cancelled" if task.status == "canceled" else task.status.value  # type: ignore[return-value]


def _progress(task: TaskView, searches: dict[str, int]) -> BatchProgress:
    total = task.total_items - sum(searches.values())
    success = task.completed_items - searches.get("completed", 0)
    skipped = task.skipped_items - searches.get("skipped", 0)
    failed = task.failed_items - searches.get("failed", 0)
    processed = success + skipped + failed
    is_over = task.status not in TASK_ACTIVE
    return BatchProgress(
        total_files=total,
        processed=processed,
        success=success,
        skipped=skipped,
        failed=failed,
        remaining=total - processed,
        percent=round(100 * processed / total, 1)
        if total
        else (100.0 if task.status == "completed" else 0.0),
        eta_seconds=None if is_over else task.eta_seconds,
    )


def _result(task: TaskView, item: Item) -> BatchResult:
    return BatchResult(
        file=paths.readable(paths.join(task.meta["batch"]["path"], item.title or "")),
        status=_WORDS[item.status.value],
        message=_message(item, dry_run=task.dry_run),
        duration_ms=None if item.duration_ms is None else round(item.duration_ms),
    )


def _message(item: Item, *, dry_run: bool) -> str:
    said: dict[str, Any] = item.result or {}
    if item.status is ItemStatus.FAILED:
        return str((item.error or {}).get("message") or "failed")
    if item.status is ItemStatus.CANCELED:
        return "cancelled"
    if text := said.get("message") or said.get("skipped"):
        return str(text)
    return _published(said, dry_run=dry_run) if "written" in said else "done"


def _published(said: dict[str, Any], *, dry_run: bool) -> str:
    written, removed = len(said["written"]), len(said.get("removed") or [])
    if not written and not removed:
        return "Nothing to change"
    text = f"{'Would write' if dry_run else 'Wrote'} {written} files"
    return text + (f", {'remove' if dry_run else 'removed'} {removed}" if removed else "")
