"""Who may do what: each route declares its rule, one guard enforces it before anything else runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlencode, urlsplit

import flask_login
import structlog
from flask import Flask, current_app, g, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden, Unauthorized

from queueapp.models.user import Role
from queueapp.services import users
from webui import audit_trail, principal, throttle, widget
from webui.context import runtime
from webui.errors import is_for_programs

__all__ = [
    "current_user",
    "login",
    "logout",
    "own_credentials",
    "public",
    "requires",
    "rule_of",
    "safe_target",
]

RuleName = Literal["public", "viewer", "admin", "own"]
View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

log = structlog.get_logger(__name__)
csrf = CSRFProtect()


def requires(role: Literal["viewer", "admin"]) -> Callable[[View], View]:
    """Declare that a view needs a caller of this role; goes directly above the function."""
    return _declare(role)


def public(view: View) -> View:
    """Declare that a view is open to all."""
    return _declare("public")(view)


def own_credentials(view: View) -> View:
    """Declare that a view is not reached by a browser and itself checks what opens it; no CSRF token is asked for."""
    return _declare("own")(view)


def rule_of(app: Flask, endpoint: str) -> RuleName | None:
    """The rule an endpoint declares; None means that it may not be served at all."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return "public"
    return getattr(app.view_functions.get(endpoint), "access_rule", None)


def login(username: str, password: str) -> bool:
    """Open a session for a user; returns whether name and password fit.

    Raises werkzeug's TooManyRequests after too many failures from one address.
    """
    with throttle.failures_limited():
        with runtime().transaction() as db:
            user = users.check_password(db, username, password)
            caller = principal.of_user(user) if user else None
        if caller is None:
            throttle.note_failure()
            audit_trail.note_login(username[: users.MAX_NAME], succeeded=False)
            return False
    session.clear()
    session.permanent = True
    flask_login.login_user(caller)
    audit_trail.note_login(caller.name, succeeded=True)
    return True


def logout() -> None:
    """End the caller's session."""
    flask_login.logout_user()
    session.clear()


def safe_target(target: str | None, default: str) -> str:
    """Where to go after a login: `target` if it stays on this site, else `default`."""
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc or not target.isprintable() else target


def install(app: Flask) -> None:
    """Set up login, CSRF and the guard on an app."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    manager = LoginManager()
    # Its context processor would load the user for every template, also for the page that says the database is away.
    manager.init_app(app, add_context_processor=False)
    manager.user_loader(_caller_of_session)
    manager.request_loader(_caller_of_key)
    throttle.install(app)
    app.before_request(_guard)


def _declare(rule: RuleName) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access_rule = rule  # type: ignore[attr-defined]
        return view

    return mark


def _caller_of_session(session_id: str) -> principal.Principal | None:
    if principal.presented_key(request) is not None or widget.presented_token(request) is not None:
        return None  # a key, once presented, decides alone; a cookie beside it adds nothing
    with runtime().transaction() as db:
        return principal.from_session(db, session_id)


def _caller_of_key(_: Any) -> principal.Principal | None:
    token = widget.presented_token(request)
    if token is not None:
        with runtime().transaction() as db:
            return widget.caller_of(db, token) if widget.may_use(request) else None
    key = principal.presented_key(request)
    if key is None:
        return None
    with runtime().transaction() as db:
        return principal.from_key(db, key)


def _guard() -> ResponseReturnValue | None:
    g.base_path = request.script_root
    if request.endpoint is None:
        return None  # no such page: the router's 404 or 405 follows
    rule = rule_of(current_app, request.endpoint)
    if rule is None:
        log.error("route without an access rule", endpoint=request.endpoint)
        raise Forbidden
    if rule == "own":
        return None
    if rule != "public":
        if not current_user.is_authenticated:
            return _ask_to_log_in()
        if not cast("principal.Principal", current_user).role.allows(Role(rule)):
            raise Forbidden(f"this needs the role '{rule}'")
    if request.method not in SAFE_METHODS and principal.presented_key(request) is None:
        csrf.protect()
    return None


def _ask_to_log_in() -> ResponseReturnValue:
    if is_for_programs(request.path):
        raise Unauthorized("log in, or send a key in X-Api-Key or Authorization: Bearer")
    query = urlencode({"next": request.full_path.rstrip("?")}) if request.method == "GET" else ""
    return redirect(f"{request.script_root}/login" + (f"?{query}" if query else ""))
