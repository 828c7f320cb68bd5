"""Tasks: the list, its rows for live updates, and one task with its items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from queueapp import states
from queueapp.ledger import reads, task_log
from queueapp.ledger.views import TaskView
from queueapp.priorities import Priority
from queueapp.services import cancel, pause, retry, undo
from queueapp.services import run_next as next_one
from queueapp.services.rename import reverting
from webui.context import runtime
from webui.pages import answering, error_groups, groups, item_files, item_pages, saved_views, timeline, words
from webui.pages.reading import session
from webui.pages.task_query import ItemsQuery, TaskQuery
from webui.security import current_user, requires

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")

#: Items shown below a row; the task's own page has all.
PANEL_ITEMS = 60
MOST_ROWS = 100
#: Lines of the log of all items shown on a task's page.
LOG_LINES = 200


@dataclass(frozen=True, slots=True)
class Panel:
    """The items shown below a task's row."""

    task_id: int
    groups: list[groups.Group]
    total: int
    hidden: int


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """The list of tasks."""
    query = TaskQuery.read(request.args)
    page = reads.list_tasks(session(), query.filter(), query.page())
    expanded = request.args.get("expand", type=int)
    return render_template(
        "tasks/index.html",
        query=query,
        page=page,
        tabs=query.tabs(reads.counts_by_status(session())),
        types=runtime().registry.names(),
        panel=_panel(expanded) if expanded in [task.id for task in page.tasks] else None,
        views=saved_views.known(),
        error_groups=error_groups.of_tasks(session(), query.filter()) if query.status == "failed" else [],
    )


@blueprint.get("/rows")
@requires("viewer")
def rows() -> str:
    """Single rows of the list, named by `ids`, as they are now."""
    wanted = [int(each) for each in request.args.get("ids", "").split(",") if each.isdigit()]
    if len(wanted) > MOST_ROWS:
        abort(422, f"at most {MOST_ROWS} rows at a time")
    return render_template("tasks/rows.html", tasks=reads.get_tasks(session(), wanted))


@blueprint.get("/<id:task_id>/panel")
@requires("viewer")
def panel(task_id: int) -> str:
    """The items of a task as shown below its row."""
    return render_template("_parts/task_panel.html", panel=_panel(task_id))


@blueprint.get("/<id:task_id>")
@requires("viewer")
def detail(task_id: int) -> str:
    """One task with a page of its items."""
    task = reads.get_task(session(), task_id)
    query = ItemsQuery.read(task_id, request.args)
    items, total = item_pages.read(session(), task, query)
    return render_template(
        "tasks/detail.html",
        task=task,
        items=items,
        items_total=total,
        items_query=query,
        tabs=query.tabs(task),
        timeline=timeline.of_task(task),
        error_groups=error_groups.of_task(session(), task),
        log=task_log.newest(session(), task_id, LOG_LINES),
        priorities=list(Priority),
        revertible=reverting.count_revertible(session(), task_id) if task.finished_at else 0,
    )


@blueprint.get("/<id:task_id>/log")
@requires("viewer")
def log(task_id: int) -> str:
    """The newest log lines of a task's items."""
    reads.get_task(session(), task_id)
    return render_template(
        "_parts/task_log.html", task_id=task_id, log=task_log.newest(session(), task_id, LOG_LINES)
    )


@blueprint.get("/<id:task_id>/items.<kind>")
@requires("viewer")
def export(task_id: int, kind: str) -> Response:
    """All items of a task as a file."""
    if kind not in item_files.KINDS:
        abort(404)
    task = reads.get_task(session(), task_id)
    return item_files.answer(runtime(), task, kind)


@blueprint.post("/<id:task_id>/cancel", endpoint="cancel")
@requires("admin")
def cancel_task(task_id: int) -> Response:
    """Cancel a task."""
    return _do(task_id, lambda: cancel.cancel_task(runtime(), task_id, current_user.who), "Canceling")


@blueprint.post("/<id:task_id>/pause", endpoint="pause")
@requires("admin")
def pause_task(task_id: int) -> Response:
    """Let a task start nothing new."""
    return _do(task_id, lambda: pause.pause_task(runtime(), task_id, current_user.who), "Paused")


@blueprint.post("/<id:task_id>/resume", endpoint="resume")
@requires("admin")
def resume_task(task_id: int) -> Response:
    """Let a paused task go on."""
    return _do(task_id, lambda: pause.resume_task(runtime(), task_id, current_user.who), "Resumed")


