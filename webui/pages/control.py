"""Steers the queue as a whole: pause and resume everything or one operation, end the waits of retries."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from queueapp.services import circuits, control
from webui.context import runtime
from webui.pages import answering, words
from webui.security import current_user, requires

blueprint = Blueprint("control", __name__, url_prefix="/control")


@blueprint.post("/pause", endpoint="pause")
@requires("admin")
def pause() -> Response:
    """Finish what runs and start nothing new."""
    operation = request.form.get("operation") or None

    def act() -> str:
        control.pause(runtime(), operation, current_user.who)
        return f"{operation or 'Everything'} is paused: what runs is finished, nothing new starts"

    return answering.do(act, default=url_for("pages.dashboard.index"))


@blueprint.post("/resume", endpoint="resume")
@requires("admin")
def resume() -> Response:
    """Go on."""
    operation = request.form.get("operation") or None

    def act() -> str:
        control.resume(runtime(), operation)
        return f"{operation or 'Everything'} goes on"

    return answering.do(act, default=url_for("pages.dashboard.index"))


@blueprint.post("/process-now", endpoint="process_now")
@requires("admin")
def process_now() -> Response:
    """Make waiting retries due."""

    def act() -> str:
        count = control.process_now(runtime(), request.form.get("operation") or None)
        return f"{words.plural(count, 'waiting item')} {'is' if count == 1 else 'are'} due now"

    return answering.do(act, default=url_for("pages.dashboard.index"))


@blueprint.post("/try-again", endpoint="try_again")
@requires("admin")
def try_again() -> Response:
    """Try a provider that is left alone."""
    provider = request.form.get("provider", "")

    def act() -> str:
        count = circuits.try_again(runtime(), provider)
        return f"{provider} is tried again: {words.plural(count, 'waiting item')} due now"

    return answering.do(act, default=url_for("pages.dashboard.index"))
