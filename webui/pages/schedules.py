"""Schedules: what runs by itself, when it ran and when it runs next."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.services import schedule_runs, schedule_views, schedules
from queueapp.services.schedules import ScheduleChange
from webui.context import runtime
from webui.pages import answering
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("schedules", __name__, url_prefix="/schedules")


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """All schedules."""
    rows = schedule_views.list_schedules(session(), runtime().registry.names())
    return render_template("schedules/index.html", schedules=rows)


@blueprint.post("/<id:schedule_id>/run")
@requires("admin")
def run(schedule_id: int) -> Response:
    """Run a schedule's task now and go to it; while its last run is active, to that one."""
    try:
        task_id = schedule_runs.run_now(runtime(), schedule_id, current_user.who)
    except errors.AlreadyQueued as active:
        flash("Its last run is going on already")
        task_id = active.task_id
    return redirect(url_for("pages.tasks.detail", task_id=task_id), 303)


@blueprint.post("/<id:schedule_id>/enable", defaults={"enabled": True}, endpoint="enable")
@blueprint.post("/<id:schedule_id>/disable", defaults={"enabled": False}, endpoint="disable")
@requires("admin")
def switch(schedule_id: int, enabled: bool) -> Response:
    """Let a schedule fire, or not."""

    def act() -> str:
        with runtime().transaction() as db:
            schedule = schedules.change_schedule(db, schedule_id, ScheduleChange(enabled=enabled))
            return f"{schedule.title}: {'on' if enabled else 'off'}"

    return answering.do(act, default=url_for("pages.schedules.index"))
