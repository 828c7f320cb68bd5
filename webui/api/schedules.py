"""/api/schedules: what runs by itself, and when."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel, Field

from queueapp.services.schedule import schedule_runs, schedule_views, schedules
from queueapp.services.schedule.schedule_views import ScheduleView
from queueapp.services.schedule.schedules import ScheduleChange
from webui.api.resource import Id, Resource, answer
from webui.api.small_lists import Cut, SmallList, SmallListQuery, by_name
from webui.context import runtime
from webui.security import current_user, requires

api = Resource("schedules", "What runs by itself.", prefix="/api/schedules")


class SchedulePath(BaseModel):
    """Names one schedule."""

    schedule_id: Id


class ScheduleList(SmallList):
    """All schedules."""

    schedules: list[ScheduleView]


class StartedRun(BaseModel):
    """A run that was started."""

    task_id: int = Field(description="The task of this run")


@api.get("", responses={200: ScheduleList})
@requires("viewer")
def list_schedules(query: SmallListQuery) -> Response:
    """List the schedules with their last and next runs."""
    with runtime().transaction() as session:
        rows = schedule_views.list_schedules(session, runtime().registry.names())
    cut = Cut(rows, query, by_name)
    return answer(ScheduleList(schedules=cut.shown, **cut.page))


@api.get("/<id:schedule_id>", responses={200: ScheduleView})
@requires("viewer")
def get_schedule(path: SchedulePath) -> Response:
    """Read one schedule."""
    with runtime().transaction() as session:
        return answer(schedule_views.view_schedule(session, path.schedule_id))


@api.patch("/<id:schedule_id>", responses={200: ScheduleView})
@requires("admin")
def change_schedule(path: SchedulePath, body: ScheduleChange) -> Response:
    """Change when a schedule fires, or whether it does."""
    with runtime().transaction() as session:
        schedules.change_schedule(session, path.schedule_id, body)
        return answer(schedule_views.view_schedule(session, path.schedule_id))


@api.post("/<id:schedule_id>/run", responses={202: StartedRun})
@requires("admin")
def run_schedule(path: SchedulePath) -> Response:
    """Run a schedule's task now; its due times stay as they are."""
    task_id = schedule_runs.run_now(runtime(), path.schedule_id, current_user.who)
    return answer(StartedRun(task_id=task_id), 202, {"Location": f"/api/queues/{task_id}"})
