"""Schedules: what runs by itself, when it ran and when it runs next."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.services.schedule import schedule_runs, schedule_views, schedules
from queueapp.services.schedule.schedule_views import ScheduleView
from queueapp.services.schedule.schedules import ScheduleChange
from webui.context import runtime
from webui.pages import answering, forms
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("schedules", __name__, url_prefix="/schedules")

TIMING = ("cron", "timezone", "every", "unit", "jitter_seconds")


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


@blueprint.route("/<id:schedule_id>", methods=["GET", "POST"])
@requires("admin")
def edit(schedule_id: int) -> Response | str | tuple[str, int]:
    """Change when a schedule fires."""
    schedule = schedule_views.view_schedule(session(), schedule_id)
    if request.method == "GET":
        return render_template("schedules/edit.html", schedule=schedule, given=_shown(schedule), problems={})
    given = {name: request.form.get(name, "").strip() for name in ("timing", *TIMING)}
    try:
        change = ScheduleChange.model_validate(_change(given))
        with runtime().transaction() as db:
            schedules.change_schedule(db, schedule_id, change)
    except (ValidationError, errors.BadPayload) as error:
        problems = forms.problems(error)
        return render_template("schedules/edit.html", schedule=schedule, given=given, problems=problems), 422
    flash(f"{schedule.title} is changed")
    return redirect(url_for("pages.schedules.index"), 303)


def _shown(schedule: ScheduleView) -> dict[str, Any]:
    seconds = schedule.interval_seconds or 0
    unit = next((size for size in (86400, 3600, 60) if seconds and seconds % size == 0), 1)
    return {
        "timing": "cron" if schedule.cron else "interval",
        "cron": schedule.cron or "",
        "timezone": schedule.timezone,
        "every": seconds // unit or "",
        "unit": str(unit),
        "jitter_seconds": schedule.jitter_seconds,
    }


def _change(given: dict[str, str]) -> dict[str, Any]:
    change: dict[str, Any] = {"jitter_seconds": given["jitter_seconds"] or 0}
    if given["timing"] == "cron":
        return change | {"cron": given["cron"], "timezone": given["timezone"] or "UTC"}
    every, unit = given["every"], given["unit"]
    seconds = int(every) * int(unit) if every.isdigit() and unit.isdigit() else every
    return change | {"interval_seconds": seconds}


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
