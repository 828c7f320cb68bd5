"""/health and /ready: whether the process is up, and whether it can do its work."""

from __future__ import annotations

from importlib.metadata import version

import redis
import sqlalchemy as sa
from flask import Blueprint, Flask, Response, jsonify

from queueapp import db
from queueapp.errors import QueueAppError
from queueapp.ledger import reads
from webui.context import runtime
from webui.errors import problem
from webui.security import public

VERSION = version("queueapp")
#: a worker not seen for longer does not count
WORKER_SEEN_SECONDS = 15

blueprint = Blueprint("status", __name__)


def register(app: Flask) -> None:
    """Add both routes."""
    app.register_blueprint(blueprint)


@blueprint.get("/health")
@public
def health() -> Response:
    """The process is up; counts of tasks by status, or null while the database is away."""
    try:
        with runtime().transaction() as session:
            counts = reads.counts_by_status(session)
    except QueueAppError:
        counts = None
    return jsonify(status="ok", version=VERSION, tasks=counts)


@blueprint.get("/ready")
@public
def ready() -> Response:
    """Whether database, Redis, migrations and a worker are there; 503 names what is not."""
    parts = {"database": _database(), "redis": _redis()}
    if parts["database"] == "ok":
        parts |= {"migrations": _migrations(), "workers": _workers()}
    else:
        parts |= {"migrations": "unknown", "workers": "unknown"}
    failing = [name for name, state in parts.items() if state != "ok"]
    if failing:
        return problem(503, "not_ready", f"not ready: {', '.join(failing)}", failing=failing, parts=parts)
    return jsonify(status="ready", parts=parts)


def _database() -> str:
    try:
        with runtime().transaction() as session:
            session.execute(sa.text("SELECT 1"))
    except (QueueAppError, sa.exc.SQLAlchemyError):
        return "unreachable"
    return "ok"


def _redis() -> str:
    try:
        runtime().redis.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"


def _migrations() -> str:
    current, newest = db.revisions(runtime().engine)
    return "ok" if current == newest else f"at {current or 'none'}, needs {newest}"


def _workers() -> str:
    with runtime().transaction() as session:
        alive = reads.workers_alive(session, WORKER_SEEN_SECONDS)
    return "ok" if alive else f"none seen for {WORKER_SEEN_SECONDS} s"