@blueprint.post("/<id:task_id>/retry", endpoint="retry")
@requires("admin")
def retry_task(task_id: int) -> Response:
    """Run what failed or was canceled again."""

    def act() -> str:
        count = retry.retry_task(runtime(), task_id, scope="failed", by=current_user.who)
        return f"Retrying {words.plural(count, 'item')} of task {task_id}"

    return answering.do(act, default=url_for("pages.tasks.detail", task_id=task_id))


@blueprint.route("/<id:task_id>/retry_all", methods=["GET", "POST"])
@requires("admin")
def retry_all(task_id: int) -> Response | str:
    """Ask, then run every item of a task again."""
    back = url_for("pages.tasks.detail", task_id=task_id)
    if request.method == "GET":
        return _ask("tasks/ask_retry_all.html", task_id, back)

    def act() -> str:
        count = retry.retry_task(runtime(), task_id, scope="all", by=current_user.who)
        return f"Running {words.plural(count, 'item')} of task {task_id} again"

    return answering.do(act, default=back)


@blueprint.route("/<id:task_id>/delete", methods=["GET", "POST"])
@requires("admin")
def delete(task_id: int) -> Response | str:
    """Ask, then delete a finished task with its items and their logs; for a few seconds it can be brought back."""
    if request.method == "GET":
        return _ask("tasks/ask_delete.html", task_id, url_for("pages.tasks.detail", task_id=task_id))

    def act() -> answering.Undoable:
        token = undo.delete_task(runtime(), task_id, current_user.who)
        return answering.Undoable(f"Task {task_id} is deleted", token)

    gone = url_for("pages.tasks.detail", task_id=task_id)
    return answering.do(act, default=answering.tasks_url(), gone=gone)


@blueprint.post("/<id:task_id>/priority", endpoint="priority")
@requires("admin")
def set_priority(task_id: int) -> Response:
    """Give a task another priority."""
    given = request.form.get("priority", "")
    if given not in {str(each.value) for each in Priority}:
        abort(422, "unknown priority")

    def act() -> answering.Undoable:
        token = undo.set_priority(runtime(), task_id, int(given), current_user.who)
        return answering.Undoable(f"Task {task_id} has {Priority(int(given)).name.lower()} priority", token)

    return answering.do(act, default=url_for("pages.tasks.detail", task_id=task_id))


@blueprint.post("/<id:task_id>/next", endpoint="run_next")
@requires("admin")
def run_next(task_id: int) -> Response:
    """Put a task before all others of its lane."""
    return _do(task_id, lambda: next_one.run_next(runtime(), task_id), "Runs next")


@blueprint.post("/<id:task_id>/retry_group", endpoint="retry_group")
@requires("admin")
def retry_group(task_id: int) -> Response:
    """Run the items again that failed with the same error."""

    def act() -> str:
        count, left = error_groups.retry_items(
            runtime(), task_id, request.form.get("error", ""), current_user.who
        )
        more = f"; {words.number(left)} are left, retry them again" if left else ""
        return f"Retrying {words.plural(count, 'item')}{more}"

    return answering.do(act, default=url_for("pages.tasks.detail", task_id=task_id))


def _do(task_id: int, act: Any, said: str) -> Response:
    def work() -> str:
        act()
        return f"{said}: {reads.get_task(session(), task_id).title}"

    return answering.do(work, default=url_for("pages.tasks.detail", task_id=task_id))


def _ask(template: str, task_id: int, back: str) -> str:
    task: TaskView = reads.get_task(session(), task_id)
    return render_template(template, task=task, back=answering.next_url(back))


def _panel(task_id: int | None) -> Panel | None:
    if task_id is None:
        return None
    total = reads.get_task(session(), task_id).total_items
    strongest = [states.ItemStatus.FAILED, states.ItemStatus.RUNNING]
    first, _ = reads.list_items(session(), task_id, status=strongest, limit=PANEL_ITEMS)
    rest, _ = reads.list_items(session(), task_id, limit=PANEL_ITEMS)
    shown = {item.id: item for item in (*rest, *first)}
    items = sorted(shown.values(), key=lambda item: item.index)
    return Panel(task_id, groups.by_subject(items), total, max(0, total - len(items)))
