"""Connecting people to TMDB: begin, approve there, finish here; and forgetting them."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.services.lists import accounts, acts
from queueapp.services.lists.account_views import NewTmdbUser
from webui.context import runtime
from webui.pages import answering
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("list_people", __name__, url_prefix="/lists/people")


@blueprint.post("")
@requires("admin")
def connect() -> Response:
    """Begin to connect a person."""

    def act() -> str:
        try:
            new = NewTmdbUser.model_validate(
                {"name": request.form.get("name") or None, "kind": request.form.get("kind", "v4")}
            )
        except ValidationError:
            raise errors.Conflict("A name has at most 100 letters") from None
        _reached(lambda: accounts.connect(runtime(), new))
        return "Now open TMDB's page, approve there, then finish here"

    return answering.do(act, default=_home())


@blueprint.post("/<id:user_id>/reconnect")
@requires("admin")
def reconnect(user_id: int) -> Response:
    """Begin to connect a known person again."""

    def act() -> str:
        _reached(lambda: accounts.reconnect(runtime(), user_id))
        return "Now open TMDB's page, approve there, then finish here"

    return answering.do(act, default=_home())


@blueprint.post("/<id:user_id>/complete")
@requires("admin")
def complete(user_id: int) -> Response:
    """Finish a connection that the person has approved."""

    def act() -> str:
        _reached(lambda: acts.complete_connection(runtime(), user_id))
        return "Connected: their lists are taken in, and what waited goes on"

    return answering.do(act, default=_home())


@blueprint.post("/<id:user_id>/refresh")
@requires("admin")
def refresh(user_id: int) -> Response:
    """Take in what lists a person has at TMDB."""

    def act() -> str:
        acts.refresh(runtime(), user_id, current_user.who)
        return "Their lists are being taken in"

    return answering.do(act, default=_home())


@blueprint.route("/<id:user_id>/remove", methods=["GET", "POST"])
@requires("admin")
def remove(user_id: int) -> Response | str:
    """Ask, then forget a person."""
    user = accounts.get_user(session(), user_id)
    if request.method == "GET":
        return render_template("lists/ask_remove.html", user=user, back=answering.next_url(_home()))

    def act() -> str:
        acts.remove_user(runtime(), user_id, current_user.who)
        return f"{user.name or 'The person'} is forgotten"

    return answering.do(act, default=_home())


def _reached(act: Callable[[], object]) -> None:
    """Do it; TMDB being away is told on the page like any refusal."""
    try:
        act()
    except errors.ProviderUnavailable as error:
        raise errors.Conflict(error.message) from None


def _home() -> str:
    return url_for("pages.lists.index")
