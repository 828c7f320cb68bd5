"""Players: the Kodi and Jellyfin instances that are told what changed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from pydantic import ValidationError
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.models.player import PlayerKind
from queueapp.services.player import players
from queueapp.services.player.player_views import NewPlayer, PlayerChanges
from webui.context import runtime
from webui.pages import answering, forms
from webui.pages.reading import session
from webui.security import requires

blueprint = Blueprint("players", __name__, url_prefix="/players")

#: Rows of path mappings in the form; the API takes more.
MAPPING_ROWS = 3


@blueprint.get("")
@requires("viewer")
def index() -> str:
    """All players, and the form to add one."""
    return _index({}, {})


@blueprint.post("")
@requires("admin")
def add() -> Response | tuple[str, int]:
    """Add a player."""
    given = _given()
    try:
        new = NewPlayer.model_validate(given)
        with runtime().transaction() as db:
            player = players.add_player(db, new)
    except ValidationError as error:
        return _index(given, forms.problems(error)), 422
    except errors.Conflict as error:
        return _index(given, {"name": error.message}), 409
    flash(f"{player.name} is added")
    return redirect(url_for("pages.players.index"), 303)


@blueprint.route("/<id:player_id>", methods=["GET", "POST"])
@requires("admin")
def edit(player_id: int) -> Response | str | tuple[str, int]:
    """Change a player; an empty secret stays as it is."""
    player = players.get_player(session(), player_id)
    if request.method == "GET":
        return _edit(player, player.model_dump(mode="json"), {})
    given = {name: value for name, value in _given().items() if name != "kind"}
    if not given["secret"]:
        del given["secret"]
    try:
        changes = PlayerChanges.model_validate(given)
        with runtime().transaction() as db:
            changed = players.change_player(db, player_id, changes)
    except ValidationError as error:
        return _edit(player, given, forms.problems(error)), 422
    except errors.Conflict as error:
        return _edit(player, given, {"name": error.message}), 409
    flash(f"{changed.name} is changed")
    return redirect(url_for("pages.players.index"), 303)


@blueprint.post("/<id:player_id>/test", endpoint="test")
@requires("admin")
def try_player(player_id: int) -> Response:
    """Ask a player for its version."""
    outcome = players.try_player(players.load(session(), player_id))
    flash(outcome.message, "message" if outcome.ok else "error")
    return redirect(answering.next_url(url_for("pages.players.index")), 303)


@blueprint.post("/<id:player_id>/enable", defaults={"enabled": True}, endpoint="enable")
@blueprint.post("/<id:player_id>/disable", defaults={"enabled": False}, endpoint="disable")
@requires("admin")
def switch(player_id: int, enabled: bool) -> Response:
    """Tell a player of changes, or leave it alone."""

    def act() -> str:
        with runtime().transaction() as db:
            player = players.change_player(db, player_id, PlayerChanges(enabled=enabled))
        return f"{player.name} is {'told of changes' if enabled else 'left alone'}"

    return answering.do(act, default=url_for("pages.players.index"))


@blueprint.route("/<id:player_id>/remove", methods=["GET", "POST"])
@requires("admin")
def remove(player_id: int) -> Response | str:
    """Ask, then remove a player."""
    back = url_for("pages.players.index")
    player = players.get_player(session(), player_id)
    if request.method == "GET":
        return render_template("players/ask_remove.html", player=player, back=answering.next_url(back))

    def act() -> str:
        with runtime().transaction() as db:
            players.remove_player(db, player_id)
        return f"{player.name} is removed"

    return answering.do(act, default=back, gone=url_for("pages.players.edit", player_id=player_id))


def _given() -> dict[str, Any]:
    form = request.form
    pairs = zip(form.getlist("ours"), form.getlist("theirs"), strict=False)
    return {
        "name": form.get("name", ""),
        "kind": form.get("kind", ""),
        "url": form.get("url", ""),
        "username": form.get("username") or None,
        "secret": form.get("secret") or None,
        "path_mappings": [{"ours": ours, "theirs": theirs} for ours, theirs in pairs if ours or theirs],
    }


def _index(given: dict[str, Any], problems: dict[str, str]) -> str:
    rows = players.list_players(session())
    return render_template("players/index.html", players=rows, **_form(given, problems))


def _edit(player: Any, given: dict[str, Any], problems: dict[str, str]) -> str:
    return render_template("players/edit.html", player=player, **_form(given, problems))


def _form(given: dict[str, Any], problems: dict[str, str]) -> dict[str, Any]:
    mappings = list(given.get("path_mappings", []))
    empty = {"ours": "", "theirs": ""}
    rows = mappings + [empty] * max(1, MAPPING_ROWS - len(mappings))
    return {"given": given, "problems": problems, "mappings": rows, "kinds": list(PlayerKind)}
