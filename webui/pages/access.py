"""Users who sign in, and the keys of programs."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from queueapp import errors
from queueapp.models.user import Role
from queueapp.services import api_keys, users
from webui.audit_trail import add_detail
from webui.context import runtime
from webui.pages import answering, forms
from webui.pages.reading import session
from webui.security import current_user, requires

blueprint = Blueprint("access", __name__, url_prefix="/settings")


@blueprint.get("/users")
@requires("admin")
def list_users() -> str:
    """All users, and the form to add one."""
    return _users({}, {})


@blueprint.post("/users")
@requires("admin")
def add_user() -> Response | tuple[str, int]:
    """Add a user."""
    given = {name: request.form.get(name, "") for name in ("name", "role")}
    try:
        with runtime().transaction() as db:
            user = users.add_user(db, given["name"], request.form.get("password", ""), given["role"])
            name = user.name
    except errors.BadPayload as error:
        return _users(given, forms.problems(error)), 422
    except errors.Conflict as error:
        return _users(given, {"name": error.message}), 409
    flash(f"{name} may sign in")
    return redirect(url_for("pages.access.list_users"), 303)


@blueprint.post("/users/<name>/role")
@requires("admin")
def set_role(name: str) -> Response:
    """Change what a user may do."""

    def act() -> str:
        with runtime().transaction() as db:
            users.set_role(db, name, request.form.get("role", ""))
        return f"{name} is {request.form['role']} now"

    return answering.do(act, default=url_for("pages.access.list_users"))


@blueprint.post("/users/<name>/password")
@requires("admin")
def set_password(name: str) -> Response:
    """Give a user another password, which ends that user's sessions."""

    def act() -> str:
        with runtime().transaction() as db:
            users.set_password(db, name, request.form.get("password", ""))
        return f"{name} has a new password"

    return answering.do(act, default=url_for("pages.access.list_users"))


@blueprint.route("/users/<name>/remove", methods=["GET", "POST"])
@requires("admin")
def remove_user(name: str) -> Response | str:
    """Ask, then remove a user."""
    back = url_for("pages.access.list_users")
    user = users.get_user(session(), name)
    if request.method == "GET":
        return render_template("settings/ask_remove_user.html", user=user, back=answering.next_url(back))

    def act() -> str:
        with runtime().transaction() as db:
            users.delete_user(db, name)
        return f"{name} may not sign in any more"

    return answering.do(act, default=back)


@blueprint.get("/keys")
@requires("admin")
def list_keys() -> str:
    """All keys, and the form to make one."""
    return _keys()


@blueprint.post("/keys")
@requires("admin")
def make_key() -> str | tuple[str, int]:
    """Make a key and show it, once."""
    name, role = request.form.get("name", ""), request.form.get("role", "")
    try:
        with runtime().transaction() as db:
            row, key = api_keys.create_key(db, name, role, created_by=current_user.who)
            add_detail(key_id=row.id, name=row.name, role=role)
    except errors.BadPayload as error:
        return _keys(problems=forms.problems(error)), 422
    return _keys(made=key, made_name=name.strip())


@blueprint.route("/keys/<id:key_id>/revoke", methods=["GET", "POST"])
@requires("admin")
def revoke_key(key_id: int) -> Response | str:
    """Ask, then make a key useless."""
    back = url_for("pages.access.list_keys")
    key = next((each for each in api_keys.list_keys(session()) if each.id == key_id), None)
    if key is None:
        raise errors.NotFound(f"there is no API key {key_id}")
    if request.method == "GET":
        return render_template("settings/ask_revoke.html", key=key, back=answering.next_url(back))

    def act() -> str:
        with runtime().transaction() as db:
            api_keys.revoke_key(db, key_id)
        return f"The key {key.name} opens nothing any more"

    return answering.do(act, default=back)


def _users(given: dict[str, str], problems: dict[str, str]) -> str:
    rows = users.list_users(session())
    return render_template(
        "settings/users.html", users=rows, given=given, problems=problems, roles=list(Role)
    )


def _keys(made: str = "", made_name: str = "", problems: dict[str, str] | None = None) -> str:
    return render_template(
        "settings/keys.html",
        keys=sorted(api_keys.list_keys(session()), key=lambda key: key.revoked_at is not None),
        made=made,
        made_name=made_name,
        problems=problems or {},
        roles=list(Role),
    )
