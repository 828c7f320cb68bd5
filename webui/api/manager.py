"""/api/manager: what the task manager shows, in one read."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Response
from pydantic import BaseModel, Field

from queueapp import states
from queueapp.ledger import lately, reads
from queueapp.ledger.views import TaskView
from queueapp.states import TaskStatus
from webui.api.resource import Resource, answer
from webui.context import runtime
from webui.security import requires

api = Resource("manager", "What the task manager shows.", prefix="/api/manager")

#: Tasks of each group; the counts tell of the rest.
SHOWN = 25
#: Completed tasks are given this long, so that nobody who reads every few seconds misses one.
ENDED_WITHIN_SECONDS = 30.0


class ManagerTask(BaseModel):
    """A task as the task manager shows it."""

    id: int
    type: str
    title: str
    status: TaskStatus
    canceling: bool
    paused: bool
    percent: float
    total_items: int
    completed_items: int
    failed_items: int
    eta_seconds: int | None
    message: str | None
    error: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    canceled_at: datetime | None
    can_cancel: bool = Field(description="Whether its status allows a cancel")
    can_retry: bool = Field(description="Whether its status allows a retry")


class Manager(BaseModel):
    """Four groups of tasks, and how many are queued or running in all."""

    now: datetime = Field(description="The server's clock, for times that pass")
    active: int = Field(description="Tasks queued or running")
    running_total: int
    queued_total: int
    running: list[ManagerTask] = Field(description="Newest first; also those that are being canceled")
    queued: list[ManagerTask] = Field(description="Oldest first")
    completed: list[ManagerTask] = Field(description="Completed or canceled within the last 30 seconds")
    failed: list[ManagerTask] = Field(description="Newest first")


@api.get("", responses={200: Manager})
@requires("viewer")
def get_manager() -> Response:
    """Read what runs, waits, has just been completed, and failed."""
    with runtime().transaction() as session:
        now = reads.ongoing(session, limit=1)
        ended = lately.just_ended(
            session, [TaskStatus.COMPLETED, TaskStatus.CANCELED], ENDED_WITHIN_SECONDS, SHOWN
        )
        running = lately.newest(session, [TaskStatus.RUNNING], SHOWN)
        view = Manager(
            now=datetime.now(UTC),
            active=now.running + now.queued,
            running_total=now.running,
            queued_total=now.queued,
            running=[_view(task) for task in [*running, *(task for task in ended if task.canceling)]],
            queued=[_view(task) for task in lately.oldest(session, TaskStatus.QUEUED, SHOWN)],
            completed=[_view(task) for task in ended if not task.canceling],
            failed=[_view(task) for task in lately.newest(session, [TaskStatus.FAILED], SHOWN)],
        )
    return answer(view)


def _view(task: TaskView) -> ManagerTask:
    acts = frozenset() if task.canceling else states.TASK_ACTS[task.status]
    return ManagerTask(
        **task.model_dump(include=set(ManagerTask.model_fields)),
        can_cancel=states.TaskAct.CANCEL in acts,
        can_retry=states.TaskAct.RETRY in acts,
    )
