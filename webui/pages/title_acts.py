"""What is done with one title from its page: describe it anew, write its files again, say which title it is."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.services.enqueue import Created
from queueapp.services.title import title_acts, title_choices
from queueapp.services.title.title_acts import Asked
from webui.context import runtime
from webui.pages import answering
from webui.security import current_user, requires

blueprint = Blueprint("title_acts", __name__, url_prefix="/media")

ORIGIN = "title page"
#: Ids of TMDB are 31 bits wide.
MOST_TMDB_ID = 2**31 - 1


@blueprint.post("/<id:media_id>/refresh")
@requires("admin")
def refresh(media_id: int) -> Response:
    """Describe a title anew and go to that task."""
    return _to_task(title_acts.refresh(runtime(), media_id, _asked()))


@blueprint.post("/<id:media_id>/publish")
@requires("admin")
def publish(media_id: int) -> Response:
    """Write NFO and artwork where they differ, or tell what would be written, and go to that task."""
    return _to_task(title_acts.publish(runtime(), media_id, _asked(dry_run="dry_run" in request.form)))


@blueprint.post("/<id:media_id>/match")
@requires("admin")
def match(media_id: int) -> Response:
    """Take one of the titles it may be, or the one whose id was typed, and describe it as that one."""
    given = request.form.get("tmdb_id", "").strip()
    back = answering.next_url(url_for("pages.media.detail", media_id=media_id))
    if not given.isdigit() or not 0 < int(given) <= MOST_TMDB_ID:
        flash("The id of a title at TMDB is a number, such as 653", "error")
        return redirect(back, 303)
    try:
        with runtime().transaction() as session:
            title_choices.choose_match(session, media_id, int(given))
    except (errors.Conflict, errors.WrongStatus) as error:
        flash(error.message, "error")
        return redirect(back, 303)
    return _to_task(title_acts.refresh(runtime(), media_id, _asked(), again=True))


def _asked(*, dry_run: bool = False) -> Asked:
    return Asked(current_user.who, ORIGIN, dry_run)


def _to_task(created: Created) -> Response:
    if not created.created:
        flash("This is going on already")
    return redirect(url_for("pages.tasks.detail", task_id=created.task_id), 303)
