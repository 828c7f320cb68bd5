"""A new task, by a form that is made of the operation's payload model; also as a dry run."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.operations import Operation
from queueapp.priorities import Priority
from queueapp.services import enqueue
from webui.api.new_tasks import new_task
from webui.api.queue_models import NewTaskBody
from webui.context import runtime
from webui.pages import forms, schema_forms
from webui.security import current_user, requires

blueprint = Blueprint("new_task", __name__, url_prefix="/tasks/new")

ORIGIN = "new task page"


@blueprint.get("")
@requires("admin")
def choose() -> Response | str:
    """All operations to choose from, or with `type` that operation's form."""
    chosen = request.args.get("type")
    if chosen is None:
        return render_template("tasks/choose.html", operations=_operations())
    operation = _operation(chosen)
    return _form(operation, request.args, {})


@blueprint.post("")
@requires("admin")
def create() -> Response | tuple[str, int]:
    """Enqueue the task and go to it; what does not fit is said beside its field."""
    operation = _operation(request.form.get("type", ""))
    fields = schema_forms.fields_of(operation.payload.model_json_schema())
    payload = schema_forms.read(fields, request.form)
    try:
        body = NewTaskBody.model_validate(
            {
                "type": operation.name,
                "items": [payload],
                "title": request.form.get("title", "").strip() or None,
                "priority": request.form.get("priority") or None,
                "dry_run": request.form.get("act") == "dry_run",
                "meta": {"origin": ORIGIN},
            }
        )
        made = enqueue.create_task(runtime(), new_task(runtime(), body, current_user))
    except ValidationError as error:
        return _form(operation, request.form, forms.problems(error)), 422
    except errors.BadPayload as error:
        return _form(operation, request.form, _problems(error)), 422
    except (errors.PathRefused, errors.AlreadyQueued, errors.TaskLimitReached, errors.TooLarge) as error:
        return _form(operation, request.form, {"": error.message}), 422
    flash("This is a dry run: it reports what it would do" if body.dry_run else "The task is enqueued")
    return redirect(url_for("pages.tasks.detail", task_id=made.task_id), 303)


def _operations() -> list[Operation]:
    return [operation for operation in runtime().registry.all() if operation.public]


def _operation(name: str) -> Operation:
    found = runtime().registry.find(name)
    if found is None or not found.public:
        abort(404, f"there is no operation {name}")
    return found


def _form(operation: Operation, given: MultiDict[str, str], problems: dict[str, str]) -> str:
    fields = schema_forms.fields_of(operation.payload.model_json_schema())
    values: dict[str, Any] = schema_forms.shown(fields, given if not problems else {})
    if problems:
        values |= {name: given.get(name, "") for name in values}
    return render_template(
        "tasks/new.html",
        operation=operation,
        fields=fields,
        values=values,
        problems=problems,
        given=given,
        priorities=list(Priority),
    )


def _problems(error: errors.BadPayload) -> dict[str, str]:
    """Complaints by the path of the field in the payload: the place of the item before it is left out."""
    found: dict[str, str] = {}
    for one in error.errors:
        path = [str(part) for part in one["loc"]]
        if path[:1] == ["items"]:
            path = path[2:]
        name = ".".join(part for part in path if part != "payload" and not part.isdigit())
        message = str(one["msg"])
        found.setdefault(name, message[:1].upper() + message[1:])
    return found or {"": error.message}
