"""Downloaders: the Radarr and Sonarr instances that bring files in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.models.downloader import DownloaderKind
from queueapp.services.arr import downloader_contact, downloaders
from queueapp.services.arr.downloader_views import DownloaderChanges, DownloaderView, NewDownloader
from webui.api.downloaders import own_root, start_recovery
from webui.context import runtime
from webui.pages import answering, forms
from webui.pages.reading import session
from webui.security import requires

blueprint = Blueprint("downloaders", __name__, url_prefix="/settings/downloaders")

#: Rows of path mappings in the form; the API takes more.
MAPPING_ROWS = 3


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """All downloaders, and the form to add one."""
    return _index({}, {})


@blueprint.post("")
@requires("admin")
def add() -> Response | str | tuple[str, int]:
    """Add a downloader, and show once what to enter in it."""
    given = _given()
    try:
        new = NewDownloader.model_validate(
            {name: value for name, value in given.items() if value is not None}
        )
        with runtime().transaction() as db:
            downloader = downloaders.add_downloader(db, new)
    except (ValidationError, errors.BadPayload) as error:
        return _index(given, forms.problems(error)), 422
    except errors.Conflict as error:
        return _index(given, {"name": error.message}), 409
    return render_template("downloaders/added.html", downloader=downloader, root=own_root())


@blueprint.route("/<id:downloader_id>", methods=["GET", "POST"])
@requires("admin")
def edit(downloader_id: int) -> Response | str | tuple[str, int]:
    """Change a downloader; empty secrets stay as they are."""
    downloader = downloaders.get_downloader(session(), downloader_id)
    if request.method == "GET":
        return _edit(downloader, downloader.model_dump(mode="json"), {})
    given = {name: value for name, value in _given().items() if name != "kind"}
    kept = {name: value for name, value in given.items() if value or name not in ("api_key", "webhook_key")}
    try:
        with runtime().transaction() as db:
            changed = downloaders.change_downloader(db, downloader_id, DownloaderChanges.model_validate(kept))
    except (ValidationError, errors.BadPayload) as error:
        return _edit(downloader, given, forms.problems(error)), 422
    except errors.Conflict as error:
        return _edit(downloader, given, {"name": error.message}), 409
    flash(f"{changed.name} is changed")
    return redirect(url_for("pages.downloaders.index"), 303)


@blueprint.post("/<id:downloader_id>/test", endpoint="test")
@requires("admin")
def try_downloader(downloader_id: int) -> Response:
    """Ask a downloader for its version."""

    def act() -> str:
        outcome = downloader_contact.try_downloader(downloaders.load(session(), downloader_id))
        return _said(outcome.ok, outcome.message)

    return answering.do(act, default=url_for("pages.downloaders.index"))


@blueprint.post("/<id:downloader_id>/register")
@requires("admin")
def register(downloader_id: int) -> Response:
    """Create our webhook in a downloader, or bring it up to date."""

    def act() -> str:
        downloader = downloaders.load(session(), downloader_id)
        outcome = downloader_contact.register(runtime(), downloader, own_root())
        return _said(outcome.ok, outcome.message)

    return answering.do(act, default=url_for("pages.downloaders.index"))


@blueprint.post("/<id:downloader_id>/recover")
@requires("admin")
def recover(downloader_id: int) -> Response:
    """Read a downloader's history now."""

    def act() -> str:
        task_id = start_recovery(downloaders.load(session(), downloader_id))
        return f"Task {task_id} takes in what was missed"

    return answering.do(act, default=url_for("pages.downloaders.index"))


@blueprint.post("/<id:downloader_id>/enable", defaults={"enabled": True}, endpoint="enable")
@blueprint.post("/<id:downloader_id>/disable", defaults={"enabled": False}, endpoint="disable")
@requires("admin")
def switch(downloader_id: int, enabled: bool) -> Response:
    """Listen to a downloader, or leave it alone."""

    def act() -> str:
        with runtime().transaction() as db:
            changed = downloaders.change_downloader(db, downloader_id, DownloaderChanges(enabled=enabled))
        return f"{changed.name} is {'listened to' if enabled else 'left alone'}"

    return answering.do(act, default=url_for("pages.downloaders.index"))


@blueprint.route("/<id:downloader_id>/remove", methods=["GET", "POST"])
@requires("admin")
def remove(downloader_id: int) -> Response | str:
    """Ask, then remove a downloader."""
    back = url_for("pages.downloaders.index")
    downloader = downloaders.get_downloader(session(), downloader_id)
    if request.method == "GET":
        return render_template(
            "downloaders/ask_remove.html", downloader=downloader, back=answering.next_url(back)
        )

    def act() -> str:
        with runtime().transaction() as db:
            downloaders.remove_downloader(db, downloader_id)
        return f"{downloader.name} is removed"

    gone = url_for("pages.downloaders.edit", downloader_id=downloader_id)
    return answering.do(act, default=back, gone=gone)


def _said(ok: bool, message: str) -> str:
    if not ok:
        raise errors.Conflict(message)
    return message


def _given() -> dict[str, Any]:
    form = request.form
    pairs = zip(form.getlist("ours"), form.getlist("theirs"), strict=False)
    return {
        "name": form.get("name", ""),
        "kind": form.get("kind", ""),
        "base_url": form.get("base_url") or None,
        "api_key": form.get("api_key") or None,
        "webhook_key": form.get("webhook_key") or None,
        "path_mappings": [{"ours": ours, "theirs": theirs} for ours, theirs in pairs if ours or theirs],
    }


def _index(given: dict[str, Any], problems: dict[str, str]) -> str:
    rows = downloaders.list_downloaders(session())
    return render_template(
        "downloaders/index.html", downloaders=rows, root=own_root(), **_form(given, problems)
    )


def _edit(downloader: DownloaderView, given: dict[str, Any], problems: dict[str, str]) -> str:
    return render_template(
        "downloaders/edit.html", downloader=downloader, root=own_root(), **_form(given, problems)
    )


def _form(given: dict[str, Any], problems: dict[str, str]) -> dict[str, Any]:
    mappings = list(given.get("path_mappings", []))
    empty = {"ours": "", "theirs": ""}
    rows = mappings + [empty] * max(1, MAPPING_ROWS - len(mappings))
    return {"given": given, "problems": problems, "mappings": rows, "kinds": list(DownloaderKind)}
