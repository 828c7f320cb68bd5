"""Queries and answers of /jobs."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from queueapp.ledger.filters import Page, TaskFilter
from queueapp.ledger.views import ItemDetail, TaskView
from queueapp.operations import Registry
from queueapp.services.job_figures import AllFigures, JobFigures
from queueapp.services.jobs import Job
from queueapp.states import TASK_ACTIVE, ItemStatus, TaskStatus
from webui import job_ids
from webui.api.queue_models import TaskListQuery, TaskStatuses
from webui.api.resource import Opaque, PageQuery, Words
from webui.job_ids import JobId

#: Children named in lists and events, and in the answer to one job.
CHILDREN_IN_LISTS = 100
CHILDREN = 1_000


class JobStatus(enum.StrEnum):
    """The status of a job; only a child can be skipped."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class JobPath(BaseModel):
    """Names one job: `job_123` or `123`; the child of index 7 is `job_123_7`."""

    job_id: str = Field(max_length=50, pattern=f"^{job_ids.SHAPE}$")


class JobListQuery(PageQuery):
    """Which jobs to list."""

    status: TaskStatuses = Field(default_factory=list, description="Repeatable, or with commas")
    type: Words = Field(default_factory=list, description="Repeatable, or with commas")
    order_by: Literal["created_at", "updated_at", "priority"] = "created_at"
    order: Literal["asc", "desc"] = "desc"
    cursor: Opaque | None = Field(default=None, description="next_cursor of the page before")

    def filter(self) -> TaskFilter:
        """The conditions."""
        return TaskFilter(status=tuple(TaskStatus(word) for word in self.status), type=tuple(self.type))

    def page(self) -> Page:
        """The page. Raises BadPayload for a cursor that is garbage."""
        return TaskListQuery(
            limit=self.limit, offset=self.offset, cursor=self.cursor, order_by=self.order_by, order=self.order
        ).page()


class JobView(BaseModel):
    """A job: a task, or an item as the child of one."""

    job_id: str
    type: str
    status: JobStatus
    title: str
    description: str = Field(description="What its operation does")
    progress: float = Field(ge=0, le=1)
    progress_message: str | None
    current_step: int | None
    total_steps: int | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None = Field(description="When it ended, however it did")
    parent_job_id: str | None
    child_job_ids: list[str] = Field(description="The first 100 of them, 1,000 in the answer to one job")
    result: dict[str, Any] | None
    error: str | None
    user_id: str = Field(description="Who made it")
    cancelable: bool


class JobList(BaseModel):
    """A page of jobs."""

    jobs: list[JobView]
    total: int
    total_is_estimate: bool
    limit: int
    offset: int
    next_cursor: str | None


class Figures(BaseModel):
    """Sums over some jobs."""

    total_jobs: int
    running: int
    queued: int
    completed: int
    failed: int
    cancelled: int
    total_files_processed: int = Field(description="Items that were worked on, to whatever end")
    success_rate: float = Field(description="Completed of those that completed or failed, 0 to 1")
    average_duration_seconds: float


class JobStats(Figures):
    """Sums over all jobs, by type, and over those made within 24 hours."""

    per_type: dict[str, Figures]
    last_24h: Figures


def view_of_task(job: Job, registry: Registry, children: int = CHILDREN_IN_LISTS) -> JobView:
    """A task as a job."""
    task, only = job.task, job.only
    done = task.completed_items + task.failed_items + task.skipped_items + task.canceled_items
    ended = task.finished_at is not None
    return JobView(
        job_id=str(JobId(task.id)),
        type=task.type,
        status=_status(task.status),
        title=task.title,
        description=_description(registry, task.type),
        progress=1.0 if task.status is TaskStatus.COMPLETED else _progress(job, done),
        progress_message=(only.message if only else None) or task.message,
        current_step=only.step if only and only.step is not None else done,
        total_steps=only.total_steps if only and only.total_steps is not None else task.total_items,
        created_at=task.created_at,
        started_at=task.started_at,
        completed_at=task.finished_at,
        parent_job_id=str(JobId(task.parent_task_id)) if task.parent_task_id else None,
        child_job_ids=[str(JobId(task.id, index)) for index in range(min(task.total_items, children))],
        result=_result(job) if ended else None,
        error=_error(job) if ended else None,
        user_id=task.created_by,
        cancelable=task.status in TASK_ACTIVE,
    )


def view_of_item(task: TaskView, item: ItemDetail, registry: Registry) -> JobView:
    """An item as the child of its task."""
    return JobView(
        job_id=str(JobId(task.id, item.index)),
        type=item.type,
        status=_status(item.status),
        title=item.title or task.title,
        description=_description(registry, item.type),
        progress=1.0 if item.status is ItemStatus.COMPLETED else item.progress,
        progress_message=item.message,
        current_step=item.step,
        total_steps=item.total_steps,
        created_at=item.created_at,
        started_at=item.started_at,
        completed_at=item.finished_at,
        parent_job_id=str(JobId(task.id)),
        child_job_ids=[],
        result=item.result,
        error=(item.error or {}).get("message"),
        user_id=task.created_by,
        cancelable=task.status in TASK_ACTIVE and item.status in {ItemStatus.QUEUED, ItemStatus.RUNNING},
    )


def view_of_figures(found: AllFigures) -> JobStats:
    """The answer to GET /jobs/stats."""
    per_type = {name: Figures(**_figures(each)) for name, each in found.by_type.items()}
    return JobStats(**_figures(found.total), per_type=per_type, last_24h=Figures(**_figures(found.last_day)))


def _status(status: TaskStatus | ItemStatus) -> JobStatus:
    return JobStatus.CANCELLED if status.value == "canceled" else JobStatus(status.value)


def _description(registry: Registry, name: str) -> str:
    operation = registry.find(name)
    return operation.doc if operation else ""


def _progress(job: Job, done: int) -> float:
    part = job.only.progress if job.only is not None and not done else 0.0
    return round(min((done + part) / job.task.total_items, 1.0), 4) if job.task.total_items else 0.0


def _result(job: Job) -> dict[str, Any] | None:
    """What the one item gave, else how the items ended."""
    task = job.task
    if task.result is not None:
        return task.result
    if job.only is not None:
        return job.only.result
    counts: Mapping[str, int] = {
        "total": task.total_items, "completed": task.completed_items, "failed": task.failed_items,
        "skipped": task.skipped_items, "cancelled": task.canceled_items,
    }  # fmt: skip
    return {"items": counts}


def _error(job: Job) -> str | None:
    task = job.task
    if task.error is not None or task.status is not TaskStatus.FAILED:
        return task.error
    if job.only is not None:
        return job.only.error
    return f"{task.failed_items} of {task.total_items} items failed"


def _figures(sums: JobFigures) -> dict[str, Any]:
    return {
        "total_jobs": sums.total, "running": sums.running, "queued": sums.queued, "completed": sums.completed,
        "failed": sums.failed, "cancelled": sums.canceled, "total_files_processed": sums.processed,
        "success_rate": sums.success_rate, "average_duration_seconds": sums.average_seconds,
    }  # fmt: skip
