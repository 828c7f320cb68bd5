"""Rename the files of a title after a look at the plan, and take back what a task did to files."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.ledger import reads
from queueapp.services.library import libraries
from queueapp.services.rename import acts, renaming, reverting
from queueapp.services.title import media
from queueapp.services.title.title_acts import Asked
from webui.context import runtime
from webui.pages import answering
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("renaming", __name__)

ORIGIN = "title's page"


@blueprint.get("/media/<id:media_id>/rename")
@requires("admin")
def preview(media_id: int) -> str | tuple[str, int]:
    """What a rename would do, by the template in force or another one."""
    return _preview(media_id, request.args.get("template", "").strip(), {})


@blueprint.post("/media/<id:media_id>/rename")
@requires("admin")
def rename(media_id: int) -> Response | str | tuple[str, int]:
    """Rename, and go to the task."""
    given = request.form.get("template", "").strip()
    force = request.form.get("force") == "1"
    asked = Asked(current_user.who, ORIGIN)
    try:
        made = acts.rename(runtime(), media_id, asked, given or None, force=force)
    except (errors.BadPayload, errors.Conflict, errors.WrongStatus, errors.TaskLimitReached) as error:
        return _preview(media_id, given, {"": _sentence(error.message)})
    return redirect(url_for("pages.tasks.detail", task_id=made.task_id), 303)


@blueprint.get("/tasks/<id:task_id>/revert")
@requires("admin")
def ask_revert(task_id: int) -> str:
    """Ask before the files of a task's titles are as they were."""
    task = reads.get_task(session(), task_id)
    back = answering.next_url(url_for("pages.tasks.detail", task_id=task_id))
    count = reverting.count_revertible(session(), task_id)
    return render_template("renaming/ask_revert.html", task=task, count=count, back=back)


@blueprint.post("/tasks/<id:task_id>/revert")
@requires("admin")
def revert(task_id: int) -> Response:
    """Take back what a task did to files, and go to the task that does so."""
    try:
        made = reverting.start(runtime(), task_id, by=current_user.who, origin="task's page")
    except answering.TOLD as error:
        flash(_sentence(error.message), "error")
        return redirect(url_for("pages.tasks.detail", task_id=task_id), 303)
    return redirect(url_for("pages.tasks.detail", task_id=made.task_id), 303)


def _preview(media_id: int, given: str, problems: dict[str, str]) -> str | tuple[str, int]:
    title = media.get_media(session(), media_id)
    plan: dict[str, Any] | None = None
    template, manager = given, None
    try:
        found, template, manager = acts.preview(runtime(), media_id, given or None)
        plan = renaming.view(found)
    except errors.BadPayload as bad:
        problems = problems | {"template": _sentence(str(bad.errors[0]["msg"]))}
    except (errors.Permanent, errors.WrongStatus) as refused:
        problems = {"": _sentence(refused.message)} | problems
    page = render_template(
        "renaming/preview.html",
        title=title,
        library=libraries.get_library(session(), title.library_id),
        plan=plan,
        template=template,
        given=given,
        manager=manager,
        problems=problems,
    )
    return (page, 422) if problems else page


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]
