"""Login, logout and the theme of this browser."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webui import security
from webui.pages import answering
from webui.pages.frame import THEME_COOKIE, THEMES
from webui.security import current_user, public, requires

blueprint = Blueprint("session", __name__)

YEAR_SECONDS = 365 * 24 * 3600


@blueprint.get("/login")
@public
def login_form() -> Response | str:
    """The form to log in."""
    target = answering.next_url(url_for("pages.dashboard.index"))
    if current_user.is_authenticated:
        return redirect(target)
    return render_template("session/login.html", next=target, username="", failed=False)


@blueprint.post("/login")
@public
def login() -> Response | tuple[str, int]:
    """Open a session and go where the person wanted to."""
    username = request.form.get("username", "")
    target = answering.next_url(url_for("pages.dashboard.index"))
    if security.login(username, request.form.get("password", "")):
        return redirect(target, 303)
    return render_template("session/login.html", next=target, username=username, failed=True), 401


@blueprint.post("/logout")
@requires("viewer")
def logout() -> Response:
    """End the session."""
    security.logout()
    flash("You are signed out")
    return redirect(url_for("pages.session.login_form"), 303)


@blueprint.post("/theme")
@requires("viewer")
def theme() -> Response:
    """Keep the chosen theme in a cookie, so that pages are rendered in it from the start."""
    chosen = request.form.get("theme", "system")
    response = redirect(answering.next_url(url_for("pages.dashboard.index")), 303)
    if chosen in THEMES:
        path = request.script_root or "/"
        response.set_cookie(THEME_COOKIE, chosen, max_age=YEAR_SECONDS, samesite="Lax", path=path)
    return response
