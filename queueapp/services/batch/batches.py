"""Batches: the same operation on each video file of a folder, as one task whose first item finds the files."""

from __future__ import annotations

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from queueapp import db, errors
from queueapp.config import Settings
from queueapp.execution.rows import NewItem
from queueapp.ledger import reads
from queueapp.ledger.filters import Page, TaskFilter
from queueapp.ledger.tasks import count_active
from queueapp.ledger.views import TaskView
from queueapp.media import paths, selection
from queueapp.media.selection import Selection
from queueapp.models.task import Task
from queueapp.priorities import Priority
from queueapp.runtime import Runtime
from queueapp.services import cancel, enqueue, phase_config
from queueapp.services.batch.batch_views import BatchFilters, NewBatch
from queueapp.services.enqueue import NewTask
from queueapp.services.library.library_paths import checked_folder
from queueapp.services.title.media_places import Place, place_of
from queueapp.states import TASK_ACTIVE

#: The operation that finds the files, and the type of a batch's task.
TYPE = "batch"
#: Batches share it, so that few of them run at a time.
ORDERING_KEY = "queueapp batches"
#: Seconds that counting the files may take before an answer goes out without their number.
COUNT_SECONDS = 0.2
MIBIBYTE = 1024 * 1024
#: Under this lock batches are added one after another, so that no two of them can overlap.
_LOCK = 0x6261


class _TooLong(Exception):
    """Counting the files takes too long."""


def start(runtime: Runtime, new: NewBatch, *, created_by: str, origin: str = "") -> tuple[int, int | None]:
    """Store a batch; returns its task's id, and how many files it will concern if that is quickly said.

    Raises PathRefused for a folder that is missing or may not be named, or a pattern that means nothing; Conflict
    when another batch works there, QueueFull, TaskLimitReached.
    """
    with runtime.transaction() as session:
        place = folder_of(session, runtime.settings, new.path)
        config = phase_config.snapshot(session)
    chosen = selection_of(new, extensions_of(config))
    estimate = _count(place, chosen)
    task = _task(new, place, config, created_by=created_by, origin=origin)
    task.at_once = runtime.settings.batch.max_concurrent
    with runtime.transaction() as session:
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        _refuse_overlap(session, place.real)
        _refuse_beyond_bounds(session, runtime.settings)
        _refuse_active_limit(session, runtime.settings)
        task_id = enqueue.insert_task(session, runtime.registry, task)
    enqueue.dispatch_task(runtime, task_id)
    return task_id, estimate


def get(session: Session, task_id: int) -> TaskView:
    """The task of a batch. Raises NotFound, also for a task that is no batch."""
    task = reads.get_task(session, task_id)
    if task.type != TYPE or "batch" not in task.meta:
        raise errors.NotFound(f"task {task_id} is no batch")
    return task


def latest(session: Session, limit: int, offset: int = 0) -> tuple[list[TaskView], int]:
    """The batches, newest first, and how many there are."""
    page = reads.list_tasks(session, TaskFilter(type=(TYPE,)), Page(limit, offset))
    return [task for task in page.tasks if "batch" in task.meta], page.total


def stop(runtime: Runtime, task_id: int, by: str) -> None:
    """Cancel a batch; what is done stays done. Raises NotFound, WrongStatus once it has finished."""
    with runtime.transaction() as session:
        task = get(session, task_id)
    if task.status not in TASK_ACTIVE:
        word = "cancelled" if task.status == "canceled" else task.status
        raise errors.WrongStatus(word, f"batch job_{task_id} is {word} already")
    cancel.cancel_task(runtime, task_id, by)


