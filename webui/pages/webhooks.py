"""Webhooks: what Radarr and Sonarr sent, what came of it, and doing it again."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template, request, url_for
from werkzeug.wrappers import Response

from queueapp.services.arr import webhooks
from webui import webhook_intake
from webui.context import runtime
from webui.pages import answering
from webui.pages.reading import session
from webui.pages.webhook_query import LIMIT, WebhookQuery
from webui.security import requires

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@blueprint.get("", strict_slashes=False)
@requires("viewer")
def index() -> str:
    """What was received, newest first."""
    query = WebhookQuery.read(request.args)
    page = webhooks.list_webhooks(session(), query.filter(), limit=LIMIT, cursor=query.before or None)
    sources, events = webhooks.choices(session())
    return render_template(
        "webhooks/index.html",
        page=page,
        query=query,
        sources=sources,
        events=events,
        spool=webhook_intake.of(current_app).spool.health(),
    )


@blueprint.get("/received/<id:webhook_id>")
@requires("viewer")
def detail(webhook_id: int) -> str:
    """One webhook with its payload."""
    return render_template("webhooks/detail.html", webhook=webhooks.get_webhook(session(), webhook_id))


@blueprint.post("/received/<id:webhook_id>/replay")
@requires("admin")
def replay(webhook_id: int) -> Response:
    """Act on a webhook again."""

    def act() -> str:
        new = webhooks.replay(runtime(), webhook_id)
        return f"Task {new.task_id} does it again" if new.task_id else (new.reason or "Recorded once more")

    return answering.do(act, default=url_for("pages.webhooks.index"))
