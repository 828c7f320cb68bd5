"""One item: payload, result, error, log; and its rows and lines for live updates."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from queueapp import errors
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
    return _detail(task_id, item_id)


def _detail(task_id: int, item_id: int, payload_text: str | None = None, payload_problem: str = "") -> str:
    item = reads.get_item(session(), task_id, item_id)
    given = json.dumps(item.payload, indent=2, ensure_ascii=False)
    return render_template(
        "items/detail.html",
        payload_text=given if payload_text is None else payload_text,
        payload_problem=payload_problem,
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


@blueprint.post("/payload", endpoint="retry_with")
@requires("admin")
def retry_with_payload(task_id: int, item_id: int) -> Response | tuple[str, int]:
    """Run one item again with another payload; one that does not fit is refused beside it."""
    text = request.form.get("payload", "")
    try:
        payload = _payload(text)
        retry.retry_item(runtime(), task_id, item_id, current_user.who, payload=payload)
    except errors.BadPayload as error:
        told = "; ".join(_complaint(one) for one in error.errors) or error.message
        return _detail(task_id, item_id, payload_text=text, payload_problem=told), 422
    except answering.TOLD as error:
        flash(error.message, "error")
    else:
        flash(f"Retrying item {item_id} with another payload")
    return redirect(_here(task_id, item_id), 303)


def _payload(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise errors.BadPayload(f"this is not JSON: {error}", []) from None
    if not isinstance(found, dict):
        raise errors.BadPayload("a payload is a JSON object", [])
    return found


def _complaint(one: dict[str, Any]) -> str:
    path = ".".join(str(part) for part in one["loc"])
    return f"{path}: {one['msg']}" if path else str(one["msg"])


def _here(task_id: int, item_id: int) -> str:
    return url_for("pages.items.detail", task_id=task_id, item_id=item_id)