def rejoin(session: Session, settings: Settings, task_id: int) -> int:
    """Admit a batch that is to be active again as a new one would be; returns how many batches run at a time.

    Until the commit no other can start. Raises NotFound, Conflict when another batch works there, QueueFull.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    asked = reads.get_task(session, task_id).meta.get("batch")
    if asked is not None:
        _refuse_overlap(session, asked["real_path"], besides=task_id)
        _refuse_beyond_bounds(session, settings, besides=task_id)
    return settings.batch.max_concurrent


def folder_of(session: Session, settings: Settings, path: str) -> Place:
    """The folder of a batch, inside a library or allowed root. Raises PathRefused."""
    checked_folder(paths.on_disk(path))
    return place_of(session, settings, path)


def selection_of(new: NewBatch, extensions: frozenset[str], now: float | None = None) -> Selection:
    """The files that a batch asks for. Raises PathRefused for a pattern that means nothing."""
    filters = new.filters
    newest = None
    if filters.max_age_days is not None:
        newest = int(((time.time() if now is None else now) - filters.max_age_days * 86_400) * 1e9)
    try:
        for pattern in filters.exclude_patterns:
            selection.compiled(pattern)
        return Selection(
            pattern=new.pattern,
            recursive=new.recursive,
            extensions=extensions,
            excludes=tuple(filters.exclude_patterns),
            min_bytes=int(filters.min_size_mb * MIBIBYTE),
            newer_than_ns=newest,
        )
    except selection.BadPattern as bad:
        raise errors.PathRefused(str(bad)) from None


def extensions_of(config: dict[str, Any]) -> frozenset[str]:
    """What counts as a video, by the scan phase's configuration."""
    return frozenset(config["scan"]["extensions"])


def _task(new: NewBatch, place: Place, config: dict[str, Any], *, created_by: str, origin: str) -> NewTask:
    asked = new.model_dump(mode="json", exclude={"path"})
    title = f"{new.operation.capitalize()} in {place.shown}" + (" (dry run)" if new.dry_run else "")
    payload = {"path": place.path, **{key: asked[key] for key in asked if key not in ("dry_run", "priority")}}
    return NewTask(
        type=TYPE,
        items=[NewItem(TYPE, payload, title=f"Find the files in {place.shown}")],
        title=title,
        priority=Priority[new.priority.upper()],
        created_by=created_by,
        origin=origin,
        dry_run=new.dry_run,
        ordering_key=ORDERING_KEY,
        meta={"config": config, "batch": {**asked, "path": place.path, "real_path": place.real}},
    )


def filters_of(task: TaskView) -> BatchFilters:
    """The filters a batch was started with."""
    return BatchFilters.model_validate(task.meta["batch"]["filters"])


def _refuse_overlap(session: Session, real: str, besides: int = 0) -> None:
    active = session.execute(sa.select(Task.id, Task.meta).where(*_is_active(), Task.id != besides))
    for task_id, meta in active:
        theirs = meta["batch"]["real_path"]
        if paths.is_inside(real, theirs) or paths.is_inside(theirs, real):
            where = "on this folder" if theirs == real else f"on {paths.readable(theirs)}"
            raise errors.Conflict(f"batch job_{task_id} is active {where}; wait for it, or cancel it")


def _refuse_beyond_bounds(session: Session, settings: Settings, besides: int = 0) -> None:
    most = settings.batch.max_queue_size
    active = session.scalar(sa.select(sa.func.count()).where(*_is_active(), Task.id != besides)) or 0
    if active >= most:
        raise errors.QueueFull(
            f"{active} batches are queued or running, the most that batch.max_queue_size allows"
        )


def _refuse_active_limit(session: Session, settings: Settings) -> None:
    limit = settings.tasks.max_active
    if limit and count_active(db.raw(session)) >= limit:
        raise errors.TaskLimitReached(limit)


def _is_active() -> tuple[sa.ColumnElement[bool], ...]:
    return (Task.type == TYPE, Task.status.in_(TASK_ACTIVE), Task.meta.has_key("batch"))


def _count(place: Place, chosen: Selection) -> int | None:
    deadline = time.monotonic() + COUNT_SECONDS

    def check() -> None:
        if time.monotonic() > deadline:
            raise _TooLong

    try:
        return sum(1 for _ in chosen.walk(str(place.on_disk), check=check))
    except _TooLong:
        return None
