"""One item: payload, result, error, log; and its rows and lines for live updates."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from queueapp.ledger import reads
from queueapp.services import cancel, retry
from webui.context import runtime
from webui.pages import answering
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("items", __name__, url_prefix="/tasks/<id:task_id>/items/<id:item_id>")

#: Log lines sent at once; the page asks for those behind as it goes.
LOG_LINES = 2000


@blueprint.get("")
@requires("viewer")
def detail(task_id: int, item_id: int) -> str:
    """One item with all that is known of it."""
    item = reads.get_item(session(), task_id, item_id)
    return render_template(
        "items/detail.html",
        task=reads.get_task(session(), task_id),
        item=item,
        log=reads.item_logs(session(), item_id, after=max(0, item.log_lines - LOG_LINES), limit=LOG_LINES),
    )


@blueprint.get("/log")
@requires("viewer")
def log(task_id: int, item_id: int) -> str:
    """The log lines behind `after`."""
    reads.get_item(session(), task_id, item_id)
    after = request.args.get("after", 0, type=int)
    return render_template("_parts/log_lines.html", log=reads.item_logs(session(), item_id, after=after))


@blueprint.post("/cancel", endpoint="cancel")
@requires("admin")
def cancel_item(task_id: int, item_id: int) -> Response:
    """Cancel one item."""

    def act() -> str:
        cancel.cancel_item(runtime(), task_id, item_id, current_user.who)
        return f"Canceling item {item_id}"

    return answering.do(act, default=_here(task_id, item_id))


@blueprint.post("/retry", endpoint="retry")
@requires("admin")
def retry_item(task_id: int, item_id: int) -> Response:
    """Run one item again."""

    def act() -> str:
        retry.retry_item(runtime(), task_id, item_id, current_user.who)
        return f"Retrying item {item_id}"

    return answering.do(act, default=_here(task_id, item_id))


def _here(task_id: int, item_id: int) -> str:
    return url_for("pages.items.detail", task_id=task_id, item_id=item_id)
