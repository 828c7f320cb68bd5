"""Pages of the queue for a Flask app of another project: tasks, their items, cancel and retry; nothing of media."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from queueapp import errors
from queueapp.ledger import reads
from queueapp.ledger.filters import Page, TaskFilter
from queueapp.runtime import Runtime
from queueapp.services import cancel, retry
from queueapp.states import TASK_ACTIVE

#: Rows of a page.
TASKS = 50
ITEMS = 100
MOST_OFFSET = 10_000_000
STATUSES: dict[type[errors.QueueAppError], int] = {
    errors.NotFound: 404,
    errors.WrongStatus: 409,
    errors.Conflict: 409,
    errors.BadPayload: 400,
    errors.DatabaseUnavailable: 503,
}
#: A task of the ledger: ids are 64 bits wide.
TASK = f"/<int(max={2**63 - 1}):task_id>"


def queueapp_blueprint(
    runtime: Runtime,
    *,
    allow: Callable[[], bool],
    who: Callable[[], str] = lambda: "",
    name: str = "queueapp",
) -> Blueprint:
    """Return the pages of `runtime`'s queue, to be registered below a prefix of an app.

    `allow` decides, within each request, whether its caller may see and steer the queue (403 otherwise); `who`
    names the caller in the ledger. Acts are taken only from the app's own pages, whatever CSRF check it has.
    """
    pages = Blueprint(
        name,
        "webui",
        template_folder="templates/mounted",
        static_folder="static/mounted",
        static_url_path="/static",
    )

    @pages.before_request
    def _guard() -> None:
        if not allow():
            abort(403)
        if request.method == "POST" and not _from_own_page():
            abort(403, "acts are taken from the pages of this site only")

    _add_reading(pages, runtime)
    _add_acts(pages, runtime, who)
    for error in STATUSES:
        pages.register_error_handler(error, _explain)
    pages.after_request(_never_store)
    return pages


def _add_reading(pages: Blueprint, runtime: Runtime) -> None:
    @pages.get("/")
    def tasks() -> str:
        """Render the newest tasks, or those after a cursor."""
        page = Page(limit=TASKS, cursor=request.args.get("after"))
        with runtime.transaction() as session:
            found = reads.list_tasks(session, TaskFilter(), page)
        return render_template("queueapp/tasks.html", page=found, active=TASK_ACTIVE)

    @pages.get(TASK)
    def task(task_id: int) -> str:
        """Render a task with a page of its items."""
        offset = min(max(request.args.get("offset", 0, type=int), 0), MOST_OFFSET)
        with runtime.transaction() as session:
            found = reads.get_task(session, task_id)
            items, total = reads.list_items(session, task_id, limit=ITEMS, offset=offset)
        more = offset + ITEMS if offset + ITEMS < total else None
        return render_template("queueapp/task.html", task=found, items=items, more=more, active=TASK_ACTIVE)


def _add_acts(pages: Blueprint, runtime: Runtime, who: Callable[[], str]) -> None:
    @pages.post(f"{TASK}/cancel", endpoint="cancel")
    def cancel_task(task_id: int) -> ResponseReturnValue:
        """Cancel a task."""
        cancel.cancel_task(runtime, task_id, who())
        return redirect(url_for(".task", task_id=task_id), 303)

    @pages.post(f"{TASK}/retry", endpoint="retry")
    def retry_task(task_id: int) -> ResponseReturnValue:
        """Run what failed or was canceled again."""
        retry.retry_task(runtime, task_id, by=who())
        return redirect(url_for(".task", task_id=task_id), 303)


def _from_own_page() -> bool:
    """Return whether a browser says that this form was on a page of the same host."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def _explain(error: errors.QueueAppError) -> ResponseReturnValue:
    return Response(f"{error}\n", STATUSES[type(error)], mimetype="text/plain")


def _never_store(response: Response) -> Response:
    if not (request.endpoint or "").endswith(".static"):
        response.headers["Cache-Control"] = "no-store"
    return response
