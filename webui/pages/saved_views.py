"""Saved views: filters of the task list under a name, for oneself or for everybody."""

from __future__ import annotations

from urllib.parse import parse_qsl

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from queueapp.models.saved_view import SavedView
from queueapp.services import views
from webui.context import runtime
from webui.pages import answering
from webui.pages.reading import session
from webui.pages.task_query import TaskQuery
from webui.security import current_user, requires

blueprint = Blueprint("saved_views", __name__, url_prefix="/tasks/views")


@blueprint.post("", endpoint="save")
@requires("admin")
def save() -> Response:
    """Keep the filter of the list under a name; a name of one's own is overwritten."""
    name, query = request.form.get("name", ""), request.form.get("query", "")
    shared = "shared" in request.form

    def act() -> str:
        with runtime().transaction() as db:
            known = next(
                (each for each in views.list_views(db, current_user.who) if _is_same(each, name)), None
            )
            if known is None:
                views.add_view(db, current_user.who, name=name, query=query, shared=shared)
            else:
                views.change_view(db, current_user.who, known.id, query=query, shared=shared)
        return f"View “{name.strip()}” is saved"

    return answering.do(act, default=answering.tasks_url())


@blueprint.post("/<id:view_id>/delete", endpoint="delete")
@requires("admin")
def delete(view_id: int) -> Response:
    """Forget a view."""

    def act() -> str:
        with runtime().transaction() as db:
            name = views.get_view(db, current_user.who, view_id).name
            views.delete_view(db, current_user.who, view_id)
        return f"View “{name}” is forgotten"

    return answering.do(act, default=answering.tasks_url())


def known() -> list[SavedView]:
    """The caller's views and those that are shared, by name."""
    return list(views.list_views(session(), current_user.who))


def url(view: SavedView) -> str:
    """The list as a view shows it; what its query has that the list does not know is left out."""
    given = dict(parse_qsl(view.query))
    return url_for("pages.tasks.index", **given)  # type: ignore[arg-type]


def is_current(view: SavedView, query: TaskQuery) -> bool:
    """Whether the list shows just this view."""
    return dict(parse_qsl(view.query)) == dict(parse_qsl(query.query_string()))


def _is_same(view: SavedView, name: str) -> bool:
    return view.owner == current_user.who and view.name.lower() == name.strip().lower()
