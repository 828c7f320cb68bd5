"""The task manager in pages of other sites: signed viewer tokens, and the origins that may use them.

A token opens what the task manager reads and nothing else. It names no person; all tokens are void once the
generation kept in the database is raised.
"""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask, Request, Response, current_app, request
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from queueapp.models.setting import Setting
from queueapp.models.user import Role
from webui import sessions
from webui.context import runtime
from webui.principal import Principal, presented_key

PREFIX = "wt_"
SALT = "queueapp widget"
SETTING = "web.widget_generation"
#: How long a token lasts at most.
MAX_DAYS = 3650
DAY_SECONDS = 86_400

#: What a token opens, reading only.
PATHS = ("/api/manager", "/api/queues", "/events/queues")
#: What the script tag loads: the same for everybody, without a token.
SCRIPTS = ("/embed.js", "/static/js/manager/", "/static/js/stream/", "/static/css/manager.css")
ALLOWED_HEADERS = "Authorization, Last-Event-ID, Cache-Control"
PREFLIGHT_SECONDS = 600


def make_token(db: Session, days: int) -> str:
    """A token that lasts so many days."""
    return PREFIX + str(_serializer().dumps({"generation": generation(db), "days": days}))


def caller_of(db: Session, token: str) -> Principal | None:
    """The viewer that a token stands for; None when it is forged, expired or void."""
    try:
        data = _serializer().loads(token.removeprefix(PREFIX), max_age=MAX_DAYS * DAY_SECONDS)
        _serializer().loads(token.removeprefix(PREFIX), max_age=int(data["days"]) * DAY_SECONDS)
    except (BadSignature, SignatureExpired, KeyError, TypeError, ValueError):
        return None
    if data.get("generation") != generation(db):
        return None
    return Principal(0, "widget", Role.VIEWER, "widget")


def generation(db: Session) -> int:
    """The generation whose tokens are good."""
    value = db.scalar(sa.select(Setting.value).where(Setting.key == SETTING))
    return int(value["generation"]) if value else 1


def void_tokens(db: Session, by: str) -> None:
    """Make every token given out so far useless."""
    new = {"generation": generation(db) + 1}
    row = insert(Setting).values(key=SETTING, value=new, updated_by=by)
    changed = {"value": new, "updated_by": by, "updated_at": sa.func.now()}
    db.execute(row.on_conflict_do_update(index_elements=["key"], set_=changed))


def presented_token(asked: Request) -> str | None:
    """The token a request carries, as a bearer or, for event streams, as `token` in the query."""
    key = presented_key(asked)
    if key is not None:
        return key if key.startswith(PREFIX) else None
    given = asked.args.get("token", "")
    return given if given.startswith(PREFIX) else None


def may_use(asked: Request) -> bool:
    """Whether a token opens this address for the page that asks: reading, from an origin on the list."""
    if asked.method not in {"GET", "HEAD"} or not _is_below(asked.path, PATHS):
        return False
    origin = asked.headers.get("Origin")
    return origin is None or _is_allowed(origin)


def install(app: Flask) -> None:
    """Answer pages of the origins on the list as browsers ask for it (CORS)."""

    @app.before_request
    def _answer_preflight() -> Response | None:
        asks = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        return Response(status=204) if asks and _is_below(request.path, PATHS) else None

    @app.after_request
    def _allow_origin(response: Response) -> Response:
        is_script = _is_below(request.path, SCRIPTS)
        if is_script or _is_below(request.path, PATHS):
            response.vary.add("Origin")
            if _is_allowed(request.headers.get("Origin", "")):
                response.headers.update(_cors_headers(request.headers["Origin"]))
        if is_script:
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response


def _cors_headers(origin: str) -> dict[str, str]:
    headers = {"Access-Control-Allow-Origin": origin}
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = "GET"
        headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = str(PREFLIGHT_SECONDS)
    return headers


def _is_allowed(origin: str) -> bool:
    return origin.lower() in runtime().settings.web.embed_origins


def _is_below(path: str, prefixes: tuple[str, ...]) -> bool:
    return any(path == prefix or path.startswith(prefix.rstrip("/") + "/") for prefix in prefixes)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(sessions.secret_of(current_app), salt=SALT)
