"""Libraries: add a folder and go to its scan, scan again, rename, remove."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.ledger import reads
from queueapp.models.library import LibraryKind
from queueapp.services.library import libraries
from queueapp.services.library.library_views import NewLibrary
from webui.context import runtime
from webui.pages import answering, forms
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("libraries", __name__, url_prefix="/libraries")

ORIGIN = "libraries page"


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """All libraries, and the form to add one."""
    return _index({}, {})


@blueprint.post("")
@requires("admin")
def add() -> Response | tuple[str, int]:
    """Add a folder and go to its first scan."""
    given = {name: request.form.get(name, "") for name in ("name", "path", "kind")}
    given["name"] = given["name"].strip() or given["path"].rstrip("/").rpartition("/")[2]
    try:
        new = NewLibrary.model_validate(given)
        library, scan = libraries.add_and_scan(runtime(), new, created_by=current_user.who, origin=ORIGIN)
    except ValidationError as error:
        return _index(given, forms.problems(error)), 422
    except (errors.PathRefused, errors.Conflict) as error:
        return _index(given, {"path": _sentence(error.message)}), 422
    flash(f"{library.name} is added; this is its first scan")
    return redirect(url_for("pages.tasks.detail", task_id=scan.task_id), 303)


@blueprint.post("/<id:library_id>/scan")
@requires("admin")
def scan(library_id: int) -> Response:
    """Scan a library and go to that task; while one is going on, to that one."""
    created = libraries.scan_library(runtime(), library_id, created_by=current_user.who, origin=ORIGIN)
    if not created.created:
        flash("This scan is going on already")
    return redirect(url_for("pages.tasks.detail", task_id=created.task_id), 303)


@blueprint.route("/<id:library_id>/remove", methods=["GET", "POST"])
@requires("admin")
def remove(library_id: int) -> Response | str:
    """Ask, then forget a library; its files stay."""
    back = url_for("pages.libraries.index")
    library = libraries.get_library(session(), library_id)
    if request.method == "GET":
        return render_template("libraries/ask_remove.html", library=library, back=answering.next_url(back))

    def act() -> str:
        with runtime().transaction() as db:
            libraries.remove_library(db, library_id)
        return f"{library.name} is removed; its files are untouched"

    return answering.do(act, default=back)


def _index(given: dict[str, str], problems: dict[str, str]) -> str:
    rows = libraries.list_libraries(session())
    scans = reads.get_tasks(session(), [row.last_scan_task_id for row in rows if row.last_scan_task_id])
    return render_template(
        "libraries/index.html",
        libraries=rows,
        scans={scan.id: scan for scan in scans},
        kinds=[(LibraryKind.MOVIES, "Films"), (LibraryKind.TV, "Series")],
        given=given,
        problems=problems,
    )


def _sentence(message: str) -> str:
    return message[:1].upper() + message[1:]
