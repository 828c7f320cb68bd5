"""One act on many tasks: asks with the count, does it to the snapshot that was asked about, tells what refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request
from sqlalchemy.dialects.postgresql import ARRAY
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from queueapp import states
from queueapp.ledger import reads
from queueapp.models.task import Task
from queueapp.priorities import Priority
from queueapp.services import bulk
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.pages import answering, words
from webui.pages.reading import session
from webui.pages.task_query import TaskQuery
from webui.security import current_user, requires

blueprint = Blueprint("bulk", __name__, url_prefix="/tasks/bulk")

VERBS = {"cancel": "Cancel", "retry": "Retry", "delete": "Delete", "priority": "Set the priority of"}
DONE = {"cancel": "Canceled", "retry": "Retried", "delete": "Deleted", "priority": "Gave a new priority to"}
#: Refusals shown one by one; the rest is counted.
REFUSALS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about: the tasks as they were chosen, and how many of them the act fits now."""

    action: bulk.Action
    ids: list[int]
    #: how many fit the filter in all, which may be more than are done at a time
    matching: int
    fitting: int
    priority: int | None

    @property
    def verb(self) -> str:
        """The act as a command."""
        return VERBS[self.action]

    @property
    def refusing(self) -> int:
        """How many it will not be possible for, as they stand."""
        return len(self.ids) - self.fitting

    @property
    def can_undo(self) -> bool:
        """Whether it can be taken back for a few seconds."""
        return self.action in ("delete", "priority")

    @property
    def priority_name(self) -> str:
        """The new priority in words."""
        return Priority(self.priority).name.lower() if self.priority else ""


@blueprint.get("")
@requires("admin")
def ask() -> Response | str:
    """Ask before an act on the chosen tasks, or on all that fit the filter."""
    back = answering.next_url(TaskQuery.read(request.args).url())
    if "action" not in request.args:
        return redirect(back)
    asked = _read(request.args)
    if not asked.ids:
        flash("No task is chosen", "error")
        return redirect(back, 303)
    return render_template("tasks/bulk_ask.html", asked=asked, back=back)


@blueprint.post("", endpoint="run")
@requires("admin")
def run() -> str:
    """Do it to the snapshot; without script, what time does not suffice for is continued from the answer."""
    action, priority = _action(request.form), _priority(request.form)
    ids = _ids(request.form.getlist("ids"))[: bulk.MAX_TASKS]
    end = bulk.act_on(runtime(), action, ids, by=current_user.who, priority=priority)
    add_detail(action=action, matched=len(ids), done=end.done)
    if end.undo_token:
        answering.say(answering.Undoable(f"{DONE[action]} {words.plural(end.done, 'task')}", end.undo_token))
    return render_template(
        "tasks/bulk_result.html",
        action=action,
        said=DONE[action],
        end=end,
        asked=len(ids),
        refused=end.refused[:REFUSALS_SHOWN],
        priority=priority,
        back=answering.next_url(answering.tasks_url()),
    )


def _read(args: MultiDict[str, str]) -> Asked:
    action = _action(args)
    if "all" in args:
        found, matching = _matching(TaskQuery.read(args), args.get("error"))
    else:
        found, matching = _named(_ids(args.getlist("ids"))), 0
    fitting = sum(_fits(action, status) for status in found.values())
    return Asked(action, list(found), max(matching, len(found)), fitting, _priority(args))


def _action(args: MultiDict[str, str]) -> bulk.Action:
    action: Any = args.get("action", "")
    if action not in get_args(bulk.Action):
        abort(422, "unknown action")
    return action  # type: ignore[no-any-return]


def _priority(args: MultiDict[str, str]) -> int | None:
    if args.get("action") != "priority":
        return None
    given = args.get("new_priority", "")
    if given not in {str(each.value) for each in Priority}:
        abort(422, "unknown priority")
    return int(given)


def _ids(given: list[str]) -> list[int]:
    words_given = ",".join(given).split(",")
    return list(dict.fromkeys(int(each) for each in words_given if each.isdigit() and len(each) < 18))


def _named(ids: list[int]) -> dict[int, str]:
    """These tasks with their statuses; one that is gone has none."""
    known = sa.select(Task.id, Task.status).where(Task.id == sa.any_(sa.literal(ids, ARRAY(sa.BigInteger))))
    statuses = {task_id: str(status) for task_id, status in session().execute(known)}
    return {task_id: statuses.get(task_id, "") for task_id in ids}


def _matching(query: TaskQuery, error: str | None) -> tuple[dict[int, str], int]:
    """The newest tasks that fit with their statuses, as many as are done at a time, and how many fit."""
    conditions = query.filter().conditions()
    if error is not None:
        conditions.append(Task.error == error)
    newest = sa.select(Task.id, Task.status).where(*conditions)
    newest = newest.order_by(Task.created_at.desc(), Task.id.desc()).limit(bulk.MAX_TASKS)
    found = {task_id: str(status) for task_id, status in session().execute(newest)}
    if len(found) < bulk.MAX_TASKS or error is not None:
        return found, len(found)
    return found, reads.count_tasks(session(), query.filter())[0]


def _fits(action: bulk.Action, status: str) -> bool:
    if status not in states.TASK_ACTS:
        return False
    if action == "priority":
        return status in states.TASK_ACTIVE
    return states.TaskAct(action) in states.TASK_ACTS[states.TaskStatus(status)]
