"""Settings: how the phases behave, who may come in, and the task manager in pages of other sites."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.services import phase_config
from webui import widget
from webui.api.widget import script_tag
from webui.context import runtime
from webui.pages import answering, forms, schema_forms
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("settings", __name__, url_prefix="/settings")

PHASES = {
    "scan": ("Scan", "Which files count as films and episodes."),
    "enrichment": ("Enrichment", "What is fetched from TMDB and fanart.tv."),
    "publish": ("Publish", "What is written beside the video, besides the NFO."),
    "playerSync": ("Player sync", "How players are told of what changed."),
}
TOKEN_DAYS = 365


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """The configuration of the phases."""
    return _phases()


@blueprint.post("/phases/<phase>")
@requires("admin")
def change_phase(phase: str) -> Response | tuple[str, int]:
    """Change one phase; a running task keeps what it started with."""
    given = schema_forms.read(_fields(phase), request.form)
    try:
        with runtime().transaction() as db:
            phase_config.change(db, phase, given, current_user.who)
    except errors.BadPayload as error:
        return _phases(phase, forms.problems(error)), 422
    flash(f"{PHASES[phase][0]} is changed, for tasks that start from now on")
    return redirect(url_for("pages.settings.index"), 303)


@blueprint.route("/phases/reset", methods=["GET", "POST"])
@requires("admin")
def reset_phases() -> Response | str:
    """Ask, then go back to the defaults in all phases."""
    back = url_for("pages.settings.index")
    if request.method == "GET":
        return render_template("settings/ask_reset.html", back=answering.next_url(back))

    def act() -> str:
        with runtime().transaction() as db:
            phase_config.reset(db)
        return "All phases are as they were at first"

    return answering.do(act, default=back)


@blueprint.get("/widget")
@requires("admin")
def widget_page() -> str:
    """The task manager in pages of other sites."""
    return _widget()


@blueprint.post("/widget")
@requires("admin")
def make_token() -> str:
    """Make a token and show the script tag with it, once."""
    days = min(max(request.form.get("days", TOKEN_DAYS, type=int), 1), widget.MAX_DAYS)
    with runtime().transaction() as db:
        token = widget.make_token(db, days)
    return _widget(script_tag(token), days)


@blueprint.route("/widget/void", methods=["GET", "POST"])
@requires("admin")
def void_tokens() -> Response | str:
    """Ask, then make all tokens useless."""
    back = url_for("pages.settings.widget_page")
    if request.method == "GET":
        return render_template("settings/ask_void.html", back=answering.next_url(back))

    def act() -> str:
        with runtime().transaction() as db:
            widget.void_tokens(db, current_user.who)
        return "All tokens given out so far are void"

    return answering.do(act, default=back)


def _fields(phase: str) -> list[schema_forms.Field]:
    return schema_forms.fields_of(phase_config.phase_model(phase).model_json_schema(by_alias=True))


def _phases(refused: str | None = None, problems: dict[str, str] | None = None) -> str:
    known = phase_config.snapshot(session())
    shown: list[dict[str, Any]] = []
    for name, (label, hint) in PHASES.items():
        fields = _fields(name)
        values = schema_forms.shown(fields, known[name])
        if name == refused:
            values = {key: request.form.get(key, "") for key in values}
        mine = (problems or {}) if name == refused else {}
        shown.append(
            {"name": name, "label": label, "hint": hint, "fields": fields, "values": values, "problems": mine}
        )
    return render_template("settings/phases.html", phases=shown)


def _widget(script: str = "", days: int = TOKEN_DAYS) -> str:
    origins = runtime().settings.web.embed_origins
    return render_template("settings/widget.html", origins=origins, script=script, days=days)
